#include "migrate/script.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "migrate/checksum.h"
#include "migrate/outside.h"
#include "migrate/session_effect.h"
#include "migrate/statement.h"

namespace poststack::migrate {
namespace {

[[noreturn]] void refuse(const Scanner& scanner,
                         const TextPosition& at,
                         std::string_view what,
                         std::string hint) {
    throw Error(ErrorKind::config,
                fmt::format("{}:{}:{}: {}", scanner.name(), at.line, at.column, what))
        .hint(std::move(hint));
}

constexpr std::string_view one_transaction =
    "Remove the transaction commands: each file runs in one transaction of its own. A BEGIN as "
    "the first and a COMMIT as the last statement may stay.";

/// Follows the transaction commands of one text: none at all, or one pair around everything.
class WrapperCheck {
  public:
    explicit WrapperCheck(const Scanner& scanner) : scanner_(scanner) {}

    void see(const Statement& statement, const Classified& found, bool first) {
        using enum StatementKind;
        if (closed_) {
            refuse(scanner_,
                   statement.start,
                   "a statement behind the COMMIT of the file's own transaction",
                   std::string(one_transaction));
        }
        if (found.kind == begin && first) {
            open_ = statement.start;
        } else if (found.kind == commit && open_) {
            closed_ = true;
        } else if (found.kind == begin || found.kind == commit || found.kind == commit_chain ||
                   found.kind == rollback || found.kind == two_phase) {
            refuse(scanner_,
                   statement.start,
                   fmt::format("{} would end the transaction the file runs in", found.command),
                   std::string(one_transaction));
        }
    }

    /// True when the whole text is one transaction of its own.
    [[nodiscard]] bool finish() const {
        if (open_ && !closed_) {
            refuse(scanner_,
                   *open_,
                   "the transaction that starts here has no COMMIT",
                   std::string(one_transaction));
        }
        return closed_;
    }

  private:
    const Scanner& scanner_;
    std::optional<TextPosition> open_;
    bool closed_ = false;
};

void refuse_outside_only(const Scanner& scanner, const Statement& at, const Classified& found) {
    if (found.kind != StatementKind::outside_only) return;
    refuse(scanner,
           at.start,
           fmt::format("{} cannot run inside a transaction", found.command),
           "Write \"-- poststack: no-transaction\" as the first line of the file, best with this "
           "statement alone in it: each statement then commits by itself.");
}

/// Follows the transactions of a no-transaction text: BEGIN ... COMMIT, any number of them.
class GroupCheck {
  public:
    explicit GroupCheck(const Scanner& scanner) : scanner_(scanner) {}

    void see(const Statement& statement, const Classified& found, std::string_view text) {
        using enum StatementKind;
        const bool is_control = found.kind == commit_chain || found.kind == rollback ||
                                found.kind == two_phase || (found.kind == begin && open_) ||
                                (found.kind == commit && !open_);
        if (is_control) {
            refuse(scanner_,
                   statement.start,
                   fmt::format("{} in a file without a transaction", found.command),
                   "Remove it: behind \"-- poststack: no-transaction\" each statement commits by "
                   "itself, and those between BEGIN and COMMIT together.");
        }
        if (found.kind == begin) open_ = statement.start;
        if (found.kind == commit) open_.reset();
        if (open_) refuse_outside_only(scanner_, statement, found);
        if (const std::string_view left = leaves_behind(text); !left.empty()) {
            refuse(scanner_,
                   statement.start,
                   fmt::format("{} in a file without a transaction", left),
                   "It would be gone when the file has to go on after a crash. Put it and what "
                   "uses it into a file of their own that runs in a transaction; settings are "
                   "made by SET.");
        }
    }

    void finish() const {
        if (!open_) return;
        refuse(scanner_,
               *open_,
               "the transaction that starts here has no COMMIT",
               "Add the COMMIT, or remove the BEGIN: each statement commits by itself.");
    }

