#include <algorithm>
#include <chrono>
#include <memory>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/output.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/migrate_options.h"
#include "cli/migrate_output.h"
#include "cli/proof_output.h"
#include "cli/scratch.h"
#include "cli/session.h"
#include "migrate/proof.h"
#include "migrate/schema.h"
#include "migrate/status.h"
#include "sys/env.h"
#include "workflow/prove.h"
#include "workflow/scratch_server.h"

namespace poststack::cli {
namespace {

struct VerifyArgs {
    bool prove = false;
    std::optional<std::string> target;
    std::optional<std::string> scratch_url;
    std::optional<std::string> seed;
    std::vector<std::string> variables;
    std::vector<std::string> schemas;
};

/// What one ledger says about the files.
struct LedgerFiles {
    std::string schema;  ///< "" for the database's own
    migrate::StatusReport report;
};

constexpr std::chrono::seconds ledger_wait{60};

/// What a state means for the next run: one word, and whether it stops it.
struct Judgement {
    const char* kind;
    bool blocks;
};

Judgement judge(migrate::FileState state) {
    switch (state) {
        case migrate::FileState::applied: return {"", false};
        case migrate::FileState::pending: return {"", false};
        case migrate::FileState::reformatted: return {"changed: cosmetic", false};
        case migrate::FileState::changed: return {"changed: semantic", true};
        case migrate::FileState::missing: return {"deleted", true};
        case migrate::FileState::out_of_order: return {"out of order", true};
        case migrate::FileState::unfinished: return {"stopped half-way", true};
    }
    return {"", true};
}

bool is_listed(const migrate::FileStatus& file) {
    return *judge(file.state).kind != '\0';
}

/// A repeatable file that is gone stops nobody.
Judgement judge_repeatable(migrate::FileState state) {
    const Judgement found = judge(state);
    return {found.kind, false};
}

void print_files(Context& context, const LedgerFiles& files) {
    const migrate::StatusReport& report = files.report;
    say_warnings(context, report.warnings);
    if (!files.schema.empty()) context.out << "schema " << files.schema << '\n';
    Table table({"VERSION", "NAME", "FOUND", "BLOCKS"});
    for (const migrate::FileStatus& file : report.files) {
        const Judgement found = judge(file.state);
        if (is_listed(file))
            table.add({file.version, file.name, found.kind, found.blocks ? "yes" : "no"});
    }
    for (const migrate::FileStatus& file : report.repeatables) {
        if (is_listed(file)) table.add({"R", file.name, judge_repeatable(file.state).kind, "no"});
    }
    for (const std::string& gap : report.gaps)
        table.add({gap, "", "no such number", "no"});
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
    const auto add = [&](const migrate::FileStatus& file, const Judgement& found) {
        if (!is_listed(file)) return;
        problems.push_back({{"version", file.version.empty() ? Json(nullptr) : Json(file.version)},
                            {"name", file.name},
                            {"state", migrate::name(file.state)},
                            {"found", found.kind},
                            {"blocks", found.blocks}});
    };
    for (const migrate::FileStatus& file : report.files)
        add(file, judge(file.state));
    for (const migrate::FileStatus& file : report.repeatables)
        add(file, judge_repeatable(file.state));
    return {{"applied", report.count(migrate::FileState::applied)},
            {"pending", report.count(migrate::FileState::pending)},
            {"problems", std::move(problems)},
            {"gaps", report.gaps},
            {"warnings", report.warnings}};
}

constexpr std::string_view disk_full = "53100";

workflow::ProofReport prove_on(Context& context,
                               const workflow::ScratchPlan& plan,
                               const migrate::MigrationSet& set,
                               workflow::ProveOptions options) {
    options.make_helper = [&plan] {
        return std::make_unique<workflow::ScratchDatabase>(plan.clone());
    };
    workflow::ScratchDatabase scratch(plan.clone());
    say_cleaned(context, scratch);
    return workflow::prove(scratch, set, options);
}

workflow::ProofReport prove(Context& context, const Session& session, const VerifyArgs& args) {
    migrate::MigrationSet set = migrate::read_migrations(session.project.migrations);
    set.variables = read_variables(context, session, args.variables);
    // The scratch database has one schema for all of it.
    if (!read_schemas(session, args.schemas).empty())
        set.variables = migrate::with_schema(set.variables, "public");
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
    if (args.seed) options.seeds = workflow::find_seeds(*args.seed, set);
    using workflow::ScratchUse;
    workflow::ScratchPlan plan =
        scratch_plan(context, session, args.scratch_url, ScratchUse::proof);
    try {
        return prove_on(context, plan, set, options);
    } catch (const Error& error) {
        if (error.sqlstate() != disk_full || !plan.server || !plan.server->is_in_memory()) throw;
    }
    plan.server.reset();  // one at a time
    plan = scratch_plan(context, session, args.scratch_url, ScratchUse::proof_on_disk);
    return prove_on(context, plan, set, options);
}

/// Writes what is proven into the ledger of the project's database, which `login` opens.
void record(Context& context, const pg::ConnInfo& login, const workflow::ProofReport& report) {
    std::vector<migrate::ProofRecord> records;
    for (const workflow::PairProof& pair : report.pairs) {
        if (!workflow::is_proven(pair.verdict)) continue;
        records.push_back({.checksum = pair.checksum,
                           .version = pair.file.version,
                           .file_name = pair.file.file_name,
                           .verdict = std::string(workflow::name(pair.verdict)),
                           .column_order = pair.column_order,
                           .lost = pair.lost,
                           .server_version = report.server_version});
    }
    try {
        (void)migrate::create_schema(login, ledger_wait, {});
        pg::Connection connection(login);
        migrate::record_proofs(connection, records);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::denied && error.kind() != ErrorKind::database) throw;
        say_warnings(context, {"the proof is not recorded: " + error.message()});
    }
}

std::vector<LedgerFiles> read_files(Context& context,
                                    const Session& session,
                                    const std::vector<std::string>& flags) {
    std::vector<std::string> schemas = read_schemas(session, flags);
    if (schemas.empty()) schemas.emplace_back();
    pg::Connection connection(find_login(context, session));
    std::vector<LedgerFiles> files;
    for (const std::string& schema : schemas) {
        files.push_back({schema,
                         migrate::status(connection,
                                         session.project.migrations,
                                         read_order_policy(session),
                                         migrate::LedgerPlace(schema))});
    }
    return files;
}

/// "files" for the database's own ledger, "schemas" for those of schemas.
Json report_json(const std::vector<LedgerFiles>& files,
                 const std::optional<workflow::ProofReport>& proof,
                 bool good) {
    Json document = {
        {"good", good}, {"files", nullptr}, {"proof", proof ? proof_json(*proof) : Json(nullptr)}};
    Json schemas = Json::array();
    for (const LedgerFiles& one : files) {
        Json entry = files_json(one.report);
        if (one.schema.empty()) {
            document["files"] = std::move(entry);
        } else {
            entry["schema"] = one.schema;
            schemas.push_back(std::move(entry));
        }
    }
    if (!schemas.empty()) document["schemas"] = std::move(schemas);
    return document;
}

int run_verify(Context& context, const VerifyArgs& args) {
    if (!args.prove && (args.scratch_url || args.target || args.seed)) {
        throw Error(ErrorKind::usage,
                    "--scratch-url, --seed and --target-version belong to --prove");
    }
    const Session session = open_session(context);
    std::vector<LedgerFiles> files;
    std::optional<workflow::ProofReport> proof;
    if (!args.scratch_url)  // with it, the project's database need not be there
        files = read_files(context, session, args.schemas);
    if (args.prove) {
        proof = prove(context, session, args);
        if (!args.scratch_url) record(context, find_login(context, session), *proof);
    }
    const bool sound = std::all_of(
        files.begin(), files.end(), [](const LedgerFiles& one) { return one.report.is_sound(); });
    const bool good = sound && (!proof || proof->is_proven());
    if (context.json()) {
        context.print(report_json(files, proof, good));
    } else {
        for (const LedgerFiles& one : files)
            print_files(context, one);
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
        "Exits 1 when a file was changed or removed after it was applied, came in before one that "
        "is applied, or stopped half-way. A change of line ends, comments, blanks or the case of "
        "keywords is cosmetic and blocks nothing; any other is semantic and blocks every run until "
        "the file is put back or \"database repair\" accepts it.\n\nWith --prove each migration "
        "runs on a scratch database, then its "
        "rollback, then the migration again, and the whole catalogue is compared each time. A "
        "rollback is lossless; lossy when it makes tables or columns anew, whose rows are gone; or "
        "broken, and the differences are shown. A migration that is not meant to be undone says "
        "\"-- poststack: irreversible\" above its first statement. A difference in the order of "
        "columns alone is noted and is no failure. One broken pair does not stop the proof of the "
        "rest. With --seed the rows of seed files take part: VERSION_name.sql runs behind the "
        "migration VERSION, and a rollback behind which rows are gone or changed is lossy. What is "
        "proven is recorded for \"migrate --require-proof\", unless --scratch-url is given.\n\nThe "
        "scratch database is made on a server of its own, which has the roles of the project's, "
        "where that is a native one; else on the same server, or on that of --scratch-url, where "
        "migrations do to the server as a whole (roles, other databases) what they do. It is gone "
        "at the end.";
    command.options = {
        {"--prove", "", "prove every rollback on a scratch database", &args->prove},
        {"--target-version,--target", "VERSION", "prove up to this version", &args->target},
        {"--seed", "PATH", "a seed file, or a directory of them", &args->seed},
        {"--scratch-url", "URL", "make the scratch database on this server", &args->scratch_url},
        variable_option(args->variables),
        schema_option(args->schemas),
    };
    command.examples = {"database verify-migrations",
                        "database verify-migrations --prove",
                        "database verify-migrations --prove --scratch-url "
                        "postgresql://postgres@localhost/postgres --json"};
    command.run = [args](Context& context) { return run_verify(context, *args); };
    return command;
}

}  // namespace poststack::cli
