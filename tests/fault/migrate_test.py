"""`database migrate` and `rollback`, killed at their steps: each migration is applied once."""
import unittest

import faults
from project import Home, Project, RunningProject

COUNT = 4
LEDGER = "select string_agg(version::text, ',' order by version) from poststack.schema_migrations"
TABLES = "select count(*) from pg_tables where schemaname = 'public' and tablename like 't%'"


class Migrate(RunningProject):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for number in range(1, COUNT + 1):
            # No IF NOT EXISTS: applied twice it fails, applied in part it shows.
            cls.project.write(
                f"migrations/{number:03}_t{number}.sql",
                f"CREATE TABLE t{number} (id int);\nINSERT INTO t{number} VALUES ({number});\n",
            )
            cls.project.write(
                f"migrations/{number:03}_t{number}.rollback.sql", f"DROP TABLE t{number};\n"
            )

    def whole(self, step):
        """Every migration is in the ledger and in the schema, or in neither."""
        ledger = self.project.query(
            "select to_regclass('poststack.schema_migrations') is not null"
        )
        applied = self.project.query(LEDGER).split(",") if ledger == "t" else []
        applied = [version for version in applied if version]
        self.assertEqual(
            int(self.project.query(TABLES)), len(applied), f"{faults.show(step)}: {applied}"
        )

    def roll_back(self):
        outcome = self.project.run("database", "rollback", "--target-version", "0", "--yes")
        self.assertEqual(outcome.code, 0, outcome.err)
        self.assertEqual(self.project.query(TABLES), "0")

    def migrate(self, step=None):
        outcome = self.project.run("database", "migrate")
        self.assertEqual(outcome.code, 0, f"{step and faults.show(step)}: {outcome.err}")
        self.assertEqual(int(self.project.query(TABLES)), COUNT)
        rows = self.project.query("select count(*) from poststack.schema_migrations")
        self.assertEqual(int(rows), COUNT)

    def test_a_killed_migrate_is_finished_by_the_next(self):
        outcome, steps = self.project.record("database", "migrate")
        self.assertEqual(outcome.code, 0, outcome.err)
        for step in faults.spread(steps, 16):
            with self.subTest(step=faults.show(step)):
                self.roll_back()
                self.project.kill_at(step, "database", "migrate")
                self.whole(step)
                self.migrate(step)

    def test_an_interrupted_migrate_is_finished_by_the_next(self):
        self.migrate()
        self.roll_back()
        outcome, steps = self.project.record("database", "migrate")
        self.assertEqual(outcome.code, 0, outcome.err)
        for step in faults.spread(steps, 6):
            with self.subTest(step=faults.show(step)):
                self.roll_back()
                outcome = self.project.inject(step, "signal=SIGINT", "database", "migrate")
                self.assertIn(outcome.code, (0, 130), outcome.err)
                self.whole(step)
                self.migrate(step)

    def test_a_killed_rollback_is_finished_by_the_next(self):
        self.migrate()
        words = ("database", "rollback", "--target-version", "0", "--yes")
        outcome, steps = self.project.record(*words)
        self.assertEqual(outcome.code, 0, outcome.err)
        for step in faults.spread(steps, 8):
            with self.subTest(step=faults.show(step)):
                self.migrate()
                self.project.kill_at(step, *words)
                self.whole(step)
                self.roll_back()


STEPS = """-- poststack: no-transaction
INSERT INTO a VALUES (1000);
CREATE INDEX CONCURRENTLY a_n ON a (n) WHERE id > 3;
SET work_mem = '5MB';
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a_id ON a (id);
INSERT INTO a SELECT 2000 WHERE current_setting('work_mem') = '5MB';
VACUUM a;
BEGIN;
INSERT INTO a VALUES (3000);
CREATE TABLE b (id int);
COMMIT;
DROP INDEX CONCURRENTLY a_old;
"""
UNDO = """-- poststack: no-transaction
CREATE INDEX CONCURRENTLY a_old ON a (id);
DROP TABLE b;
DELETE FROM a WHERE id IN (1000, 2000, 3000);
DROP INDEX CONCURRENTLY a_id;
DROP INDEX CONCURRENTLY a_n;
"""
STATE = """select concat_ws(' ',
  (select string_agg(version::text, ',' order by version) from poststack.schema_migrations),
  (select string_agg(indexrelid::regclass::text || '=' || indisvalid, ',' order by
    indexrelid::regclass::text) from pg_index where indrelid = 'a'::regclass),
  (select string_agg(id::text, ',' order by id) from a where id >= 1000),
  to_regclass('b'), to_regclass('c'),
  (select 'unfinished' from poststack.migration_progress))"""
