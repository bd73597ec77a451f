"""The tables of docs/errors.md (exit codes) and docs/json.md (keys) against the program.

Every code that the table names for a command is met here, or listed in ELSEWHERE with the test
that meets it; a code met here that the table does not name fails too.
"""
import json
import os
import pathlib
import re
import unittest

from project import Home, Project

ERRORS = pathlib.Path(os.environ["POSTSTACK_SOURCE"], "docs/errors.md")

# Codes that need a fault or a race: the test that has it, or why there is none.
ELSEWHERE = {
    **{("container build", code): "engines.bats" for code in (0, 4, 8)},
    ("container build", 7): "no test: an engine that does not answer",
    **{("container remove", code): "engines.bats" for code in (0, 4, 5)},
    ("container remove", 7): "as down",
    **{("container shell", code): "engines.bats" for code in (0, 4, 5, 8)},
    ("container start", 9): "as up: credentials_rotate_test.cc, up.bats",
    ("database new", 5): "a race",
    **{("database adopt", code): "migrate.bats" for code in (0, 4, 5)},
    ("database repair", 5): "the lock: migrate_concurrency_test.cc",
    ("database repair", 9): "verify.bats",
    ("database unlock-migrations", 1): "migrate_concurrency_test.cc",
    ("database squash", 1): "verify.bats",
    ("database squash", 5): "verify.bats",
    ("database squash", 8): "verify.bats",
    ("database verify-migrations", 4): "prove_test.cc",
    ("database diff", 9): "prove_test.cc",
    ("up", 4): "native.bats: no PostgreSQL on the machine",
    ("up", 5): "native.bats: a port that is set and taken",
    ("up", 7): "up_places_test.py",
    ("up", 8): "up.bats: a setting the server does not take",
    ("down", 5): "the lock of a second command: native_server_test.cc",
    ("down", 7): "native_server_test.cc",
    **{("restart", code): "as up" for code in (4, 5, 7, 8, 9)},
    ("credentials check", 9): "login_test.cc",
    ("credentials rotate", 5): "rotate_test.py",
    ("credentials rotate", 9): "credentials_rotate_test.cc",
    ("doctor", 1): "version.bats: a machine without libpq",
    ("database rollback", 5): "the lock: migrate_concurrency_test.cc",
    ("database create-schema", 9): "migrate_apply_test.cc",
    ("database drop-schema", 9): "migrate_apply_test.cc",
    ("database test-connection", 9): "test_connection_test.cc",
}


# The same code under another name: tested as the one on the right.
SAME = {"container start": "up", "container stop": "down", "container restart": "restart"}


def is_elsewhere(command, code):
    return (command, code) in ELSEWHERE or (SAME.get(command), code) in ELSEWHERE


def commands():
    """What docs/commands lists; a test of its own holds it to the program."""
    text = (ERRORS.parent / "commands/README.md").read_text()
    return set(re.findall(r"(?m)^\| \[`poststack ([^`]*)`", text))


def documented():
    """{(command, code)} of the table; both names of a row that has two."""
    section = ERRORS.read_text().split("## Command and outcome")[1]
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in section.splitlines() if line.startswith("|") and "---" not in line]
    codes = [int(code) for code in rows[0][1:]]
    found = set()
    for row in rows[1:]:
        for command in re.findall(r"`([^`]+)`", row[0]):
            found |= {(command, code) for code, cell in zip(codes, row[1:]) if cell}
    return found


def documented_keys():
    """{command: {key}} of docs/json.md."""
    found = {}
    for line in (ERRORS.parent / "json.md").read_text().splitlines():
        if not line.startswith("| `"):
            continue
        names, keys = line.strip("| ").split("|", 1)
        keys = re.sub(r"\([^)]*\) with .*;", "", keys)  # of the values, not of the document
        keys = set(re.findall(r"`([a-z_]+)`", keys)) | (found["up"] if "those of `up`" in keys else set())
        for command in re.findall(r"`([^`]+)`", names):
            found[command] = keys - {"up"}
    return found


