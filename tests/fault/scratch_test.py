"""`database squash` and `verify-migrations --prove`, killed at their steps: the files are the old or
the new ones, and no scratch server, database or file outlives the next run."""
import glob
import shutil
import unittest

import faults
from project import RunningProject, servers

OLD = {"001_a.sql", "001_a.rollback.sql", "002_b.sql", "002_b.rollback.sql", "003_c.sql"}
NEW = {"002_baseline.sql", "003_c.sql", "squashed-002"}
SQUASH = ("--yes", "database", "squash", "--up-to", "2")
PROVE = ("database", "verify-migrations", "--prove")


class Scratch(RunningProject):
    @property
    def migrations(self):
        return self.project.folder / "migrations"

    def reset(self):
        shutil.rmtree(self.migrations, ignore_errors=True)
        for name, text in (("001_a", "CREATE TABLE a ();"), ("002_b", "CREATE TABLE b ();")):
            self.project.write(f"migrations/{name}.sql", text)
            self.project.write(f"migrations/{name}.rollback.sql", f"DROP TABLE {name[-1]};")
        self.project.write("migrations/003_c.sql", "-- poststack: irreversible\nCREATE TABLE c ();")

    def names(self):
        return {path.name for path in self.migrations.iterdir()}

    def scratch_files(self):
        identity = (self.project.folder / ".poststack/id").read_text().strip()
        return glob.glob(f"/dev/shm/poststack-*-{identity}-scratch") + glob.glob(
            str(self.project.folder / ".poststack/*-scratch")
        )

    def nothing_is_left(self, step):
        self.assertEqual(self.scratch_files(), [], faults.show(step))
        # Sockets of all servers of this home lie below it; one is the project's own.
        self.assertEqual(len(servers(self.home.folder)), 1, faults.show(step))
        left = self.project.query(
            "select count(*) from pg_database where datname like 'poststack_scratch%'"
        )
        self.assertEqual(left, "0", faults.show(step))

    def test_a_killed_squash_has_done_nothing_or_is_finished(self):
        self.reset()
        outcome, steps = self.project.record(*SQUASH)
        self.assertEqual(outcome.code, 0, outcome.err)
        self.assertEqual(self.names(), NEW)
        baseline = (self.migrations / "002_baseline.sql").read_text()
        mine = [step for step in steps if str(self.migrations) in step.arguments]
        self.assertGreater(len(mine), 8)
        seen = set()
        for step in faults.spread(mine, 10):
            with self.subTest(step=faults.show(step)):
                self.reset()
                self.project.kill_at(step, *SQUASH)
                pending = ".squash-pending" in self.names()
                status = self.project.run("database", "verify-migrations")
                self.assertEqual(status.code, 5 if pending else 0, status.err)
                visible = {name for name in self.names() if not name.startswith(".")}
                if not pending:
                    self.assertIn(visible, (OLD, NEW))
                seen.add("half" if pending else "old" if visible == OLD else "new")

                again = self.project.run(*SQUASH)
                # Done already: the second one finds the files of the first.
                self.assertEqual(again.code, 5 if visible == NEW and not pending else 0, again.err)
                self.assertEqual(self.names(), NEW)
                self.assertEqual((self.migrations / "002_baseline.sql").read_text(), baseline)
                self.assertEqual(
                    {path.name for path in (self.migrations / "squashed-002").iterdir()},
                    OLD - {"003_c.sql"},
                )
        # One that only finished files made no scratch database and dropped none.
        self.assertIn(self.project.run("database", "diff").code, (0, 1))
        self.nothing_is_left(step)
        self.assertTrue({"old", "half"} <= seen, seen)

    def test_a_killed_proof_is_swept_up_by_the_next(self):
        self.reset()
        outcome, steps = self.project.record(*PROVE)
        self.assertEqual(outcome.code, 0, outcome.err)
        kills = 0
        for step in faults.spread(steps, 6):
            with self.subTest(step=faults.show(step)):
                kills += self.project.kill_at(step, *PROVE)[1]
                again = self.project.run(*PROVE)
                self.assertEqual(again.code, 0, again.err)
                self.nothing_is_left(step)
        self.assertGreater(kills, 2)

    def test_a_stopped_proof_leaves_nothing(self):
        self.reset()
        _, steps = self.project.record(*PROVE)
        for step in faults.spread(steps, 4):
            with self.subTest(step=faults.show(step)):
                outcome = self.project.inject(step, "signal=SIGINT", *PROVE)
                self.assertIn(outcome.code, (0, 130), outcome.err)
                self.nothing_is_left(step)


if __name__ == "__main__":
    unittest.main()
