"""`up`, killed and interrupted at its steps: running it again finishes, and nothing is lost."""
import unittest

import faults
from project import Home, Project


class Up(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        faults.require("strace")
        cls.home = Home()
        with Project(cls.home) as project:  # also fills the template cache
            first = project.run("up")
            if first.code != 0:
                raise AssertionError(f"up does not work at all: {first.err}")

    @classmethod
    def tearDownClass(cls):
        cls.home.close()

    def finishes(self, project, step, password):
        again = project.run("up")
        self.assertEqual(again.code, 0, f"after {faults.show(step)}: {again.err}")
        if password:
            self.assertEqual(project.password(), password, faults.show(step))
        self.assertEqual(project.query("select 1"), "1", faults.show(step))
        self.assertEqual(len(project.servers()), 1, faults.show(step))
        self.assertEqual(project.drafts(), [], faults.show(step))

    def test_a_kill_during_the_first_up(self):
        with Project(self.home) as project:
            outcome, steps = project.record("up")
            self.assertEqual(outcome.code, 0, outcome.err)
        chosen = faults.spread(steps, 12)
        kills = 0
        for step in chosen:
            with self.subTest(step=faults.show(step)), Project(self.home) as project:
                kills += project.kill_at(step, "up")[1]
                self.finishes(project, step, project.password())
        # Runs differ a little from the recorded one, but not so much that the steps are not met.
        self.assertGreater(kills, len(chosen) // 2)

    def test_a_kill_during_the_very_first_up_of_a_machine(self):
        self.home.empty_cache()
        with Project(self.home) as project:
            outcome, steps = project.record("up")
            self.assertEqual(outcome.code, 0, outcome.err)
        for step in faults.spread(steps, 5):
            with self.subTest(step=faults.show(step)), Project(self.home) as project:
                self.home.empty_cache()
                project.kill_at(step, "up")
                self.finishes(project, step, project.password())

    def test_a_kill_during_a_later_up_keeps_the_data(self):
        with Project(self.home) as project:
            self.assertEqual(project.run("up").code, 0)
            project.query("create table kept as select 42 as answer")
            self.assertEqual(project.run("down").code, 0)
            outcome, steps = project.record("up")
            self.assertEqual(outcome.code, 0, outcome.err)
            password = project.password()
            for step in faults.spread(steps, 8):
                with self.subTest(step=faults.show(step)):
                    self.assertEqual(project.run("down").code, 0)
                    project.kill_at(step, "up")
                    self.finishes(project, step, password)
                    self.assertEqual(project.query("select answer from kept"), "42")

    def test_ctrl_c_is_told_and_can_be_taken_up_again(self):
        with Project(self.home) as project:
            _, steps = project.record("up")
        interrupted = 0
        for step in faults.spread(steps, 6):
            with self.subTest(step=faults.show(step)), Project(self.home) as project:
                outcome = project.inject(step, "signal=SIGINT", "up")
                self.assertIn(outcome.code, (0, 130), outcome.err)
                if outcome.code == 130:
                    interrupted += 1
                    self.assertIn("poststack: stopped by SIGINT", outcome.err)
                self.finishes(project, step, project.password())
        self.assertGreater(interrupted, 0)


if __name__ == "__main__":
    unittest.main()
