#include "cli/commands.h"

namespace poststack::cli {

CommandTable all_commands() {
    CommandTable table;
    table.groups = {
        {{"container"}, "Control the database server alone"},
        {{"database"}, "Migrate, inspect and use the database"},
        {{"compose"}, "Read the project's compose file, write one"},
        {{"credentials"}, "Show, check and rotate the credentials"},
        {{"logs"}, "Show the stack's output or manage log files"},
    };
    // One line per command, in the order in which help shows them.
    table.commands.push_back(make_init_command());
    table.commands.push_back(make_up_command());
    table.commands.push_back(make_down_command());
    table.commands.push_back(make_restart_command());
    table.commands.push_back(make_status_command());
    table.commands.push_back(make_health_command());
    table.commands.push_back(make_url_command());
    table.commands.push_back(make_shell_command());
    table.commands.push_back(make_server_logs_command());
    table.commands.push_back(make_logs_list_command());
    table.commands.push_back(make_logs_clean_command());
    table.commands.push_back(make_logs_size_command());
    table.commands.push_back(make_doctor_command());
    table.commands.push_back(make_container_build_command());
    table.commands.push_back(make_container_start_command());
    table.commands.push_back(make_container_stop_command());
    table.commands.push_back(make_container_restart_command());
    table.commands.push_back(make_container_remove_command());
    table.commands.push_back(make_container_status_command());
    table.commands.push_back(make_container_health_command());
    table.commands.push_back(make_container_list_command());
    table.commands.push_back(make_container_logs_command());
    table.commands.push_back(make_container_clean_command());
    table.commands.push_back(make_container_shell_command());
    table.commands.push_back(make_database_migrate_command());
    table.commands.push_back(make_database_rollback_command());
    table.commands.push_back(make_database_migration_status_command());
    table.commands.push_back(make_database_verify_command());
    table.commands.push_back(make_database_repair_command());
    table.commands.push_back(make_database_adopt_command());
    table.commands.push_back(make_database_unlock_command());
    table.commands.push_back(make_database_lint_command());
    table.commands.push_back(make_database_diff_command());
    table.commands.push_back(make_database_squash_command());
    table.commands.push_back(make_database_new_command());
    table.commands.push_back(make_database_create_schema_command());
    table.commands.push_back(make_database_show_schema_command());
    table.commands.push_back(make_database_drop_schema_command());
    table.commands.push_back(make_database_test_connection_command());
    table.commands.push_back(make_database_shell_command());
    table.commands.push_back(make_compose_validate_command());
    table.commands.push_back(make_compose_services_command());
    table.commands.push_back(make_compose_render_command());
    table.commands.push_back(make_credentials_show_command());
    table.commands.push_back(make_credentials_check_command());
    table.commands.push_back(make_credentials_rotate_command());
    table.commands.push_back(make_config_show_command());
    table.commands.push_back(make_config_validate_command());
    table.commands.push_back(make_version_command());
    table.commands.push_back(make_completion_command());
    return table;
}

}  // namespace poststack::cli
