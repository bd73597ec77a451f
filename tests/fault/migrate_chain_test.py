"""Twenty files, no-transaction ones among them: one further `migrate` ends in the same database,
wherever the client is killed, the server is stopped at once, or the connection is cut."""
import time
import unittest

import faults
from message_proxy import MessageProxy
from project import RunningProject, wait_until

TABLE = "CREATE TABLE t{0} (id int PRIMARY KEY, n int);\nINSERT INTO t{0} VALUES ({0}, {0});\n"
INDEX = (
    "-- poststack: no-transaction\n"
    "CREATE INDEX CONCURRENTLY i{0} ON t1 (n) WHERE id <> {0};\n"
    "INSERT INTO done VALUES ({0});\n"
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS u{0} ON t1 (id, n) WHERE n <> {0};\n"
    "VACUUM t1;\n"
)
COPY = "CREATE TABLE c{0} (id int);\nCOPY c{0} FROM stdin;\n1\n2\n3\n\\.\n"
GROUP = (
    "-- poststack: no-transaction\nSET work_mem = '5MB';\n"
    "BEGIN;\nINSERT INTO done VALUES ({0});\nCREATE TABLE g{0} (id int);\nCOMMIT;\n"
    "COPY g{0} FROM stdin;\n1\n2\n\\.\n"
    "INSERT INTO g{0} SELECT 3 WHERE current_setting('work_mem') = '5MB';\n"
    "REINDEX INDEX CONCURRENTLY t1_pkey;\n"
)
COUNT = 20
STATE = """select concat_ws(' | ',
  (select string_agg(version::text, ',' order by version) from poststack.schema_migrations),
  (select count(*) from poststack.repeatable_migrations),
  (select count(*) from poststack.migration_progress),
  (select string_agg(relname || ':' || relkind::text, ',' order by relname) from pg_class
    where relnamespace = 'public'::regnamespace),
  (select string_agg(indexrelid::regclass::text, ',') from pg_index where not indisvalid),
  (select string_agg(n::text, ',' order by n) from done),
  (select string_agg(format('%s=%s', c.relname, (xpath('/row/n/text()',
    query_to_xml('select count(*) n from ' || c.oid::regclass, false, true, '')))[1]), ','
    order by relname) from pg_class c
    where relnamespace = 'public'::regnamespace and relkind = 'r'))"""
CLEAR = (
    "drop schema if exists poststack cascade; drop schema public cascade; create schema public"
)


class Chain(RunningProject):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project.write(
            "migrations/001_first.sql", TABLE.format(1) + "CREATE TABLE done (n int);\n"
        )
        kinds = (TABLE, INDEX, COPY, GROUP)
        for number in range(2, COUNT):
            text = kinds[number % len(kinds)].format(number)
            cls.project.write(f"migrations/{number:03}_n.sql", text)
        cls.project.write("migrations/R__last.sql", "CREATE OR REPLACE VIEW v AS TABLE t1;\n")
        outcome, cls.steps = cls.project.record("database", "migrate")
        if outcome.code != 0:
            raise AssertionError(outcome.err)
        cls.state = cls.project.query(STATE)
        cls.tried = 0
        cls.began = time.monotonic()

    @classmethod
    def tearDownClass(cls):
        print(f"{cls.tried} steps in {time.monotonic() - cls.began:.0f} s")
        super().tearDownClass()

    def setUp(self):
        self.project.query(CLEAR)

    def finish(self):
        """One further run; then everything is as after a run that nobody disturbed."""
        outcome = self.project.run("database", "migrate")
        self.assertEqual(outcome.code, 0, outcome.err)
        self.assertEqual(self.project.query(STATE), self.state)
        self.project.query(CLEAR)
        type(self).tried += 1

    def chosen(self, budget, only_sends=False):
        """Of messages to the server none is like another: with the full matrix all of them."""
        sends = [step for step in self.steps if step.name.startswith("send")]
        if not faults.FULL:
            return faults.spread(sends if only_sends else self.steps, budget)
        others = [step for step in self.steps if step not in sends]
        return sends if only_sends else sends + faults.every(others)

    def test_whenever_the_client_is_killed(self):
        for step in self.chosen(12):
            with self.subTest(step=faults.show(step)):
                self.project.kill_at(step, "database", "migrate")
                self.finish()

    def test_whenever_the_server_is_stopped_at_once(self):
        for step in self.chosen(5, only_sends=True):
            with self.subTest(step=faults.show(step)):
                self.stop_server_at(step, "database", "migrate")
                self.finish()

    def test_behind_whichever_message_the_connection_is_cut(self):
        with MessageProxy(self.port()) as proxy:
            self.assertEqual(self.migrate_through(proxy).code, 0)
            count = proxy.count
        self.project.query(CLEAR)
        numbers = range(1, count + 1)
        for number in numbers if faults.FULL else numbers[:: max(count // 11, 1)]:
            with self.subTest(message=number, of=count):
                with MessageProxy(self.port(), number) as proxy:
                    outcome = self.migrate_through(proxy)
                    # For the last message, a good-bye, nobody waits. A quicker run than the first
                    # one looks after its statements less often and has fewer.
                    if not wait_until(lambda: proxy.has_cut, 5):
                        self.assertLess(proxy.count, number)
                self.assertIn(outcome.code, (0, 7), outcome.err)
                self.finish()

    def port(self):
        return int(self.project.setting("POSTSTACK_POSTGRES_HOST_PORT"))

    def migrate_through(self, proxy):
        url = self.project.setting("DATABASE_URL").replace(
            f":{self.port()}/", f":{proxy.port}/"
        )
        # Encrypted, the messages could not be told apart.
        return self.project.run("database", "migrate", "--url", url + "?sslmode=disable")


if __name__ == "__main__":
    unittest.main()
