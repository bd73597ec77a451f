"""What every benchmark shares: an unprivileged account, a work folder, interleaved runs, ratios.

PostgreSQL refuses root and a root poststack would start its servers as somebody else, so as root
the whole script becomes `postgres` first: poststack and its peers then run under the same account.
Runs are interleaved (A B A B ...) because these machines are shared; a ratio is the median of the
ratios of neighbouring runs.
"""

import os
import pathlib
import pwd
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def drop_root():
    """Becomes `postgres` for good when run by root."""
    if os.geteuid() != 0:
        return
    account = pwd.getpwnam("postgres")
    os.initgroups(account.pw_name, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def newest_server():
    """The bin directory of the newest PostgreSQL of this machine."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"),
                   key=lambda path: int(path.parent.parent.name))
    if not found:
        sys.exit("bench: no PostgreSQL below /usr/lib/postgresql; run tools/install-deps")
    return found[-1].parent


class Bench:
    """A folder of our own with a copy of the release binary; removed at the end."""

    def __init__(self, name):
        binary = os.environ.get("POSTSTACK")
        if not binary:
            binary = pathlib.Path(__file__).resolve().parent.parent / "build/release/src/cli/poststack"
        if not os.access(binary, os.X_OK):
            sys.exit(f"bench: no program at {binary}; run `make release` or set POSTSTACK")
        self.root = pathlib.Path(tempfile.mkdtemp(prefix=f"ps-{name}-", dir=os.environ.get("BENCH_DIR")))
        self.root.chmod(0o711)
        self.poststack = self.root / "poststack"
        shutil.copy(binary, self.poststack)
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.root, account.pw_uid, account.pw_gid)
        drop_root()
        home = self.root / "home"
        home.mkdir()
        self.bin = newest_server()
        self.env = {"PATH": f"{os.environ['PATH']}", "HOME": str(home), "LC_ALL": "C.UTF-8",
                    "TMPDIR": str(self.root), "XDG_CACHE_HOME": str(home / "cache"),
                    "XDG_RUNTIME_DIR": str(home)}
        os.chdir(self.root)

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)

    def run(self, *argv, check=True, env=None, **options):
        """Runs one program quietly; its output goes to the error text when it fails."""
        done = subprocess.run([str(word) for word in argv], env={**self.env, **(env or {})},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=600, **options)
        if check and done.returncode != 0:
            sys.exit(f"bench: {' '.join(map(str, argv))} gave {done.returncode}\n"
                     f"{done.stdout.decode()[-2000:]}{done.stderr.decode()[-2000:]}")
        return done.stdout.decode()

    def project(self, name):
        """Makes an empty project folder."""
        folder = self.root / name
        folder.mkdir()
        return folder

    def url(self, project):
        """The project's URL."""
        return self.run(self.poststack, "--project", project, "url").strip()


def timed(action):
    """Seconds that `action()` takes."""
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def compare(title, ours, peers, bar, rounds=9, before=None):
    """Runs `ours` and every peer in turn and prints medians and ratios.

    `peers` maps a name to a callable; `bar` is the ratio to the first peer that the issue asks
    for. A callable returns seconds. The figures are printed; nothing fails on them.
    """
    samples = {"poststack": []}
    samples.update({name: [] for name in peers})
    for _ in range(rounds):
        for name, action in {"poststack": ours, **peers}.items():
            if before:
                before()
            samples[name].append(action())
    print(f"\n{title} ({rounds} interleaved runs)")
    for name, values in samples.items():
        print(f"  {name:<34} median {statistics.median(values) * 1000:9.1f} ms"
              f"   min {min(values) * 1000:9.1f}   max {max(values) * 1000:9.1f}")
    for position, name in enumerate(peers):
        ratio = statistics.median(a / b for a, b in zip(samples["poststack"], samples[name]))
        wanted = bar[position] if isinstance(bar, (list, tuple)) else (bar if position == 0 else None)
        verdict = "" if wanted is None else f"   bar {wanted:.2f}: {'met' if ratio <= wanted else 'MISSED'}"
        print(f"  ratio to {name:<25} {ratio:.3f}{verdict}")
    return samples


def peak_memory(bench, *argv, env=None):
    """Peak resident set of one run in MiB.

    Measured by GNU time: a child forked from this script would count the script's own pages, which
    the kernel carries over exec.
    """
    report = bench.root / "peak"
    bench.run("/usr/bin/time", "-f", "%M", "-o", report, *argv, env=env)
    return int(report.read_text().split()[-1]) / 1024