  private:
    const Scanner& scanner_;
    std::optional<TextPosition> open_;
};

/// Statements outside of a transaction have given their locks back before anybody could look.
void refuse_stronger_lock(const Scanner& scanner,
                          const Statement& statement,
                          std::string_view sql,
                          const Classified& found,
                          LockLevel limit) {
    if (found.kind != StatementKind::outside_only) return;
    const std::optional<LockLevel> taken = lock_taken_outside(sql);
    if (!taken || *taken <= limit) return;
    refuse(scanner,
           statement.start,
           fmt::format("{} takes a lock in mode {}, stronger than the file's max-lock {}",
                       found.command,
                       name(*taken),
                       name(limit)),
           "Find a way with a weaker lock, or raise max-lock at the top of the file.");
}

/// The statement with the values of its variables, "" when the text has none.
std::string expanded(const Scanner& scanner, const Statement& statement, ScriptPlan& plan) {
    if (!plan.expansion) return {};
    const std::string_view text = scanner.text(statement.start.offset, statement.body_end);
    const TextPlace place{scanner.name(), statement.start};
    const LexRules rules{.standard_strings = scanner.standard_strings()};
    for (std::string& note : plan.expansion->find_quoted(text, place, rules))
        plan.notes.push_back(std::move(note));
    return plan.expansion->expand_statement(text, place, rules).sql;
}

}  // namespace

std::string sql_text(const Scanner& scanner, const Statement& statement, const ScriptPlan& plan) {
    const std::string_view text = scanner.text(statement.start.offset, statement.body_end);
    if (!plan.expansion) return std::string(text);
    const LexRules rules{.standard_strings = scanner.standard_strings()};
    return plan.expansion->expand(text, {scanner.name(), statement.start}, rules).sql;
}

bool contains_word(std::string_view text, std::string_view lower) noexcept {
    const auto found = std::search(
        text.begin(), text.end(), lower.begin(), lower.end(), [](char left, char right) {
            return (left >= 'A' && left <= 'Z' ? static_cast<char>(left | 0x20) : left) == right;
        });
    return found != text.end();
}

std::optional<bool> sets_standard_strings(std::string_view statement) noexcept {
    std::array<std::string_view, 5> tokens{};
    std::size_t count = 0;
    for (std::size_t at = 0; count < tokens.size();) {
        const Token token = next_token(statement, at, {});
        if (token.kind >= TokenKind::end) break;
        at = token.end;
        const std::string_view text = statement.substr(token.begin, token.end - token.begin);
        if (count == 1 && (is_word(text, "session") || is_word(text, "local"))) continue;
        tokens[count++] = text;
    }
    const std::string_view value = count > 3 ? tokens[3] : std::string_view{};
    if (!is_word(tokens[0], "set") || !is_word(tokens[1], "standard_conforming_strings")) {
        return std::nullopt;
    }
    constexpr std::array<std::string_view, 8> off = {
        "off", "false", "no", "0", "'off'", "'false'", "'no'", "'0'"};
    return std::none_of(
        off.begin(), off.end(), [&](std::string_view word) { return is_word(value, word); });
}

bool may_change_reading(std::string_view statement) noexcept {
    const StatementKind kind = classify(statement).kind;
    return kind == StatementKind::session || contains_word(statement, "set_config");
}

ScriptPlan check_script(ByteSource& source, const std::string& name, ScriptMode mode) {
    Scanner scanner(source, name);
    scanner.set_standard_strings(mode.standard_strings);
    ScriptPlan plan;
    plan.no_transaction = mode.no_transaction;
    WrapperCheck wrapper(scanner);
    GroupCheck groups(scanner);
    TokenHash tokens;
    plan.expansion = mode.expansion;
    while (const std::optional<Statement> statement = scanner.next()) {
        const std::string_view text = scanner.text(statement->start.offset, statement->body_end);
        const std::string sql = expanded(scanner, *statement, plan);
        const Classified found = classify(plan.expansion ? sql : text);
        if (mode.no_transaction) {
            groups.see(*statement, found, plan.expansion ? sql : text);
            if (mode.max_lock) {
                refuse_stronger_lock(
                    scanner, *statement, plan.expansion ? sql : text, found, *mode.max_lock);
            }
        } else {
            refuse_outside_only(scanner, *statement, found);
            wrapper.see(*statement, found, plan.statements == 0);
        }
        tokens.add_statement(text, {.standard_strings = scanner.standard_strings()});
        if (found.kind == StatementKind::session) {
            const std::optional<bool> on = sets_standard_strings(plan.expansion ? sql : text);
            if (on) scanner.set_standard_strings(*on);
        }
        ++plan.statements;
        if (!statement->is_copy_in) continue;
        while (const auto data = scanner.copy_data())
            tokens.add_data(*data);
    }
    plan.token_checksum = tokens.finish();
    if (mode.no_transaction) groups.finish();
    plan.wrapped = !mode.no_transaction && wrapper.finish();
    return plan;
}

}  // namespace poststack::migrate
