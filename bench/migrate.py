#!/usr/bin/env python3
"""`database migrate` against one psql process and against dbmate and sql-migrate.

Bars: 1,000 files (CREATE TABLE + index) at most 1.15 x one `psql -f` process with the same
statements, transactions and ledger inserts; nothing to do with 10,000 applied at most 1.3 x (login
+ reading and SHA-256 of the files + one SELECT); with 200 applied under half of dbmate and of
sql-migrate. Peers: `npm install --prefix DIR dbmate` with PEERS=DIR, `apt-get install sql-migrate`;
a peer that is not there is named and left out.
"""

import hashlib
import os
import pathlib
import shutil
import sys

from harness import Bench, compare, peak_memory, timed

bench = Bench("migrate")
psql = bench.bin / "psql"
rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
folder = bench.project("shop")
others = []
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
    admin("DROP SCHEMA IF EXISTS poststack CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public")


def peer_url(name):
    """A database of the peer's own: a project beside ours."""
    other = bench.project(name)
    others.append(other)
    bench.run(bench.poststack, "--project", other, "--yes", "--quiet", "up")
    return bench.url(other)


def apply_thousand():
    count = 1000
    write_files(count)
    script = bench.root / "floor.sql"
    script.write_text(LEDGER + ";\n" + "".join(
        f"BEGIN;\n{statements(n)}INSERT INTO ledger VALUES ({n}, 't{n}', '{n:064x}', now());\nCOMMIT;\n"
        for n in range(1, count + 1)))

    def ours():
        empty_schemas()
        return timed(lambda: poststack("database", "migrate"))

    def floor():
        empty_schemas()
        return timed(lambda: bench.run(psql, "-Xq", "-v", "ON_ERROR_STOP=1", "-f", script, bench.url(folder)))

    compare("migrate 1,000 files", ours, {"psql -f, one process": floor}, 1.15, rounds)


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
    target = write_files(200)
    empty_schemas()
    poststack("database", "migrate")
    peers = {}
    home = os.environ.get("PEERS", "")
    dbmate = next(pathlib.Path(home).glob("node_modules/@dbmate/*/bin/dbmate"), None) if home else None
    if dbmate:
        own = bench.root / "dbmate"
        own.mkdir()
        for number in range(1, 201):
            (own / f"{number:05}_t{number}.sql").write_text(
                f"-- migrate:up\n{statements(number)}\n-- migrate:down\nDROP TABLE t{number};\n")
        env = {"DATABASE_URL": peer_url("dbmate-peer") + "?sslmode=disable"}
        words = [dbmate, "--no-dump-schema", "-d", own, "migrate"]
        bench.run(*words, env=env)
        peers["dbmate"] = lambda: timed(lambda: bench.run(*words, env=env))
    else:
        print("dbmate is not there (PEERS)")
    if shutil.which("sql-migrate"):
        own = bench.root / "sqlmigrate"
        own.mkdir()
        for number in range(1, 201):
            (own / f"{number:05}_t{number}.sql").write_text(
                f"-- +migrate Up\n{statements(number)}\n-- +migrate Down\nDROP TABLE t{number};\n")
        configuration = bench.root / "dbconfig.yml"
        configuration.write_text("development:\n  dialect: postgres\n"
                                 f"  datasource: {peer_url('sqlmigrate-peer')}?sslmode=disable\n  dir: {own}\n")
        command = ["sql-migrate", "up", f"-config={configuration}"]
        bench.run(*command)
        peers["sql-migrate"] = lambda: timed(lambda: bench.run(*command))
    else:
        print("sql-migrate is not there")
    if peers:
        compare("nothing to do, 200 applied", lambda: timed(lambda: poststack("database", "migrate")),
                peers, [0.5] * len(peers), 3 * rounds)


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
    for project in [folder, *others]:
        bench.run(bench.poststack, "--project", project, "down", check=False)
    bench.close()
