#include "config/keys.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace poststack::config {

namespace {

constexpr std::int64_t megabyte = 1024 * 1024;

constexpr auto key_table = std::to_array<KeySpec>({
    // What runs, and how.
    {.name = key::runtime,
     .type = KeyType::choice,
     .help = "What runs the stack",
     .choices = "podman|docker|native",
     .aliases = "container_runtime",
     .default_text = "the first usable of podman, docker, native; kept after the first up"},
    {.name = key::engine_host,
     .help = "Socket of the container engine, such as unix:///run/podman/podman.sock",
     .default_text = "looked for (docs/engines.md)"},
    {.name = key::layout,
     .type = KeyType::choice,
     .default_value = "separate",
     .help = "A container each, or one all-in-one container",
     .choices = "separate|unified"},
    {.name = key::log_level,
     .type = KeyType::choice,
     .default_value = "info",
     .help = "What goes to the log files",
     .choices = "error|warn|warning|info|debug|trace"},
    {.name = key::log_dir,
     .type = KeyType::path,
     .default_value = "logs",
     .help = "Folder of the log files"},
    {.name = key::verbose,
     .type = KeyType::boolean,
     .default_value = "no",
     .help = "Log as with log_level debug"},

    // Folders.
    {.name = key::migrations_path,
     .type = KeyType::path,
     .default_value = "migrations",
     .help = "Folder of the migration files"},
    {.name = key::seeds_path,
     .type = KeyType::path,
     .default_value = "seeds",
     .help = "Folder of the seed files"},
    {.name = key::backups_path,
     .type = KeyType::path,
     .default_value = "backups",
     .help = "Folder of the backups"},
    {.name = key::project_containers_path,
     .type = KeyType::path,
     .default_value = "containers",
     .help = "Folder of the project's own containers"},

    // The database and its role.
    {.name = key::database_url,
     .help = "Use this database instead of the stack's own",
     .default_text = "the stack's own",
     .secret = true},
    {.name = key::database_name,
     .help = "Database that up makes",
     .default_text = "the project's name"},
    {.name = key::role_name,
     .help = "Role that up makes",
     .aliases = "database_user",
     .default_text = "the project's name"},
    {.name = key::random_role,
     .type = KeyType::boolean,
     .default_value = "no",
     .help = "Make a random role name instead of the project's name"},
    {.name = key::extensions,
     .type = KeyType::list,
     .help = "Extensions that up creates in the database",
     .default_text = "none"},

    // The server.
    {.name = key::postgres_version,
     .type = KeyType::integer,
     .help = "Major version of PostgreSQL to use",
     .min = 13,
     .max = 99,
     .default_text = "the newest found"},
    {.name = key::postgres_bin,
     .type = KeyType::path,
     .help = "Folder of the PostgreSQL programs for the native runtime",
     .default_text = "PATH, then /usr/lib/postgresql/*/bin"},
    {.name = key::postgres_host_port,
     .type = KeyType::integer,
     .help = "Port of the server on this machine",
     .min = 1,
     .max = 65535,
     .aliases = "postgres_port",
     .default_text = "5432 (hive: 5532), else the next free one; kept in .env"},
    {.name = key::postgres_listen,
     .default_value = "127.0.0.1",
     .help = "Addresses the native server listens on"},
    {.name = key::postgres_account,
     .help = "Account that runs the native server when root starts it",
     .default_text = "the project's owner, else postgres"},
    {.name = key::postgres_container_name,
     .help = "Name of the PostgreSQL container",
     .default_text = "<project>-postgres"},
    {.name = key::postgres_locale,
     .default_value = "C.UTF-8",
     .help = "Locale of a new data directory"},
    {.name = key::postgres_time_zone,
     .default_value = "UTC",
     .help = "Time zone of a new data directory"},
    {.name = key::postgres_settings,
     .type = KeyType::list,
     .help = "Server settings, name=value each",
     .default_text = "none"},
    {.name = key::max_connections,
     .type = KeyType::integer,
     .default_value = "100",
     .help = "Sessions the server allows",
     .min = 10,
     .max = 10000},
    {.name = key::memory_limit,
     .type = KeyType::size,
     .help = "Memory the server is tuned for and may use",
     .min = 64 * megabyte,
     .max = INT64_MAX,
     .default_text = "the machine's"},
    {.name = key::cpu_limit,
     .type = KeyType::decimal,
     .help = "Processors the server is tuned for and may use",
     .min = 0,
     .max = 4096,
     .default_text = "the machine's"},

    // Limits on waiting.
    {.name = key::start_timeout,
     .type = KeyType::duration,
     .default_value = "60s",
     .help = "How long a start may take"},
    {.name = key::stop_timeout,
     .type = KeyType::duration,
     .default_value = "60s",
     .help = "How long a stop may take, fast first, immediate after half of it"},
    {.name = key::connect_timeout,
     .type = KeyType::duration,
     .default_value = "10s",
     .help = "How long a login may take"},
    {.name = key::lock_wait,
     .type = KeyType::duration,
     .default_value = "60s",
     .help = "How long to wait for another poststack on this project or ledger"},
    {.name = key::ddl_lock_timeout,
     .type = KeyType::duration,
     .default_value = "5s",
     .help = "How long a migration waits for each table lock; 0 for ever"},
    {.name = key::out_of_order,
     .default_value = "refuse",
     .help = "Late migrations: refuse, allow, or the versions to allow"},
    {.name = key::schemas,
     .type = KeyType::list,
     .help = "Schemas that migrations run in, each with a ledger of its own",
     .default_text = "none: one ledger for the database"},
    {.name = key::variables,
     .type = KeyType::list,
     .help = "Values for ${NAME} in migration files, NAME: value each",
     .default_text = "none",
     .secret = true},

    // Credentials in .env.
    {.name = key::credentials,
     .type = KeyType::choice,
     .default_value = "postgres",
     .help = "Names of the variables in .env",
     .choices = "postgres|hive|semantik"},
    {.name = key::url_variable,
     .help = "Variable that holds the URL",
     .default_text = "DATABASE_URL (hive: HIVE_DATABASE_URL)"},
    {.name = key::url_scheme,
     .type = KeyType::choice,
     .help = "Scheme of the URL in .env",
     .choices = "postgresql|postgresql+psycopg|postgresql+psycopg2|postgresql+asyncpg|jdbc",
     .default_text = "postgresql (hive: postgresql+psycopg)"},
    {.name = key::user_variable,
     .default_value = "POSTGRES_USER",
     .help = "Variable that holds the role"},
    {.name = key::password_variable,
     .default_value = "POSTGRES_PASSWORD",
     .help = "Variable that holds the password"},
    {.name = key::database_variable,
     .default_value = "POSTGRES_DB",
     .help = "Variable that holds the database"},
    {.name = key::host_variable,
     .help = "Variable that holds the host",
     .default_text = "none (semantik: POSTGRES_HOST)"},
    {.name = key::port_variable,
     .help = "Variable that holds the port, beside POSTSTACK_POSTGRES_HOST_PORT",
     .default_text = "none (hive: HIVE_POSTGRES_PORT; semantik: POSTGRES_PORT)"},
    {.name = key::api_key_variable,
     .help = "Variable that holds a random API key",
     .default_text = "none (hive: HIVE_API_KEY)"},
    {.name = key::api_port,
     .type = KeyType::integer,
     .default_value = "8886",
     .help = "Port of the API in the hive set (HIVE_API_PORT)",
     .min = 1,
     .max = 65535},

    // Pool and retries.
    {.name = key::db_pool_size,
     .type = KeyType::integer,
     .default_value = "20",
     .help = "Sessions the pool keeps",
     .min = 1,
     .max = 10000,
     .variables = "DB_POOL_SIZE"},
    {.name = key::db_max_overflow,
     .type = KeyType::integer,
     .default_value = "40",
     .help = "Sessions the pool may open above its size",
     .min = 0,
     .max = 10000,
     .variables = "DB_MAX_OVERFLOW"},
    {.name = key::db_pool_timeout,
     .type = KeyType::duration,
     .default_value = "30",
     .help = "How long to wait for a session of the pool",
     .variables = "DB_POOL_TIMEOUT"},
    {.name = key::db_pool_recycle,
     .type = KeyType::duration,
     .default_value = "3600",
     .help = "Age at which a session of the pool is replaced",
     .variables = "DB_POOL_RECYCLE"},
    {.name = key::db_pool_pre_ping,
     .type = KeyType::boolean,
     .default_value = "true",
     .help = "Check a session before it is lent",
     .variables = "DB_POOL_PRE_PING"},
    {.name = key::db_query_timeout,
     .type = KeyType::duration,
     .default_value = "30",
     .help = "How long a statement may run (statement_timeout)",
     .variables = "DB_QUERY_TIMEOUT"},
    {.name = key::db_lock_timeout,
     .type = KeyType::duration,
     .default_value = "5",
     .help = "How long a statement may wait for a lock (lock_timeout)",
     .variables = "DB_LOCK_TIMEOUT"},
    {.name = key::db_idle_timeout,
     .type = KeyType::duration,
     .default_value = "60",
     .help = "How long a transaction may idle (idle_in_transaction_session_timeout)",
     .variables = "DB_IDLE_TIMEOUT"},
    {.name = key::db_retry_limit,
     .type = KeyType::integer,
     .default_value = "3",
     .help = "How often a failed connection is tried again",
     .min = 0,
     .max = 1000,
     .variables = "DB_RETRY_LIMIT"},
    {.name = key::db_retry_interval,
     .type = KeyType::duration,
     .default_value = "0.5",
     .help = "First wait between two tries; doubles, with jitter",
     .variables = "DB_RETRY_INTERVAL"},

    // Containers.
    {.name = key::container_registry,
     .help = "Registry that images are named after",
     .default_text = "none"},
    {.name = key::project_container_prefix,
     .help = "Begin of the names of the project's containers",
     .default_text = "<project>"},
    {.name = key::project_container_network,
     .help = "Network of the project's containers",
     .default_text = "<project>_default"},
    {.name = key::project_container_restart_policy,
     .type = KeyType::choice,
     .default_value = "unless-stopped",
     .help = "When an engine restarts the project's containers",
     .choices = "no|always|on-failure|unless-stopped"},
});

std::string join_choices(std::string_view choices) {
    const std::vector<std::string_view> words = split(choices, '|');
    std::string text;
    for (std::size_t index = 0; index < words.size(); ++index) {
        if (index > 0) text += index + 1 == words.size() ? " or " : ", ";
        text += words[index];
    }
    return text;
}

}  // namespace

