"""Faults from outside: the program under test has no fault code.

A run is recorded once under strace. Each system call of its main process that changes something is
a step. Then the program is run again and again, each time killed on entering one of the steps (or
made to fail there), and the test looks at what is left.

POSTSTACK_FAULTS=full runs every step (of steps alike, eight); otherwise a spread of them that fits
into a minute.
"""
import collections
import contextlib
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

FULL = os.environ.get("POSTSTACK_FAULTS") == "full"
POSTSTACK = os.environ.get("POSTSTACK", "poststack")
RUN_LIMIT = 180  # seconds for one run, on a slow machine with sanitizers

# The calls that change something outside the process. Sockets are part of it: a statement may be
# sent and its answer lost.
CHANGES = (
    "openat creat write writev pwrite64 copy_file_range sendto sendmsg connect rename renameat "
    "renameat2 link linkat symlink symlinkat unlink unlinkat mkdir mkdirat rmdir fsync fdatasync "
    "sync_file_range fchmod fchmodat chmod fchown fchownat chown lchown ftruncate truncate flock "
    "fork vfork clone clone3 kill ioctl"
).split()

Call = collections.namedtuple("Call", "name when arguments result")


def require(*tools):
    """Skips where a tool is missing; in CI, where POSTSTACK_REQUIRE_TOOLS is set, that fails."""
    for tool in tools:
        if shutil.which(tool) is None:
            missing(f"missing {tool}: run tools/install-deps test")


def missing(reason):
    if os.environ.get("POSTSTACK_REQUIRE_TOOLS"):
        raise AssertionError(reason)
    raise unittest.SkipTest(reason)


def require_root(what):
    if os.geteuid() != 0:
        # Not failing in CI: whoever runs the tests as a user has chosen so.
        raise unittest.SkipTest(f"{what} needs root")


def environment(changes=None):
    """Ours without what would steer poststack, and fit for a traced process."""
    result = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("POSTSTACK_", "PG", "POSTGRES_", "DATABASE_URL"))
    }
    # The leak checker needs ptrace for itself.
    result["ASAN_OPTIONS"] = "detect_leaks=0:abort_on_error=0"
    result["LC_ALL"] = "C"
    result.update(changes or {})
    return result


Outcome = collections.namedtuple("Outcome", "code out err")


def as_account(account):
    """The words before a command that is to run as another account of this machine."""
    if account is None:
        return []
    entry = pwd.getpwnam(account)
    return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]


