#!/usr/bin/env python3
"""poststack-init against Debian's supervisord, s6 and runit, each with the same two programs.

Bars: PSS at most 1.5 MB; both up within 15 ms; a program that had lived longer than startsecs is
replaced within 10 ms of a kill -9; TERM to the first signal within 5 ms; no idle wake-ups; gate to
the next program's start within 10 ms; /health within 1 ms; 200 MB of log lines, prefixed, within
1 s.

usage: supervise.py [ROUNDS]     needs supervisor, s6 and runit: tools/install-deps bench
"""

import os
import pathlib
import re
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 9
INIT = os.environ.get("POSTSTACK_INIT") or str(
    pathlib.Path(__file__).resolve().parent.parent / "build/release/init/poststack-init")
LINE = 98       # bytes of a log line, its end included
BURST = 200 << 20
IDLE = 20       # seconds
GRACE = 60      # seconds that anything may take before the benchmark gives up


class Signs:
    """A fifo that the programs write to; every line is read with the time it came."""

    def __init__(self, folder):
        self.path = folder / "signs"
        os.mkfifo(self.path)
        self.fd = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)

    def wait(self, count=1):
        """The time at which the last of `count` lines came."""
        seen = 0
        while seen < count:
            if not select.select([self.fd], [], [], GRACE)[0]:
                sys.exit("bench: a program gave no sign")
            now = time.perf_counter()
            seen += os.read(self.fd, 65536).count(b"\n")
        return now

    def clear(self):
        while select.select([self.fd], [], [], 0)[0]:
            os.read(self.fd, 65536)


def tree(root):
    """The processes below and with `root`: pid -> name."""
    found, wanted = {}, [root]
    while wanted:
        pid = wanted.pop()
        try:
            found[pid] = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                wanted += [int(word) for word in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def field(pid, file, name):
    text = pathlib.Path(f"/proc/{pid}/{file}").read_text()
    return int(re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE).group(1))


class Peer:
    """A supervisor with two programs that say when they are up and when they are told to stop."""

    def __init__(self, name, folder, signs):
        self.name, self.signs = name, signs
        self.folder = folder / name
        self.folder.mkdir()
        # "sleep" is the program itself, without a shell, where its memory or its end are measured.
        self.plain = self.script("plain", f"echo up >{signs.path}\nexec sleep 1000\n")
        self.told = self.script("told", f"trap 'echo told >{signs.path}; kill $!; exit 0' TERM\n"
                                f"echo up >{signs.path}\nsleep 1000 &\nwait\n")
        self.process = None

    def script(self, name, text):
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{text}")
        path.chmod(0o755)
        return path

    def start(self, program):
        """Starts it with two of `program`; how long until both were up."""
        command = self.configure(program)
        self.signs.clear()
        begin = time.perf_counter()
        self.process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self.signs.wait(2) - begin

    def stop(self):
        """Stops it; the times to the first program's signal (0 without one) and to its end."""
        begin = time.perf_counter()
        self.process.send_signal(self.stop_signal)
        self.process.wait(GRACE)
        return time.perf_counter() - begin

    def own(self):
        """Its own processes, without the programs."""
        return [pid for pid, name in tree(self.process.pid).items()
                if name not in ("sleep", "told", "plain", "sh")]

    stop_signal = signal.SIGTERM


class Ours(Peer):
    def configure(self, program):
        config = self.folder / "supervisord.conf"
        config.write_text("[supervisord]\n" + "".join(
            f"[program:{name}]\ncommand={program}\nautorestart=true\n"
            "stdout_logfile=/dev/stdout\nstderr_logfile=/dev/stderr\n" for name in "ab"))
        return [INIT, "-c", str(config)]


class Supervisord(Peer):
    def configure(self, program):
        config = self.folder / "supervisord.conf"
        config.write_text(
            f"[supervisord]\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile={self.folder}/pid\n"
            + "".join(f"[program:{name}]\ncommand={program}\nautorestart=true\n"
                      "stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\n"
                      "stderr_logfile=/dev/stderr\nstderr_logfile_maxbytes=0\n" for name in "ab"))
        return ["supervisord", "-n", "-c", str(config)]


class Scan(Peer):
    """s6 and runit: a directory of directories with a program "run"."""

    def configure(self, program):
        # Another one each time: runit's processes end behind their parent, and still write there.
        scan = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        for name in "ab":
            (scan / name).mkdir(parents=True)
            (scan / name / "run").symlink_to(program)
        os.utime(scan, (0, 0))  # runsvdir waits a second when it sees a directory of this second
        return [self.command, str(scan)]


class S6(Scan):
    command = "s6-svscan"


