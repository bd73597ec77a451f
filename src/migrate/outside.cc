#include "migrate/outside.h"

#include <array>
#include <optional>

#include "migrate/lex.h"

namespace poststack::migrate {
namespace {

/// Walks over the tokens of one statement.
class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) { advance(); }

    /// Takes the word when it is next.
    bool take(std::string_view lower) {
        if (token_.kind != TokenKind::word || !is_word(current(), lower)) return false;
        advance();
        return true;
    }

    /// Takes a name, maybe qualified: `"A".b`. Empty when there is none.
    std::string take_name() {
        std::string name;
        while (token_.kind == TokenKind::word || token_.kind == TokenKind::quoted) {
            name += current();
            advance();
            if (token_.kind != TokenKind::symbol || current() != ".") break;
            name += '.';
            advance();
        }
        return name;
    }

    /// Takes the "*" that may stand behind a table's name.
    void take_star() {
        if (token_.kind == TokenKind::symbol && current() == "*") advance();
    }

    [[nodiscard]] std::string_view rest() const {
        return text_.substr(std::min(token_.begin, text_.size()));
    }

  private:
    [[nodiscard]] std::string_view current() const {
        return text_.substr(token_.begin, token_.end - token_.begin);
    }

    void advance() { token_ = next_token(text_, token_.end, {}); }

    std::string_view text_;
    Token token_;
};

void take_if_exists(Reader& reader) {
    if (!reader.take("if")) return;
    reader.take("not");
    reader.take("exists");
}

/// The catalogue that lists objects of the kind `reader` stands at, "" for other kinds.
std::string take_catalogue(Reader& reader) {
    constexpr std::array<std::array<std::string_view, 2>, 3> kinds = {
        {{"database", "pg_database.datname"},
         {"tablespace", "pg_tablespace.spcname"},
         {"subscription", "pg_subscription.subname"}}};
    for (const auto& [word, catalogue] : kinds) {
        if (reader.take(word)) return std::string(catalogue);
    }
    return {};
}

OutsideStatement parse_create(Reader& reader) {
    OutsideStatement parsed;
    parsed.catalogue = take_catalogue(reader);
    if (!parsed.catalogue.empty()) {
        parsed.kind = OutsideKind::create_object;
        parsed.object = reader.take_name();
        return parsed;
    }
    parsed.unique = reader.take("unique");
    if (!reader.take("index") || !reader.take("concurrently")) return parsed;
    take_if_exists(reader);
    if (!reader.take("on")) {
        parsed.object = reader.take_name();
        reader.take("on");
    }
    reader.take("only");
    parsed.relation = reader.take_name();
    reader.take_star();
    parsed.definition = reader.rest();
    if (!parsed.relation.empty()) parsed.kind = OutsideKind::create_index;
    return parsed;
}

OutsideStatement parse_drop(Reader& reader) {
    OutsideStatement parsed;
    parsed.catalogue = take_catalogue(reader);
    if (!parsed.catalogue.empty()) {
        parsed.kind = OutsideKind::drop_object;
    } else if (reader.take("index") && reader.take("concurrently")) {
        parsed.kind = OutsideKind::drop_index;
    } else {
        return parsed;
    }
    take_if_exists(reader);
    parsed.object = reader.take_name();
    return parsed;
}

OutsideStatement parse_alter(Reader& reader) {
    OutsideStatement parsed;
    parsed.kind = OutsideKind::repeatable;  // ALTER SYSTEM, ALTER DATABASE ... SET TABLESPACE
    if (!reader.take("table")) return parsed;
    take_if_exists(reader);
    reader.take("only");
    parsed.relation = reader.take_name();
    reader.take_star();
    if (!reader.take("detach") || !reader.take("partition")) return {};
    parsed.object = reader.take_name();
    parsed.kind = OutsideKind::detach_partition;
    return parsed;
}

}  // namespace

OutsideStatement parse_outside(std::string_view statement) {
    Reader reader(statement);
    if (reader.take("create")) return parse_create(reader);
    if (reader.take("drop")) return parse_drop(reader);
    if (reader.take("alter")) return parse_alter(reader);
    OutsideStatement parsed;
    if (reader.take("reindex")) {
        parsed.kind = OutsideKind::reindex;
        return parsed;
    }
    for (const std::string_view word : {"vacuum", "cluster", "discard"}) {
        if (reader.take(word)) parsed.kind = OutsideKind::repeatable;
    }
    return parsed;
}

std::optional<LockLevel> lock_taken_outside(std::string_view statement) {
    const auto has_word = [&](std::string_view wanted) {
        for (std::size_t at = 0;;) {
            const Token token = next_token(statement, at, {});
            if (token.kind >= TokenKind::end) return false;
            at = token.end;
            const std::string_view word = statement.substr(token.begin, token.end - token.begin);
            if (token.kind == TokenKind::word && is_word(word, wanted)) return true;
        }
    };
    Reader reader(statement);
    if (reader.take("vacuum")) {
        return has_word("full") ? LockLevel::access_exclusive : LockLevel::share_update_exclusive;
    }
    if (reader.take("reindex")) {
        return has_word("concurrently") ? LockLevel::share_update_exclusive
                                        : LockLevel::access_exclusive;
    }
    if (reader.take("cluster")) return LockLevel::access_exclusive;
    switch (parse_outside(statement).kind) {
        case OutsideKind::create_index:
        case OutsideKind::drop_index: return LockLevel::share_update_exclusive;
        case OutsideKind::detach_partition: return LockLevel::access_exclusive;  // the partition
        default: return std::nullopt;
    }
}

bool may_commit_itself(std::string_view statement) noexcept {
    const Token first = next_token(statement, 0, {});
    if (first.kind != TokenKind::word) return false;
    const std::string_view word = statement.substr(first.begin, first.end - first.begin);
    return is_word(word, "call") || is_word(word, "do");
}

}  // namespace poststack::migrate
