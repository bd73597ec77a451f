// `shell`: psql of the right version on the project's database.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pg/conninfo.h"
#include "sys/process.h"

namespace poststack::workflow {

struct PsqlQuery {
    int server_major = 0;
    std::optional<std::filesystem::path> directory;  ///< the setting postgres_bin: looked at first
    std::string path;                                ///< PATH
    std::filesystem::path versioned_root = "/usr/lib/postgresql";  ///< ROOT/<major>/bin
};

/// Finds pg_dump of the server's major version or, else, the nearest newer one: in the setting's
/// directory, then ROOT/<major>/bin. An older pg_dump refuses a newer server.
///
/// Errors: not_found with the package to install.
[[nodiscard]] std::filesystem::path find_pg_dump(const PsqlQuery& query);

/// Finds psql: in the setting's directory, then of the server's major version, then the nearest
/// newer one, then the newest older one, all as real programs; then what PATH has, and a script
/// there (Debian's wrapper) only when there is nothing else.
///
/// Errors: not_found with the package to install.
[[nodiscard]] std::filesystem::path find_psql(const PsqlQuery& query);

/// Runs psql on our terminal and waits for its end. Ctrl-C is psql's alone meanwhile; SIGTERM is
/// passed on. A psql that failed after a Ctrl-C counts as ended by SIGINT. The login goes through
/// the environment of that one child, never through its arguments.
[[nodiscard]] sys::ExitStatus run_psql(const std::filesystem::path& psql,
                                       const pg::ConnInfo& info,
                                       const std::vector<std::string>& arguments);

/// True when psql is given a statement to run, -c or --command in any of its spellings.
[[nodiscard]] bool has_command_option(const std::vector<std::string>& arguments);

/// Throws the Error that stands for a psql that ended with `status`; nothing for 0.
///
/// 1 -> tool 8, with `has_command` (a statement of -c failed) database 9; 2 (session lost) ->
/// timeout 7; 3 (script stopped by ON_ERROR_STOP) -> database 9; signal -> interrupted 128 + signal
/// for SIGINT and SIGTERM, else tool 8. psql has said why.
void check_psql(const sys::ExitStatus& status, bool has_command);

}  // namespace poststack::workflow
