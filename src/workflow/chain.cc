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

Script as_script(const migrate::HookScript& hook) {
    return {hook.text, hook.name, hook.plan, {}};
}

ChainSession::ChainSession(const pg::ConnInfo& login, migrate::SharedVariables variables)
    : connection_(login), variables_(std::move(variables)) {
    connection_.script(std::string(not_durable));
}

Script ChainSession::check(std::string text, const std::filesystem::path& path) const {
    Script script{std::move(text), path.string(), {}, {}};
    migrate::TextSource source(script.text);
    const migrate::Header header = migrate::parse_header(script.text, script.name);
    const bool standard = connection_.parameter_status("standard_conforming_strings") != "off";
    script.plan = migrate::check_script(
        source,
        script.name,
        {header.no_transaction, standard, migrate::make_expansion(header.variables, variables_)});
    return script;
}

Script ChainSession::check_migration(const migrate::MigrationSet& set,
                                     const migrate::MigrationFile& file) {
    const std::filesystem::path path = set.path(file.file_name);
    Script script = check(sys::read_file(path), path);
    if (!hooks_) {
        const bool standard = connection_.parameter_status("standard_conforming_strings") != "off";
        hooks_ = std::make_shared<const migrate::Hooks>(migrate::read_hooks(set, standard));
    }
    if (hooks_->wraps_files()) script.hooks = hooks_;
    return script;
}

void ChainSession::run(const Script& script) {
    if (script.hooks) run_hook(script.hooks->before_each, script);
    migrate::TextSource source(script.text);
    migrate::replay(connection_, source, script.name, script.plan);
    if (script.hooks) run_hook(script.hooks->after_each, script);
}

void ChainSession::run_hook(const std::optional<migrate::HookScript>& hook, const Script& script) {
    if (!hook) return;
    const bool alone = script.plan.no_transaction;
    if (alone) connection_.script("BEGIN");
    migrate::run_hook(connection_, *hook, std::filesystem::path(script.name).filename().string());
    if (alone) connection_.script("COMMIT");
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
    const migrate::Hooks hooks = migrate::read_hooks(set, true);
    const auto run_once = [&](std::optional<migrate::HookScript> migrate::Hooks::* hook) {
        if (hooks.*hook) session.apply(as_script(*(hooks.*hook)));
    };
    run_once(&migrate::Hooks::before_migrate);
    for (const migrate::MigrationFile* file : files) {
        with_context(
            [&] { return fmt::format("replaying \"{}\" on a scratch database", file->file_name); },
            [&] { session.apply(session.check_migration(set, *file)); });
    }
    run_once(&migrate::Hooks::after_migrate);
}

}  // namespace poststack::workflow
