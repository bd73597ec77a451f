// A migration's text judged before anything of it runs.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "migrate/expansion.h"
#include "migrate/lock_level.h"
#include "migrate/scanner.h"

namespace poststack::migrate {

/// How a checked text is to be run.
struct ScriptPlan {
    std::size_t statements = 0;  ///< all of them, a wrapper's BEGIN and COMMIT included
    bool wrapped = false;  ///< its first statement is BEGIN and its last COMMIT: both are ours
    bool no_transaction = false;                      ///< statement by statement
    std::string token_checksum;                       ///< TokenHash of all of it, as written
    std::shared_ptr<const Expansion> expansion = {};  ///< null: the text has no variables
    std::vector<std::string> notes = {};              ///< what looks like a mistake in it
};

struct ScriptMode {
    bool no_transaction = false;
    bool standard_strings = true;                     ///< the session's standard_conforming_strings
    std::shared_ptr<const Expansion> expansion = {};  ///< null: the text has no variables
    std::optional<LockLevel> max_lock = {};           ///< "-- poststack: max-lock"
};

/// Reads the whole of `source` without running it.
///
/// Errors: config, as "name:line:column: ...", for what the scanner refuses; without
///   `no_transaction` for transaction commands that are not one wrapper around the whole text and
///   for statements that the server refuses inside a transaction; with it for transaction commands
///   that are not BEGIN ... COMMIT, and for what could not be had again when the text goes on after
///   a crash (temporary tables, ...), and for statements whose lock is stronger than max-lock and
///   that run where nobody can look at their locks. The hint says what to write.
[[nodiscard]] ScriptPlan check_script(ByteSource& source, const std::string& name, ScriptMode mode);

/// The statement as it is sent: with the values of its variables. The scanner must hold it.
[[nodiscard]] std::string sql_text(const Scanner& scanner,
                                   const Statement& statement,
                                   const ScriptPlan& plan);

/// What SET standard_conforming_strings in `statement` turns it to; nothing for other statements.
[[nodiscard]] std::optional<bool> sets_standard_strings(std::string_view statement) noexcept;

/// True for a statement behind which text must not be sent in the same message: it may change how
/// the server reads it (string rules, client encoding).
[[nodiscard]] bool may_change_reading(std::string_view statement) noexcept;

/// True when `lower` stands anywhere in the text, in any case: a cheap first look.
[[nodiscard]] bool contains_word(std::string_view text, std::string_view lower) noexcept;

}  // namespace poststack::migrate
