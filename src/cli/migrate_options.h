// The options that migrating and rolling back share.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "cli/command.h"
#include "cli/session.h"
#include "migrate/apply.h"
#include "migrate/variables.h"

namespace poststack::cli {

struct RunArgs {
    std::optional<std::string> wait;
    std::optional<std::string> lock_timeout;
    std::optional<int> lock_retries;
    std::optional<int> resume_after;
    std::optional<int> retry;
    std::vector<std::string> variables;
    std::vector<std::string> schemas;
    bool force = false;
};

/// The options; `args` must outlive the command.
[[nodiscard]] std::vector<Option> run_options(RunArgs& args);

/// What of it are settings, for open_session().
[[nodiscard]] config::Flags run_flags(const RunArgs& args);

/// --schema NAME, any number of times.
[[nodiscard]] Option schema_option(std::vector<std::string>& schemas);

/// The schemas of --schema, else of the setting `schemas`, each once; none: the database's own
/// ledger. Errors: usage, config for names that cannot have one.
[[nodiscard]] std::vector<std::string> read_schemas(const Session& session,
                                                    const std::vector<std::string>& flags);

/// Calls `work` with "" for the database's ledger, or with each of `schemas`. It returns the JSON
/// document of its turn, which is printed with --json: alone, or as one of "schemas".
/// Errors: as migrate::in_each_schema(); `done` is what worked ("migrated").
void in_each_ledger(Context& context,
                    const std::vector<std::string>& schemas,
                    std::string_view done,
                    const std::function<Json(const std::string& schema)>& work);

/// --var NAME=VALUE, any number of times.
[[nodiscard]] Option variable_option(std::vector<std::string>& values);

/// The values for ${NAME} in migration files: --var and the settings. Errors: usage, config.
[[nodiscard]] migrate::SharedVariables read_variables(Context& context,
                                                      const Session& session,
                                                      const std::vector<std::string>& flags);

/// The setting out_of_order. Errors: config.
[[nodiscard]] migrate::OrderPolicy read_order_policy(const Session& session);

/// The whole of it but for the schema; progress is shown with `verb`.
/// Errors: usage for numbers that make no sense and for both --resume-after and --retry.
[[nodiscard]] migrate::RunOptions read_run_options(Context& context,
                                                   const Session& session,
                                                   const RunArgs& args,
                                                   std::string_view verb);

}  // namespace poststack::cli
