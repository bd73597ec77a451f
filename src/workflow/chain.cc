#include "workflow/chain.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "migrate/header.h"
#include "migrate/replay.h"
#include "sys/file.h"

namespace poststack::workflow {

namespace {

/// Makes what a text leaves in the session invisible to the next one, inside a transaction too.
constexpr std::string_view reset_session =
    "RESET SESSION AUTHORIZATION;RESET ROLE;RESET ALL;CLOSE ALL;UNLISTEN *;DISCARD TEMP;"
    "DISCARD SEQUENCES;SELECT pg_catalog.pg_advisory_unlock_all()";

/// Nobody will miss what a crash takes from a scratch database.
constexpr std::string_view not_durable = "SET synchronous_commit = off";

}  // namespace

ChainSession::ChainSession(const pg::ConnInfo& login, migrate::SharedVariables variables)
    : connection_(login), variables_(std::move(variables)) {
    connection_.script(std::string(not_durable));
}

Script ChainSession::check(std::string text, const std::filesystem::path& path) const {
    Script script{std::move(text), path.string(), {}};
    migrate::TextSource source(script.text);
    const migrate::Header header = migrate::parse_header(script.text, script.name);
    const bool standard = connection_.parameter_status("standard_conforming_strings") != "off";
    script.plan = migrate::check_script(
        source,
        script.name,
        {header.no_transaction, standard, migrate::make_expansion(header.variables, variables_)});
    return script;
}

void ChainSession::run(const Script& script) {
    migrate::TextSource source(script.text);
    migrate::replay(connection_, source, script.name, script.plan);
}

void ChainSession::apply(const Script& script) {
    try {
        if (script.plan.no_transaction) {
            run(script);
        } else {
            connection_.script("BEGIN");
            run(script);
            connection_.script("COMMIT");
        }
    } catch (const Error&) {
        roll_back();
        if (!connection_.is_broken()) reset();
        throw;
    }
    reset();
}

void ChainSession::apply_inside(const Script& script) {
    run(script);
}

std::string ChainSession::end_of_text() {
    return "SET CONSTRAINTS ALL IMMEDIATE;" + std::string(reset_session);
}

void ChainSession::commit() {
    connection_.script(fmt::format("COMMIT;{}", not_durable));
}

void ChainSession::roll_back() {
    if (connection_.is_broken()) return;
    if (connection_.transaction_status() != pg::TransactionStatus::idle)
        connection_.script("ROLLBACK");
}

void ChainSession::reset() {
    connection_.script(fmt::format("{};{}", reset_session, not_durable));
}

void replay_chain(const pg::ConnInfo& login,
                  const migrate::MigrationSet& set,
                  const std::vector<const migrate::MigrationFile*>& files) {
    ChainSession session(login, set.variables);
    for (const migrate::MigrationFile* file : files) {
        with_context(
            [&] { return fmt::format("replaying \"{}\" on a scratch database", file->file_name); },
            [&] {
                const std::filesystem::path path = set.path(file->file_name);
                session.apply(session.check(sys::read_file(path), path));
            });
    }
}

}  // namespace poststack::workflow
