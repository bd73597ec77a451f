"""Runs poststack-init as tests need it: as PID 1, as an ordinary process, or without root."""
import atexit
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

# A copy: the build tree may lie where the account without rights cannot go.
_copy = tempfile.mkdtemp(prefix="init-program.")
os.chmod(_copy, 0o755)
atexit.register(shutil.rmtree, _copy, ignore_errors=True)
INIT = shutil.copy(os.environ["POSTSTACK_INIT"], _copy)


def copy_poststack():
    """A copy of poststack for the account without rights, as small as can be."""
    copy = os.path.join(_copy, "poststack")
    subprocess.run(["strip", "-o", copy, os.environ["POSTSTACK"]], check=True)
    return copy


PATIENCE = 60.0  # seconds for anything that happens at once on a machine that is not loaded
MODES = ("pid1", "root", "plain")
# Not the one that runs this: it may be where the account without rights cannot go.
PYTHON = "/usr/bin/python3"


def account():
    """An account without rights, which every Debian has."""
    return pwd.getpwnam("nobody")


def can_unshare():
    return os.geteuid() == 0 and subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", "true"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def until(condition, what, patience=PATIENCE):
    """Waits for what `condition` returns to be true, and returns it."""
    deadline = time.monotonic() + patience
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience:.0f} s for {what() if callable(what) else what}")
        time.sleep(0.01)


class Folder:
    """A private directory that the account without rights may use."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="init."))
        os.chmod(self.path, 0o755)

    def own(self, mode):
        if mode == "plain" and os.geteuid() == 0:
            os.chown(self.path, account().pw_uid, account().pw_gid)

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Init:
    """One run of poststack-init with the configuration `text`, with its output collected by line."""

    def __init__(self, mode, folder, text, environment=None, stdout=None, prefix=(),
                 inner=()):
        self.mode, self.folder = mode, folder
        folder.own(mode)
        self.config = folder.path / "supervisord.conf"
        self.config.write_text(text, "utf-8")
        self.lines, self.lock = [], threading.Lock()
        command = [INIT, "-c", str(self.config)]
        self.is_pid1 = mode == "pid1" and can_unshare()
        command = list(inner) + command
        if self.is_pid1:
            command = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"] + command
        elif mode == "plain" and os.geteuid() == 0:
            command = ["setpriv", f"--reuid={account().pw_uid}", f"--regid={account().pw_gid}",
                       "--clear-groups"] + command
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(folder.path),
               "LC_ALL": "C.UTF-8", "TMPDIR": str(folder.path)}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        env.update(environment or {})
        self.process = subprocess.Popen(
            list(prefix) + command, cwd=folder.path, env=env, stdin=subprocess.DEVNULL,
            stdout=stdout if stdout is not None else subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True)
        self.readers = [threading.Thread(target=self._read, args=(stream,), daemon=True)
                        for stream in (self.process.stdout, self.process.stderr) if stream]
        for reader in self.readers:
            reader.start()

    def _read(self, stream):
        for line in stream:
            with self.lock:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))

    @property
    def pid(self):
        """The pid of poststack-init itself as we see it."""
        if not self.is_pid1:
            return self.process.pid
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return int(until(lambda: pathlib.Path(path).read_text().split(), "the child of unshare")[0])

    def text(self):
        with self.lock:
            return "\n".join(self.lines)

    def expect(self, pattern, count=1, patience=PATIENCE):
        """Waits for `count` lines that match; the last of them."""
        def found():
            with self.lock:
                hits = [line for line in self.lines if re.search(pattern, line)]
            return hits[count - 1] if len(hits) >= count else None
        return until(found, lambda: f"{count} x {pattern!r} in:\n{self.text()}", patience)

    def send(self, number=signal.SIGTERM):
        os.kill(self.pid, number)

    def wait(self, patience=PATIENCE):
        """Waits for its end; the exit code."""
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {patience} s:\n{self.text()}") from None
        for reader in self.readers:
            reader.join(10)
        return code

    def stop(self, number=signal.SIGTERM, patience=PATIENCE):
        self.send(number)
        return self.wait(patience)

    def kill(self):
        """For the end of a test: whatever is left of it goes."""
        if self.process.poll() is None:
            try:
                self.send(signal.SIGTERM)
                self.send(signal.SIGTERM)
                self.send(signal.SIGTERM)
                self.process.wait(8)
            except (subprocess.TimeoutExpired, OSError, AssertionError, IndexError):
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def program_pid(self, name, count=1):
        """The pid that it told for the `count`th run of a program (in its own namespace)."""
        line = self.expect(rf'spawned "{re.escape(name)}" pid=\d+', count)
        return int(line.rsplit("=", 1)[1])


def find_postgres():
    """The directory of PostgreSQL's programs."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"),
                   key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else None


def make_cluster(path, owner):
    """A data directory of `owner` made by initdb, with its socket beside it."""
    bin_dir = find_postgres()
    command = [str(bin_dir / "initdb"), "-D", str(path), "-A", "trust", "-U", "postgres", "-N",
               "--no-instructions"]
    if os.geteuid() == 0:
        command = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}",
                   "--clear-groups"] + command
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                   cwd="/", env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"})


def cluster_state(path):
    """What pg_controldata calls the state of a data directory."""
    run = subprocess.run([str(find_postgres() / "pg_controldata"), "-D", str(path)], check=True,
                         capture_output=True, text=True, env={"LC_ALL": "C"})
    return re.search(r"Database cluster state: +(.*)", run.stdout).group(1)
