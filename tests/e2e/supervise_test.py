"""What poststack-init does, seen from outside: as PID 1, as an ordinary process of root, and as one
without rights. Cases B01 and so on are those of docs/supervision.md.

usage: supervise_test.py pid1|root|plain [NAME...]
"""
import concurrent.futures
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback

import supervised
from supervised import PATIENCE, PYTHON, Folder, Init, account, cluster_state, find_postgres, make_cluster, until

# Stands for PostgreSQL where only its signs matter: writes postmaster.pid as the server does.
FAKE_POSTGRES = r"""
import os, signal, sys, time
data, wait = sys.argv[1], float(sys.argv[2])
def write(pid, status):
    with open(data + "/postmaster.pid", "w") as file:
        file.write(f"{pid}\n{data}\n1\n5432\n\n\n0 0\n{status}\n")
def stop(number, frame):
    print("fake stops by", signal.Signals(number).name, flush=True)
    os.unlink(data + "/postmaster.pid")
    sys.exit(0)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, stop)
if len(sys.argv) > 3:
    # The server that an image sets itself up with is another process.
    write(int(sys.argv[3]), "ready   ")
    time.sleep(wait)
write(os.getpid(), "starting")
print("fake is starting", flush=True)
time.sleep(wait)
write(os.getpid(), "ready   ")
while True:
    time.sleep(60)
"""

LOGS = "stdout_logfile=/dev/stdout\nstderr_logfile=/dev/stderr\n"
QUIET = "stdout_logfile=NONE\nstderr_logfile=NONE\n"


def program(name, command, *lines, logs=LOGS):
    return f"[program:{name}]\ncommand={command}\n{logs}" + "".join(f"{line}\n" for line in lines)


