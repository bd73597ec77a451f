#include <algorithm>
#include <array>
#include <memory>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/output.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/migrate_output.h"
#include "cli/scratch.h"
#include "cli/session.h"
#include "migrate/status.h"
#include "sys/env.h"
#include "workflow/prove.h"

namespace poststack::cli {
namespace {

struct VerifyArgs {
    bool prove = false;
    std::optional<std::string> target;
    std::optional<std::string> scratch_url;
};

bool is_wrong(const migrate::FileStatus& file) {
    return file.state != migrate::FileState::applied && file.state != migrate::FileState::pending;
}

std::string note(const workflow::PairProof& pair) {
    std::vector<std::string> parts;
    if (pair.column_order) parts.emplace_back("column order differs");
    if (!pair.lost.empty()) parts.push_back("rows lost: " + join(pair.lost, ", "));
    return join(parts, "; ");
}

/// What is wrong with a pair, in lines under the table.
void print_problem(Context& context, const workflow::PairProof& pair) {
    if (pair.problem.empty()) return;
    context.out << fmt::format("\n{}: {}\n", pair.file.file_name, pair.problem);
    const std::string difference = catalog::to_text(pair.difference);
    for (const std::string_view line : split(difference, '\n')) {
        if (!line.empty()) context.out << "  " << line << '\n';
    }
    if (!pair.hint.empty()) context.out << "  hint: " << pair.hint << '\n';
}

std::string counts(const workflow::ProofReport& report) {
    using enum workflow::Verdict;
    std::vector<std::string> parts;
    for (const auto verdict :
         {lossless, lossy, irreversible, no_rollback, broken, failed, not_reached}) {
        const std::size_t number = report.count(verdict);
        if (number > 0) parts.push_back(fmt::format("{} {}", number, workflow::name(verdict)));
    }
    return parts.empty() ? "there are no migrations" : join(parts, ", ");
}

void print_proof(Context& context, const workflow::ProofReport& report) {
    Table table({"VERSION", "NAME", "ROLLBACK", "NOTE"});
    for (const workflow::PairProof& pair : report.pairs) {
        table.add({pair.file.digits,
                   pair.file.name,
                   std::string(workflow::name(pair.verdict)),
                   note(pair)});
    }
    if (!table.empty()) context.out << table.to_text(sys::terminal_width());
    for (const workflow::PairProof& pair : report.pairs)
        print_problem(context, pair);
    context.out << fmt::format("{} ({})\n", counts(report), human_duration(report.took));
}

Json proof_json(const workflow::ProofReport& report) {
    Json pairs = Json::array();
    for (const workflow::PairProof& pair : report.pairs) {
        pairs.push_back({{"version", pair.file.digits},
                         {"name", pair.file.name},
                         {"verdict", workflow::name(pair.verdict)},
                         {"proven", workflow::is_proven(pair.verdict)},
                         {"column_order", pair.column_order},
                         {"lost", pair.lost},
                         {"problem", pair.problem.empty() ? Json(nullptr) : Json(pair.problem)},
                         {"differences", catalog::to_json(pair.difference)},
                         {"checksum", pair.checksum.empty() ? Json(nullptr) : Json(pair.checksum)},
                         {"duration_ms", static_cast<double>(pair.took.count()) / 1e6}});
    }
    return {{"proven", report.is_proven()},
            {"server_version", report.server_version},
            {"duration_ms", static_cast<double>(report.took.count()) / 1e6},
            {"pairs", std::move(pairs)}};
}

void print_files(Context& context, const migrate::StatusReport& report) {
    say_warnings(context, report.warnings);
    Table table({"VERSION", "NAME", "STATE"});
    for (const migrate::FileStatus& file : report.files) {
        if (is_wrong(file))
            table.add({file.version, file.name, std::string(migrate::name(file.state))});
    }
    if (table.empty()) {
        context.out << fmt::format("{} applied and unchanged, {} pending\n",
                                   report.count(migrate::FileState::applied),
                                   report.count(migrate::FileState::pending));
    } else {
        context.out << table.to_text(sys::terminal_width());
    }
}

Json files_json(const migrate::StatusReport& report) {
    Json problems = Json::array();
    for (const migrate::FileStatus& file : report.files) {
        if (!is_wrong(file)) continue;
        problems.push_back(
            {{"version", file.version}, {"name", file.name}, {"state", migrate::name(file.state)}});
    }
    return {{"applied", report.count(migrate::FileState::applied)},
            {"pending", report.count(migrate::FileState::pending)},
            {"problems", std::move(problems)},
            {"warnings", report.warnings}};
}

workflow::ProofReport prove(Context& context, const Session& session, const VerifyArgs& args) {
    const migrate::MigrationSet set = migrate::read_migrations(session.project.migrations);
    workflow::ProveOptions options;
    if (args.target) {
        options.target = migrate::parse_version(*args.target);
        if (set.find(*options.target) == nullptr) {
            throw Error(
                ErrorKind::not_found,
                fmt::format(
                    "there is no migration {} in \"{}\"", *args.target, set.directory.string()))
                .hint("\"poststack database migration-status\" lists the versions there are.");
        }
    }
    workflow::ScratchDatabase scratch(scratch_plan(context, session, args.scratch_url));
    say_cleaned(context, scratch);
    return workflow::prove(scratch, set, options);
}

int run_verify(Context& context, const VerifyArgs& args) {
    if (!args.prove && (args.scratch_url || args.target)) {
        throw Error(ErrorKind::usage, "--scratch-url and --target-version belong to --prove");
    }
    const Session session = open_session(context);
    std::optional<migrate::StatusReport> files;
    std::optional<workflow::ProofReport> proof;
    if (!args.scratch_url) {  // with it, the project's database need not be there
        pg::Connection connection(find_login(context, session));
        files = migrate::status(connection, session.project.migrations);
    }
    if (args.prove) proof = prove(context, session, args);
    const bool sound = !files || std::none_of(files->files.begin(), files->files.end(), is_wrong);
    const bool good = sound && (!proof || proof->is_proven());
    if (context.json()) {
        context.print({{"good", good},
                       {"files", files ? files_json(*files) : Json(nullptr)},
                       {"proof", proof ? proof_json(*proof) : Json(nullptr)}});
    } else {
        if (files) print_files(context, *files);
        if (proof) print_proof(context, *proof);
    }
    return good ? 0 : 1;
}

}  // namespace

Command make_database_verify_command() {
    const auto args = std::make_shared<VerifyArgs>();
    Command command;
    command.path = {"database", "verify-migrations"};
    command.summary = "Check applied files and prove rollbacks";
    command.description =
        "Exits 1 when a file was changed or removed after it was applied, or came in before one "
        "that is applied.\n\nWith --prove each migration runs on a scratch database, then its "
        "rollback, then the migration again, and the whole catalogue is compared each time. A "
        "rollback is lossless; lossy when it makes tables or columns anew, whose rows are gone; or "
        "broken, and the differences are shown. A migration that is not meant to be undone says "
        "\"-- poststack: irreversible\" above its first statement. A difference in the order of "
        "columns alone is noted and is no failure. One broken pair does not stop the proof of the "
        "rest.\n\nThe scratch database is made on the same server, or on that of --scratch-url, "
        "and dropped at the end. What migrations do to the server as a whole (roles, other "
        "databases) they do there as well: prove such files on a server of their own.";
    command.options = {
        {"--prove", "", "prove every rollback on a scratch database", &args->prove},
        {"--target-version,--target", "VERSION", "prove up to this version", &args->target},
        {"--scratch-url", "URL", "make the scratch database on this server", &args->scratch_url},
    };
    command.examples = {"database verify-migrations",
                        "database verify-migrations --prove",
                        "database verify-migrations --prove --scratch-url "
                        "postgresql://postgres@localhost/postgres --json"};
    command.run = [args](Context& context) { return run_verify(context, *args); };
    return command;
}

}  // namespace poststack::cli
