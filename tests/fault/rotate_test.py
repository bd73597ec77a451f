"""`credentials rotate`, killed at its steps: .env opens the database afterwards, always."""
import unittest

import faults
from project import RunningProject


class Rotate(RunningProject):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project.query("create table kept as select 42 as answer")

    def recovers(self, step, *words):
        """The next command completes or undoes what the stopped one began."""
        again = self.project.run(*words)
        self.assertEqual(again.code, 0, f"{faults.show(step)}: {again.err}")
        self.assertEqual(self.project.query("select answer from kept"), "42", faults.show(step))
        self.assertFalse((self.project.folder / ".poststack/rotate.journal").exists())

    def test_a_kill_leaves_nothing_that_check_rotate_or_up_cannot_settle(self):
        outcome, steps = self.project.record("credentials", "rotate", "--yes")
        self.assertEqual(outcome.code, 0, outcome.err)
        ways = (("credentials", "check"), ("credentials", "rotate", "--yes"), ("up",))
        chosen = faults.spread(steps, 24)
        kills = 0
        for number, step in enumerate(chosen):
            # Every step with every way out when all of them are run, else in turn.
            for words in ways if faults.FULL else ways[number % len(ways) :][:1]:
                with self.subTest(step=faults.show(step), then=" ".join(words)):
                    kills += self.project.kill_at(step, "credentials", "rotate", "--yes")[1]
                    self.recovers(step, *words)
        self.assertGreater(kills, len(chosen) // 2)
        self.assertEqual(self.project.run("credentials", "rotate", "--yes").code, 0)
        self.assertEqual(self.project.drafts(), [])

    def test_an_interrupted_rotation_is_whole_or_undone(self):
        _, steps = self.project.record("credentials", "rotate", "--yes")
        for step in faults.spread(steps, 6):
            with self.subTest(step=faults.show(step)):
                outcome = self.project.inject(
                    step, "signal=SIGINT", "credentials", "rotate", "--yes"
                )
                self.assertIn(outcome.code, (0, 130), outcome.err)
                self.recovers(step, "credentials", "check")

    def test_a_refused_call_keeps_a_password_that_works(self):
        _, steps = self.project.record("credentials", "rotate", "--yes")
        mine = [step for step in steps if str(self.project.folder) in step.arguments]
        for step in faults.spread(mine, 8):
            with self.subTest(step=faults.show(step)):
                outcome = self.project.inject(
                    step, "error=ENOSPC", "credentials", "rotate", "--yes"
                )
                self.assertIn(outcome.code, (0, 10), outcome.err)
                self.recovers(step, "credentials", "check")


if __name__ == "__main__":
    unittest.main()
