#include "migrate/session_effect.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "migrate/lex.h"
#include "migrate/statement.h"

namespace poststack::migrate {
namespace {

/// The first tokens of a statement, and whether it calls set_config anywhere.
struct Tokens {
    std::array<Token, 16> list{};
    std::array<std::string_view, 16> text{};
    std::size_t count = 0;  ///< of all tokens
    bool sets = false;      ///< set_config is one of them
    bool into_temporary = false;

    explicit Tokens(std::string_view statement) noexcept {
        std::string_view before;
        for (std::size_t at = 0;;) {
            const Token token = next_token(statement, at, {});
            if (token.kind >= TokenKind::end) return;
            at = token.end;
            const std::string_view word = statement.substr(token.begin, token.end - token.begin);
            if (count < list.size()) {
                list[count] = token;
                text[count] = word;
            }
            ++count;
            if (token.kind == TokenKind::word) {
                sets = sets || is_word(word, "set_config");
                into_temporary = into_temporary || (is_word(before, "into") && is_temporary(word));
            }
            before = word;
        }
    }

    [[nodiscard]] static bool is_temporary(std::string_view word) noexcept {
        return is_word(word, "temp") || is_word(word, "temporary");
    }

    [[nodiscard]] bool is(std::size_t index, std::string_view lower) const noexcept {
        return index < std::min(count, list.size()) && list[index].kind == TokenKind::word &&
               is_word(text[index], lower);
    }

    [[nodiscard]] bool has_word(std::string_view lower) const noexcept {
        for (std::size_t i = 0; i < std::min(count, list.size()); ++i) {
            if (is(i, lower)) return true;
        }
        return false;
    }

    /// SELECT [pg_catalog .] set_config ( 'a' , 'b' , false )
    [[nodiscard]] bool only_sets() const noexcept {
        if (!is(0, "select")) return false;
        const std::size_t at = is(1, "pg_catalog") && text[2] == "." ? 3 : 1;
        return is(at, "set_config") && count == at + 8 && list[at + 1].kind == TokenKind::open &&
               list[at + 2].kind == TokenKind::string && list[at + 4].kind == TokenKind::string;
    }
};

}  // namespace

bool is_replayed(std::string_view statement) noexcept {
    const Tokens tokens(statement);
    if (tokens.is(0, "discard")) return tokens.is(1, "all");
    if (tokens.only_sets()) return true;
    if (classify(statement).kind != StatementKind::session) return false;
    for (const std::string_view passing : {"local", "transaction", "constraints"}) {
        if (tokens.is(0, "set") && tokens.is(1, passing)) return false;
    }
    return true;
}

std::string_view leaves_behind(std::string_view statement) noexcept {
    const Tokens tokens(statement);
    if (tokens.is(0, "create")) {
        for (std::size_t at = 1; at <= 4; ++at) {
            if (Tokens::is_temporary(tokens.text[at]) && tokens.list[at].kind == TokenKind::word) {
                return "a temporary object";
            }
            const bool may_precede = tokens.is(at, "or") || tokens.is(at, "replace") ||
                                     tokens.is(at, "global") || tokens.is(at, "local");
            if (!may_precede) break;
        }
    }
    if (tokens.is(0, "prepare") && !tokens.is(1, "transaction")) return "a prepared statement";
    if (tokens.is(0, "declare")) return "a cursor";
    if (tokens.is(0, "listen")) return "a LISTEN";
    const bool may_select_into = tokens.is(0, "select") || tokens.is(0, "with");
    if (may_select_into && tokens.into_temporary) return "a temporary object";
    const bool makes_body = tokens.is(0, "create") || tokens.is(0, "do");
    if (tokens.sets && !tokens.only_sets() && !makes_body) return "a setting made by set_config";
    return {};
}

}  // namespace poststack::migrate
