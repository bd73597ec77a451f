"""The other migration tools: how each is given its files and started.

A peer is a folder of files in its own layout and a command that applies what is pending, in the
same database as everybody else's. bench/install-peers installs them; one that is not there is named
and left out.
"""

import os
import pathlib
import shutil
import urllib.parse

SOURCE = pathlib.Path(__file__).resolve().parent.parent
ENVIRONMENT = """\
from alembic import context
from sqlalchemy import create_engine

engine = create_engine({url!r})
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""


class Peers:
    """`statements(number)` is the text of migration `number`."""

    def __init__(self, bench, url, statements):
        self.bench = bench
        self.url = url
        self.statements = statements
        self.npm = pathlib.Path(os.environ.get("PEERS", SOURCE / "build/peers")).resolve()

    def all(self, count):
        """Every peer that is there: {name: action that applies what is pending}."""
        made = {
            "dbmate": self.dbmate(count),
            "dbmate, as npm starts it": self.dbmate(count, wrapped=True),
            "sql-migrate": self.sql_migrate(count),
            "node-pg-migrate": self.node_pg_migrate(count),
            "node-pg-migrate, one transaction": self.node_pg_migrate(count, together=True),
            "alembic": self.alembic(count),
            "sqitch": self.sqitch(count),
        }
        for name, action in made.items():
            if action is None:
                print(f"{name} is not there (bench/install-peers)")
        return {name: action for name, action in made.items() if action}

    def program(self, name):
        """One of npm's commands; nothing when it is not there."""
        path = self.npm / "node_modules/.bin" / name
        return path if path.exists() else None

    def folder(self, name):
        path = self.bench.root / f"peer-{name}"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    def annotated(self, name, count, up, down):
        """Files with both directions, told apart by comments."""
        own = self.folder(name)
        for n in range(1, count + 1):
            (own / f"{n:05}_t{n}.sql").write_text(
                f"-- {up}\n{self.statements(n)}\n-- {down}\nDROP TABLE t{n};\n")
        return own

    def action(self, *words, **options):
        return lambda: self.bench.run(*words, **options)

    def dbmate(self, count, wrapped=False):
        binary = next(self.npm.glob("node_modules/@dbmate/*/bin/dbmate"), None)
        command = self.program("dbmate") if wrapped else binary
        if not command:
            return None
        own = self.annotated(f"dbmate-{wrapped}", count, "migrate:up", "migrate:down")
        return self.action(command, "--no-dump-schema", "-d", own, "migrate",
                           env={"DATABASE_URL": self.url + "?sslmode=disable"})

    def sql_migrate(self, count):
        if not shutil.which("sql-migrate"):
            return None
        own = self.annotated("sql-migrate", count, "+migrate Up", "+migrate Down")
        configuration = self.bench.root / "dbconfig.yml"
        configuration.write_text("development:\n  dialect: postgres\n"
                                 f"  datasource: {self.url}?sslmode=disable\n  dir: {own}\n")
        return self.action("sql-migrate", "up", f"-config={configuration}")

    def node_pg_migrate(self, count, together=False):
        command = self.program("node-pg-migrate")
        if not command:
            return None
        own = self.annotated(f"node-pg-migrate-{together}", count, "Up Migration", "Down Migration")
        # It puts all of a run into one transaction unless it is told otherwise.
        mode = [] if together else ["--no-single-transaction"]
        return self.action(command, "up", "-m", own, "--no-verbose", *mode,
                           env={"DATABASE_URL": self.url + "?sslmode=disable"})

    def alembic(self, count):
        if not shutil.which("alembic"):
            return None
        own = self.folder("alembic")
        (own / "versions").mkdir()
        (own / "alembic.ini").write_text(f"[alembic]\nscript_location = {own}\n")
        (own / "env.py").write_text(
            ENVIRONMENT.format(url=self.url.replace("postgresql://", "postgresql+psycopg2://")))
        for n in range(1, count + 1):
            before = f"'{n - 1:05}'" if n > 1 else "None"
            (own / f"versions/{n:05}_t{n}.py").write_text(
                f"from alembic import op\n\nrevision = '{n:05}'\ndown_revision = {before}\n\n\n"
                f"def upgrade():\n    op.execute('''{self.statements(n)}''')\n\n\n"
                f"def downgrade():\n    op.execute('DROP TABLE t{n}')\n")
        return self.action("alembic", "-c", own / "alembic.ini", "upgrade", "head")

    def sqitch(self, count):
        if not shutil.which("sqitch"):
            return None
        own = self.folder("sqitch")
        plan = ["%syntax-version=1.0.0", "%project=bench", ""]
        for kind in ("deploy", "revert"):
            (own / kind).mkdir()
        for n in range(1, count + 1):
            plan.append(f"t{n} 2026-01-01T00:00:00Z Bench <bench@example.org> # table {n}")
            (own / f"deploy/t{n}.sql").write_text(f"BEGIN;\n{self.statements(n)}COMMIT;\n")
            (own / f"revert/t{n}.sql").write_text(f"DROP TABLE t{n};\n")
        (own / "sqitch.plan").write_text("\n".join(plan) + "\n")
        (own / "sqitch.conf").write_text(
            "[core]\n\tengine = pg\n[user]\n\tname = Bench\n\temail = bench@example.org\n"
            f"[engine \"pg\"]\n\tclient = {self.bench.bin / 'psql'}\n")
        parts = urllib.parse.urlsplit(self.url)
        target = f"db:pg://{parts.netloc}{parts.path}"
        return self.action("sqitch", "--quiet", "deploy", target, cwd=own)
