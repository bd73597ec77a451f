#include <memory>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "catalog/diff.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/migrate_output.h"
#include "cli/scratch.h"
#include "cli/session.h"
#include "config/keys.h"
#include "pg/connection.h"
#include "sys/file.h"
#include "workflow/database_shell.h"
#include "workflow/squash.h"

namespace poststack::cli {
namespace {

struct SquashArgs {
    std::optional<std::string> up_to;
    std::optional<std::string> output;
    std::optional<std::string> scratch_url;
};

std::filesystem::path pg_dump_for(const Session& session,
                                  const workflow::ScratchDatabase& scratch) {
    const pg::Connection probe(scratch.login());
    workflow::PsqlQuery query;
    query.server_major = probe.server_version() / 10'000;
    query.directory = session.settings.find_path(config::key::postgres_bin);
    return workflow::find_pg_dump(query);
}

void print_failure(Context& context, const workflow::Baseline& baseline) {
    context.out << catalog::to_text(baseline.difference);
    for (const std::string& other : baseline.other_rows)
        context.out << "~ " << other << '\n';
    context.out << "the baseline does not give what the migrations give; nothing was written\n";
}

int print_result(Context& context, const workflow::Baseline& baseline, const std::string& file) {
    if (context.json()) {
        context.print({{"proven", baseline.is_proven()},
                       {"replaced", baseline.replaced},
                       {"rows", baseline.rows},
                       {"file", file.empty() ? Json(nullptr) : Json(file)},
                       {"changes", catalog::to_json(baseline.difference)},
                       {"contents", baseline.other_rows}});
    } else if (!baseline.is_proven()) {
        print_failure(context, baseline);
    } else {
        context.out << fmt::format("wrote \"{}\" in place of {}: same catalogue, same {} row{}\n",
                                   file,
                                   count_migrations(baseline.replaced),
                                   baseline.rows,
                                   baseline.rows == 1 ? "" : "s");
    }
    return baseline.is_proven() ? 0 : 1;
}

int run_squash(Context& context, const SquashArgs& args) {
    if (!args.up_to) {
        throw Error(ErrorKind::usage, "squash needs the last version to replace")
            .hint("Type --up-to VERSION.");
    }
    const Session session = open_session(context);
    const migrate::Version up_to = migrate::parse_version(*args.up_to);
    if (const auto finished = workflow::finish_squash(session.project.migrations)) {
        say(context, fmt::format("finished an earlier squash that was killed: \"{}\"", *finished));
        const auto set = migrate::read_migrations(session.project.migrations);
        const migrate::MigrationFile* file = set.find(up_to);
        if (file != nullptr && file->file_name == *finished) return 0;
    }
    const migrate::MigrationSet set = migrate::read_migrations(session.project.migrations);
    workflow::ScratchDatabase scratch(
        scratch_plan(context, session, args.scratch_url, workflow::ScratchUse::replay));
    say_cleaned(context, scratch);
    const workflow::Baseline baseline =
        workflow::make_baseline(scratch, set, up_to, pg_dump_for(session, scratch));
    std::string file;
    if (baseline.is_proven() && args.output) {
        sys::replace_file(*args.output, baseline.text, {.mode = 0644});
        file = *args.output;
    } else if (baseline.is_proven()) {
        file = workflow::put_baseline(set, up_to, baseline.text);
    }
    return print_result(context, baseline, file);
}

}  // namespace

Command make_database_squash_command() {
    const auto args = std::make_shared<SquashArgs>();
    Command command;
    command.path = {"database", "squash"};
    command.summary = "Put one baseline in place of old migrations";
    command.description =
        "Replays the migrations up to --up-to on a scratch database, writes what they give as one "
        "file with pg_dump (the rows they make included), replays that file on an empty database, "
        "and compares the whole catalogue, all rows and all sequences. Only when both are the same "
        "the file takes the place of the migrations, which move into the directory "
        "\"squashed-VERSION\" beside it. Exits 1 and shows the differences otherwise.\n\nThe "
        "baseline has the version of the last migration it replaces. A database that has that one "
        "applied treats the baseline as applied; one that is further behind is to be migrated "
        "with the old files first.";
    command.options = {
        {"--up-to", "VERSION", "the last migration to replace", &args->up_to},
        {"--output", "FILE", "write only this file, move nothing", &args->output},
        {"--scratch-url", "URL", "make the scratch database on this server", &args->scratch_url},
    };
    command.examples = {"database squash --up-to 120",
                        "database squash --up-to 120 --output baseline.sql"};
    command.run = [args](Context& context) { return run_squash(context, *args); };
    return command;
}

}  // namespace poststack::cli
