#!/usr/bin/env python3
"""`database lint` against squawk: time for 10,000 statements, and what each finds.

Bar: 10,000 statements no slower than squawk, with nothing to find (so that neither prints) and with
something to find in each file. The last table counts in how many of the risky migrations of
tests/data/lint_cases.txt each linter says anything beyond its advice on time limits and IF EXISTS.
Peers: bench/install-peers; one that is not there is named and left out.
"""

import os
import pathlib
import subprocess
import sys

from harness import Bench, compare, timed

SOURCE = pathlib.Path(__file__).resolve().parent.parent
# Advice that the peers have for nearly every statement whatever it does.
ROUTINE = ("require-timeout-settings", "require-lock-timeout", "require-statement-timeout",
           "prefer-robust-stmts", "lint/safety/lockTimeoutWarning")

peers = pathlib.Path(os.environ.get("PEERS", SOURCE / "build/peers")).resolve()
squawk = next(iter(peers.glob("node_modules/@squawk-cli/*/bin/squawk")), None)
language_server = next(iter(peers.glob("node_modules/@postgrestools/cli-*/postgrestools")), None)
bench = Bench("lint")
rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7


def quiet_statements(count):
    """Statements in which neither linter finds anything."""
    for number in range(count // 4):
        yield (f"CREATE TABLE IF NOT EXISTS t{number} (id bigint GENERATED ALWAYS AS IDENTITY "
               "PRIMARY KEY, name text NOT NULL, at timestamptz NOT NULL DEFAULT now());")
        yield f"COMMENT ON TABLE t{number} IS 'table number {number}';"
        yield f"INSERT INTO t{number} (name) VALUES ('first'), ('second');"
        yield f"SELECT count(*) FROM t{number} WHERE name = 'first' AND at < now() - interval '1 day';"


def loud_statements(count):
    """Statements in which both find something."""
    for number in range(count):
        yield f"ALTER TABLE t{number} ALTER COLUMN name SET NOT NULL;"


def lint_ours(path):
    bench.run(bench.poststack, "database", "lint", "--fail-on", "never", path)


def lint_squawk(path):
    bench.run(squawk, "--reporter", "gcc", path, check=False)


def measure(title, statements):
    path = bench.root / f"{title.split()[0]}.sql"
    path.write_text("\n".join(statements) + "\n")
    against = {}
    if squawk:
        against["squawk"] = lambda: timed(lambda: lint_squawk(path))
    compare(f"10,000 statements, {title}", lambda: timed(lambda: lint_ours(path)), against, 1.0,
            rounds=rounds)


def says_anything(argv, path):
    """True when the linter has more to say than its routine advice."""
    done = subprocess.run([str(word) for word in argv] + [str(path)], env=bench.env, timeout=60,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    lines = done.stdout.decode().splitlines()
    found = [line for line in lines if ": warning: " in line or ": error: " in line or "lint/" in line]
    if argv[0] == bench.poststack:
        found = [line for line in lines if line.endswith("]")]
    return any(not any(rule in line for rule in ROUTINE) for line in found)


def count_found():
    cases = [line.split(" | ", 1)[1]
             for line in (SOURCE / "tests/data/lint_cases.txt").read_text().splitlines()
             if " | " in line and not line.startswith("#")]
    linters = {"poststack": [bench.poststack, "database", "lint"]}
    if squawk:
        linters["squawk"] = [squawk, "--reporter", "gcc"]
    if language_server:
        linters["postgrestools"] = [language_server, "check"]
    print(f"\nfound in {len(cases)} risky migrations")
    silent = {}
    for name, argv in linters.items():
        silent[name] = set()
        for number, sql in enumerate(cases):
            path = bench.root / f"case{number}.sql"
            path.write_text(sql + "\n")
            if not says_anything(argv, path):
                silent[name].add(number)
        print(f"  {name:<16} {len(cases) - len(silent[name])}")
    both = set.intersection(*(numbers for name, numbers in silent.items() if name != "poststack")) \
        if len(silent) > 1 else set()
    for number in sorted(both):
        print(f"  no peer: {cases[number]}")


for name, path in (("squawk", squawk), ("postgrestools", language_server)):
    if not path:
        print(f"lint: no {name} below {peers} (PEERS): left out")
measure("quiet, nothing to find", quiet_statements(10_000))
measure("loud, something in each", loud_statements(10_000))
count_found()
bench.close()
