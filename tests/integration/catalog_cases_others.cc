// Types, routines and everything else.
#include "catalog_cases.h"

namespace poststack::catalog {

std::vector<Case> type_cases() {
    return {
        {"Enum", "CREATE TYPE app.e AS ENUM ()", "+ enum app.e", "DROP TYPE app.e"},
        {"EnumOrder",
         "ALTER TYPE app.mood ADD VALUE 'so-so' BEFORE 'happy'",
         "~ enum app.mood",
         "DROP TYPE app.mood; CREATE TYPE app.mood AS ENUM ('sad', 'happy')"},
        {"Domain",
         "ALTER DOMAIN app.age SET DEFAULT 1; ALTER DOMAIN app.age SET NOT NULL",
         "~ domain app.age",
         "ALTER DOMAIN app.age DROP DEFAULT; ALTER DOMAIN app.age DROP NOT NULL"},
        {"DomainConstraint",
         "ALTER DOMAIN app.age ADD CONSTRAINT low CHECK (VALUE < 200) NOT VALID",
         "+ domain constraint low on app.age",
         "ALTER DOMAIN app.age DROP CONSTRAINT low"},
        {"Composite",
         "ALTER TYPE app.pair ADD ATTRIBUTE c int",
         "+ attribute app.pair.c",
         "ALTER TYPE app.pair DROP ATTRIBUTE c"},
        {"CompositeAdded",
         "CREATE TYPE app.three AS (a int, b int, c int)",
         "+ composite type app.three (with 3 attributes)",
         "DROP TYPE app.three"},
        {"Range",
         "CREATE TYPE app.span AS RANGE (subtype = float8, subtype_diff = float8mi)",
         "+ range type app.span",
         "DROP TYPE app.span"},
        {"RangeDifference",
         "CREATE TYPE app.span AS RANGE (subtype = float8)",
         "+ range type app.span",
         "DROP TYPE app.span"},
        {"ShellType", "CREATE TYPE app.shell", "+ base type app.shell", "DROP TYPE app.shell"},
        {"TypeGrant",
         "REVOKE USAGE ON TYPE app.mood FROM PUBLIC",
         "~ enum app.mood",
         "GRANT USAGE ON TYPE app.mood TO PUBLIC"},
        {"TypeComment",
         "COMMENT ON TYPE app.pair IS 'x'",
         "~ composite type app.pair",
         "COMMENT ON TYPE app.pair IS NULL"},
        {"Collation",
         "CREATE COLLATION app.plain (locale = 'C')",
         "+ collation app.plain",
         "DROP COLLATION app.plain"},
        {"Conversion",
         "CREATE CONVERSION app.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
         "+ conversion app.conv",
         "DROP CONVERSION app.conv"},
    };
}

std::vector<Case> routine_cases() {
    return {
        {"Function",
         "CREATE FUNCTION app.h() RETURNS int LANGUAGE sql AS 'SELECT 1'",
         "+ function app.h()",
         "DROP FUNCTION app.h()"},
        {"Body",
         "CREATE OR REPLACE FUNCTION app.f(x int) RETURNS int LANGUAGE sql AS 'SELECT x * 2'",
         "~ function app.f(integer)",
         "CREATE OR REPLACE FUNCTION app.f(x int) RETURNS int LANGUAGE sql AS 'SELECT x'"},
        {"Attributes",
         "ALTER FUNCTION app.f(int) IMMUTABLE STRICT SECURITY DEFINER PARALLEL SAFE COST 7 "
         "LEAKPROOF",
         "~ function app.f(integer)",
         "ALTER FUNCTION app.f(int) VOLATILE CALLED ON NULL INPUT SECURITY INVOKER PARALLEL UNSAFE "
         "COST "
         "100 NOT LEAKPROOF"},
        {"Settings",
         "ALTER FUNCTION app.f(int) SET search_path = app",
         "~ function app.f(integer)",
         "ALTER FUNCTION app.f(int) RESET search_path"},
        {"Grant",
         "REVOKE EXECUTE ON FUNCTION app.f(int) FROM PUBLIC",
         "~ function app.f(integer)",
         "GRANT EXECUTE ON FUNCTION app.f(int) TO PUBLIC"},
        {"ArgumentName",
         "DROP FUNCTION app.g(int); CREATE FUNCTION app.g(y int DEFAULT 3) RETURNS int LANGUAGE "
         "sql AS "
         "'SELECT y + 1'",
         "~ function app.g(integer)",
         "DROP FUNCTION app.g(int); CREATE FUNCTION app.g(x int) RETURNS int LANGUAGE sql AS "
         "'SELECT x "
         "+ 1'"},
        {"AtomicBody",
         "CREATE FUNCTION app.h() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM app.item; END",
         "+ function app.h()",
         "DROP FUNCTION app.h()",
         14},
        {"Procedure",
         "CREATE PROCEDURE app.p(a int) LANGUAGE plpgsql AS 'BEGIN END'",
         "+ procedure app.p(integer)",
         "DROP PROCEDURE app.p(int)"},
        {"Aggregate",
         "CREATE AGGREGATE app.total(int) (sfunc = int4pl, stype = int, initcond = '0')",
         "+ aggregate app.total(integer)",
         "DROP AGGREGATE app.total(int)"},
        {"Language",
         "CREATE LANGUAGE other HANDLER plpgsql_call_handler",
         "+ language other",
         "DROP LANGUAGE other"},
        {"Cast",
         "CREATE CAST (app.pair AS int) WITH FUNCTION app.of_pair(app.pair) AS ASSIGNMENT",
         "+ cast app.pair as integer",
         "DROP CAST (app.pair AS int)"},
        {"Transform",
         "CREATE TRANSFORM FOR app.pair LANGUAGE plpgsql (FROM SQL WITH FUNCTION "
         "app.from_sql(internal))",
         "+ transform app.pair for plpgsql",
         "DROP TRANSFORM FOR app.pair LANGUAGE plpgsql"},
        {"Operator",
         "CREATE OPERATOR app.<<> (FUNCTION = int4lt, LEFTARG = int, RIGHTARG = int)",
         "+ operator app.<<>(integer, integer)",
         "DROP OPERATOR app.<<> (int, int)"},
        {"OperatorClass",
         "CREATE OPERATOR CLASS app.ops FOR TYPE int USING btree AS OPERATOR 1 <, FUNCTION 1 "
         "btint4cmp(int, int)",
         "+ operator family app.ops using btree; + operator class app.ops using btree",
         "DROP OPERATOR FAMILY app.ops USING btree"},
        {"AccessMethod",
         "CREATE ACCESS METHOD pile TYPE TABLE HANDLER heap_tableam_handler",
         "+ access method pile",
         "DROP ACCESS METHOD pile"},
    };
}

std::vector<Case> other_cases() {
    return {
        {"Extension", "CREATE EXTENSION pg_trgm", "+ extension pg_trgm", "DROP EXTENSION pg_trgm"},
        {"ExtensionMemberGrant",
         "REVOKE EXECUTE ON FUNCTION plpgsql_validator(oid) FROM PUBLIC",
         "+ grant function plpgsql_validator(oid)",
         "GRANT EXECUTE ON FUNCTION plpgsql_validator(oid) TO PUBLIC"},
        {"SystemGrant",
         "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO reader",
         "+ grant function pg_read_file(text)",
         "REVOKE EXECUTE ON FUNCTION pg_read_file(text) FROM reader"},
        {"DefaultPrivileges",
         "ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader",
         "+ default privileges tables of role postgres in schema app",
         "ALTER DEFAULT PRIVILEGES IN SCHEMA app REVOKE SELECT ON TABLES FROM reader"},
        {"Publication",
         "ALTER PUBLICATION feed SET (publish = 'insert')",
         "~ publication feed",
         "ALTER PUBLICATION feed SET (publish = 'insert, update, delete, truncate')"},
        {"PublicationTable",
         "ALTER PUBLICATION feed ADD TABLE app.sale",
         "+ publication table app.sale in feed",
         "ALTER PUBLICATION feed DROP TABLE app.sale"},
        {"PublicationFilter",
         "ALTER PUBLICATION feed SET TABLE app.item (id, name) WHERE (id > 5)",
         "~ publication table app.item in feed",
         "ALTER PUBLICATION feed SET TABLE app.item",
         15},
        {"PublicationSchema",
         "CREATE SCHEMA more; ALTER PUBLICATION feed ADD TABLES IN SCHEMA more",
         "+ schema more; + publication schema more in feed",
         "DROP SCHEMA more",
         15},
        {"Subscription",
         "CREATE SUBSCRIPTION sub CONNECTION 'host=nowhere password=hush' PUBLICATION p WITH "
         "(connect "
         "= "
         "false)",
         "+ subscription sub",
         "ALTER SUBSCRIPTION sub SET (slot_name = NONE); DROP SUBSCRIPTION sub"},
        {"EventTrigger",
         "CREATE EVENT TRIGGER seen ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE "
         "FUNCTION "
         "app.seen()",
         "+ event trigger seen",
         "DROP EVENT TRIGGER seen"},
        {"TextSearch",
         "CREATE TEXT SEARCH DICTIONARY app.dict (TEMPLATE = simple, accept = false); CREATE TEXT "
         "SEARCH "
         "CONFIGURATION app.conf (COPY = simple); ALTER TEXT SEARCH CONFIGURATION app.conf ALTER "
         "MAPPING "
         "FOR asciiword WITH app.dict",
         "+ text search dictionary app.dict; + text search configuration app.conf",
         "DROP TEXT SEARCH CONFIGURATION app.conf; DROP TEXT SEARCH DICTIONARY app.dict"},
        {"TextSearchParser",
         "CREATE TEXT SEARCH PARSER app.parse (START = prsd_start, GETTOKEN = prsd_nexttoken, END "
         "= "
         "prsd_end, LEXTYPES = prsd_lextype); CREATE TEXT SEARCH TEMPLATE app.temp (LEXIZE = "
         "dsimple_lexize)",
         "+ text search parser app.parse; + text search template app.temp",
         "DROP TEXT SEARCH PARSER app.parse; DROP TEXT SEARCH TEMPLATE app.temp"},
        {"ForeignDataWrapper",
         "CREATE FOREIGN DATA WRAPPER w OPTIONS (a 'b')",
         "+ foreign data wrapper w",
         "DROP FOREIGN DATA WRAPPER w"},
        {"Server",
         "ALTER SERVER remote OPTIONS (SET host 'b')",
         "~ server remote",
         "ALTER SERVER remote OPTIONS (SET host 'a')"},
        {"UserMapping",
         "CREATE USER MAPPING FOR reader SERVER remote OPTIONS (\"user\" 'joe', password 'hush')",
         "+ user mapping reader on remote",
         "DROP USER MAPPING FOR reader SERVER remote"},
        {"DatabaseSetting",
         "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''5MB''', "
         "current_database()); "
         "END $$",
         "+ setting work_mem",
         "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET work_mem', current_database()); END "
         "$$"},
        {"RoleSetting",
         "DO $$ BEGIN EXECUTE format('ALTER ROLE reader IN DATABASE %I SET search_path = app', "
         "current_database()); END $$",
         "+ setting search_path for role reader",
         "DO $$ BEGIN EXECUTE format('ALTER ROLE reader IN DATABASE %I RESET search_path', "
         "current_database()); END $$"},
        {"DatabaseGrant",
         "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO reader', current_database()); "
         "END "
         "$$",
         "~ database itself",
         "DO $$ BEGIN EXECUTE format('REVOKE CREATE ON DATABASE %I FROM reader', "
         "current_database()); "
         "END $$"},
    };
}

}  // namespace poststack::catalog