class Runit(Scan):
    command = "runsvdir"
    stop_signal = signal.SIGHUP  # TERM would leave the programs alone


def median(values):
    return statistics.median(values) if values else None


def measure_life(peers):
    """Start, replacement, first signal and end, in turns."""
    figures = {peer.name: {"start": [], "replace": [], "signal": [], "stop": []} for peer in peers}
    for _ in range(ROUNDS):
        for peer in peers:
            mine = figures[peer.name]
            mine["start"].append(peer.start(peer.plain))
            time.sleep(1.5)  # longer than startsecs
            victim = next(pid for pid, name in tree(peer.process.pid).items() if name == "sleep")
            peer.signs.clear()
            begin = time.perf_counter()
            os.kill(victim, signal.SIGKILL)
            mine["replace"].append(peer.signs.wait() - begin)
            mine["stop"].append(peer.stop())

            peer.start(peer.told)
            peer.signs.clear()
            begin = time.perf_counter()
            peer.process.send_signal(peer.stop_signal)
            mine["signal"].append(peer.signs.wait() - begin)
            peer.process.wait(GRACE)
    return figures


def measure_rest(peers):
    """Memory, and wake-ups while nothing happens, all at the same time."""
    for peer in peers:
        peer.start(peer.plain)
    time.sleep(3)
    pss = {peer.name: sum(field(pid, "smaps_rollup", "Pss") for pid in peer.own()) for peer in peers}
    def switches(peer):
        return sum(field(pid, "status", "voluntary_ctxt_switches") for pid in peer.own())
    before = {peer.name: switches(peer) for peer in peers}
    time.sleep(IDLE)
    wakes = {peer.name: (switches(peer) - before[peer.name]) * 60 / IDLE for peer in peers}
    for peer in peers:
        peer.stop()
    return pss, wakes


