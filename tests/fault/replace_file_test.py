"""replace_file() and create_file(), killed and refused at each of their system calls."""
import os
import pathlib
import stat
import tempfile
import unittest

import faults

PROGRAM = os.environ["REPLACE_FILE_PROGRAM"]
OLD = "o" * 3000
NEW = "n" * 5000


class ReplaceFile(unittest.TestCase):
    def setUp(self):
        faults.require("strace")
        folder = tempfile.TemporaryDirectory(prefix="poststack-fault-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "file"

    def argv(self, verb="replace", letter="n", count=5000):
        return [PROGRAM, verb, self.file, letter, count]

    def reset(self):
        for path in self.folder.iterdir():
            path.unlink()
        self.assertEqual(faults.run(self.argv(letter="o", count=3000)).code, 0)
        self.assertEqual(os.listdir(self.folder), ["file"])

    def steps(self, argv):
        outcome, calls = faults.record(argv)
        self.assertEqual(outcome.code, 0, outcome.err)
        mine = [
            call
            for call in calls
            if str(self.folder) in call.arguments and (faults.is_change(call) or "open" in call.name)
        ]
        self.assertGreater(len(mine), 5)
        return mine

    def test_the_order_survives_a_power_cut(self):
        self.reset()
        outcome, calls = faults.record(self.argv())
        self.assertEqual(outcome.code, 0, outcome.err)
        self.assertEqual(faults.check_replaced_safely(calls, self.file), 1)

    def test_a_kill_leaves_the_old_or_the_new_file(self):
        self.reset()
        seen = set()
        for step in self.steps(self.argv()):
            self.reset()
            _, killed = faults.kill_at(self.argv(), step)
            self.assertTrue(killed, faults.show(step))
            content = self.file.read_text()
            self.assertIn(content, (OLD, NEW), faults.show(step))
            seen.add(content[0])
            for left in self.folder.iterdir():
                self.assertEqual(stat.S_IMODE(left.stat().st_mode) & 0o007, 0, left)

            self.assertEqual(faults.run(self.argv()).code, 0, faults.show(step))
            self.assertEqual(self.file.read_text(), NEW)
            self.assertEqual(os.listdir(self.folder), ["file"], faults.show(step))
        self.assertEqual(seen, {"o", "n"}, "the steps lie on one side of the rename alone")

    def test_a_refused_call_is_reported_and_leaves_no_draft(self):
        self.reset()
        reported = set()
        for step in self.steps(self.argv()):
            self.reset()
            outcome = faults.inject(self.argv(), step, "error=ENOSPC")
            content = self.file.read_text()
            self.assertEqual(os.listdir(self.folder), ["file"], faults.show(step))
            if outcome.code == 0:  # sweeping, or a lock that was tried again
                self.assertEqual(content, NEW, faults.show(step))
                continue
            self.assertEqual(outcome.code, 10, faults.show(step))
            self.assertIn(str(self.folder), outcome.err)
            self.assertIn("No space left on device", outcome.err)
            self.assertIn("Free some space", outcome.err)
            self.assertIn(content, (OLD, NEW))
            reported.add(step.name)
        for name in ("openat", "write", "fchmod", "fsync", "rename"):
            self.assertIn(name, reported)

    def test_a_killed_create_never_leaves_a_part(self):
        self.reset()
        self.file.unlink()
        for step in self.steps(self.argv("create")):
            for path in self.folder.iterdir():
                path.unlink()
            _, killed = faults.kill_at(self.argv("create"), step)
            self.assertTrue(killed, faults.show(step))
            if self.file.exists():
                self.assertEqual(self.file.read_text(), NEW, faults.show(step))

            again = faults.run(self.argv("create"))
            self.assertIn(again.code, (0, 1), again.err)
            self.assertEqual(self.file.read_text(), NEW, faults.show(step))

    def test_create_works_where_rename_cannot_refuse(self):
        outcome, calls = faults.record(self.argv("create"))
        self.assertEqual(outcome.code, 0, outcome.err)
        step = next(call for call in calls if call.name == "renameat2")
        self.file.unlink()

        outcome = faults.inject(self.argv("create"), step, "error=EINVAL")

        self.assertEqual(outcome.code, 0, outcome.err)
        self.assertEqual(os.listdir(self.folder), ["file"])
        self.assertEqual(faults.run(self.argv("create")).code, 1)

    def test_a_full_disk_keeps_the_old_file(self):
        with faults.small_disk("64k") as disk:
            self.file = disk / "file"
            self.assertEqual(faults.run(self.argv(letter="o", count=3000)).code, 0)

            outcome = faults.run(self.argv(count=1 << 20))

            self.assertEqual(outcome.code, 10)
            self.assertIn("No space left on device", outcome.err)
            self.assertIn("Free some space", outcome.err)
            self.assertEqual(self.file.read_text(), OLD)
            self.assertEqual(os.listdir(disk), ["file"])


if __name__ == "__main__":
    unittest.main()
