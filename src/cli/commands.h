// The list of every command. To add one: a file src/cli/<command>.cc with the function, its
// declaration here, and a line in commands.cc and CMakeLists.txt.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace poststack::cli {

/// Words that lead to commands: "database", "container".
struct Group {
    std::vector<std::string> path;
    std::string summary;  ///< under 60 characters, verb first
};

/// Everything that can be typed; help, completion, man page and docs/commands come from it.
struct CommandTable {
    std::vector<Group> groups;
    std::vector<Command> commands;  ///< in the order in which help lists them
};

[[nodiscard]] CommandTable all_commands();

// One line per command, in the order of commands.cc.
[[nodiscard]] Command make_init_command();
[[nodiscard]] Command make_up_command();
[[nodiscard]] Command make_down_command();
[[nodiscard]] Command make_restart_command();
[[nodiscard]] Command make_status_command();
[[nodiscard]] Command make_health_command();
[[nodiscard]] Command make_url_command();
[[nodiscard]] Command make_shell_command();
[[nodiscard]] Command make_server_logs_command();
[[nodiscard]] Command make_logs_list_command();
[[nodiscard]] Command make_logs_clean_command();
[[nodiscard]] Command make_logs_size_command();
[[nodiscard]] Command make_doctor_command();
[[nodiscard]] Command make_container_build_command();
[[nodiscard]] Command make_container_start_command();
[[nodiscard]] Command make_container_stop_command();
[[nodiscard]] Command make_container_restart_command();
[[nodiscard]] Command make_container_remove_command();
[[nodiscard]] Command make_container_status_command();
[[nodiscard]] Command make_container_health_command();
[[nodiscard]] Command make_container_list_command();
[[nodiscard]] Command make_container_logs_command();
[[nodiscard]] Command make_container_clean_command();
[[nodiscard]] Command make_container_shell_command();
[[nodiscard]] Command make_database_migrate_command();
[[nodiscard]] Command make_database_rollback_command();
[[nodiscard]] Command make_database_migration_status_command();
[[nodiscard]] Command make_database_verify_command();
[[nodiscard]] Command make_database_repair_command();
[[nodiscard]] Command make_database_adopt_command();
[[nodiscard]] Command make_database_unlock_command();
[[nodiscard]] Command make_database_lint_command();
[[nodiscard]] Command make_database_diff_command();
[[nodiscard]] Command make_database_squash_command();
[[nodiscard]] Command make_database_new_command();
[[nodiscard]] Command make_database_create_schema_command();
[[nodiscard]] Command make_database_show_schema_command();
[[nodiscard]] Command make_database_drop_schema_command();
[[nodiscard]] Command make_database_test_connection_command();
[[nodiscard]] Command make_database_shell_command();
[[nodiscard]] Command make_compose_validate_command();
[[nodiscard]] Command make_compose_services_command();
[[nodiscard]] Command make_compose_render_command();
[[nodiscard]] Command make_credentials_show_command();
[[nodiscard]] Command make_credentials_check_command();
[[nodiscard]] Command make_credentials_rotate_command();
[[nodiscard]] Command make_config_show_command();
[[nodiscard]] Command make_config_validate_command();
[[nodiscard]] Command make_version_command();
[[nodiscard]] Command make_completion_command();

}  // namespace poststack::cli
