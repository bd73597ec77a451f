#!/usr/bin/env python3
"""`database migrate` against one psql process and against the other tools.

Bars: 1,000 files (CREATE TABLE + index) at most 1.15 x one `psql -f` process with the same
statements, transactions and ledger inserts, and faster than every peer; nothing to do with 10,000
applied at most 1.3 x (login + reading and SHA-256 of the files + one SELECT); with 200 applied under
half of dbmate and of sql-migrate. The peers are installed by bench/install-peers (peers.py); one
that is not there is named and left out.
"""

import hashlib
import shutil
import sys

from harness import Bench, compare, peak_memory, timed
from peers import Peers

bench = Bench("migrate")
psql = bench.bin / "psql"
rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
folder = bench.project("shop")
LEDGER = "CREATE TABLE ledger(version bigint primary key, name text, sha text, at timestamptz)"


def statements(number):
    return (f"CREATE TABLE t{number} (id bigint PRIMARY KEY, name text NOT NULL, at timestamptz);\n"
            f"CREATE INDEX t{number}_name ON t{number} (name);\n")


def write_files(count):
    target = folder / "migrations"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for number in range(1, count + 1):
        (target / f"{number:05}_t{number}.sql").write_text(statements(number))
        (target / f"{number:05}_t{number}.rollback.sql").write_text(f"DROP TABLE t{number};\n")
    return target


def poststack(*words):
    return bench.run(bench.poststack, "--project", folder, "--quiet", "--yes", *words)


def admin(sql):
    bench.run(psql, "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql, bench.url(folder))


def empty_schemas():
    admin("DROP SCHEMA IF EXISTS poststack CASCADE; DROP SCHEMA IF EXISTS sqitch CASCADE;"
          "DROP SCHEMA public CASCADE; CREATE SCHEMA public")


def apply_thousand():
    count = 1000
    write_files(count)
    script = bench.root / "floor.sql"
    script.write_text(LEDGER + ";\n" + "".join(
        f"BEGIN;\n{statements(n)}INSERT INTO ledger VALUES ({n}, 't{n}', '{n:064x}', now());\nCOMMIT;\n"
        for n in range(1, count + 1)))

    def from_empty(action):
        def measured():
            empty_schemas()
            return timed(action)
        return measured

    compare("migrate 1,000 files",
            from_empty(lambda: poststack("database", "migrate")),
            {"psql -f, one process": from_empty(
                lambda: bench.run(psql, "-Xq", "-v", "ON_ERROR_STOP=1", "-f", script, bench.url(folder)))},
            1.15, rounds)
    peers = Peers(bench, bench.url(folder), statements).all(count)
    # sqitch takes most of a minute.
    compare("migrate 1,000 files, beside the peers",
            from_empty(lambda: poststack("database", "migrate")),
            {name: from_empty(action) for name, action in peers.items()},
            [1.0] * len(peers), min(rounds, 3))


def nothing_to_do_ten_thousand():
    target = write_files(10_000)
    empty_schemas()
    poststack("database", "migrate")

    def peer():
        def action():
            bench.run(psql, "-XAt", "-o", "/dev/null", "-c",
                      "SELECT version, name, checksum FROM poststack.schema_migrations", bench.url(folder))
        def hashes():
            for path in sorted(target.iterdir()):
                if not path.name.endswith(".rollback.sql"):
                    hashlib.sha256(path.read_bytes()).hexdigest()
        return timed(action) + timed(hashes)

    compare("nothing to do, 10,000 applied",
            lambda: timed(lambda: poststack("database", "migrate")),
            {"psql SELECT + reading and SHA-256": peer}, 1.3, rounds)
    mib = peak_memory(bench, bench.poststack, "--project", folder, "database", "migrate")
    print(f"  peak memory {mib:.1f} MiB (bar 40)")


def peers_two_hundred():
    """Nothing to do: each peer has applied its 200 files to the same database."""
    write_files(200)
    actions = Peers(bench, bench.url(folder), statements).all(200)
    for name, action in actions.items():
        empty_schemas()
        poststack("database", "migrate")
        admin("DROP SCHEMA public CASCADE; CREATE SCHEMA public")  # the tables alone
        action()
        compare(f"nothing to do, 200 applied: {name}",
                lambda: timed(lambda: poststack("database", "migrate")),
                {name: lambda action=action: timed(action)}, 0.5, 3 * rounds)


def huge_file():
    target = write_files(1)
    (target / "00002_huge.sql").write_text(
        "CREATE TABLE huge (n int, t text);\n" + "".join(
            f"INSERT INTO huge VALUES ({n}, '{'x' * 200}');\n" for n in range(120_000)))
    (target / "00002_huge.rollback.sql").write_text("DROP TABLE huge;\n")
    empty_schemas()
    size = (target / "00002_huge.sql").stat().st_size / 2**20
    for words in (["database", "migrate"], ["database", "migration-status"]):
        mib = peak_memory(bench, bench.poststack, "--project", folder, *words)
        print(f"  {' '.join(words)} with a file of {size:.0f} MiB: peak {mib:.1f} MiB (bar 40)")


try:
    bench.run(bench.poststack, "--project", folder, "--yes", "--quiet", "up")
    apply_thousand()
    peers_two_hundred()
    print("\npeak memory with a large file")
    huge_file()
    nothing_to_do_ten_thousand()  # last: 10,000 tables are too many to drop in one transaction
finally:
    bench.run(bench.poststack, "--project", folder, "down", check=False)
    bench.close()
