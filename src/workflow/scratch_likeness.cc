#include "workflow/scratch_likeness.h"

namespace poststack::workflow {

std::vector<std::pair<std::string, std::string>> altered_settings(pg::Connection& server) {
    const pg::Result rows = server.query(
        "SELECT name, setting FROM pg_file_settings WHERE applied"
        " AND sourcefile LIKE '%/postgresql.auto.conf' AND name !~ '^(archive|ssl|port$|unix_|data_"
        "|hba_|ident_|external_|recovery|primary_|restore_|promote|hot_standby|synchronous_|wal_"
        "|max_wal|fsync|full_page|log|cluster_name|listen|event_source|krb_|bonjour|stats_temp)'");
    std::vector<std::pair<std::string, std::string>> settings;
    for (std::size_t row = 0; row < rows.rows(); ++row)
        settings.emplace_back(rows.value(row, 0), rows.value(row, 1));
    return settings;
}

namespace {

/// Statements that make roles with their attributes, then memberships, in an order that works.
constexpr const char* role_statements = R"(
SELECT statement FROM (
    SELECT 1 AS step, rolname::text AS name, format(
        'DO $do$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = %L) THEN CREATE ROLE %I'
        ' %s %s %s %s %s %s %s CONNECTION LIMIT %s; END IF; END $do$', rolname, rolname,
        CASE WHEN rolsuper THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END,
        CASE WHEN rolinherit THEN 'INHERIT' ELSE 'NOINHERIT' END,
        CASE WHEN rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
        CASE WHEN rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
        CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
        CASE WHEN rolreplication THEN 'REPLICATION' ELSE 'NOREPLICATION' END,
        CASE WHEN rolbypassrls THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END, rolconnlimit) AS statement
    FROM pg_roles WHERE rolname !~ '^pg_'
    UNION ALL
    SELECT 2, m.oid::text, format('GRANT %I TO %I%s', g.rolname, m.rolname,
        CASE WHEN a.admin_option THEN ' WITH ADMIN OPTION' ELSE '' END)
    FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
    WHERE m.rolname !~ '^pg_'
    UNION ALL
    -- Written as a row: the words of a list (search_path) would have to be quoted one by one.
    SELECT 3, coalesce(r.rolname, '')::text, format(
        'INSERT INTO pg_db_role_setting SELECT 0, o, %2$L::text[] FROM (SELECT %1$s) AS x(o)
         WHERE NOT EXISTS (SELECT FROM pg_db_role_setting WHERE setdatabase = 0 AND setrole = o)',
        coalesce(format('oid FROM pg_roles WHERE rolname = %L', r.rolname), '0::oid'),
        s.setconfig)
    FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE s.setdatabase = 0
) AS x ORDER BY step, name)";

}  // namespace

void copy_roles(pg::Connection& from, pg::Connection& to) {
    const pg::Result statements = from.query(role_statements);
    for (std::size_t row = 0; row < statements.rows(); ++row)
        to.script(std::string(statements.value(row, 0)));
}

}  // namespace poststack::workflow
