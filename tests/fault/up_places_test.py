"""`up` where it cannot work: full disk, read-only project; many at once; and during a crash."""
import concurrent.futures
import os
import pathlib
import signal
import subprocess
import unittest

import faults
from project import Home, Project, wait_until


class UpPlaces(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        with Project(cls.home) as project:
            first = project.run("up")
            if first.code != 0:
                raise AssertionError(f"up does not work at all: {first.err}")

    @classmethod
    def tearDownClass(cls):
        cls.home.close()

    def test_a_full_disk_is_told_and_up_finishes_once_there_is_room(self):
        for size in ("1m", "12m", "30m"):
            with self.subTest(size=size), faults.small_disk(size) as disk:
                with Project(self.home, disk) as project:
                    outcome = project.run("up")
                    self.assertEqual(outcome.code, 10, outcome.err)
                    self.assertIn("No space left on device", outcome.err)
                    self.assertIn("hint: ", outcome.err)
                    self.assertEqual(project.servers(), [])
                    password = project.password()

                    faults.resize_disk(disk, "400m")
                    again = project.run("up")

                    self.assertEqual(again.code, 0, again.err)
                    if password:
                        self.assertEqual(project.password(), password)
                    self.assertEqual(project.query("select 1"), "1")

    def test_a_disk_without_room_for_env_keeps_the_old_one(self):
        with faults.small_disk("1m") as disk, Project(self.home, disk) as project:
            project.write(".env", "# mine\nOTHER=1\n")
            (disk / ".env").chmod(0o600)
            faults.fill_disk(disk)

            outcome = project.run("up")

            self.assertEqual(outcome.code, 10, outcome.err)
            self.assertIn("No space left on device", outcome.err)
            self.assertEqual((disk / ".env").read_text(), "# mine\nOTHER=1\n")

    def test_a_read_only_project_is_refused(self):
        with faults.small_disk("400m") as disk, Project(self.home, disk) as project:
            faults.make_read_only(disk)

            outcome = project.run("up")

            self.assertEqual(outcome.code, 10, outcome.err)
            self.assertIn("Read-only file system", outcome.err)
            self.assertIn("hint: Make that file system writable", outcome.err)
            self.assertEqual(project.servers(), [])

    def test_a_project_directory_of_somebody_else_is_refused(self):
        faults.require_root("giving a directory to another account")
        with Project(self.home) as project:
            project.folder.chmod(0o555)
            subprocess.run(["chown", "0:0", project.folder], check=True)

            outcome = project.run("up")

            self.assertEqual(outcome.code, 6, outcome.err)
            self.assertIn("Permission denied", outcome.err)

    def test_many_at_once_give_one_server_and_one_password(self):
        for count in (2, 20):
            with self.subTest(count=count), Project(self.home) as project:
                with concurrent.futures.ThreadPoolExecutor(count) as pool:
                    runs = list(pool.map(lambda _: project.run("up"), range(count)))

                for one in runs:
                    self.assertEqual(one.code, 0, one.err)
                self.assertEqual(len(project.servers()), 1)
                self.assertEqual(project.query("select 1"), "1")
                env = (project.folder / ".env").read_text()
                self.assertEqual(env.count("POSTGRES_PASSWORD="), 1, env)
                self.assertEqual(project.drafts(), [])

    def crash(self, project):
        """Kills a process of the server: the others are ended too, and recovery begins."""
        server = project.servers()[0]
        children = pathlib.Path(f"/proc/{server}/task/{server}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        return server

    def test_up_waits_while_a_crashed_server_recovers(self):
        # The pid file says "ready" all the time, the server says "in recovery mode".
        with Project(self.home) as project:
            self.assertEqual(project.run("up").code, 0)
            for _ in range(5):
                server = self.crash(project)

                outcome = project.run("up")

                self.assertEqual(outcome.code, 0, outcome.err)
                self.assertEqual(project.servers(), [server])
                self.assertEqual(project.query("select 1"), "1")

    def test_up_starts_a_server_again_that_dies_of_its_crash(self):
        with Project(self.home) as project:
            project.write("poststack.yaml", "postgres_settings:\n  - restart_after_crash=off\n")
            self.assertEqual(project.run("up").code, 0)
            for _ in range(5):
                server = self.crash(project)

                outcome = project.run("up")

                self.assertEqual(outcome.code, 0, outcome.err)
                self.assertEqual(project.query("select 1"), "1")
                self.assertTrue(wait_until(lambda: server not in project.servers()))
                self.assertEqual(project.run("up").code, 0)


if __name__ == "__main__":
    unittest.main()
