#include "lint/parser.h"

#include <cstddef>
#include <pg_query.h>

#include "migrate/lex.h"
#include "migrate/position.h"

namespace poststack::lint {
namespace {

/// libpg_query overran 8 MiB of stack between 60,000 and 200,000 tokens of 1+1+1+...
constexpr std::size_t token_limit = 20'000;

/// Frees what pg_query_parse returned.
class Answer {
  public:
    explicit Answer(const std::string& sql) : result_(pg_query_parse(sql.c_str())) {}
    Answer(const Answer&) = delete;
    Answer& operator=(const Answer&) = delete;
    ~Answer() { pg_query_free_parse_result(result_); }

    [[nodiscard]] const PgQueryParseResult& operator*() const noexcept { return result_; }

  private:
    PgQueryParseResult result_;
};

bool is_too_long(std::string_view sql) noexcept {
    if (sql.size() < token_limit) return false;
    std::size_t tokens = 0;
    for (std::size_t at = 0; tokens <= token_limit; ++tokens) {
        const migrate::Token token = migrate::next_token(sql, at, {});
        if (token.kind >= migrate::TokenKind::end) return false;
        at = token.end;
    }
    return true;
}

}  // namespace

Node Parsed::statement() const noexcept {
    return tree ? tree->root()["stmts"].front()["stmt"] : Node{};
}

Parsed parse(std::string_view sql) {
    if (is_too_long(sql)) return {.tree = {}, .reason = "it has more than 20,000 tokens"};
    const Answer answer{std::string(sql)};
    const PgQueryParseResult& result = *answer;
    if (result.error == nullptr) return {.tree = Tree(result.parse_tree), .reason = {}};
    Parsed refused{.tree = {}, .reason = result.error->message};
    if (result.error->cursorpos > 0) {
        refused.refused_at =
            migrate::byte_of_character(sql, static_cast<std::size_t>(result.error->cursorpos));
    }
    return refused;
}

}  // namespace poststack::lint