class Cases:
    """Each test_* method is a case; it gets a folder of its own."""

    def __init__(self, mode, folder):
        self.mode, self.folder = mode, folder
        self.running = []
        self.groups = []
        folder.own(mode)

    def start(self, *programs, daemon="", **options):
        text = f"[supervisord]\n{daemon}\n" + "\n".join(programs)
        init = Init(self.mode, self.folder, text, **options)
        self.running.append(init)
        return init

    def fake_postgres(self, *arguments, wait=0.3):
        data = self.folder.path / "data"
        data.mkdir(exist_ok=True)
        script = self.folder.path / "fake.py"
        script.write_text(FAKE_POSTGRES)
        self.own(data)
        words = " ".join(str(word) for word in arguments)
        return program("db", f"{PYTHON} {script} {data} {wait} {words}", "ready=postgres",
                       f"pgdata={data}", "priority=100")

    def own(self, path):
        if self.mode == "plain" and os.geteuid() == 0:
            os.chown(path, account().pw_uid, account().pw_gid)

    def real_postgres(self, *lines, options=""):
        """A program that is a real server; root has to run it as somebody else."""
        data = self.folder.path / "data"
        self.folder.own("plain")
        if not data.exists():
            make_cluster(data, account())
        user = () if self.mode == "plain" or os.geteuid() != 0 else ("user=nobody",)
        command = (f"{find_postgres()}/postgres -D {data} -k {self.folder.path} "
                   f"-c listen_addresses= -c log_checkpoints=off {options}")
        return program("db", command, "priority=100", *user, *lines)

    # Two processes' output arrives in any order, so the order of lines tells nothing about what was
    # first: the program itself keeps the file as it finds it.

    def witness(self):
        """A program that keeps lines 1 and 8 of postmaster.pid as they are when it starts."""
        data, seen = self.folder.path / "data", self.folder.path / "seen"
        script = self.folder.path / "witness.sh"
        script.write_text(f"sed -n '1p;8p' {data}/postmaster.pid >{seen}.new\n"
                          f"mv {seen}.new {seen}\nexec sleep 1000\n")
        return program("api", f"sh {script}", "priority=200")

    def expect_gated(self, init):
        """The witness has found the server that `init` had launched, and it was ready."""
        seen = self.folder.path / "seen"
        until(seen.exists, lambda: f"the witness in:\n{init.text()}")
        found = seen.read_text().split()
        assert found == [str(init.program_pid("db")), "ready"], (found, init.text())

    def client(self, sql):
        """A session of the server, in its own process."""
        return subprocess.Popen(
            [str(find_postgres() / "psql"), "-h", str(self.folder.path), "-U", "postgres", "-c",
             sql], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    # What starts when

    def test_b01_waits_until_postgres_is_ready(self):
        init = self.start(self.fake_postgres(wait=1), self.witness())
        self.expect_gated(init)
        assert init.stop() == 0

    def test_b01_real_server_gates_and_stops_with_int(self):
        init = self.start(self.real_postgres(), self.witness(), daemon="stop_budget=60s")
        self.expect_gated(init)
        assert init.stop() == 0
        assert "received fast shutdown request" in init.text()
        assert cluster_state(self.folder.path / "data") == "shut down"

    def test_b02_another_servers_file_opens_nothing(self):
        init = self.start(self.fake_postgres(1, wait=0.6), self.witness())
        self.expect_gated(init)
        assert init.stop() == 0

    def test_ready_by_file_exec_and_notify(self):
        flag = self.folder.path / "flag"
        say = ("import os,socket,time; time.sleep(0.3); s=socket.socket(socket.AF_UNIX,"
               "socket.SOCK_DGRAM); a=os.environ['NOTIFY_SOCKET']; "
               "s.sendto(b'READY=1', chr(0)+a[1:]); time.sleep(1000)")
        init = self.start(
            program("a", f"sh -c 'sleep 0.3; touch {flag}; sleep 1000'", f"ready=file:{flag}"),
            program("b", "sleep 1000", f"ready=exec:test -e {flag}", "depends_on=a"),
            program("c", f'{PYTHON} -c "{say}"', "ready=notify", "depends_on=b"),
            program("d", "sleep 1000", "depends_on=c"))
        init.expect('spawned "d"')
        order = re.findall(r'(spawned "\w"|"\w" is ready)', init.text())
        assert order == ['spawned "a"', '"a" is ready', 'spawned "b"', '"b" is ready',
                         'spawned "c"', '"c" is ready', 'spawned "d"'], order
        assert init.stop() == 0

    def test_one_shot_has_to_succeed(self):
        init = self.start(program("setup", "sh -c 'echo set up'", "one_shot=true"),
                          program("api", "sh -c 'echo up; sleep 1000'", "depends_on=setup"))
        init.expect(r"api \| up")
        assert init.text().index("set up") < init.text().index("| up")
        assert init.stop() == 0

    def test_one_shot_that_fails_ends_everything(self):
        init = self.start(program("setup", "sh -c 'exit 7'", "one_shot=true"),
                          program("api", "sleep 1000", "depends_on=setup"))
        assert init.wait() == 25, init.text()
        assert 'spawned "api"' not in init.text()
        assert '"setup" is critical and has ended: exit code 7' in init.text()

    # What ends how

    def test_b03_dependents_follow_a_restart(self):
        init = self.start(
            self.fake_postgres(wait=0.1),
            program("hold", "sleep 1000", "depends_on=db"),
            program("again", "sleep 1000", "depends_on=db", "on_dependency_restart=restart"),
            program("told", "sh -c 'trap \"echo told\" HUP; echo armed; while :; do sleep 0.1; done'",
                    "depends_on=db", "on_dependency_restart=signal:HUP"))
        for name in ("hold", "again"):
            init.expect(f'spawned "{name}"')
        init.expect(r"told \| armed")
        self.kill_in(init, "db", signal.SIGKILL)
        init.expect('spawned "db"', 2)
        init.expect('spawned "again"', 2)
        init.expect(r"told \| told")
        assert init.text().count('spawned "hold"') == 1
        init.stop()

    def test_b03_a_crash_restart_closes_the_gate(self):
        init = self.start(
            self.real_postgres(options="-c log_statement=all"),
            program("told", "sh -c 'trap \"echo told\" HUP; echo armed; while :; do sleep 0.1; done'",
                    "depends_on=db", "on_dependency_restart=signal:HUP"),
            daemon="stop_budget=60s")
        init.expect(r"told \| armed")
        session = self.client("select pg_sleep(600)")
        line = init.expect("statement: select pg_sleep")
        self.kill_pid(init, int(re.search(r"\[(\d+)\]", line).group(1)), signal.SIGKILL)
        init.expect('"db" is not ready: the server restarts after a crash')
        init.expect('"db" is ready', 2)
        init.expect(r"told \| told")
        session.wait(PATIENCE)
        # Its own signs told it, and the file was not believed before: it was never started anew.
        assert init.text().count('spawned "db"') == 1, init.text()
        assert init.stop() == 0
        assert cluster_state(self.folder.path / "data") == "shut down"

    def kill_in(self, init, name, number, count=1):
        """Signals a program."""
        self.kill_pid(init, init.program_pid(name, count), number)

    @staticmethod
    def kill_pid(init, pid, number):
        """Signals a process of `init`, whose pid may be one of another namespace."""
        if init.is_pid1:
            subprocess.run(["nsenter", "-t", str(init.pid), "-p", "kill", f"-{int(number)}",
                            str(pid)], check=True)
        else:
            os.kill(pid, number)

    def test_b04_critical_fatal_ends_with_a_code_and_postgres_clean(self):
        init = self.start(self.real_postgres(),
                          program("api", "sh -c 'exit 3'", "priority=200", "critical=true",
                                  "startretries=0"), daemon="stop_budget=60s")
        assert init.wait() == 20, init.text()
        assert cluster_state(self.folder.path / "data") == "shut down"

    def test_b05_fatal_alone_changes_nothing_else(self):
        init = self.start(program("bad", "sh -c 'exit 3'", "startretries=0"),
                          program("good", "sleep 1000"))
        init.expect('"bad" is FATAL: Exited too quickly')
        time.sleep(0.2)
        assert init.process.poll() is None
        assert init.stop() == 0

    def test_critical_codes(self):
        for command, lines, code in (
                ("/nonexistent", ("startretries=0",), 20),
                ("sh -c 'sleep 0.1; exit 3'", ("startsecs=0", "autorestart=false"), 21),
                ("sh -c 'sleep 0.1; kill -SEGV $$'", ("startsecs=0", "autorestart=false"), 22),
                ("sh -c 'sleep 0.1; exit 0'", ("startsecs=0", "autorestart=false"), 0)):
            init = self.start(program("x", command, "critical=true", *lines))
            assert init.wait() == code, (command, code, init.text())

    def memory_group(self, limit):
        """A control group of our own with `limit` bytes of memory; None where that cannot be made."""
        if os.geteuid() != 0:
            return None
        for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            base = {"memory": "/sys/fs/cgroup/memory", "": "/sys/fs/cgroup"}.get(controllers)
            if base is None:
                continue
            group = pathlib.Path(base + path) / f"init-{os.getpid()}-{self.mode}"
            try:
                group.mkdir()
                self.groups.append(group)
                name = "memory.limit_in_bytes" if controllers else "memory.max"
                (group / name).write_text(str(limit))
                # Swap would make room for everything.
                for no_swap in ("memory.swappiness", "memory.swap.max"):
                    if (group / no_swap).exists():
                        (group / no_swap).write_text("0")
                return group
            except OSError:
                continue
        return None

    def test_b29_out_of_memory_is_told(self):
        group = self.memory_group(200 << 20)
        if group is None:
            return
        init = self.start(
            program("big", f"{PYTHON} -c 'x = b\"x\" * (400 << 20)'", "critical=true",
                    "autorestart=false", "startsecs=0"),
            prefix=("sh", "-c", f'echo $$ >{group}/cgroup.procs && exec "$@"', "sh"))
        assert init.wait() == 23, init.text()
        assert "signal KILL (out of memory)" in init.text(), init.text()

    def test_b07_second_term_shortens_third_is_immediate(self):
        deaf = "sh -c 'trap \"\" TERM; echo deaf; while :; do sleep 0.1; done'"
        init = self.start(program("api", deaf, "stopwaitsecs=100"), daemon="stop_budget=100s")
        init.expect("deaf")
        init.send()
        init.expect("stopping \"api\"")
        init.send()
        assert init.wait() == 30, init.text()
        assert "asked again: only PostgreSQL" in init.text()

    def test_stop_that_is_late_is_killed(self):
        deaf = "sh -c 'trap \"\" TERM; echo deaf; while :; do sleep 0.1; done'"
        init = self.start(program("api", deaf, "stopwaitsecs=1"))
        init.expect("deaf")
        assert init.stop() == 30
        assert "did not stop in time: KILL" in init.text()

    # B06: the rows. The api gets 3 s of the budget, PostgreSQL what a slow disk may need.

    def shutdown(self, stopsignal, api, client, budget=40):
        init = self.start(self.real_postgres(f"stopsignal={stopsignal}", options="-c log_statement=all"),
                          program("api", api, "priority=200", "stopwaitsecs=60"),
                          daemon=f"stop_budget={budget}s\npostgres_reserve=37s")
        init.expect(r"api \| up")
        session = self.client("select pg_sleep(600)") if client else None
        if session:
            init.expect("statement: select pg_sleep")
        code = init.stop(patience=2 * PATIENCE)
        if session:
            session.wait(PATIENCE)
        assert cluster_state(self.folder.path / "data") == "shut down", init.text()
        return code

    def test_b06_term_without_client(self):
        assert self.shutdown("TERM", "sh -c 'echo up; exec sleep 1000'", False) == 0

    def test_b06_term_with_client(self):
        assert self.shutdown("TERM", "sh -c 'echo up; exec sleep 1000'", True) == 0

    def test_b06_int_with_client(self):
        assert self.shutdown("INT", "sh -c 'echo up; exec sleep 1000'", True) == 0

    def test_b06_term_api_drains(self):
        drains = "sh -c 'trap \"sleep 8; exit 0\" TERM; echo up; while :; do sleep 0.1; done'"
        assert self.shutdown("TERM", drains, True) == 30

    def test_b06_int_api_drains(self):
        drains = "sh -c 'trap \"sleep 2; exit 0\" TERM; echo up; while :; do sleep 0.1; done'"
        assert self.shutdown("INT", drains, True, budget=90) == 0

    def test_b06_int_api_hangs(self):
        hangs = "sh -c 'trap \"\" TERM; echo up; while :; do sleep 0.1; done'"
        assert self.shutdown("INT", hangs, True) == 30

    def test_a_server_that_does_not_stop_gets_quit_then_kill(self):
        init = self.start(self.real_postgres(), daemon="stop_budget=4s\npostgres_reserve=4s")
        init.expect('"db" is ready')
        asked = subprocess.run(
            [str(find_postgres() / "psql"), "-h", str(self.folder.path), "-U", "postgres", "-XAtc",
             "select pid from pg_stat_activity where backend_type = 'checkpointer'"],
            capture_output=True, text=True, check=True, timeout=PATIENCE)
        checkpointer = int(asked.stdout)
        # Without it there is no shutdown checkpoint, and it cannot even be told to end.
        self.kill_pid(init, checkpointer, signal.SIGSTOP)
        assert init.stop() == 31, init.text()
        told = re.findall(r'(with INT|did not stop in time: \w+)$', init.text(), re.MULTILINE)
        assert told == ["with INT", "did not stop in time: QUIT", "did not stop in time: KILL"], told
        assert cluster_state(self.folder.path / "data") == "in production"

        # What is left of it holds the volume; the next server waits for that, and recovers.
        again = self.start(self.real_postgres(), daemon="stop_budget=60s")
        if not init.is_pid1:
            time.sleep(0.5)
            assert "spawned" not in again.text(), again.text()
            os.kill(checkpointer, signal.SIGKILL)
        again.expect("automatic recovery in progress")
        again.expect('"db" is ready')
        assert again.stop() == 0
        assert cluster_state(self.folder.path / "data") == "shut down"

    # Children of children

    def test_b08_orphans_do_not_touch_postgres(self):
        orphans = ("sh -c 'for c in 0 1 2; do (sh -c \"sleep 0.1; exit $c\" &); done; "
                   "(sh -c \"sleep 0.1; kill -9 \\$\\$\" &); sleep 0.5; echo done; sleep 1000'")
        init = self.start(self.real_postgres(), program("api", orphans, "priority=200"),
                          daemon="stop_budget=60s")
        init.expect("done")
        assert init.stop() == 0
        assert "terminating any other" not in init.text(), init.text()
        assert cluster_state(self.folder.path / "data") == "shut down"

    def test_b09_a_thousand_orphans_leave_no_zombie(self):
        forks = "sh -c 'i=0; while [ $i -lt 1000 ]; do (true &); i=$((i+1)); done; echo done; sleep 1000'"
        init = self.start(program("forks", forks))
        init.expect("done")

        def no_zombie():
            path = pathlib.Path(f"/proc/{init.pid}/task/{init.pid}/children")
            for pid in path.read_text().split():
                try:
                    if pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0] == "Z":
                        return False
                except OSError:
                    continue
            return True
        until(no_zombie, "no zombies")
        assert init.stop() == 0

    def test_b10_what_a_run_left_is_gone_before_the_next(self):
        # The grandchild holds a "port", a lock that dies with it; a run that finds it held says so.
        command = (f"sh -c 'exec 9>{self.folder.path}/port; flock -n 9 || echo held; "
                   "(while :; do sleep 0.05; done) & sleep 1.2; exit 1'")
        init = self.start(program("api", command))
        init.expect('spawned "api"', 3)
        assert "held" not in init.text(), init.text()
        assert "left processes behind" in init.text()
        init.stop()

    # Starts that fail

    def test_b11_four_starts_then_fatal(self):
        # startsecs: a machine that stands still for a second is to change nothing.
        init = self.start(program("bad", "sh -c 'exit 1'", "startsecs=60"), daemon="log_format=json")
        init.expect("is FATAL")
        times = self.times_of(init, "spawned")
        assert len(times) == 4, times
        # By its own clock never early; how late is the machine's business.
        gaps = [after - before for before, after in zip(times, times[1:])]
        assert all(gap > least - 0.02 for gap, least in zip(gaps, (1, 2, 3))), gaps
        init.stop()

    @staticmethod
    def times_of(init, words):
        """When it said so, by its own clock, in seconds."""
        lines = [json.loads(line) for line in init.text().splitlines() if words in line]
        return [datetime.datetime.fromisoformat(line["time"].rstrip("Z")).timestamp()
                for line in lines]

    def test_b12_startsecs_zero_is_limited(self):
        init = self.start(program("bad", "sh -c 'exit 1'", "startsecs=0", "startretries=1"),
                          daemon="log_format=json")
        init.expect("is FATAL")
        spawned, ended = self.times_of(init, "spawned"), self.times_of(init, '\\"bad\\" ended')
        # Two, and one more for each that a slow machine let live for a second.
        assert len(spawned) >= 2, init.text()
        assert spawned[-1] - ended[-2] > 0.98, init.text()
        init.stop()

    def test_a_crash_limit_outlives_the_supervisor(self):
        path = self.folder.path
        daemon = f"state_file={path}/state\ntermination_log={path}/end"
        bad = program("bad", "sh -c 'exit 3'", "startsecs=60", "critical=true", "crash_limit=2")
        init = self.start(bad, daemon=daemon)
        assert init.wait() == 26, init.text()
        assert init.text().count('spawned "bad"') == 2, init.text()
        why = '"bad" is critical and is FATAL: ended unexpectedly 2 times within 10 min'
        assert (path / "end").read_text().startswith(f"exit code 26: {why}"), init.text()

        again = self.start(bad, program("good", "sleep 1000", "depends_on=bad"), daemon=daemon)
        assert again.wait() == 26, again.text()
        assert "spawned" not in again.text(), again.text()
        assert f"ago with exit code 26: {why}" in again.text(), again.text()

        (path / "state").unlink()
        fresh = self.start(bad.replace("exit 3", "sleep 1000"), daemon=daemon)
        fresh.expect('spawned "bad"')
        child = fresh.program_pid("bad")
        os.kill(fresh.pid, signal.SIGKILL)
        fresh.process.wait()
        if not fresh.is_pid1:
            os.killpg(child, signal.SIGKILL)
        last = self.start(bad.replace("exit 3", "sleep 1000"), daemon=daemon)
        last.expect("the last run was killed")
        last.expect('spawned "bad"')
        assert last.stop() == 0

    def test_b15_what_cannot_run_says_why(self):
        plain = self.folder.path / "plain.txt"
        plain.write_text("no program\n")
        init = self.start(
            program("a", "/nonexistent/program", "startretries=0"),
            program("b", "no-such-program", "startretries=0"),
            program("c", str(plain), "startretries=0"),
            program("d", "true", "directory=/nonexistent", "startretries=0"))
        init.expect("\"a\" is FATAL: cannot run \"/nonexistent/program\": No such file or directory")
        init.expect("\"b\" is FATAL: can't find command 'no-such-program'")
        init.expect("\"c\" is FATAL: cannot run .*: Permission denied")
        init.expect("\"d\" is FATAL: cannot enter \"/nonexistent\": No such file or directory")
        assert init.stop() == 0

    def test_b15_fork_that_fails_is_tried_again(self):
        if self.mode != "plain":
            return  # root has no such limit
        init = self.start(program("a", "sleep 1000", "startretries=0"),
                          inner=("prlimit", "--nproc=0:0"),
                          # The sanitizer wants a process of its own at the end.
                          environment={"ASAN_OPTIONS": "detect_leaks=0"})
        init.expect('"a" is FATAL: cannot fork: Resource temporarily unavailable')
        assert init.stop() == 0

    def test_configuration_is_refused_by_line(self):
        init = self.start(program("a", "sleep 1", "startsecs=soon"))
        assert init.wait() == 3
        assert "supervisord.conf:7: \"startsecs\" is \"soon\", not a whole number" in init.text()

    # Where it runs

    def test_b22_uid_without_passwd_entry(self):
        if self.mode != "plain" or os.geteuid() != 0:
            return
        os.chown(self.folder.path, 54321, 54321)
        config = self.folder.path / "s.conf"
        config.write_text("[supervisord]\n" + program("who", "sh -c 'id -u; sleep 1000'"))
        run = subprocess.Popen(["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups",
                                supervised.INIT, "-c", str(config)], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, cwd=self.folder.path)
        try:
            assert run.stdout.readline() == b"who | 54321\n"
        finally:
            run.terminate()
            assert run.wait(PATIENCE) == 0

    def test_b23_read_only_root(self):
        if self.mode == "plain" or not supervised.can_unshare():
            return
        path = self.folder.path
        init = self.start(
            program("api", "sh -c 'echo up; touch /poststack-x || echo read-only; sleep 1000'",
                    logs=""),
            prefix=("unshare", "--mount", "sh", "-c",
                    f'mount --bind {path} {path} && mount -o remount,bind,ro / && exec "$@"', "sh"),
            environment={"TMPDIR": "/nonexistent"})
        init.expect(r"api \| up")
        init.expect(r"api \| read-only")
        init.stop()

    def test_user_gets_its_groups_and_home(self):
        if self.mode == "plain" or os.geteuid() != 0:
            return
        init = self.start(program("who", "sh -c 'id -un; echo $HOME $LOGNAME; echo ok >/dev/stderr'",
                                  "user=nobody", "autorestart=false", "startsecs=0"))
        init.expect(r"who \| nobody")
        init.expect(rf"who \| {account().pw_dir} nobody")
        init.expect(r"who \| ok")
        init.stop()

    # Logs

    def test_b32_bursts_are_whole_and_rotation_is_exact(self):
        log = self.folder.path / "burst.log"
        count = 100_000
        init = self.start(
            program("burst", f"sh -c 'seq -f \"line %09g of the burst, with some text\" {count}'",
                    "startsecs=0", "autorestart=false", f"stdout_logfile={log}",
                    "stdout_logfile_maxbytes=1MB", "stdout_logfile_backups=100", logs=""))
        init.expect('"burst" ended')
        assert init.stop() == 0
        files = sorted(self.folder.path.glob("burst.log*"),
                       key=lambda path: -int(path.suffix[1:]) if path.suffix != ".log" else 1)
        assert all(path.stat().st_size <= 1 << 20 for path in files)
        lines = "".join(path.read_text() for path in files).splitlines()
        assert len(lines) == count, len(lines)
        assert lines == [f"line {number:09d} of the burst, with some text"
                         for number in range(1, count + 1)]

    def test_b32_nothing_is_lost_at_death(self):
        count = 50_000
        init = self.start(program("burst", f"sh -c 'seq {count}; printf end; kill -9 $$'",
                                  "startsecs=0", "autorestart=false"))
        init.expect('"burst" ended')
        init.expect(r"burst \| end$")
        assert init.stop() == 0
        lines = [line for line in init.text().splitlines() if re.match(r"burst \| \d+$", line)]
        assert lines == [f"burst | {number}" for number in range(1, count + 1)]

    def test_a_full_disk_is_told_and_leaves_whole_lines(self):
        if self.mode == "plain" or not supervised.can_unshare():
            return
        disk = self.folder.path / "disk"
        disk.mkdir()
        # The filling goes, and what was written is judged, where the file system can be seen.
        init = self.start(
            program("loud", f"sh -c 'seq -f \"line %%06g.\" 40000; rm {disk}/filling; echo again; sleep 1000'",
                    logs=f"stdout_logfile={disk}/log\nstderr_logfile=NONE\n"),
            program("judge", f"sh -c 'until grep -qx again {disk}/log; do sleep 0.1; done; "
                    f"grep -vxE \"line [0-9]{{6}}\\.|again\" {disk}/log | wc -l; sleep 1000'"),
            prefix=("unshare", "--mount", "sh", "-c",
                    f"mount -t tmpfs -o size=2m tmpfs {disk} && "
                    f'head -c 1900000 /dev/zero >{disk}/filling && exec "$@"', "sh"))
        init.expect('the stdout log of "loud" cannot be written: No space left on device')
        init.expect(r'the stdout log of "loud" is written again; \d+ bytes were lost')
        assert init.expect(r"judge \| \d+") == "judge | 0", init.text()
        assert init.stop() == 0

    def test_json_lines_and_binary_junk(self):
        init = self.start(
            program("junk", r"""sh -c 'printf "a\\377b\\001\"\\nlast"; sleep 1000'"""),
            daemon="log_format=json")
        line = init.expect('"program":"junk"')
        assert '"message":"a\ufffdb\\u0001\\""' in line, line
        init.stop()

    def test_a_blocked_stdout_stops_nobody(self):
        read_end, write_end = os.pipe()
        flag = self.folder.path / "written"
        init = self.start(
            program("loud", f"sh -c 'seq 1000000; touch {flag}; sleep 1000'",
                    "stderr_logfile=NONE", logs="stdout_logfile=/dev/stdout\n"),
            stdout=write_end)
        os.close(write_end)
        until(flag.exists, "the program to get through")
        assert init.stop() == 0
        os.close(read_end)

    # Probes

    def test_b30_a_stopped_api_is_restarted_by_liveness(self):
        serve = ("import http.server as h,socketserver as s; s.TCPServer.allow_reuse_address=True; "
                 "v=h.HTTPServer(('127.0.0.1',0),h.SimpleHTTPRequestHandler); "
                 "open('port','w').write(str(v.server_port)); v.serve_forever()")
        # The port is not known beforehand: the probe is a program that asks it.
        ask = self.folder.path / "ask.py"
        ask.write_text("import sys, urllib.request as u\n"
                       "u.urlopen('http://127.0.0.1:' + open('port').read(), timeout=60)\n"
                       "open(sys.argv[1], 'w')\n")
        live = self.folder.path / "live"
        init = self.start(program("api", f'{PYTHON} -c "{serve}"', "stopwaitsecs=1",
                                  f"startup_probe=exec:{PYTHON} {ask} started", "startup_period=300ms",
                                  "startup_timeout=20s", "startup_failures=100",
                                  f"liveness_probe=exec:{PYTHON} {ask} {live}",
                                  "liveness_period=300ms", "liveness_timeout=10s",
                                  "liveness_failures=1", f"directory={self.folder.path}"))
        init.expect('spawned "api"')
        until(live.exists, "a probe of a server that has started")
        self.kill_in(init, "api", signal.SIGSTOP)
        init.expect('"api" failed its liveness probe: no answer in time')
        init.expect('spawned "api"', 2)
        init.stop()

    def test_b31_startup_threshold_is_exact(self):
        calls = self.folder.path / "calls"
        init = self.start(program("api", "sleep 1000", "autorestart=false",
                                  f"startup_probe=exec:sh -c 'echo x >>{calls}; exit 1'",
                                  "startup_period=100ms", "startup_failures=3",
                                  "startup_timeout=20s"))
        init.expect('"api" failed its startup probe: exit code 1')
        init.expect("stopping \"api\"")
        assert calls.read_text().count("x") == 3
        init.stop()

    def test_ready_needs_the_login_of_the_project(self):
        path = self.folder.path
        probe = (f"{supervised.copy_poststack()} --project {path} database test-connection "
                 "--retries 0 --pool 0 --quiet")
        url = f"postgresql:///app?host={path}&user=app&password=right"
        server = self.real_postgres(f"readiness_probe=exec:{probe}", "readiness_period=300ms",
                                    "readiness_timeout=30s", "readiness_failures=1",
                                    f'environment=POSTSTACK_DATABASE_URL="{url}"')
        (path / "data" / "pg_hba.conf").write_text("local all postgres trust\n"
                                                   "local all all scram-sha-256\n")
        init = self.start(server, program("api", "sleep 1000", "priority=200"),
                          f"[health]\nsocket={path}/health\n", daemon="stop_budget=60s")
        # The gate lets the api start; ready is another thing.
        init.expect('spawned "api"')
        init.expect('"db" is not ready: exit code 6: poststack: error: .*"app"')
        code, said = self.ask_health(init)
        assert code == 1 and "exit code 6: poststack: error: " in said, (code, said)
        assert self.client("create role app login password 'right'").wait(PATIENCE) == 0
        assert self.client("create database app owner app").wait(PATIENCE) == 0
        init.expect('"db" is ready: exit code 0')
        until(lambda: self.ask_health(init)[0] == 0, "ready")
        assert init.stop() == 0

    def test_first_start_is_prepared_and_migrated_before_the_api(self):
        """The chain of docs/supervision.md, from an empty directory; and again."""
        path, bin_dir = self.folder.path, find_postgres()
        self.folder.own("plain")
        (path / "migrations").mkdir()
        (path / "migrations" / "001_item.sql").write_text("create table item (id int);\n"
                                                          "insert into item values (7);\n")
        scripts = {
            # Whole or not there: a half-made directory is made anew.
            "prepare": f"test -e {path}/data && exit\nrm -rf {path}/data.new\n"
                       f"{bin_dir}/initdb -D {path}/data.new -U postgres -A trust -N "
                       f"--no-instructions >/dev/null && mv {path}/data.new {path}/data",
            "setup": f"{bin_dir}/psql -h {path} -U postgres -XAtc \"select datname from pg_database\" "
                     f"| grep -qx app || exec {bin_dir}/createdb -h {path} -U postgres app",
            "api": f"{bin_dir}/psql -h {path} -U postgres -XAtc 'select id from item' app\n"
                   "exec sleep 1000"}
        (path / "data.new").mkdir()  # what a start that was cut off has left
        self.own(path / "data.new")
        for name, text in scripts.items():
            (path / f"{name}.sh").write_text(f"{text}\n")
        user = () if self.mode == "plain" or os.geteuid() != 0 else ("user=nobody",)
        parts = [
            program("prepare", f"sh {path}/prepare.sh", "one_shot=true", *user),
            program("db", f"{bin_dir}/postgres -D {path}/data -k {path} -c listen_addresses=",
                    "depends_on=prepare", *user),
            program("setup", f"sh {path}/setup.sh", "one_shot=true", "depends_on=db", *user),
            program("migrate", f"{supervised.copy_poststack()} --project {path} database migrate",
                    "one_shot=true", "depends_on=setup",
                    f'environment=POSTSTACK_DATABASE_URL="postgresql:///app?host={path}&user=postgres"',
                    *user),
            program("api", f"sh {path}/api.sh", "depends_on=migrate", "critical=true", *user)]
        for _ in range(2):
            init = self.start(*parts, daemon="stop_budget=60s")
            init.expect(r"api \| 7$")
            assert init.stop() == 0, init.text()
            assert cluster_state(path / "data") == "shut down"

    @staticmethod
    def ask_health(init):
        run = subprocess.run([supervised.INIT, "-c", str(init.config), "health"],
                             capture_output=True, text=True, check=False)
        return run.returncode, run.stdout + run.stderr

    # The supervisor's own end, and another configuration

    def test_b33_never_two_postmasters(self):
        if self.mode == "pid1":
            return  # everything ends with PID 1
        init = self.start(self.fake_postgres(wait=0.1))
        init.expect('"db" is ready')
        first = init.program_pid("db")
        os.kill(init.pid, signal.SIGKILL)
        init.process.wait()
        second = self.start(self.fake_postgres(wait=0.1))
        time.sleep(1)
        assert 'spawned "db"' not in second.text(), second.text()
        os.kill(first, signal.SIGTERM)
        second.expect('spawned "db"')
        second.expect('"db" is ready')
        assert second.stop() == 0

    def test_b34_reload_restarts_only_what_changed(self):
        init = self.start(program("same", "sleep 1000"), program("other", "sleep 1000"),
                          program("gone", "sleep 1000"))
        init.expect('spawned "gone"')
        init.config.write_text("[supervisord]\n" + program("same", "sleep 1000") +
                               program("other", "sleep 1001") + program("new", "sleep 1000"))
        init.send(signal.SIGHUP)
        init.expect('spawned "new"')
        init.expect('spawned "other"', 2)
        init.expect('"gone" ended')
        assert init.text().count('spawned "same"') == 1
        assert init.stop() == 0

    def test_b34_a_broken_file_changes_nothing(self):
        init = self.start(program("same", "sleep 1000"))
        init.expect('spawned "same"')
        init.config.write_text("[supervisord]\n[program:same]\nstartsecs=x\n")
        init.send(signal.SIGHUP)
        init.expect("not reloaded: .*:3: \"startsecs\" is \"x\"")
        assert init.stop() == 0


