#!/usr/bin/env python3
"""From an empty project to an authenticated query: `poststack up` against initdb + pg_ctl.

Three cases: the template is present (bar 0.40, aim 0.26), the first `up` of a machine (bar 1.25),
and a start of existing data (bar 0.5 of `pg_ctl -w start`). Every case ends with one authenticated
query through psql, ours over the project's URL, theirs over the socket.

Nothing is removed before the end: ext4 steps over every inode that was freed in the last minutes
when it makes a file, which a run would pay for the one before it.
"""

import sys

from harness import Bench, compare, timed

bench = Bench("up")
psql = bench.bin / "psql"
counter = iter(range(10_000))


def ours(first_on_machine=False):
    folder = bench.project(f"p{next(counter)}")
    cache = bench.root / (f"cache{next(counter)}" if first_on_machine else "home/cache")
    env = {"XDG_CACHE_HOME": str(cache)}

    def action():
        bench.run(bench.poststack, "--project", folder, "--yes", "--quiet", "up", env=env)
        bench.run(psql, "-XAtc", "select 1", bench.url(folder), env=env)

    seconds = timed(action)
    bench.run(bench.poststack, "--project", folder, "down", env=env)
    return seconds


def theirs():
    data = bench.root / f"d{next(counter)}"
    options = f"-c listen_addresses= -c unix_socket_directories={bench.root} -p 54321"

    def action():
        bench.run(bench.bin / "initdb", "-k", "-D", data, "-A", "trust", "-U", "postgres")
        bench.run(bench.bin / "pg_ctl", "-w", "-D", data, "-o", options, "-l", f"{data}.log", "start")
        bench.run(psql, "-XAtc", "select 1", f"host={bench.root} port=54321 user=postgres dbname=postgres")

    seconds = timed(action)
    bench.run(bench.bin / "pg_ctl", "-w", "-D", data, "-m", "immediate", "stop")
    return seconds


def existing():
    """Existing data: the bare start, without the query."""
    folder = bench.project("existing")
    bench.run(bench.poststack, "--project", folder, "--yes", "--quiet", "up")
    data = bench.root / "existing-data"
    bench.run(bench.bin / "initdb", "-k", "-D", data, "-A", "trust", "-U", "postgres")
    options = f"-c listen_addresses= -c unix_socket_directories={bench.root} -p 54322"

    def start_ours():
        bench.run(bench.poststack, "--project", folder, "down")
        return timed(lambda: bench.run(bench.poststack, "--project", folder, "--quiet", "up"))

    def start_theirs():
        seconds = timed(lambda: bench.run(bench.bin / "pg_ctl", "-w", "-D", data, "-o", options,
                                          "-l", f"{data}.log", "start"))
        bench.run(bench.bin / "pg_ctl", "-w", "-D", data, "-m", "fast", "stop")
        return seconds

    try:
        compare("start of existing data", start_ours, {"pg_ctl -w start": start_theirs}, 0.5)
    finally:
        bench.run(bench.poststack, "--project", folder, "down", check=False)


rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
try:
    ours()  # makes the template
    compare("fresh up, template present", ours, {"initdb -k + pg_ctl -w start": theirs}, 0.40, rounds)
    compare("first up on a machine", lambda: ours(True), {"initdb -k + pg_ctl -w start": theirs}, 1.25,
            max(3, rounds // 2))
    existing()
finally:
    bench.close()
