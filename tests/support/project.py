"""A project with its own server, cache and sockets, all in one folder, for fault tests.

Run by root it belongs to an unprivileged account: everything it makes then lies below the folder,
and PostgreSQL refuses root anyway.
"""
import contextlib
import glob
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import faults

ACCOUNT = "nobody"


class Home:
    """What several projects share: the program, the template cache, the socket directory."""

    def __init__(self):
        self.account = ACCOUNT if os.geteuid() == 0 else None
        if self.account:
            faults.require("setpriv")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="psf-", dir="/tmp"))
        # In memory where we may: hundreds of data directories are synced otherwise.
        self.mounted = self.account and faults.mount_memory(self.folder, "size=2g")
        self.folder.chmod(0o755)
        # The build tree may lie where the account cannot go.
        self.program = self.folder / "poststack"
        shutil.copy(faults.POSTSTACK, self.program)
        for name, mode in (("home", 0o700), ("cache", 0o700), ("run", 0o700), ("work", 0o755)):
            self.make(self.folder / name, mode)

    def make(self, path, mode):
        path.mkdir()
        path.chmod(mode)
        self.give(path)

    def give(self, path):
        """Hands what the test made to the account."""
        if self.account:
            shutil.chown(path, self.account)

    def environment(self, **changes):
        return {
            "HOME": str(self.folder / "home"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "USER": self.account or os.environ.get("USER", "user"),
            **changes,
        }

    def empty_cache(self):
        for path in (self.folder / "cache").iterdir():
            shutil.rmtree(path)

    def close(self):
        kill_all(self.folder)
        if self.mounted:
            faults.unmount(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)


def processes(folder, word=b""):
    """The processes whose command line names something below `folder`."""
    needle = os.fsencode(folder) + b"/"
    for entry in glob.glob("/proc/[0-9]*"):
        with contextlib.suppress(OSError):
            line = pathlib.Path(entry, "cmdline").read_bytes()
            if needle in line and word in line and int(entry[6:]) != os.getpid():
                yield int(entry[6:])


def servers(folder):
    """The postmasters of the data directories below `folder`.

    A child that was forked a moment ago still shows the postmaster's own words."""
    found = {}
    for pid in processes(folder, b"-D"):
        with contextlib.suppress(OSError):
            if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "postgres":
                found[pid] = parent(pid)
    return [pid for pid, above in found.items() if above not in found]


def parent(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace")
    return int(stat.rpartition(")")[2].split()[1])


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def kill_all(folder):
    """Ends what a test left running: servers in their own way first, for their shared memory."""
    for pid in servers(folder):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGQUIT)
    wait_until(lambda: not servers(folder), 20)
    for pid in processes(folder):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def find_psql():
    """The real psql: Debian's in /usr/bin is a wrapper."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))
    if found:
        return found[-1]
    if shutil.which("psql") is None:
        faults.missing("missing psql: run tools/install-deps test")
    return "psql"


class Project:
    """One project directory. A context manager: its server is gone afterwards."""

    def __init__(self, home, folder=None):
        self.home = home
        self.own = folder is None
        self.folder = folder or pathlib.Path(tempfile.mkdtemp(dir=home.folder / "work"))
        self.folder.chmod(0o755)
        home.give(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        kill_all(self.folder)
        if self.own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name, text):
        path = self.folder / name
        if not path.parent.exists():
            self.home.make(path.parent, 0o755)
        path.write_text(text)
        self.home.give(path)

    def argv(self, *words):
        return [self.home.program, *words]

    def options(self):
        return {
            "cwd": self.folder,
            "env": self.home.environment(),
            "account": self.home.account,
        }

    def run(self, *words):
        return faults.run(self.argv(*words), **self.options())

    def record(self, *words):
        """The outcome of a run, and its steps."""
        outcome, calls = faults.record(self.argv(*words), **self.options())
        return outcome, [call for call in calls if faults.is_change(call)]

    def kill_at(self, step, *words):
        return faults.kill_at(self.argv(*words), step, **self.options())

    def inject(self, step, action, *words):
        return faults.inject(self.argv(*words), step, action, **self.options())

    def setting(self, name):
        """The value of a variable in .env; nothing when the file or the variable is not there."""
        with contextlib.suppress(FileNotFoundError):
            found = re.search(rf"(?m)^{name}=(.*)$", (self.folder / ".env").read_text())
            return found[1] if found else None
        return None

    def password(self):
        return self.setting("POSTGRES_PASSWORD")

    def servers(self):
        return servers(self.folder)

    def log(self):
        """The last words of the server, for the message of a failed test."""
        with contextlib.suppress(FileNotFoundError):
            path = self.folder / "logs/database/postgresql.log"
            return path.read_text(errors="replace")[-4000:]
        return ""

    def query(self, sql):
        """Runs SQL as any program would that reads .env: over TCP, as the project's role."""
        url = self.setting("DATABASE_URL")
        if url is None:
            raise AssertionError("there is no DATABASE_URL in .env")
        done = faults.run(
            [find_psql(), "-XAtq", "-v", "ON_ERROR_STOP=1", url, "-c", sql],
            **self.options(),
        )
        if done.code != 0:
            raise AssertionError(f"psql failed: {done.err}")
        return done.out.strip()

    def drafts(self):
        """What an interrupted replacement of a file left behind."""
        return [
            str(path.relative_to(self.folder))
            for pattern in ("*.draft-*", ".poststack/*.draft-*")
            for path in self.folder.glob(pattern)
        ]


class RunningProject(unittest.TestCase):
    """Tests that share one project whose server runs: `cls.project`."""

    @classmethod
    def setUpClass(cls):
        faults.require("strace")
        cls.home = Home()
        cls.project = Project(cls.home)
        first = cls.project.run("up")
        if first.code != 0:
            raise AssertionError(f"up does not work at all: {first.err}")

    @classmethod
    def tearDownClass(cls):
        cls.project.__exit__()
        cls.home.close()

    def stop_server_at(self, step, *words):
        """Stops the client at `step` of `words`, the server at once, and lets the client go on."""
        options = self.project.options()
        what = f"inject={step.name}:signal=SIGSTOP:when={step.when}"
        prefix = faults.strace(
            "/dev/null", options["account"], "-e", f"trace={step.name}", "-e", what
        )
        with subprocess.Popen(
            [*prefix, *map(str, self.project.argv(*words))],
            cwd=options["cwd"],
            env=faults.environment(options["env"]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as tracer:
            try:
                client = self.stopped_child(tracer)
                for server in self.project.servers():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(server, signal.SIGQUIT)
                self.assertTrue(wait_until(lambda: not self.project.servers()))
                if client is not None:
                    os.kill(client, signal.SIGCONT)
                self.assertEqual(self.project.run("container", "start").code, 0)
                tracer.wait(faults.RUN_LIMIT)
            finally:
                if tracer.poll() is None:
                    tracer.kill()

    @staticmethod
    def stopped_child(tracer):
        """The traced client once it stands still; nothing when it ended before."""
        seen = []  # strace itself stops it for moments only: it has to be seen again and again

        def stands():
            if tracer.poll() is not None:
                return True
            children = pathlib.Path(f"/proc/{tracer.pid}/task/{tracer.pid}/children")
            for child in children.read_text().split():
                state = pathlib.Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
                if state in "tT":
                    seen.append(int(child))
                else:
                    seen.clear()
            return len(seen) >= 10

        wait_until(stands)
        return seen[-1] if len(seen) >= 10 else None
