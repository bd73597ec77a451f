#include "migrate/statement.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>

#include "migrate/lex.h"

namespace poststack::migrate {
namespace {

/// The first unquoted words of a statement, those in parentheses apart from the others.
class Words {
  public:
    explicit Words(std::string_view statement) noexcept {
        int depth = 0;
        for (std::size_t at = 0; outer_.size < outer_.words.size();) {
            const Token token = next_token(statement, at, {});
            if (token.kind >= TokenKind::end) return;
            at = token.end;
            const std::string_view text = statement.substr(token.begin, token.end - token.begin);
            if (token.kind == TokenKind::open) ++depth;
            if (token.kind == TokenKind::close) --depth;
            const bool names = token.kind == TokenKind::word || token.kind == TokenKind::quoted;
            if (names && depth == 0) outer_.add(token.kind == TokenKind::word ? text : "\"");
            if (token.kind == TokenKind::word && depth > 0) inner_.add(text);
        }
    }

    [[nodiscard]] bool starts_with(std::initializer_list<std::string_view> words) const noexcept {
        std::size_t index = 0;
        return std::all_of(words.begin(), words.end(), [&](std::string_view word) {
            return is_word(outer_.at(index++), word);
        });
    }

    [[nodiscard]] bool has(std::string_view word) const noexcept { return outer_.has(word); }

    [[nodiscard]] bool has_inside(std::string_view word) const noexcept { return inner_.has(word); }

    [[nodiscard]] bool is(std::size_t index, std::string_view word) const noexcept {
        return is_word(outer_.at(index), word);
    }

    [[nodiscard]] std::size_t size() const noexcept { return outer_.size; }

  private:
    struct List {
        std::array<std::string_view, 24> words{};
        std::size_t size = 0;

        void add(std::string_view word) noexcept {
            if (size < words.size()) words[size++] = word;
        }

        [[nodiscard]] std::string_view at(std::size_t index) const noexcept {
            return index < size ? words[index] : std::string_view{};
        }

        [[nodiscard]] bool has(std::string_view lower) const noexcept {
            return std::any_of(words.begin(), words.begin() + size, [&](std::string_view word) {
                return is_word(word, lower);
            });
        }
    };

    List outer_;
    List inner_;
};

constexpr Classified outside(std::string_view command) noexcept {
    return {StatementKind::outside_only, command};
}

Classified classify_create(const Words& words) noexcept {
    if (words.starts_with({"create", "index", "concurrently"}) ||
        words.starts_with({"create", "unique", "index", "concurrently"})) {
        return outside("CREATE INDEX CONCURRENTLY");
    }
    if (words.is(1, "database")) return outside("CREATE DATABASE");
    if (words.is(1, "tablespace")) return outside("CREATE TABLESPACE");
    // Without a slot to make it may run in a transaction; the server judges the options' values.
    if (words.is(1, "subscription") && !words.has_inside("create_slot") &&
        !words.has_inside("connect")) {
        return outside("CREATE SUBSCRIPTION");
    }
    return {};
}

Classified classify_drop(const Words& words) noexcept {
    if (words.starts_with({"drop", "index", "concurrently"})) {
        return outside("DROP INDEX CONCURRENTLY");
    }
    if (words.is(1, "database")) return outside("DROP DATABASE");
    if (words.is(1, "tablespace")) return outside("DROP TABLESPACE");
    return {};
}

Classified classify_alter(const Words& words) noexcept {
    if (words.is(1, "system")) return outside("ALTER SYSTEM");
    if (words.is(1, "database") && words.is(3, "set") && words.is(4, "tablespace")) {
        return outside("ALTER DATABASE ... SET TABLESPACE");
    }
    if (words.is(1, "table") && words.has("detach") && words.has("partition") &&
        words.is(words.size() - 1, "concurrently")) {
        return outside("ALTER TABLE ... DETACH PARTITION ... CONCURRENTLY");
    }
    return {};
}

Classified classify_maintenance(const Words& words) noexcept {
    if (words.is(0, "vacuum")) return outside("VACUUM");
    if (words.starts_with({"discard", "all"})) return outside("DISCARD ALL");
    if (words.is(0, "cluster")) {
        const bool names_table = words.size() > (words.is(1, "verbose") ? 2U : 1U);
        return names_table ? Classified{} : outside("CLUSTER without a table");
    }
    if (words.is(0, "reindex")) {
        if (words.is(2, "concurrently") || words.has_inside("concurrently")) {
            return outside("REINDEX CONCURRENTLY");
        }
        for (const std::string_view whole : {"database", "system", "schema"}) {
            if (words.is(1, whole)) return outside("REINDEX of a schema or database");
        }
    }
    return {};
}

Classified classify_control(const Words& words) noexcept {
    using enum StatementKind;
    if (words.is(0, "begin")) return {begin, "BEGIN"};
    if (words.starts_with({"start", "transaction"})) return {begin, "START TRANSACTION"};
    if (words.starts_with({"prepare", "transaction"})) return {two_phase, "PREPARE TRANSACTION"};
    if (words.is(1, "prepared")) return {two_phase, "a prepared transaction's end"};
    const bool commits = words.is(0, "commit") || words.is(0, "end");
    if (commits || words.is(0, "rollback") || words.is(0, "abort")) {
        const bool chains = words.has("chain") && !words.has("no");
        if (commits) return {chains ? commit_chain : commit, "COMMIT"};
        if (words.has("to")) return {};
        return {rollback, "ROLLBACK"};
    }
    return {};
}

}  // namespace

Classified classify(std::string_view statement) noexcept {
    const Token first = next_token(statement, 0, {});
    if (first.kind != TokenKind::word) return {};
    const std::string_view word = statement.substr(first.begin, first.end - first.begin);
    using Judge = Classified (*)(const Words&) noexcept;
    struct Case {
        std::string_view word;
        Judge judge;
    };
    constexpr Judge session = [](const Words&) noexcept -> Classified {
        return {StatementKind::session, "SET"};
    };
    static constexpr std::array<Case, 16> cases = {{
        {"create", classify_create},
        {"drop", classify_drop},
        {"alter", classify_alter},
        {"set", session},
        {"reset", session},
        {"vacuum", classify_maintenance},
        {"cluster", classify_maintenance},
        {"reindex", classify_maintenance},
        {"discard", classify_maintenance},
        {"begin", classify_control},
        {"start", classify_control},
        {"prepare", classify_control},
        {"commit", classify_control},
        {"end", classify_control},
        {"rollback", classify_control},
        {"abort", classify_control},
    }};
    for (const Case& candidate : cases) {
        if (is_word(word, candidate.word)) return candidate.judge(Words(statement));
    }
    return {};
}

}  // namespace poststack::migrate
