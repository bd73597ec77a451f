#include "migrate_hard_cases.h"

namespace poststack::test {
namespace {

const std::string no_transaction = "-- poststack: no-transaction\n";

}  // namespace

std::vector<HardCase> hard_cases() {
    return {
        {"dollar quotes",
         "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 2; END; "
         "$$;\nCREATE TABLE t (n int DEFAULT f());\nINSERT INTO t DEFAULT VALUES;\n"},
        {"tagged dollar quotes",
         "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $body$ SELECT 'a;b$$c'::text; $body$;\n"
         "CREATE TABLE t AS SELECT f() AS x, $q$it's; $ $$ fine$q$ AS y;\n"},
        {"nested dollar quotes",
         "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $a$ BEGIN EXECUTE $b$ CREATE TABLE "
         "t "
         "(x text DEFAULT $$;$$); INSERT INTO t DEFAULT VALUES; $b$; END; $a$;\nSELECT f();\n"},
        {"nested comments",
         "/* a /* ; ' */ \" $$ */ CREATE TABLE t (n int); /* /**/ ; */\n-- ; '\n"},
        {"BEGIN ATOMIC",
         "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN a > 1 "
         "THEN "
         "CASE a WHEN 2 THEN 3 ELSE 4 END ELSE 5 END; SELECT 6; END;\n"
         "CREATE TABLE t AS SELECT f(2) AS n;\n"},
        {"COPY data",
         "CREATE TABLE t (a int, b text);\nCOPY t (a, b) FROM stdin;\n1\tx;y\n2\tit's $$ -- "
         "\\\\.\n3\t\\N\n\\.\nINSERT INTO t VALUES (4, 'z');\n"},
        {"\\restrict",
         "\\restrict 5yKCrVQ0bXH1\nSET statement_timeout = 0;\nCREATE TABLE t (n int);\n"
         "COPY t FROM stdin;\n1\n\\.\n\\unrestrict 5yKCrVQ0bXH1\n"},
        {"escape strings",
         "CREATE TABLE t AS SELECT E'a\\';b' AS x, e'\\\\' AS y, E'it''s;' AS z;\n"},
        {"plain backslash strings",
         "CREATE TABLE t AS SELECT 'C:\\' AS x;\nINSERT INTO t VALUES ('D:\\;'), ('''\\');\n"},
        {"dollar in identifiers",
         "CREATE TABLE a$b$c (x$y int);\nINSERT INTO a$b$c (x$y) VALUES (1);\nCREATE TABLE z$1$ AS "
         "SELECT x$y FROM a$b$c;\n"},
        {"rules",
         "CREATE TABLE t (n int);\nCREATE TABLE log (n int);\nCREATE RULE r AS ON INSERT TO t DO "
         "ALSO "
         "(INSERT INTO log VALUES (new.n); INSERT INTO log VALUES (-new.n));\n"
         "INSERT INTO t VALUES (1);\n"},
        {"two concurrent indexes",
         no_transaction + "CREATE TABLE t (a int, b int);\nCREATE INDEX CONCURRENTLY ta ON t (a);\n"
                          "CREATE INDEX CONCURRENTLY tb ON t (b);\n"},
        {"empty search_path",
         "SELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.t (n "
         "integer);\nALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (n);\n"},
        {"byte order mark",
         "\xef\xbb\xbf"
         "CREATE TABLE t (n int);\n"},
        {"CRLF",
         "CREATE TABLE t (a int,\r\n  b text);\r\nCOPY t FROM stdin;\r\n1\tx\r\n\\.\r\n"
         "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\r\nSELECT 1;\r\n$$;\r\n"},
        {"comment ending in a backslash",
         "-- a path: C:\\\nCREATE TABLE t (n int); -- D:\\\n/* \\ */ INSERT INTO t VALUES (1);\n"},
        {"Unicode identifiers and strings",
         "CREATE TABLE U&\"d\\0061t;a\" (n int);\nCREATE TABLE t AS SELECT U&'\\0441\\043B;' AS x, "
         "U&'d!0061;' UESCAPE '!' AS y;\n"},
        {"foreign placeholders",
         "CREATE TABLE t (x text, j jsonb);\nINSERT INTO t VALUES ('${HOME} :name %s %(a)s ? $1 "
         "{{x}} @var', '{\"a\": 1}');\nCREATE TABLE u AS SELECT j ? 'a' AS has, "
         "(ARRAY[1,2,3])[1:2] "
         "AS part, 7 % 4 AS rest FROM t;\n"},
        {"function and concurrent index",
         no_transaction +
             "CREATE FUNCTION f(n int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT n + 1; $$;\n"
             "CREATE TABLE t (n int);\nCREATE INDEX CONCURRENTLY tf ON t (f(n));\n"},
        {"no final semicolon",
         "CREATE TABLE t (n int);\nINSERT INTO t VALUES (1)\n-- the end; or is it\n/* yes */"},
        {"enum value used at once",
         no_transaction + "CREATE TYPE e AS ENUM ('a');\nALTER TYPE e ADD VALUE 'b';\n"
                          "CREATE TABLE t AS SELECT 'b'::e AS x;\n"},
        {"SET ROLE left on",
         "CREATE TABLE t (n int);\nGRANT ALL ON t TO pg_monitor;\nSET ROLE pg_monitor;\n"
         "INSERT INTO t VALUES (1);\n"},
    };
}

std::vector<HardCase> further_hard_cases() {
    return {
        {"nothing at all", ""},
        {"comments alone", "-- nothing\n/* to do */\n;;\n"},
        {"begin and end as names",
         "CREATE TABLE t (begin int, \"end\" int);\nCREATE FUNCTION f() RETURNS int LANGUAGE sql "
         "BEGIN ATOMIC SELECT begin FROM t; SELECT 1; END;\nSELECT begin AS a FROM t;\n"},
        {"atomic procedure",
         "CREATE TABLE t (n int);\nCREATE OR REPLACE PROCEDURE p(a int) BEGIN ATOMIC INSERT INTO t "
         "VALUES (a); INSERT INTO t VALUES (CASE WHEN a > 0 THEN a ELSE 0 END); END;\nCALL "
         "p(1);\n"},
        {"strings over lines",
         "CREATE TABLE t AS SELECT 'a'\n  'b;'\n'c' AS x, '-- no comment /*' AS y, \"z\"\"\" FROM "
         "(SELECT 1 AS \"z\"\"\") q; /* ' */ INSERT INTO t VALUES ('*/', ';', 2);\n"},
        {"strings without standard rules",
         "SET escape_string_warning = off;\nSET standard_conforming_strings = off;\n"
         "CREATE TABLE t AS SELECT 'it\\'s; fine'::text AS x;\nSET standard_conforming_strings = "
         "on;\nINSERT INTO t VALUES ('C:\\');\n"},
        {"operators and numbers",
         "CREATE TABLE t AS SELECT 5-3 AS a, 5--3\n-3 AS b, 1e3 AS c, .5 AS d, - -1 AS e, 2^3 AS "
         "f, "
         "'{\"k\":[1]}'::jsonb #>> '{k,0}' AS g, @ -5 AS h, 1::int AS i;\n"},
        {"COPY as CSV",
         "CREATE TABLE t (a int, b text);\nCOPY t FROM STDIN WITH (FORMAT csv, HEADER);\na,b\n"
         "1,\"two\nlines; 'x'\"\n2,\n\\.\nCOPY t (b) FROM stdin (DELIMITER '|');\n-- data\n\\.\n"},
        {"an empty COPY", "CREATE TABLE t (a int);\nCOPY t FROM stdin;\n\\.\nCREATE TABLE u ();\n"},
        {"DO blocks",
         "DO $do$ BEGIN FOR i IN 1..3 LOOP EXECUTE format('CREATE TABLE t%s (n int)', i); END "
         "LOOP; "
         "END $do$;\nDO LANGUAGE plpgsql 'BEGIN NULL; END';\n"},
        {"triggers and policies",
         "CREATE TABLE t (id int PRIMARY KEY, owner name DEFAULT current_user);\nALTER TABLE t "
         "ENABLE "
         "ROW LEVEL SECURITY;\nCREATE POLICY p ON t USING (owner = current_user);\nCREATE FUNCTION "
         "f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.id < 0 THEN RAISE 'no;'; END IF; "
         "RETURN new; END $$;\nCREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW WHEN (new.id > 5) "
         "EXECUTE FUNCTION f();\nCOMMENT ON TRIGGER g ON t IS 'it''s; one';\n"},
        {"a whole transaction",
         "-- first\nBEGIN;\nCREATE TABLE t (n int);\nSET LOCAL search_path = '';\nINSERT INTO "
         "public.t VALUES (1);\nCOMMIT;\n-- last\n"},
        {"savepoints",
         "BEGIN;\nCREATE TABLE t (n int);\nSAVEPOINT s;\nINSERT INTO t VALUES (1);\nROLLBACK TO "
         "s;\nRELEASE "
         "s;\nINSERT INTO t VALUES (2);\nCOMMIT;\n"},
        {"partitions and inheritance",
         "CREATE TABLE p (k int, v text) PARTITION BY RANGE (k);\nCREATE TABLE p1 PARTITION OF p "
         "FOR "
         "VALUES FROM (0) TO (10);\nCREATE TABLE pd PARTITION OF p DEFAULT;\nCREATE INDEX ON p "
         "(v);\n"
         "INSERT INTO p VALUES (1, 'a'), (50, 'b');\n"},
        {"types",
         "CREATE TYPE c AS (a int, b text);\nCREATE DOMAIN d AS text CHECK (value <> ';');\nCREATE "
         "TYPE r AS RANGE (subtype = float8);\nCREATE TABLE t (x c, y d, z r);\nINSERT INTO t "
         "VALUES "
         "(ROW(1, ')'), '(', '[1,2]');\n"},
        {"names in other scripts",
         "CREATE TABLE \"\xd1\x82\xd0\xb0\xd0\xb1\xd0\xbb\xd0\xb8\xd1\x86\xd0\xb0\" "
         "(\xc3\xa9t\xc3\xa9 int);\nCREATE VIEW v AS SELECT \xc3\xa9t\xc3\xa9 FROM "
         "\"\xd1\x82\xd0\xb0\xd0\xb1\xd0\xbb\xd0\xb8\xd1\x86\xd0\xb0\";\n"},
        // Restated from what parsers, dumps and other tools keep as their own bad cases.
        {"psql's lines in strings and bodies",
         "CREATE TABLE help (line text);\nINSERT INTO help VALUES ('type\n\\connect shop\n\\dt "
         "shop.*\n\\.\n\\q');\nCREATE FUNCTION f() RETURNS text LANGUAGE sql AS $body$\n"
         "SELECT 'a\n\\copy t from stdin\n\\.\n';\n$body$;\nINSERT INTO help SELECT f();\n"},
        {"functions that return an expression",
         "CREATE FUNCTION f(a text, b date) RETURNS boolean RETURN a = ';' AND b > '2001-01-01';\n"
         "CREATE FUNCTION g(a int[]) RETURNS int LANGUAGE sql\n RETURN CASE WHEN a[1] > 0 THEN "
         "a[1] "
         "END;\nCREATE TABLE t AS SELECT f(';', '2002-02-02') AS f, g('{3}') AS g;\n"},
        {"tags that are words, and shells in bodies",
         "CREATE FUNCTION f(target regclass) RETURNS void LANGUAGE plpgsql AS $BEGIN$\n"
         "BEGIN\n EXECUTE 'ALTER TABLE ' || target::text || ' ADD x int';\nEND;\n$BEGIN$;\n"
         "CREATE TABLE t ();\nSELECT f('t');\nCOMMENT ON TABLE t IS $sh$\n"
         "set -- \"$1\"; echo ${HOME} # it's $$\n$sh$;\n"},
        {"operators that begin like comments",
         "CREATE TABLE t (c jsonb);\nCREATE INDEX i ON t (((c #>> '{a,b}'::text[])));\n"
         "/**\n SELECT c #>> '{a}';\n */\n/** */ INSERT INTO t SELECT '{\"a\":{\"b\":1}}'\n"
         "WHERE '{\"a\":1}'::jsonb #>> '{a}' = '1' -- #>> '\n AND 5 # 1 = 4;\n"},
        {"marks of other tools in bodies",
         "CREATE FUNCTION template() RETURNS text LANGUAGE sql AS $$\nSELECT '\n-- Up Migration\n"
         "-- +goose StatementBegin\n-- migrate:down\n-- poststack: no-transaction\n--rollback DROP "
         "TABLE t;\n';\n$$;\nCREATE TABLE t AS SELECT template() AS x;\n"},
        {"blank lines and comments in strings",
         "CREATE TABLE t (id text, body text);\nINSERT INTO t VALUES ('1', E'# A "
         "page\n\n\nfirst\n\n"
         "   -- no comment\n\n;\n\nlast'), ('2', '\n\n');\n"},
        {"a dump of rows",
         "--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\n"
         "SET client_encoding = 'UTF8';\nSELECT pg_catalog.set_config('search_path', '', false);\n"
         "SET row_security = off;\nSET default_table_access_method = heap;\n\n--\n-- Name: notes; "
         "Type: TABLE; Schema: public; Owner: -\n--\n\nCREATE TABLE public.notes (\n    id integer "
         "NOT NULL,\n    body text NOT NULL\n);\nALTER TABLE public.notes ALTER COLUMN id ADD "
         "GENERATED ALWAYS AS IDENTITY (\n    SEQUENCE NAME public.notes_id_seq\n    START WITH "
         "1\n "
         "   INCREMENT BY 1\n    NO MINVALUE\n    NO MAXVALUE\n    CACHE 1\n);\nINSERT INTO "
         "public.notes (id, body) OVERRIDING SYSTEM VALUE VALUES (1, 'first; note');\nSELECT "
         "pg_catalog.setval('public.notes_id_seq', 1, true);\nALTER TABLE ONLY public.notes\n    "
         "ADD "
         "CONSTRAINT notes_pkey PRIMARY KEY (id);\n\n\n--\n-- PostgreSQL database dump "
         "complete\n--\n"},
        {"another encoding",
         "CREATE TABLE t (x text, y text);\nSET client_encoding = 'LATIN1';\nINSERT INTO t VALUES "
         "('caf\xe9;', 'z');\nCOPY t FROM stdin;\n\xfc"
         "ber\t\xdf;\n\\.\nCOMMENT ON TABLE t IS "
         "'d\xe9j\xe0';\n"},
        {"session authorization",
         "SET SESSION AUTHORIZATION DEFAULT;\nCREATE TABLE t ();\nRESET SESSION AUTHORIZATION;\n"
         "SET LOCAL ROLE NONE;\nCREATE TABLE u ();\n"},
        {"form feeds and tabs", "CREATE\tTABLE\ft\f(n\tint)\f;\r\n\t\f\n"},
        {"parameters in bodies",
         "CREATE FUNCTION f(int, text) RETURNS text LANGUAGE sql AS 'SELECT $2 || "
         "$1::text';\nCREATE "
         "TABLE t AS SELECT f(1, ';') AS x;\nPREPARE q(int) AS INSERT INTO t VALUES ($1::text);\n"
         "EXECUTE q(7);\n"},
    };
}

}  // namespace poststack::test
