#include "workflow/squash.h"

#include <chrono>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "catalog/reader.h"
#include "pg/connection.h"
#include "sys/process.h"
#include "workflow/chain.h"
#include "workflow/seed.h"

namespace poststack::workflow {

namespace {

constexpr std::chrono::minutes dump_limit{30};
constexpr std::size_t dump_bytes = std::size_t{1} << 30U;

/// What two ways to the same schema are compared by.
struct State {
    catalog::Fingerprint schema;
    Contents contents;
};

/// Where each sequence stands.
void add_sequences(pg::Connection& session, State& state) {
    std::string sql;
    for (const catalog::ObjectPtr& object : state.schema.objects()) {
        if (object->kind != catalog::Kind::sequence) continue;
        if (!sql.empty()) sql += " UNION ALL ";
        sql += fmt::format("SELECT {}, last_value, is_called::text FROM {}",
                           pg::quote_literal(object->label()),
                           object->identity);
    }
    if (sql.empty()) return;
    const pg::Result rows = session.query(sql);
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        state.contents[std::string(rows.value(row, 0))] = {std::string(rows.value(row, 1)),
                                                           std::string(rows.value(row, 2))};
    }
}

State read_state(const pg::ConnInfo& login) {
    pg::Connection session(login);
    State state;
    state.schema = catalog::read_fingerprint(session);
    state.contents = read_contents(session, state.schema);
    add_sequences(session, state);
    return state;
}

std::size_t count_rows(const State& state) {
    std::int64_t rows = 0;
    for (const auto& [label, table] : state.contents) {
        if (label.starts_with("table ")) rows += parse_integer(table.count).value_or(0);
    }
    return static_cast<std::size_t>(rows);
}

std::string dump(const std::filesystem::path& pg_dump, const pg::ConnInfo& login, bool owners) {
    sys::ProcessPlan plan;
    plan.argv = {
        pg_dump.string(), "--no-password", "--encoding=UTF8", "--exclude-schema=poststack"};
    if (!owners) plan.argv.emplace_back("--no-owner");
    plan.unset = pg::environment_to_forget();
    plan.environment = pg::client_environment(login);
    const sys::ToolResult result = sys::run_tool(plan, dump_limit, {}, dump_bytes);
    if (!result.status.ok()) {
        throw Error(ErrorKind::tool,
                    fmt::format("pg_dump of the scratch database ended with {}: {}",
                                result.status.to_text(),
                                trim(result.errors)));
    }
    return result.output;
}

/// The dump without what says when and with which key it was made: the same chain gives the same
/// file.
std::string baseline_text(const std::string& dumped,
                          const migrate::MigrationFile& last,
                          std::size_t replaced) {
    std::string text = fmt::format(
        "-- Description: the schema after {} migrations, up to {}\n"
        "-- poststack: baseline, irreversible\n",
        replaced,
        last.stem());
    for (const std::string_view line : split(dumped, '\n')) {
        if (line.starts_with("\\restrict ") || line.starts_with("\\unrestrict ") ||
            line.starts_with("-- Started on ") || line.starts_with("-- Completed on "))
            continue;
        text += line;
        text += '\n';
    }
    while (text.ends_with("\n\n"))
        text.pop_back();
    return text;
}

/// A baseline is made of what the files gave with the values of this one database.
void refuse_variables(const std::vector<const migrate::MigrationFile*>& files) {
    for (const migrate::MigrationFile* file : files) {
        if (file->variables.empty()) continue;
        throw Error(ErrorKind::conflict,
                    fmt::format("\"{}\" asks for variables, and a baseline would hold their values "
                                "of today",
                                file->file_name))
            .hint("Squash up to the migration before it, or write the baseline by hand.");
    }
}

/// What the baseline gives otherwise than `expected`.
void prove_text(ScratchDatabase& scratch, const State& expected, Baseline& baseline) {
    scratch.recreate();
    {
        ChainSession session(scratch.login());
        session.apply(session.check(baseline.text, "baseline.sql"));
    }
    const State given = read_state(scratch.login());
    baseline.difference = catalog::diff(expected.schema, given.schema);
    baseline.other_rows = lost_rows(expected.contents, given.contents);
}

}  // namespace

Baseline make_baseline(ScratchDatabase& scratch,
                       const migrate::MigrationSet& set,
                       migrate::Version up_to,
                       const std::filesystem::path& pg_dump) {
    const migrate::MigrationFile* last = set.find(up_to);
    if (last == nullptr) {
        throw Error(
            ErrorKind::not_found,
            fmt::format("there is no migration {} in \"{}\"", up_to.number, set.directory.string()))
            .hint("\"poststack database migration-status\" lists the versions there are.");
    }
    std::vector<const migrate::MigrationFile*> files;
    for (const migrate::MigrationFile& file : set.files) {
        if (file.version <= up_to) files.push_back(&file);
    }
    refuse_variables(files);
    replay_chain(scratch.login(), set, files);
    const State expected = read_state(scratch.login());
    Baseline baseline;
    baseline.replaced = files.size();
    baseline.rows = count_rows(expected);
    const std::string without_owners = dump(pg_dump, scratch.login(), false);
    const std::string with_owners = dump(pg_dump, scratch.login(), true);
    // Names of roles bind a file to one installation: only where the chain gave things away.
    for (const std::string* dumped : {&without_owners, &with_owners}) {
        baseline.text = baseline_text(*dumped, *last, files.size());
        prove_text(scratch, expected, baseline);
        if (baseline.is_proven()) break;
    }
    return baseline;
}

}  // namespace poststack::workflow
