"""Debian's supervisorctl says the same of poststack-init as of supervisord: one scripted session with
each, compared; then the other things that listen: health, metrics, event listeners.
"""
import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import unittest

import supervised
from supervised import PATIENCE, PYTHON, Folder, Init, until

CONFIG = """\
[unix_http_server]
file={folder}/sock
[supervisord]
nodaemon=true
pidfile={folder}/pid
logfile={folder}/log
childlogdir={folder}
environment=GREETING="hällo",WHO='%(here)s'
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{folder}/sock
[program:cat]
command=cat
[program:echo]
command=sh -c 'echo hello; echo world; exec sleep 1000'
startsecs=0
[program:said]
command=sh -c 'printf "%(ENV_GREETING)s %%%% %(ENV_WHO)s\\303\\244 $SELF\\n"; exec sleep 1000'
environment=SELF="%(program_name)s"
startsecs=0
[program:many]
command=sleep 1000
process_name=%(program_name)s_%(process_num)02d
numprocs=2
startsecs=0
[program:bad]
command=/nonexistent/bad
autostart=false
[program:g1]
command=sleep 1000
startsecs=0
[program:g2]
command=sleep {seconds}
startsecs=0
autostart=false
[group:grp]
programs=g1,g2
"""



UTF8 = {**os.environ, "LC_ALL": "C.UTF-8"}


def config_text(folder, seconds):
    return CONFIG.replace("{folder}", str(folder)).replace("{seconds}", str(seconds))


SESSION = """\
status
version
pid nosuch
stop cat
stop cat
start cat
start cat
SAID 1 world echo
restart echo
SAID 2 world echo
SAID 1 hällo said
signal HUP nosuch
signal NONE cat
start nosuch
start bad
start grp:*
status grp:*
stop grp:*
tail -100 echo
tail -3 echo
clear echo
tail -100 echo
tail nosuch
tail -1000 said
status many:*
stop many:many_01
start many:many_00
status many:many_01
signal CONT many:*
status cat nosuch
status nogrp:*
start nogrp:*
stop nogrp:*
signal HUP nogrp:*
start nogrp:* cat
start nosuch nogrp:*
start nogrp:* nosuch
status nosuch grp:g2
status grp:g2 nosuch
restart nogrp:*
start bad nogrp:*
signal HUP grp:g2 nosuch
signal NONE cat nosuch grp:g2
pid grp:g2 nosuch
stop grp:nosuch
signal HUP cat grp:g2
signal HUP grp:*
clear nosuch
pid grp:g2
pid cat nosuch
add nosuch
remove nosuch
update nosuch
avail
stop all
start all
reread
CHANGE
reread
update
status
add cat
remove cat
shutdown
status
"""


def said_by(words, out, err, code):
    """A command, what it printed, and its exit code."""
    lines = out.splitlines()
    if words[-1] == "all" or words[-1].endswith(":*"):
        lines.sort()  # what ends first is told first, and that is not always the same
    text = "".join(f"{line}\n" for line in lines)
    return f"$ {' '.join(words)}\n{text}{err}[{code}]\n"