APPLIED = "1,2,3 a_id=true,a_n=true 1000,2000,3000 b c"
UNDONE = "1 a_old=true"


class MigrateWithoutTransaction(RunningProject):
    """Each statement works once, whatever is killed: the client or the server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        write = cls.project.write
        write(
            "migrations/001_a.sql",
            "CREATE TABLE a (id int, n int);\n"
            "INSERT INTO a SELECT i, i FROM generate_series(1, 100) i;\n"
            "CREATE INDEX a_old ON a (id);\n",
        )
        write("migrations/001_a.rollback.sql", "DROP TABLE a;\n")
        write("migrations/002_b.sql", STEPS)
        write("migrations/002_b.rollback.sql", UNDO)
        write("migrations/003_c.sql", "CREATE TABLE c (id int);\n")
        write("migrations/003_c.rollback.sql", "DROP TABLE c;\n")
        cls.run_well("database", "migrate", "--target-version", "1")

    @classmethod
    def run_well(cls, *words):
        outcome = cls.project.run(*words)
        if outcome.code != 0:
            raise AssertionError(f"{words}: {outcome.err}")

    def finish(self, *words, state):
        self.run_well(*words)
        self.assertEqual(self.project.query(STATE), state)

    def test_a_killed_client_is_followed_by_one_that_finishes(self):
        back = ("database", "rollback", "--target-version", "1", "--yes")
        outcome, steps = self.project.record("database", "migrate")
        self.assertEqual(outcome.code, 0, outcome.err)
        self.assertEqual(self.project.query(STATE), APPLIED)
        outcome, back_steps = self.project.record(*back)
        self.assertEqual(outcome.code, 0, outcome.err)
        self.assertEqual(self.project.query(STATE), UNDONE)
        for step in faults.spread(steps, 14):
            with self.subTest(step=faults.show(step)):
                self.project.kill_at(step, "database", "migrate")
                self.finish("database", "migrate", state=APPLIED)
                self.finish(*back, state=UNDONE)
        for step in faults.spread(back_steps, 6):
            with self.subTest(back=faults.show(step)):
                self.finish("database", "migrate", state=APPLIED)
                self.project.kill_at(step, *back)
                if self.project.query(STATE) != UNDONE:
                    self.finish(*back, state=UNDONE)

    def test_a_killed_server_is_followed_by_a_run_that_finishes(self):
        back = ("database", "rollback", "--target-version", "1", "--yes")
        outcome, steps = self.project.record("database", "migrate")
        self.assertEqual(outcome.code, 0, outcome.err)
        sends = [step for step in steps if step.name.startswith("send")]
        self.finish(*back, state=UNDONE)
        for step in faults.spread(sends, 5):
            with self.subTest(step=faults.show(step)):
                self.stop_server_at(step, "database", "migrate")
                self.finish("database", "migrate", state=APPLIED)
                self.finish(*back, state=UNDONE)


class MigrateOnAFullDisk(unittest.TestCase):
    def test_the_migration_is_undone_and_applied_once_there_is_room(self):
        home = Home()
        self.addCleanup(home.close)
        with faults.small_disk("120m") as disk, Project(home, disk) as project:
            self.assertEqual(project.run("up").code, 0)
            project.write("migrations/001_small.sql", "CREATE TABLE small (id int);\n")
            project.write("migrations/001_small.rollback.sql", "DROP TABLE small;\n")
            project.write(
                "migrations/002_large.sql",
                "CREATE TABLE large AS SELECT repeat('x', 1000) FROM generate_series(1, 200000);\n",
            )
            project.write("migrations/002_large.rollback.sql", "DROP TABLE large;\n")

            outcome = project.run("database", "migrate")

            self.assertIn(outcome.code, (9, 10), outcome.err)
            self.assertIn("53100", outcome.err)
            self.assertIn("002_large.sql", outcome.err)
            faults.resize_disk(disk, "900m")
            up = project.run("up")
            self.assertEqual(up.code, 0, f"{up.err}\n{outcome.err}\n{project.log()}")
            again = project.run("database", "migrate")
            self.assertEqual(again.code, 0, again.err)
            self.assertEqual(project.query(LEDGER), "1,2")
            self.assertEqual(project.query("select count(*) from large"), "200000")


if __name__ == "__main__":
    unittest.main()