def measure_gate(folder, signs):
    """From the server's own sign of readiness to the first breath of the program behind it."""
    data = folder / "data"
    data.mkdir()
    peer = Ours("gate", folder, signs)
    (peer.folder / "s.conf").write_text(
        f"[supervisord]\n[program:db]\ncommand=sleep 1000\nready=postgres\npgdata={data}\n"
        f"priority=1\n[program:api]\ncommand={peer.plain}\npriority=2\n")
    samples = []
    for _ in range(ROUNDS):
        (data / "postmaster.pid").unlink(missing_ok=True)
        signs.clear()
        process = subprocess.Popen([INIT, "-c", str(peer.folder / "s.conf")], cwd=folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + GRACE
        while not (pids := [pid for pid, name in tree(process.pid).items() if name == "sleep"]):
            if time.monotonic() > deadline:
                sys.exit("bench: no server")
        time.sleep(0.3)
        text = f"{pids[0]}\n{data}\n1\n5432\n\n\n0 0\nready   \n"
        begin = time.perf_counter()
        (data / "postmaster.pid").write_text(text)
        samples.append(signs.wait() - begin)
        process.terminate()
        process.wait(GRACE)
    return samples


def measure_health(folder):
    """GET /health over its unix socket, a connection each, with twenty programs."""
    config = folder / "health.conf"
    config.write_text(f"[supervisord]\n[health]\nsocket={folder}/health\n" + "".join(
        f"[program:p{number}]\ncommand=sleep 1000\nstartsecs=0\n" for number in range(20)))
    process = subprocess.Popen([INIT, "-c", str(config)], cwd=folder, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    samples = []
    deadline = time.monotonic() + GRACE
    while len(samples) < 50 * ROUNDS:
        begin = time.perf_counter()
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(folder / "health"))
        except OSError:
            if time.monotonic() > deadline:
                sys.exit("bench: no health socket")
            continue
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b""
        while data := connection.recv(65536):
            answer += data
        if answer.count(b'"name":"p') == 20:
            samples.append(time.perf_counter() - begin)
        connection.close()
    process.terminate()
    process.wait(GRACE)
    return samples


def drain(command, folder, expected):
    """Runs `command` and takes its output; seconds until `expected` bytes had come."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    seen = 0
    with open("/dev/null", "wb") as nowhere:
        while seen < expected:
            count = os.splice(process.stdout.fileno(), nowhere.fileno(), 1 << 20)
            if count == 0:
                sys.exit(f"bench: {command[0]} gave {seen} bytes of {expected}")
            seen += count
    took = time.perf_counter() - begin
    process.terminate()
    process.stdout.close()
    process.wait(GRACE)
    return took


def measure_logs(folder):
    source = folder / "lines"
    count = BURST // LINE
    with source.open("wb") as file:
        for first in range(0, count, 10000):
            file.write(b"".join(b"%012d %s\n" % (number, b"x" * (LINE - 14))
                                for number in range(first, min(first + 10000, count))))
    size = source.stat().st_size
    cat = f"[program:burst]\ncommand=cat {source}\nautorestart=false\nstartsecs=0\n"
    quiet = "stderr_logfile=NONE\n"
    (folder / "out.conf").write_text(f"[supervisord]\n{cat}stdout_logfile=/dev/stdout\n{quiet}")
    (folder / "file.conf").write_text(
        f"[supervisord]\n{cat}critical=true\nstdout_logfile={folder}/our.log\n{quiet}"
        "stdout_logfile_maxbytes=50MB\nstdout_logfile_backups=10\n")
    (folder / "theirs.conf").write_text(
        f"[supervisord]\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile={folder}/pid\n{cat}"
        f"stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\n{quiet}")

    def run(command, **options):
        begin = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, **options)
        return time.perf_counter() - begin

    def piped(command):
        with source.open("rb") as file:
            feeder = subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE)
            took = run(command, stdin=feeder.stdout)
            feeder.stdout.close()
            feeder.wait()
        return took

    def clean():
        for path in folder.glob("our.log*"):
            path.unlink()
        for name in ("s6log", "svlog"):
            shutil.rmtree(folder / name, ignore_errors=True)
            (folder / name).mkdir()

    ways = {
        "poststack-init, prefixed to stdout":
            lambda: drain([INIT, "-c", str(folder / "out.conf")], folder,
                          size + count * len("burst | ")),
        "poststack-init, rotated file": lambda: run([INIT, "-c", str(folder / "file.conf")]),
        "supervisord, raw to stdout":
            lambda: drain(["supervisord", "-n", "-c", str(folder / "theirs.conf")], folder, size),
        "s6-log, rotated file":
            lambda: piped(["s6-log", "n10", "s16777215", str(folder / "s6log")]),
        "svlogd, rotated file": lambda: piped(["svlogd", str(folder / "svlog")]),
        "cat | cat, the limit": lambda: piped(["cat"]),
    }
    samples = {name: [] for name in ways}
    for _ in range(min(ROUNDS, 5)):
        for name, way in ways.items():
            clean()
            samples[name].append(way())
    clean()
    return samples


def table(title, rows, unit, bar):
    """Prints a figure of every supervisor, the ratio to ours, and whether the bar is met."""
    first = next(iter(rows))
    ours = median(rows[first])
    verdict = "" if bar is None else f"   bar {bar:g} {unit}: {'met' if ours <= bar else 'MISSED'}"
    print(f"\n{title}{verdict}")
    for name, values in rows.items():
        middle = median(values)
        ratio = "" if name == first or not ours else f"   {middle / ours:8.1f} x"
        print(f"  {name:<36} {middle:10.2f} {unit}   min {min(values):9.2f}   "
              f"max {max(values):9.2f}{ratio}")


def main():
    for tool in ("supervisord", "s6-svscan", "runsvdir"):
        if shutil.which(tool) is None:
            sys.exit(f"bench: no {tool}; run tools/install-deps bench")
    if not os.access(INIT, os.X_OK):
        sys.exit(f"bench: no program at {INIT}; run `make release` or set POSTSTACK_INIT")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ps-init-", dir=os.environ.get("BENCH_DIR")))
    try:
        signs = Signs(folder)
        peers = [kind(name, folder, signs) for kind, name in
                 ((Ours, "poststack-init"), (Supervisord, "supervisord"), (S6, "s6"), (Runit, "runit"))]
        life = measure_life(peers)
        pss, wakes = measure_rest(peers)
        for key, title, bar in (("start", "start until both programs are up", 15),
                                ("replace", "a program replaced after kill -9", 10),
                                ("signal", "TERM (runit: HUP) until a program has its signal", 5),
                                ("stop", "TERM until everything has ended", None)):
            table(title, {name: [value * 1000 for value in figures[key]]
                          for name, figures in life.items()}, "ms", bar)
        table("PSS of the supervisor's processes, two programs",
              {name: [value / 1024] for name, value in pss.items()}, "MB", 1.5)
        table("wake-ups a minute while nothing happens",
              {name: [value] for name, value in wakes.items()}, "  ", 0)
        table("PostgreSQL's sign until the next program is up",
              {"poststack-init": [value * 1000 for value in measure_gate(folder, signs)]}, "ms", 10)
        table("GET /health, twenty programs",
              {"poststack-init": [value * 1000 for value in measure_health(folder)]}, "ms", 1)
        table(f"{BURST >> 20} MB of lines of {LINE} bytes", measure_logs(folder), "s ", 1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