class ExitCodes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        cls.met = set()
        cls.keys = documented_keys()
        cls.seen = set()

    @classmethod
    def tearDownClass(cls):
        cls.home.close()

    def expect(self, project, code, command, *options):
        """Runs `command` with `options` and notes that it ended with `code`."""
        outcome = project.run(*command.split(), *options)
        said = f"{command} {' '.join(options)}\n{outcome.out}{outcome.err}"
        self.assertEqual(outcome.code, code, said)
        if code > 1:
            self.assertIn("error: ", outcome.err, said)
        self.met.add((command, code))
        return outcome

    def expect_keys(self, project, command, *options):
        """`command --json` writes one document with the documented keys; then `options`."""
        outcome = project.run(*command.split(), "--json", *options)
        document = json.loads(outcome.out)
        wanted = self.keys[command]
        if command == "credentials show":
            self.assertLessEqual({"user", "password", "database", "url", "masked"}, set(document))
        else:
            self.assertEqual(set(document), wanted, command)
        self.seen.add(command)

    def before_the_first_up(self):
        with Project(self.home) as project:
            for command in ("down", "container stop", "status", "container status",
                            "container list", "container clean", "logs list", "logs size", "logs clean", "config-show", "config-validate", "doctor",
                            "version"):
                self.expect(project, 0, command)
            self.expect(project, 0, "completion", "bash")
            for command in ("health", "container health"):
                self.expect(project, 1, command)
            for command in ("status", "container status"):
                self.expect(project, 1, command, "--strict")  # nothing runs: nothing is granted
            for command in ("url", "logs", "container logs", "credentials show",
                            "credentials check", "credentials rotate", "shell", "database shell"):
                self.expect(project, 4, command)
            for command in ("compose validate", "compose services"):
                self.expect(project, 4, command)
            self.expect(project, 0, "compose render")
            project.write("other.yml", "services: {}\n")
            self.expect(project, 5, "compose render", "--output", "other.yml")
            self.expect(project, 0, "init", "--yes", "--runtime", "native")
            self.expect(project, 0, "init", "--yes")
        with Project(self.home) as project:
            project.write("compose.yaml", "services: {a: {image: i}}\n")
            for command in ("compose validate", "compose services"):
                self.expect(project, 0, command)

    def with_a_server(self, project):
        for command in ("up", "container start", "restart", "container restart", "status",
                        "container status", "health", "container health", "url",
                        "credentials show", "credentials check", "credentials rotate"):
            self.expect(project, 0, command)
        for command in ("logs", "container logs"):
            self.expect(project, 0, command, "--tail", "1")
        project.write("wrong.sql", "select 1/0;")
        for command in ("shell", "database shell"):
            self.expect(project, 0, command, "--", "-Xc", "select 1")
            self.expect(project, 8, command, "--", "--no-such-option")
            self.expect(project, 9, command, "--", "-X", "-v", "ON_ERROR_STOP=1", "-f", "wrong.sql")
            self.expect(project, 9, command, "--", "-Xc", "select 1/0")
        self.expect(project, 0, "database test-connection", "--pool", "0")
        url = project.run("url").out.strip()
        self.expect(project, 4, "database test-connection", "--retries", "0", "--url", url + "x")
        # RFC 2606: there is no host of this name, whether a name server answers or not.
        self.expect(project, 7, "database test-connection", "--retries", "0",
                    "--url", "postgresql://ann@no-such-host.invalid/shop")

    def with_migrations(self, project):
        self.expect(project, 0, "database create-schema")
        self.expect(project, 0, "database show-schema")
        self.expect(project, 0, "database migration-status", "--check")
        self.expect(project, 5, "database drop-schema", "--yes")
        self.expect(project, 0, "database new", "second")
        self.expect(project, 1, "database migration-status", "--check")
        self.expect(project, 0, "database migrate")
        self.expect(project, 0, "database verify-migrations", "--prove")
        self.expect(project, 0, "database lint")
        self.expect(project, 0, "database lint", "--live")
        self.expect(project, 4, "database lint", "nothing.sql")
        self.expect(project, 0, "database diff")
        self.expect(project, 0, "database squash", "--up-to", "2", "--output", "baseline.sql")
        self.expect(project, 4, "database squash", "--up-to", "99")
        project.query("create table extra ()")
        self.expect(project, 1, "database diff")
        project.query("drop table extra")
        self.expect(project, 0, "database rollback")
        self.expect(project, 4, "database migrate", "--target-version", "99")
        self.expect(project, 4, "database rollback", "--target", "99")
        project.write("migrations/002_second.sql", "create tabel second ();")
        self.expect(project, 9, "database migrate")
        self.expect(project, 9, "up")
        self.expect(project, 9, "database squash", "--up-to", "2")
        project.write("migrations/002_second.sql", "create table second ();")
        project.write("migrations/002_second.rollback.sql", "drop table secnod;")
        self.expect(project, 0, "database migrate")
        self.expect(project, 9, "database rollback")
        project.write("migrations/002_second.sql", "create table second (changed int);")
        self.expect(project, 5, "database migrate")
        self.expect(project, 1, "database migration-status", "--check")
        self.expect(project, 1, "database verify-migrations")
        self.expect(project, 1, "database lint", "--fail-on", "warning")
        self.expect(project, 0, "database repair", "--dry-run", "--reason", "a test")
        self.expect(project, 4, "database repair", "99", "--reason", "a test")
        self.expect(project, 0, "database unlock-migrations")
        self.expect(project, 1, "database adopt", "--dry-run")
        self.expect(project, 0, "database drop-schema", "--yes", "--force")
        self.expect(project, 0, "database show-schema")

    def as_json(self, project):
        project.write("compose.yaml", "services: {a: {image: i}}\n")
        project.query("drop table notes; drop table second")  # the ledger is gone
        project.write("migrations/002_second.sql", "create table second ();")
        project.write("migrations/002_second.rollback.sql", "drop table second;")
        later = ("container build", "container remove",  # need an engine: engines.bats
                 "down", "container stop", "database drop-schema", "database new", "database squash")
        options = {"init": ["--yes"], "database repair": ["--dry-run", "--reason", "a test"],
                   "database adopt": ["--baseline", "001", "--dry-run"],
                   "completion": ["bash"]}
        for command in self.keys:
            if command not in later:
                self.expect_keys(project, command, *options.get(command, []))
        self.expect_keys(project, "database squash", "--up-to", "2", "--output", "again.sql")
        self.expect_keys(project, "database new", "third")
        self.expect_keys(project, "database drop-schema", "--yes", "--force")
        self.expect_keys(project, "container stop")
        self.expect_keys(project, "down")
        self.assertEqual(self.seen, commands() - {"shell", "database shell", "container build",
                                               "container remove", "container shell"})
        outcome = project.run("logs", "--json", "--follow")
        self.assertEqual((outcome.code, outcome.out), (2, ""))
        self.assertEqual(json.loads(outcome.err)["error"]["kind"], "usage")

    def without_a_server(self, project):
        self.expect(project, 0, "down")
        self.expect(project, 0, "container stop")
        self.expect(project, 0, "status")
        for command in ("credentials check", "credentials rotate", "shell", "database shell",
                        "database migrate", "database rollback", "database migration-status",
                        "database create-schema", "database show-schema",
                        "database verify-migrations", "database diff"):
            self.expect(project, 7, command)
        self.expect(project, 7, "database drop-schema", "--yes")
        self.expect(project, 7, "database lint", "--live")
        self.expect(project, 7, "database squash", "--up-to", "1")
        self.expect(project, 7, "database repair", "--reason", "a test")
        self.expect(project, 7, "database unlock-migrations")
        self.expect(project, 7, "database adopt", "--dry-run")
        self.expect(project, 7, "database test-connection", "--retries", "0")

    def test_every_row(self):
        self.before_the_first_up()
        with Project(self.home) as project:
            self.assertEqual(project.run("init", "--yes", "--runtime", "native").code, 0)
            self.with_a_server(project)
            self.with_migrations(project)
            self.as_json(project)
            self.without_a_server(project)

        table = documented()
        self.assertGreater(len(table), 80)
        self.assertEqual({command for command, _ in table}, commands())
        untested = {one for one in table - self.met if not is_elsewhere(*one)}
        self.assertEqual(untested, set(), "in the table, not tested")
        self.assertEqual(self.met - table, set(), "tested, not in the table")


if __name__ == "__main__":
    unittest.main()
