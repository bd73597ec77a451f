#!/usr/bin/env python3
"""`verify-migrations --prove` against applying the same files.

Bar: the proof of 340 pairs at most 3 x the time that `database migrate` takes for them. Set CHAIN to
a directory of NNN_name.sql and NNN_name.rollback.sql to measure those instead (and PG_BIN to the
programs of the server they need).
"""

import os
import pathlib
import shutil
import sys

from harness import Bench, compare, timed

bench = Bench("prove")
if "PG_BIN" in os.environ:
    bench.bin = pathlib.Path(os.environ["PG_BIN"])
    bench.env["PATH"] = f"{bench.bin}:{bench.env['PATH']}"
rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
folder = bench.project("shop")


def pair(number):
    """The text of a migration and of its rollback: five kinds in turn, on a table of their own."""
    table = f"t{number // 5}"
    return [
        (f"CREATE TABLE {table} (id bigint PRIMARY KEY, name text NOT NULL, at timestamptz);\n"
         f"CREATE INDEX {table}_name ON {table} (name);\n",
         f"DROP TABLE {table};\n"),
        (f"ALTER TABLE {table} ADD note text NOT NULL DEFAULT '';\n"
         f"COMMENT ON COLUMN {table}.note IS 'what was said';\n",
         f"ALTER TABLE {table} DROP note;\n"),
        (f"CREATE VIEW v_{table} AS SELECT id, name FROM {table} WHERE at IS NOT NULL;\n",
         f"DROP VIEW v_{table};\n"),
        (f"CREATE FUNCTION f_{table}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
         f"BEGIN NEW.at = now(); RETURN NEW; END $$;\n"
         f"CREATE TRIGGER touch BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION f_{table}();\n",
         f"DROP TRIGGER touch ON {table};\nDROP FUNCTION f_{table}();\n"),
        (f"ALTER TABLE {table} ADD parent bigint REFERENCES {table},\n"
         f"    ADD CONSTRAINT named CHECK (name <> '');\nCREATE INDEX {table}_parent ON {table} (parent);\n",
         f"ALTER TABLE {table} DROP CONSTRAINT named, DROP parent;\n"),
    ][number % 5]


def write_files(count):
    target = folder / "migrations"
    target.mkdir()
    if "CHAIN" in os.environ:
        for source in pathlib.Path(os.environ["CHAIN"]).glob("*.sql"):
            shutil.copy(source, target)
        return len(list(target.glob("*.rollback.sql")))
    for number in range(count):
        up, down = pair(number)
        (target / f"{number + 1:03}_step.sql").write_text(up)
        (target / f"{number + 1:03}_step.rollback.sql").write_text(down)
    return count


def poststack(*words, check=True):
    return bench.run(bench.poststack, "--project", folder, "--quiet", "--yes", *words, check=check)


def admin(sql):
    bench.run(bench.bin / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql, bench.url(folder))


def apply():
    admin("DROP SCHEMA IF EXISTS poststack CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return timed(lambda: poststack("database", "migrate"))


def prove():
    # Real chains have rollbacks that are wrong: exit code 1 is an answer as well.
    return timed(lambda: poststack("database", "verify-migrations", "--prove", check="CHAIN" not in os.environ))


try:
    poststack("up")
    count = write_files(340)
    compare(f"proof of {count} pairs", prove, {"migrate": apply}, 3.0, rounds)
finally:
    bench.run(bench.poststack, "--project", folder, "down", check=False)
    bench.close()
