"""What migrate shows on a terminal while it works: statement, time, who is waited for, how far."""
import contextlib
import os
import pty
import select
import subprocess
import time
import unittest

import faults
from project import RunningProject, find_psql

LIMIT = 120  # seconds; only a program that hangs takes them


class Terminal:
    """A program on a terminal of its own; `shown` is all that it has written."""

    def __init__(self, project, *words):
        main, other = pty.openpty()
        options = project.options()
        self.fd = main
        self.shown = ""
        self.end = time.monotonic() + LIMIT
        self.process = subprocess.Popen(
            [*faults.as_account(options["account"]), *map(str, project.argv(*words))],
            cwd=options["cwd"],
            env={**faults.environment(options["env"]), "TERM": "xterm", "COLUMNS": "500"},
            stdin=other,
            stdout=other,
            stderr=other,
        )
        os.close(other)

    def read(self):
        """Reads more; False at the end."""
        ready, _, _ = select.select([self.fd], [], [], max(0, self.end - time.monotonic()))
        if not ready:
            self.process.kill()
            raise AssertionError(f"nothing more came after: {self.shown}")
        piece = b""
        with contextlib.suppress(OSError):  # how Linux tells that the other side is closed
            piece = os.read(self.fd, 4096)
        self.shown += piece.decode(errors="replace")
        return bool(piece)

    def wait_for(self, text):
        while text not in self.shown:
            if not self.read():
                raise AssertionError(f"no {text!r} in: {self.shown}")

    def finish(self):
        while self.read():
            pass
        os.close(self.fd)
        return self.process.wait(LIMIT)


class Progress(RunningProject):
    def other_session(self):
        """psql with a session of its own, to be told what to do."""
        options = self.project.options()
        return subprocess.Popen(
            [*faults.as_account(options["account"]), find_psql(), "-XAtq",
             self.project.setting("DATABASE_URL")],
            env=faults.environment(options["env"]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, session, sql):
        session.stdin.write(sql + ";\n")
        session.stdin.flush()
        return session.stdout.readline()

    def test_names_the_statement_and_who_is_waited_for(self):
        self.project.write("migrations/001_a.sql", "CREATE TABLE a (id int);\n")
        self.assertEqual(self.project.run("database", "migrate").code, 0)
        self.project.write(
            "migrations/002_b.sql", "SELECT 1;\n\nALTER TABLE a\n  ADD COLUMN n int;\n"
        )
        with self.other_session() as other:
            self.assertEqual(self.ask(other, "BEGIN; SELECT count(*) FROM a"), "0\n")
            terminal = Terminal(self.project, "database", "migrate", "--ddl-lock-timeout", "0")
            terminal.wait_for("002_b.sql: line 3: ALTER TABLE a   ADD COLUMN n int")
            terminal.wait_for("; waiting for server process ")
            terminal.wait_for("idle in transaction since ")
            terminal.wait_for("last ran: SELECT count(*) FROM a")
            other.stdin.write("COMMIT;\n")
            other.stdin.close()
            self.assertEqual(terminal.finish(), 0, terminal.shown)
        self.assertIn("applied 002_b.sql", terminal.shown)

    def test_tells_how_far_an_index_is(self):
        # The build lasts as long as the test holds a lock: each row looks for it.
        self.project.query(
            "CREATE TABLE slow (id int); INSERT INTO slow VALUES (1), (2);"
            "CREATE FUNCTION wait(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN "
            "WHILE EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711) "
            "LOOP PERFORM pg_sleep(0.02); END LOOP; RETURN n; END $$"
        )
        self.project.write(
            "migrations/010_i.sql",
            "-- poststack: no-transaction\nCREATE INDEX CONCURRENTLY i ON slow (wait(id));\n",
        )
        with self.other_session() as other:
            self.assertEqual(self.ask(other, "SELECT 1 FROM pg_advisory_lock(4711)"), "1\n")
            terminal = Terminal(self.project, "database", "migrate")
            terminal.wait_for("statement 1, line 2: CREATE INDEX CONCURRENTLY i ON slow")
            terminal.wait_for("; index on slow: building index: scanning table")
            other.stdin.close()
            self.assertEqual(terminal.finish(), 0, terminal.shown)
        self.assertIn("applied 010_i.sql", terminal.shown)


if __name__ == "__main__":
    unittest.main()
