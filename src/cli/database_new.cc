#include <memory>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/session.h"
#include "config/project.h"
#include "migrate/new_migration.h"

namespace poststack::cli {
namespace {

struct NewArgs {
    std::string name;
};

int run_new(Context& context, const NewArgs& args) {
    const Session session = open_session(context);
    const migrate::NewMigration made = migrate::create_migration(
        session.project.migrations, args.name, config::file_owner(session.project));
    if (context.json()) {
        context.print(
            {{"migration", made.migration.string()}, {"rollback", made.rollback.string()}});
        return 0;
    }
    for (const auto& path : {made.migration, made.rollback})
        context.out << fmt::format("created {}\n", session.project.display(path));
    return 0;
}

}  // namespace

Command make_database_new_command() {
    const auto args = std::make_shared<NewArgs>();
    Command command;
    command.path = {"database", "new"};
    command.summary = "Write an empty migration and its rollback";
    command.description =
        "Makes NNN_name.sql and NNN_name.rollback.sql with the next free number in the migrations "
        "directory. No database is needed.";
    command.arguments = {{"NAME", "what the migration does, e.g. add_users", &args->name, true}};
    command.examples = {"database new add_users"};
    command.run = [args](Context& context) { return run_new(context, *args); };
    return command;
}

}  // namespace poststack::cli