def removed(group):
    """Removes a control group, which needs the last of its processes to be gone."""
    try:
        group.rmdir()
        return True
    except OSError:
        return False


def run_case(mode, name):
    """Runs one case; its failure as text, or nothing."""
    folder = Folder()
    cases = Cases(mode, folder)
    try:
        getattr(cases, name)()
        return None
    except Exception:  # deliberately all: one case must not hide the others
        outputs = "".join(f"--- output\n{init.text()}\n" for init in cases.running)
        return f"{traceback.format_exc()}{outputs}"
    finally:
        for init in cases.running:
            init.kill()
        for group in cases.groups:
            until(lambda made=group: removed(made), f"{group} to be empty")
        folder.remove()


def main(mode, names):
    for tool in ("setpriv", "unshare", "nsenter", "prlimit", "flock"):
        if shutil.which(tool) is None:
            sys.exit(f"missing {tool}: run tools/install-deps test")
    names = names or [name for name in dir(Cases) if name.startswith("test_")]
    failed = 0
    # Most of a case is waiting, so several run at once.
    with concurrent.futures.ThreadPoolExecutor(max_workers=6) as pool:
        begun = {name: pool.submit(run_case, mode, name) for name in names}
        for name, future in begun.items():
            problem = future.result()
            print(f"{'FAILED' if problem else 'ok'} {name}", flush=True)
            if problem:
                print(problem, flush=True)
                failed += 1
    print(f"{mode}: {len(names)} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
