// Runs migration files on a scratch database, without a ledger.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "migrate/files.h"
#include "migrate/hooks.h"
#include "migrate/script.h"
#include "pg/connection.h"
#include "pg/conninfo.h"

namespace poststack::workflow {

/// A text that was read and checked.
struct Script {
    std::string text;
    std::string name;  ///< the file in messages
    migrate::ScriptPlan plan;
    std::shared_ptr<const migrate::Hooks> hooks = {};  ///< those around a migration's text
};

/// A hook that runs in a transaction of its own.
[[nodiscard]] Script as_script(const migrate::HookScript& hook);

/// One session on a scratch database. What a text leaves in the session (role, search_path,
/// settings, temporary tables, locks) is gone before the next one runs.
class ChainSession {
  public:
    /// `variables` are the values for ${NAME} in the texts; null: there are none.
    explicit ChainSession(const pg::ConnInfo& login, migrate::SharedVariables variables = {});

    [[nodiscard]] pg::Connection& connection() noexcept { return connection_; }

    /// Errors: config, as "name:line:column: ...", for a text that cannot be run (check_script()).
    [[nodiscard]] Script check(std::string text, const std::filesystem::path& path) const;

    /// The same for a migration: the hooks of its directory run around it.
    [[nodiscard]] Script check_migration(const migrate::MigrationSet& set,
                                         const migrate::MigrationFile& file);

    /// Runs a text as a migration: committed, or without effect; statement by statement when it
    /// says no-transaction.
    /// Errors: database and config with the place in the file; timeout when the session is lost.
    void apply(const Script& script);

    /// Runs a text inside the open transaction, up to what end_of_text() is for.
    void apply_inside(const Script& script);

    /// Commits the open transaction. Errors: database; it is rolled back then.
    void commit();

    /// Ends an open transaction.
    void roll_back();

    /// Statements for inside a transaction, behind a text: the checks that a COMMIT would make, and
    /// the end of what the text left in the session.
    [[nodiscard]] static std::string end_of_text();

  private:
    void run(const Script& script);
    void run_hook(const std::optional<migrate::HookScript>& hook, const Script& script);
    void reset();

    pg::Connection connection_;
    migrate::SharedVariables variables_;
    std::shared_ptr<const migrate::Hooks> hooks_;
};

/// Applies `files` of `set` in order to the database behind `login`, with the hooks around them.
/// Errors: as ChainSession, with the file in the context; denied, io when a file cannot be read.
void replay_chain(const pg::ConnInfo& login,
                  const migrate::MigrationSet& set,
                  const std::vector<const migrate::MigrationFile*>& files);

}  // namespace poststack::workflow
