// Every setting: its name, type, default and help. docs/settings.md is checked against this table.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace poststack::config {

enum class KeyType {
    text,
    integer,   ///< min..max
    decimal,   ///< min..max
    boolean,   ///< true/false, yes/no, on/off, 1/0
    duration,  ///< "30", "30s", "500ms", "2min", "1h"; a bare number is seconds
    size,      ///< "512MB", "2G", "1GiB"; powers of 1024, a bare number is bytes
    choice,    ///< one of the words
    list,      ///< YAML list, or words separated by commas
    path,      ///< relative to the project's directory
};

struct KeySpec {
    std::string_view name;  ///< in poststack.yaml; POSTSTACK_<NAME> in the environment and .env
    KeyType type = KeyType::text;
    std::string_view default_value = {};  ///< empty: not set
    std::string_view help;                ///< one line
    std::int64_t min = 0;
    std::int64_t max = 0;
    std::string_view choices = {};       ///< "podman|docker|native"
    std::string_view aliases = {};       ///< further names, separated by "|"
    std::string_view variables = {};     ///< further variables read as they are, separated by "|"
    std::string_view default_text = {};  ///< what help says where the default is computed
    bool secret = false;

    /// The names a user may write, the documented one first.
    [[nodiscard]] std::vector<std::string> names() const;
    /// "1 to 65535", "podman, docker or native", "a duration such as 30s, 500ms or 2min".
    [[nodiscard]] std::string expected() const;
};

[[nodiscard]] std::span<const KeySpec> all_keys() noexcept;

/// By name or alias; nullptr when unknown.
[[nodiscard]] const KeySpec* find_key(std::string_view name) noexcept;

[[nodiscard]] std::string_view name(KeyType type) noexcept;

namespace key {

// What runs, and how.
inline constexpr std::string_view runtime = "runtime";          ///< unset: the first usable
inline constexpr std::string_view engine_host = "engine_host";  ///< unix socket of the engine
inline constexpr std::string_view layout = "layout";
inline constexpr std::string_view log_level = "log_level";
inline constexpr std::string_view log_dir = "log_dir";
inline constexpr std::string_view verbose = "verbose";

// Folders.
inline constexpr std::string_view migrations_path = "migrations_path";
inline constexpr std::string_view seeds_path = "seeds_path";
inline constexpr std::string_view backups_path = "backups_path";
inline constexpr std::string_view project_containers_path = "project_containers_path";

// The database and its role; empty means the project's name.
inline constexpr std::string_view database_url = "database_url";
inline constexpr std::string_view database_name = "database_name";
inline constexpr std::string_view role_name = "role_name";
inline constexpr std::string_view random_role = "random_role";
inline constexpr std::string_view extensions = "extensions";

// The server.
inline constexpr std::string_view postgres_version = "postgres_version";  ///< wanted major
inline constexpr std::string_view postgres_bin = "postgres_bin";
inline constexpr std::string_view postgres_host_port = "postgres_host_port";
inline constexpr std::string_view postgres_listen = "postgres_listen";
inline constexpr std::string_view postgres_account = "postgres_account";
inline constexpr std::string_view postgres_container_name = "postgres_container_name";
inline constexpr std::string_view postgres_locale = "postgres_locale";
inline constexpr std::string_view postgres_time_zone = "postgres_time_zone";
inline constexpr std::string_view postgres_settings = "postgres_settings";  ///< name=value
inline constexpr std::string_view max_connections = "max_connections";
inline constexpr std::string_view memory_limit = "memory_limit";  ///< bytes
inline constexpr std::string_view cpu_limit = "cpu_limit";

// Limits on waiting.
inline constexpr std::string_view start_timeout = "start_timeout";
inline constexpr std::string_view stop_timeout = "stop_timeout";
inline constexpr std::string_view connect_timeout = "connect_timeout";
inline constexpr std::string_view lock_wait = "lock_wait";  ///< project and migration locks
inline constexpr std::string_view ddl_lock_timeout = "ddl_lock_timeout";
inline constexpr std::string_view out_of_order = "out_of_order";  ///< refuse, allow, versions
inline constexpr std::string_view schemas = "schemas";            ///< a ledger each
inline constexpr std::string_view variables = "variables";        ///< NAME=value, for migrations

// Credentials in .env: which set, and single names that differ from it.
inline constexpr std::string_view credentials = "credentials";
inline constexpr std::string_view url_variable = "url_variable";
inline constexpr std::string_view url_scheme = "url_scheme";
inline constexpr std::string_view user_variable = "user_variable";
inline constexpr std::string_view password_variable = "password_variable";
inline constexpr std::string_view database_variable = "database_variable";
inline constexpr std::string_view host_variable = "host_variable";
inline constexpr std::string_view port_variable = "port_variable";
inline constexpr std::string_view api_key_variable = "api_key_variable";
inline constexpr std::string_view api_port = "api_port";

// Pool and retries: read as DB_* too.
inline constexpr std::string_view db_pool_size = "db_pool_size";
inline constexpr std::string_view db_max_overflow = "db_max_overflow";
inline constexpr std::string_view db_pool_timeout = "db_pool_timeout";
inline constexpr std::string_view db_pool_recycle = "db_pool_recycle";
inline constexpr std::string_view db_pool_pre_ping = "db_pool_pre_ping";
inline constexpr std::string_view db_query_timeout = "db_query_timeout";
inline constexpr std::string_view db_lock_timeout = "db_lock_timeout";
inline constexpr std::string_view db_idle_timeout = "db_idle_timeout";
inline constexpr std::string_view db_retry_limit = "db_retry_limit";
inline constexpr std::string_view db_retry_interval = "db_retry_interval";

// Containers.
inline constexpr std::string_view container_registry = "container_registry";
inline constexpr std::string_view project_container_prefix = "project_container_prefix";
inline constexpr std::string_view project_container_network = "project_container_network";
inline constexpr std::string_view project_container_restart_policy =
    "project_container_restart_policy";

}  // namespace key

}  // namespace poststack::config
