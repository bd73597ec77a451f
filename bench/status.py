#!/usr/bin/env python3
"""`poststack status` with its login against `psql -XAtc 'select 1'` with the same login.

Bars: status at most 2.0; `poststack version` at most 5 ms. Peak memory of the commands: 40 MiB.
"""

import sys

from harness import Bench, compare, peak_memory, timed

bench = Bench("status")
psql = bench.bin / "psql"
rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
folder = bench.project("shop")
try:
    bench.run(bench.poststack, "--project", folder, "--yes", "--quiet", "init")
    bench.run(bench.poststack, "--project", folder, "--yes", "--quiet", "up")
    url = bench.url(folder)
    compare("status of a running native stack",
            lambda: timed(lambda: bench.run(bench.poststack, "--project", folder, "status")),
            {"psql -XAtc 'select 1'": lambda: timed(lambda: bench.run(psql, "-XAtc", "select 1", url))},
            2.0, rounds)
    compare("version",
            lambda: timed(lambda: bench.run(bench.poststack, "version")),
            {"psql --version": lambda: timed(lambda: bench.run(psql, "--version"))}, None, rounds)
    print("\npeak memory (bar 40 MiB)")
    for words in (["version"], ["status"], ["health"], ["up"], ["database", "migrate"],
                  ["database", "migration-status"], ["database", "test-connection"], ["doctor"]):
        mib = peak_memory(bench, bench.poststack, "--project", folder, *words) if words != ["doctor"] \
            else peak_memory(bench, bench.poststack, *words)
        print(f"  {' '.join(words):<34} {mib:6.1f} MiB   {'met' if mib <= 40 else 'MISSED'}")
finally:
    bench.run(bench.poststack, "--project", folder, "down", check=False)
    bench.close()