class Control:
    """supervisorctl with the configuration in `folder`; a call gives what it prints, and its code."""

    def __init__(self, folder):
        self.config = str(folder / "supervisord.conf")
        self.process = subprocess.Popen(
            [PYTHON, "-B", str(pathlib.Path(supervised.__file__).with_name("supervisorctl_again.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", env=UTF8)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()

    def __call__(self, *words):
        self.process.stdin.write(json.dumps(["-c", self.config, *words]) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return said_by(words, answer["out"], answer["err"], answer["code"])


def mask(text, folder):
    """Takes out what differs from run to run: pids, times, the folder."""
    text = text.replace(str(folder), "FOLDER")
    text = re.sub(r"pid \d+", "pid N", text)
    text = re.sub(r"^[1-9]\d*$", "N", text, flags=re.MULTILINE)
    text = re.sub(r"uptime [\d:]+", "uptime T", text)
    return re.sub(r"[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M", "DATE", text)


def session(folder, control):
    """Runs the whole session against whoever listens on the socket in `folder`."""
    until((folder / "sock").exists, "the socket")
    # cat is RUNNING after a second, for both.
    until(lambda: "RUNNING" in control("status", "cat"), "cat to run")
    said = ""
    for line in SESSION.splitlines():
        if line == "CHANGE":
            (folder / "supervisord.conf").write_text(config_text(folder, 1002), "utf-8")
            continue
        if line.startswith("SAID"):
            # What a program says arrives when it arrives.
            _, count, word, name = line.split()
            until(lambda: control("tail", "-1000", name).count(word) == int(count),
                  f"{count} x {word} of {name}")
            continue
        said += control(*line.split())
        if line == "shutdown":
            until(lambda: not (folder / "sock").exists(), "the end")
    return mask(said, folder)


class OurControl:
    """The same of `poststack-init ctl`."""

    def __init__(self, folder):
        self.config = str(folder / "supervisord.conf")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def __call__(self, *words):
        run = subprocess.run([supervised.INIT, "-c", self.config, "ctl", *words],
                             capture_output=True, timeout=120, check=False, encoding="utf-8")
        return said_by(words, run.stdout, run.stderr, run.returncode)


class Supervisorctl(unittest.TestCase):
    def setUp(self):
        for tool in ("supervisorctl", "supervisord"):
            if shutil.which(tool) is None:
                if os.environ.get("POSTSTACK_REQUIRE_TOOLS"):
                    self.fail(f"missing {tool}: run tools/install-deps test")
                self.skipTest(f"missing {tool}")

    def talk(self, command, control=Control):
        folder = Folder()
        self.addCleanup(folder.remove)
        config = folder.path / "supervisord.conf"
        config.write_text(config_text(folder.path, 1001), "utf-8")
        run = subprocess.Popen([*command, "-c", str(config)], cwd=folder.path,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env=UTF8)
        try:
            with control(folder.path) as asked:
                return session(folder.path, asked)
        finally:
            run.terminate()
            run.wait(PATIENCE)

    def test_says_the_same_of_both(self):
        self.maxDiff = None
        with concurrent.futures.ThreadPoolExecutor() as pool:
            ours = pool.submit(self.talk, [supervised.INIT])
            theirs = pool.submit(self.talk, ["supervisord", "-n"])
            ctl = pool.submit(self.talk, [supervised.INIT], OurControl)
            self.assertEqual(ours.result(), theirs.result())
            # But for the last answer, of nobody.
            self.assertEqual(ctl.result().split("Shut down")[0], theirs.result().split("Shut down")[0])
            self.assertIn('poststack-init does not answer on "FOLDER/sock"', ctl.result())


class Listening(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)

    def start(self, text, daemon=""):
        text = text.replace("FOLDER", str(self.folder.path))
        init = Init("root" if os.geteuid() == 0 else "plain", self.folder,
                    f"[supervisord]\n{daemon}\n{text}")
        self.addCleanup(init.kill)
        return init

    def get(self, path):
        """GET over the health socket: status and body."""
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.folder.path / "health"))
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def test_health_tells_who_is_not_ready(self):
        init = self.start("[health]\nsocket=FOLDER/health\n"
                          "[program:api]\ncommand=sleep 1000\nready=file:FOLDER/flag\n"
                          "[program:web]\ncommand=sleep 1000\ndepends_on=api\nstartsecs=0\n")
        init.expect('spawned "api"')
        status, body = self.get("/health")
        self.assertEqual(status, 503)
        programs = {program["name"]: program for program in json.loads(body)["programs"]}
        self.assertEqual(programs["api"]["detail"], "not ready yet")
        self.assertEqual(programs["web"]["detail"], "waits for api")
        self.assertEqual(self.get("/health/live")[0], 200)
        ask = [supervised.INIT, "-c", str(init.config), "health"]
        asked = subprocess.run(ask, capture_output=True, text=True, check=False)
        self.assertEqual(asked.returncode, 1, asked.stderr)
        self.assertFalse(json.loads(asked.stdout)["ready"])

        (self.folder.path / "flag").touch()
        until(lambda: self.get("/health/ready")[0] == 200, "ready")
        self.assertEqual(subprocess.run(ask, stdout=subprocess.DEVNULL, check=False).returncode, 0)
        status, text = self.get("/metrics")
        self.assertEqual(status, 200)
        self.assertIn('poststack_init_program_up{program="web"} 1\n', text)
        self.assertEqual(self.get("/nothing")[0], 404)

    def test_health_of_nobody_and_check_of_a_file(self):
        init = self.start("[health]\nsocket=FOLDER/health\n"
                          "[program:api]\ncommand=sleep 1000\nauto_start=no\n")
        init.expect('spawned "api"')
        self.assertEqual(init.stop(), 0)
        words = [supervised.INIT, "-c", str(init.config)]
        asked = subprocess.run([*words, "health"], capture_output=True, text=True, check=False)
        self.assertEqual(asked.returncode, 7)
        self.assertIn("does not answer on", asked.stderr)
        checked = subprocess.run([supervised.INIT, "check", str(init.config)],
                                 capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0)
        self.assertIn('unknown key "auto_start" in [program:api]; did you mean "autostart"?',
                      checked.stdout)
        self.assertIn("Stop, within 9 s:", checked.stdout)

    def test_names_and_output_beyond_ascii(self):
        # supervisord starts these, and then fails to answer "stop all" and such a tail.
        init = self.start("[unix_http_server]\nfile=FOLDER/sock\n"
                          "[program:junk]\ncommand=sh -c 'printf \"a\\\\377b\\n\"; exec sleep 1000'\n"
                          "stdout_logfile=FOLDER/junk.log\n"
                          "[program:test_öäü]\ncommand=sleep 1000\nstartsecs=0\n")
        until(lambda: (self.folder.path / "junk.log").exists() and
              (self.folder.path / "junk.log").read_bytes() == b"a\xffb\n", "the line")
        control = OurControl(self.folder.path)
        self.assertEqual(control("tail", "junk"), "$ tail junk\na?b\n\n[0]\n")
        self.assertEqual(control("stop", "all"),
                         "$ stop all\njunk: stopped\ntest_öäü: stopped\n[0]\n")
        self.assertEqual(control("start", "test_öäü"), "$ start test_öäü\ntest_öäü: started\n[0]\n")

    def test_ctl_logs_in_with_what_the_file_says(self):
        init = self.start("[unix_http_server]\nfile=FOLDER/sock\nusername=u\npassword=p:w\n"
                          "[program:api]\ncommand=sleep 1000\nstartsecs=0\n")
        init.expect('spawned "api"')
        words = [supervised.INIT, "-c", str(init.config), "ctl", "status"]
        asked = subprocess.run(words, capture_output=True, text=True, check=False)
        self.assertEqual(asked.returncode, 0, asked.stderr)
        self.assertIn("api    ", asked.stdout)
        init.config.write_text(init.config.read_text().replace("p:w", "other"))
        asked = subprocess.run(words, capture_output=True, text=True, check=False)
        self.assertEqual(asked.returncode, 6)
        self.assertIn("runs with another username or password", asked.stderr)
        asked = subprocess.run([*words[:-1], "statsu"], capture_output=True, text=True, check=False)
        self.assertEqual(asked.returncode, 2)
        self.assertIn('ctl knows no command "statsu"; did you mean "status"?', asked.stderr)

    def test_a_listener_hears_in_order_and_again_after_fail(self):
        script = ("import sys\n"
                  "def say(text): sys.stdout.write(text); sys.stdout.flush()\n"
                  "failed = False\n"
                  "while True:\n"
                  "    say('READY\\n')\n"
                  "    head = dict(x.split(':') for x in sys.stdin.readline().split())\n"
                  "    body = sys.stdin.read(int(head['len']))\n"
                  "    print(head['eventname'], head['poolserial'], body, file=sys.stderr, flush=True)\n"
                  "    say('RESULT 2\\nOK' if failed else 'RESULT 4\\nFAIL')\n"
                  "    failed = True\n")
        (self.folder.path / "ear.py").write_text(script)
        init = self.start("[eventlistener:ear]\ncommand=" + PYTHON + " FOLDER/ear.py\n"
                          "events=PROCESS_STATE_FATAL\nstderr_logfile=/dev/stderr\n"
                          "[program:bad]\ncommand=sh -c 'exit 1'\nstartretries=0\n")
        line = init.expect(r"ear \| PROCESS_STATE_FATAL", 2)
        self.assertIn("PROCESS_STATE_FATAL 0 processname:bad groupname:bad from_state:STARTING", line)

    def test_a_listener_hears_what_programs_write(self):
        script = ("import sys\n"
                  "while True:\n"
                  "    print('READY', flush=True)\n"
                  "    head = dict(x.split(':') for x in sys.stdin.readline().split())\n"
                  "    body = sys.stdin.read(int(head['len'])).replace('\\n', '/')\n"
                  "    print(head['eventname'], body, file=sys.stderr, flush=True)\n"
                  "    print('RESULT 2\\nOK', end='', flush=True)\n")
        (self.folder.path / "ear.py").write_text(script)
        init = self.start("[eventlistener:ear]\ncommand=" + PYTHON + " FOLDER/ear.py\n"
                          "events=PROCESS_LOG\nstderr_logfile=/dev/stderr\n"
                          "[program:loud]\ncommand=sh -c 'echo out; echo err >&2; exec sleep 1000'\n"
                          "stdout_events_enabled=true\nstderr_events_enabled=true\n"
                          "[program:mute]\ncommand=sh -c 'echo mute; exec sleep 1000'\n")
        pid = init.program_pid("loud")
        for channel, word in (("stdout", "out"), ("stderr", "err")):
            init.expect(rf"ear \| PROCESS_LOG_{channel.upper()} processname:loud groupname:loud "
                        rf"pid:{pid} channel:{channel}/{word}/$")
        self.assertEqual(init.stop(), 0)
        self.assertNotIn("mute/", init.text())

    def test_b20_the_idiom_that_kills_on_fatal_gives_a_code(self):
        init = self.start("[eventlistener:quit]\nevents=PROCESS_STATE_FATAL\n"
                          "command=sh -c 'echo READY; read line; kill -QUIT $PPID; sleep 60'\n"
                          "[program:bad]\ncommand=/nonexistent\nstartretries=0\n")
        self.assertEqual(init.wait(), 20, init.text())

    def test_reload_begins_anew_with_the_same_pid(self):
        if shutil.which("supervisorctl") is None and not os.environ.get("POSTSTACK_REQUIRE_TOOLS"):
            self.skipTest("missing supervisorctl")
        init = self.start("[unix_http_server]\nfile=FOLDER/sock\n"
                          "[supervisorctl]\nserverurl=unix://FOLDER/sock\n"
                          "[rpcinterface:supervisor]\nx=y\n"
                          "[program:api]\ncommand=sleep 1000\n")
        init.expect('spawned "api"')
        pid = init.pid
        told = subprocess.run(["supervisorctl", "-c", str(init.config), "reload"], check=False,
                              capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        self.assertIn("Restarted supervisord", told.stdout)
        init.expect('spawned "api"', 2)
        self.assertEqual(init.pid, pid)
        self.assertEqual(init.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