std::vector<std::string> KeySpec::names() const {
    std::vector<std::string> names{std::string(name)};
    if (aliases.empty()) return names;
    for (const std::string_view alias : split(aliases, '|'))
        names.emplace_back(alias);
    return names;
}

std::string KeySpec::expected() const {
    switch (type) {
        case KeyType::text: return "text";
        case KeyType::integer: return fmt::format("a whole number from {} to {}", min, max);
        case KeyType::decimal: return fmt::format("a number above {}, at most {}", min, max);
        case KeyType::boolean: return "yes or no";
        case KeyType::duration: return "a duration such as 30s, 500ms, 2min or 1h";
        case KeyType::size:
            return fmt::format("a size of at least {} such as 512MB or 2G",
                               human_bytes(static_cast<std::uint64_t>(min)));
        case KeyType::choice: return join_choices(choices);
        case KeyType::list: return "a list";
        case KeyType::path: return "a path";
    }
    return "text";
}

std::span<const KeySpec> all_keys() noexcept {
    return key_table;
}

const KeySpec* find_key(std::string_view name) noexcept {
    for (const KeySpec& spec : key_table) {
        if (spec.name == name) return &spec;
        if (spec.aliases.empty()) continue;
        const auto aliases = split(spec.aliases, '|');
        if (std::find(aliases.begin(), aliases.end(), name) != aliases.end()) return &spec;
    }
    return nullptr;
}

std::string_view name(KeyType type) noexcept {
    switch (type) {
        case KeyType::text: return "text";
        case KeyType::integer: return "integer";
        case KeyType::decimal: return "decimal";
        case KeyType::boolean: return "boolean";
        case KeyType::duration: return "duration";
        case KeyType::size: return "size";
        case KeyType::choice: return "choice";
        case KeyType::list: return "list";
        case KeyType::path: return "path";
    }
    return "text";
}

}  // namespace poststack::config
