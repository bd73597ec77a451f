#include "migrate/created_objects.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "migrate/lex.h"
#include "migrate/scanner.h"

namespace poststack::migrate {
namespace {

/// Walks over the tokens of one statement.
class Walk {
  public:
    Walk(std::string_view statement, LexRules rules) : statement_(statement), rules_(rules) {
        advance();
    }

    [[nodiscard]] bool take(std::string_view word) {
        if (token_.kind != TokenKind::word || !is_word(text(), word)) return false;
        advance();
        return true;
    }

    /// "schema"."name" as it is written; nothing for anything else.
    [[nodiscard]] std::optional<std::string> take_name() {
        std::string name;
        while (token_.kind == TokenKind::word || token_.kind == TokenKind::quoted) {
            name += text();
            advance();
            if (token_.kind != TokenKind::symbol || text() != ".") return name;
            name += '.';
            advance();
        }
        return std::nullopt;
    }

  private:
    [[nodiscard]] std::string_view text() const {
        return statement_.substr(token_.begin, token_.end - token_.begin);
    }

    void advance() { token_ = next_token(statement_, token_.end, rules_); }

    std::string_view statement_;
    LexRules rules_;
    Token token_;
};

std::optional<CreatedObject::Kind> take_kind(Walk& walk) {
    using Kind = CreatedObject::Kind;
    for (const std::string_view word : {"unlogged", "unique", "materialized", "recursive"})
        (void)walk.take(word);
    for (const std::string_view word : {"table", "view", "sequence"})
        if (walk.take(word)) return Kind::relation;
    if (walk.take("index")) {
        (void)walk.take("concurrently");
        return Kind::relation;
    }
    if (walk.take("type") || walk.take("domain")) return Kind::type;
    if (walk.take("schema")) return Kind::schema;
    if (walk.take("function") || walk.take("procedure")) return Kind::routine;
    return std::nullopt;
}

std::optional<CreatedObject> created_by(std::string_view statement, LexRules rules) {
    Walk walk(statement, rules);
    if (!walk.take("create") || walk.take("or")) return std::nullopt;
    const auto kind = take_kind(walk);
    // An index may have no name: CREATE INDEX ON t.
    if (!kind || walk.take("if") || walk.take("on") || walk.take("authorization"))
        return std::nullopt;
    auto name = walk.take_name();
    if (!name) return std::nullopt;
    return CreatedObject{*kind, std::move(*name)};
}

std::string exists_sql(const CreatedObject& object) {
    const std::string name = pg::quote_literal(object.name);
    switch (object.kind) {
        case CreatedObject::Kind::relation:
            return fmt::format("pg_catalog.to_regclass({}) IS NOT NULL", name);
        case CreatedObject::Kind::type:
            return fmt::format("pg_catalog.to_regtype({}) IS NOT NULL", name);
        case CreatedObject::Kind::schema:
            return fmt::format("pg_catalog.to_regnamespace({}) IS NOT NULL", name);
        case CreatedObject::Kind::routine: break;
    }
    // Any of that name: to_regproc() knows none that is overloaded.
    return fmt::format(
        "EXISTS (SELECT FROM pg_catalog.pg_proc WHERE proname = (pg_catalog.parse_ident({0}))"
        "[pg_catalog.cardinality(pg_catalog.parse_ident({0}))])",
        name);
}

}  // namespace

std::vector<CreatedObject> created_objects(std::string_view text,
                                           const std::string& name,
                                           bool standard_strings) {
    TextSource source(text);
    Scanner scanner(source, name);
    scanner.set_standard_strings(standard_strings);
    std::vector<CreatedObject> found;
    while (const auto statement = scanner.next()) {
        auto object = created_by(scanner.text(statement->start.offset, statement->body_end),
                                 {.standard_strings = standard_strings, .complete = true});
        if (object) found.push_back(std::move(*object));
    }
    return found;
}

std::size_t count_existing(pg::Connection& connection, const std::vector<CreatedObject>& objects) {
    if (objects.empty()) return 0;
    std::vector<std::string> terms;
    for (const CreatedObject& object : objects)
        terms.push_back(fmt::format("({})::int", exists_sql(object)));
    return static_cast<std::size_t>(connection.script("SELECT " + join(terms, " + ")).number(0, 0));
}

}  // namespace poststack::migrate
