"""Runs Debian's supervisorctl again and again from one process, for its start costs more than its
work. Reads the words of a command as JSON by line; answers what it printed, and its exit code.
"""
import json
import os
import sys
import tempfile

from supervisor import supervisorctl


def run(words):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if pid == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            code = 70
            try:
                supervisorctl.main(words)
                code = 0
            except SystemExit as end:
                code = end.code or 0
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        out.seek(0)
        err.seek(0)
        return {"out": out.read().decode(errors="replace"), "err": err.read().decode(), "code": code}


sys.argv[0] = "supervisorctl"
for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
