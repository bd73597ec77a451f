#include "migrate/ledger_layout.h"

namespace poststack::migrate {
namespace {

/// What the first layout has beside the ledger, in the database's own schema alone.
constexpr std::string_view first_inventory = R"sql(
CREATE SCHEMA IF NOT EXISTS poststack;
CREATE TABLE poststack.services (
    name text PRIMARY KEY,
    kind text NOT NULL,
    runtime text NOT NULL,
    host text NOT NULL,
    port integer,
    version text NOT NULL,
    started_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
CREATE TABLE poststack.containers (
    name text PRIMARY KEY,
    service text NOT NULL REFERENCES poststack.services ON DELETE CASCADE,
    engine text NOT NULL,
    engine_id text NOT NULL,
    image text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON SCHEMA poststack IS 'poststack: migration ledger and system information';
)sql";

constexpr std::string_view first_layout = R"sql(
CREATE TABLE poststack.system_info (
    key text PRIMARY KEY,
    value text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
CREATE TABLE poststack.schema_migrations (
    version bigint PRIMARY KEY,
    name text NOT NULL,
    file_name text NOT NULL,
    description text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL,
    duration interval NOT NULL,
    applied_by text NOT NULL,
    client_user text NOT NULL,
    client_host text NOT NULL,
    client_address inet,
    poststack_version text NOT NULL,
    rollback_sql text
);
COMMENT ON TABLE poststack.schema_migrations IS 'one row for each applied migration';
)sql";

constexpr std::string_view second_layout = R"sql(
CREATE TABLE poststack.migration_progress (
    version bigint PRIMARY KEY,
    file_name text NOT NULL,
    checksum text NOT NULL,
    statements_done integer NOT NULL,
    statement_running integer,
    statement_text text,
    started_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    duration interval NOT NULL
);
COMMENT ON TABLE poststack.migration_progress IS
    'how far a no-transaction migration came that did not finish';
)sql";

// Layout 2 had a migration_progress that nothing wrote to.
constexpr std::string_view third_layout = R"sql(
ALTER TABLE poststack.schema_migrations
    ADD COLUMN normalised_checksum text,
    ADD COLUMN token_checksum text,
    ADD COLUMN backend_pid integer,
    ADD COLUMN application_name text,
    ADD COLUMN out_of_order boolean NOT NULL DEFAULT false,
    ADD COLUMN missing_accepted boolean NOT NULL DEFAULT false,
    ADD COLUMN adopted_from text;
DROP TABLE poststack.migration_progress;
CREATE TABLE poststack.migration_progress (
    version bigint PRIMARY KEY,
    direction text NOT NULL CHECK (direction IN ('up', 'down')),
    file_name text NOT NULL,
    statements_done integer NOT NULL,
    done_checksum text NOT NULL,
    statement_running integer,
    running_checksum text,
    running_text text,
    seen_before text,
    started_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    applied_by text NOT NULL,
    client_user text NOT NULL,
    client_host text NOT NULL,
    backend_pid integer NOT NULL,
    application_name text NOT NULL
);
CREATE TABLE poststack.migration_proofs (
    checksum text PRIMARY KEY,
    version bigint NOT NULL,
    file_name text NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('lossless', 'lossy', 'irreversible')),
    column_order boolean NOT NULL,
    lost text[] NOT NULL,
    server_version integer NOT NULL,
    poststack_version text NOT NULL,
    proven_at timestamptz NOT NULL
);
CREATE TABLE poststack.migration_repairs (
    version bigint NOT NULL,
    file_name text NOT NULL,
    action text NOT NULL,
    old_checksum text,
    new_checksum text,
    reason text NOT NULL,
    repaired_at timestamptz NOT NULL,
    repaired_by text NOT NULL,
    client_user text NOT NULL,
    client_host text NOT NULL,
    poststack_version text NOT NULL,
    PRIMARY KEY (version, repaired_at)
);
COMMENT ON TABLE poststack.migration_progress IS
    'how far a no-transaction migration or rollback came that did not finish';
COMMENT ON TABLE poststack.migration_proofs IS
    'pairs of migration and rollback whose rollback was shown to restore the schema';
COMMENT ON TABLE poststack.migration_repairs IS 'what "database repair" accepted, and why';
)sql";

constexpr std::string_view fourth_layout = R"sql(
CREATE TABLE poststack.repeatable_migrations (
    name text PRIMARY KEY,
    file_name text NOT NULL,
    description text NOT NULL,
    checksum text NOT NULL,
    normalised_checksum text NOT NULL,
    token_checksum text NOT NULL,
    applied_at timestamptz NOT NULL,
    duration interval NOT NULL,
    applied_by text NOT NULL,
    client_user text NOT NULL,
    client_host text NOT NULL,
    client_address inet,
    poststack_version text NOT NULL,
    backend_pid integer NOT NULL,
    application_name text NOT NULL,
    runs bigint NOT NULL
);
COMMENT ON TABLE poststack.repeatable_migrations IS
    'the last run of each repeatable file, which runs again when it changes';
)sql";

constexpr std::array<std::string_view, 4> steps = {
    first_layout, second_layout, third_layout, fourth_layout};

}  // namespace

std::string layout_step(int layout, const LedgerPlace& place) {
    std::string sql;
    if (layout == 1 && place.is_database()) sql = first_inventory;
    return sql + place.localise(steps[static_cast<std::size_t>(layout - 1)]);
}

const std::array<std::string_view, 8>& own_tables() noexcept {
    static constexpr std::array<std::string_view, 8> tables = {"schema_migrations",
                                                               "repeatable_migrations",
                                                               "migration_progress",
                                                               "migration_proofs",
                                                               "migration_repairs",
                                                               "system_info",
                                                               "services",
                                                               "containers"};
    return tables;
}

}  // namespace poststack::migrate
