#include "workflow/up_migrations.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/keys.h"
#include "migrate/apply.h"
#include "migrate/schemas.h"
#include "sys/file.h"
#include "workflow/variables.h"

namespace poststack::workflow {
namespace {

namespace key = config::key;

bool has_sql_files(const std::filesystem::path& directory) {
    if (!sys::find_info(directory, true)) return false;
    const auto names = sys::list_directory(directory);
    return std::any_of(
        names.begin(), names.end(), [](const std::string& name) { return name.ends_with(".sql"); });
}

std::size_t apply_in_schemas(const pg::ConnInfo& login,
                             const std::filesystem::path& directory,
                             migrate::ApplyOptions options,
                             const std::vector<std::string>& schemas,
                             Steps& steps) {
    std::size_t applied = 0;
    const auto turns = migrate::in_each_schema(schemas, [&](const std::string& schema) {
        options.run.schema = schema;
        applied += migrate::apply(login, directory, options).steps.size();
    });
    migrate::refuse_failed_turns(turns, "migrated");
    steps.done("migrations",
               fmt::format("applied {} in {} schemas", applied, schemas.size()),
               applied > 0);
    return applied;
}

}  // namespace

std::size_t apply_pending(const StackRequest& request,
                          const std::filesystem::path& directory,
                          const pg::ConnInfo& login,
                          Steps& steps) {
    if (!has_sql_files(directory)) {
        steps.done("migrations", "none", false);
        return 0;
    }
    migrate::ApplyOptions options{
        .target = {},
        .dry_run = false,
        .order = migrate::parse_order_policy(request.settings.text(key::out_of_order)),
        .run = {.wait_limit = request.settings.duration(key::lock_wait),
                .variables = read_variables(request)}};
    const auto schemas = request.settings.list(key::schemas);
    if (!schemas.empty()) {
        return apply_in_schemas(login, directory, std::move(options), schemas, steps);
    }
    const auto result = migrate::apply(login, directory, options);
    steps.done("migrations",
               result.steps.empty() ? fmt::format("{} applied before", result.already_applied)
                                    : fmt::format("applied {}, the last is {}",
                                                  result.steps.size(),
                                                  migrate::stem_of(result.steps.back())),
               !result.steps.empty());
    return result.steps.size();
}

}  // namespace poststack::workflow