def run(argv, cwd=None, env=None, prefix=(), account=None):
    """Runs a program to its end; minus the signal that killed it as code, as subprocess does."""
    done = subprocess.run(
        [*(prefix or as_account(account)), *map(str, argv)],
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=RUN_LIMIT,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


LINE = re.compile(r"^(?P<name>\w+)\((?P<arguments>.*)\)\s+= (?P<result>\S.*|\?)$")


def strace(log, account, *options):
    user = [] if account is None else ["-u", account]
    return ["strace", "-qq", *user, "-o", str(log), *options]


def record(argv, cwd=None, env=None, account=None, calls=CHANGES):
    """Runs the program and returns its outcome and the calls of its main process, in order.

    `when` of a call is its number among the calls of the same name, as strace counts them.
    """
    require("strace")
    with tempfile.TemporaryDirectory(prefix="poststack-trace-") as folder:
        log = pathlib.Path(folder, "log")
        # An unknown name (an architecture without vfork) is not an error with "?".
        names = ",".join(f"?{name}" for name in calls)
        prefix = strace(log, account, "-y", "-s", "256", "-e", f"trace={names}")
        outcome = run(argv, cwd, env, prefix)
        lines = log.read_text(errors="replace").splitlines()
    counts = collections.Counter()
    found = []
    for line in lines:
        match = LINE.match(line)
        if not match:
            continue
        counts[match["name"]] += 1
        found.append(
            Call(match["name"], counts[match["name"]], match["arguments"], match["result"])
        )
    if not found:
        raise AssertionError(f"strace saw nothing; ptrace may be forbidden here: {outcome.err}")
    return outcome, found


def is_change(call):
    """False for what only looks: opening for reading, and output for people."""
    if call.name == "openat":
        return re.search(r"O_(CREAT|WRONLY|RDWR)", call.arguments) is not None and (
            "/dev/null" not in call.arguments
        )
    if call.name in ("write", "writev"):
        return not re.match(r"[12]<", call.arguments)
    if call.name == "ioctl":
        return "FICLONE" in call.arguments
    return True


def inject(argv, call, action, cwd=None, env=None, account=None):
    """Runs the program with `action` at the step `call`: "signal=SIGKILL" or "error=ENOSPC"."""
    what = f"inject={call.name}:{action}:when={call.when}"
    prefix = strace("/dev/null", account, "-e", f"trace={call.name}", "-e", what)
    return run(argv, cwd, env, prefix)


def kill_at(argv, call, cwd=None, env=None, account=None):
    """Runs the program and kills it on entering `call`. Its children live on."""
    outcome = inject(argv, call, "signal=SIGKILL", cwd, env, account)
    return outcome, outcome.code in (-signal.SIGKILL, 128 + signal.SIGKILL)


ALIKE = 8


def without_names(text):
    """Path parts that hold a number (a relation's file, a draft) are alike."""
    return re.sub(r"[^/.]*\d[^/]*", "#", text[0])


def shape(call):
    """What a step does, without the names and numbers in which it differs from its likes."""
    words = re.sub(r'"(?:\\.|[^"\\])*"|<[^>]*>', without_names, call.arguments)
    return call.name, re.sub(r"0x[0-9a-f]+|\d+", "#", words)


def every(calls):
    """Every step; of those alike (a new cluster is hundreds of copied files) ALIKE of them."""
    groups = collections.defaultdict(list)
    for index, call in enumerate(calls):
        groups[shape(call)].append(index)
    chosen = set()
    for group in groups.values():
        count = min(len(group), ALIKE)
        last = len(group) - 1
        chosen.update(group[number * last // max(count - 1, 1)] for number in range(count))
    return [calls[index] for index in sorted(chosen)]


def spread(calls, budget):
    """At most `budget` of the steps: half of them evenly from the first to the last, the others
    by name, the rarest calls first: a rename says more than the hundredth write.

    With POSTSTACK_FAULTS=full: all of them, as every() has it.
    """
    if FULL:
        return every(calls)
    if len(calls) <= budget:
        return calls
    even = max(budget // 2, 2)
    chosen = {index * (len(calls) - 1) // (even - 1) for index in range(even)}
    frequency = collections.Counter(call.name for call in calls)
    for index, call in sorted(enumerate(calls), key=lambda item: frequency[item[1].name]):
        if len(chosen) < budget and call.name not in {calls[other].name for other in chosen}:
            chosen.add(index)
    return [calls[index] for index in sorted(chosen)]


def show(call):
    return f"{call.name} number {call.when}: {call.name}({call.arguments[:120]})"


def check_replaced_safely(calls, path):
    """Asserts the order that survives a power cut: write, fsync of the file, rename over the
    target, fsync of the folder; and no write to the file once it is synced."""
    path = str(path)
    draft = re.compile(re.escape(path) + r"\.draft-[0-9a-f]+")
    renames = [
        index
        for index, call in enumerate(calls)
        if call.name.startswith("rename")
        and draft.search(call.arguments)
        and f'"{path}"' in call.arguments
        and call.result == "0"
    ]
    if not renames:
        raise AssertionError(f"nothing was renamed to {path}")
    for rename in renames:
        name = draft.search(calls[rename].arguments)[0]
        touching = [
            (index, call.name)
            for index, call in enumerate(calls)
            if re.match(rf"\d+<{re.escape(name)}>", call.arguments)
        ]
        writes = [index for index, what in touching if what in ("write", "writev", "pwrite64")]
        syncs = [index for index, what in touching if what in ("fsync", "fdatasync")]
        if not writes or not syncs:
            raise AssertionError(f"{name} was not written and synced: {touching}")
        if not max(writes) < max(syncs) < rename:
            raise AssertionError(f"{name} was renamed or written after its sync: {touching}")
        folder = re.escape(os.path.dirname(path))
        if not any(
            call.name == "fsync" and re.match(rf"\d+<{folder}>", call.arguments)
            for call in calls[rename:]
        ):
            raise AssertionError(f"the folder of {path} was not synced after the rename")
    return len(renames)


def mount_memory(folder, options):
    """Mounts a tmpfs; false where that is not allowed."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    return mounted.returncode == 0


def unmount(folder):
    # Lazily: a server that a failed test left behind may still stand in it.
    subprocess.run(["umount", "-l", str(folder)], check=False)


def remount(folder, options):
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def resize_disk(folder, size):
    remount(folder, f"size={size}")


def make_read_only(folder):
    remount(folder, "ro")


@contextlib.contextmanager
def small_disk(size, mode="0755"):
    """A file system of `size` ("4m") of its own: the way to a full disk."""
    require_root("mounting a small tmpfs")
    require("mount", "umount")
    folder = tempfile.mkdtemp(prefix="poststack-disk-")
    if not mount_memory(folder, f"size={size},mode={mode}"):
        os.rmdir(folder)
        missing("cannot mount a tmpfs here")
    try:
        yield pathlib.Path(folder)
    finally:
        unmount(folder)
        os.rmdir(folder)


def fill_disk(folder, leave=0):
    """Fills a small disk but for `leave` bytes; returns the file that does."""
    path = pathlib.Path(folder, "ballast")
    room = os.statvfs(folder)
    with open(path, "wb") as file:
        left = room.f_bavail * room.f_frsize - leave
        with contextlib.suppress(OSError):
            while left > 0:
                left -= file.write(bytes(min(left, 1 << 16)))
                file.flush()
    return path
