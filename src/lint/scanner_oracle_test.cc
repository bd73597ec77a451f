// The scanner beside libpg_query's two ways to cut a text. Where they differ, psql is right and so
// is the scanner (docs/hard-files.md has psql's answers): each such text is listed with the reason,
// and a text that is not listed must be cut alike.
#include <cstdint>
#include <iterator>
#include <pg_query.h>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "migrate/lex.h"
#include "migrate/scanner.h"
#include "migrate/scanner_cases.h"
#include "migrate_hard_cases.h"

namespace poststack::lint {
namespace {

using Texts = std::vector<std::string>;
using Split = PgQuerySplitResult (*)(const char*);

/// Without the blanks, comments and semicolons around it.
std::string without_edges(std::string_view sql) {
    std::size_t begin = std::string_view::npos;
    std::size_t end = 0;
    migrate::Token token = migrate::next_token(sql, 0, {});
    for (; token.kind < migrate::TokenKind::end; token = migrate::next_token(sql, token.end, {})) {
        if (token.kind == migrate::TokenKind::semicolon) continue;
        if (begin == std::string_view::npos) begin = token.begin;
        end = token.end;
    }
    return begin == std::string_view::npos ? "" : std::string(sql.substr(begin, end - begin));
}

Texts cut_by(Split split, const std::string& sql) {
    const PgQuerySplitResult result = split(sql.c_str());
    Texts texts;
    if (result.error != nullptr) {
        texts.push_back(std::string("refused: ") + result.error->message);
    } else {
        for (int i = 0; i < result.n_stmts; ++i) {
            const PgQuerySplitStmt& one = *result.stmts[i];
            const std::string text = without_edges(
                std::string_view(sql).substr(static_cast<std::size_t>(one.stmt_location),
                                             static_cast<std::size_t>(one.stmt_len)));
            if (!text.empty()) texts.push_back(text);
        }
    }
    pg_query_free_split_result(result);
    return texts;
}

Texts cut_by_scanner(const std::string& sql, bool standard_strings) {
    migrate::TextSource source(sql);
    migrate::Scanner scanner(source, "a.sql");
    scanner.set_standard_strings(standard_strings);
    Texts texts;
    while (const auto statement = scanner.next()) {
        const std::string_view text = scanner.text(statement->start.offset, statement->body_end);
        if (text.starts_with("SET standard_conforming_strings"))
            scanner.set_standard_strings(text.ends_with("on"));
        texts.emplace_back(text);
    }
    return texts;
}

constexpr const char* psql_alone = "psql's own, not SQL: COPY data, \\restrict";
constexpr const char* byte_order = "a byte order mark is a word to it";
constexpr const char* settings = "it knows no standard_conforming_strings = off";
constexpr const char* bodies = "it cuts the body of BEGIN ATOMIC";
constexpr const char* newer = "PostgreSQL 15 has no such number";
constexpr const char* no_sql = "its grammar refuses the text, which need not make sense to be cut";

/// Where libpg_query is no oracle.
struct Difference {
    const char* name;
    const char* scanner;  ///< why pg_query_split_with_scanner() differs; nullptr: it does not
    const char* parser;   ///< the same for pg_query_split_with_parser()
};

constexpr Difference differences[] = {
    {"ByteOrderMark", byte_order, byte_order},
    {"byte order mark", byte_order, byte_order},
    {"NonStandard", settings, settings},
    {"UnicodeNonStandard", nullptr, settings},
    {"strings without standard rules", settings, settings},
    {"AtomicBody", bodies, nullptr},
    {"AtomicProcedure", bodies, nullptr},
    {"EndAsQuotedIdentifier", bodies, nullptr},
    {"BEGIN ATOMIC", bodies, nullptr},
    {"atomic procedure", bodies, nullptr},
    {"begin and end as names", bodies, nullptr},
    {"BeginAsAName", bodies, nullptr},
    {"EndAndCaseAsNames", bodies, nullptr},
    {"another encoding", "it reads UTF-8 alone", "it reads UTF-8 alone"},
    {"SurplusParenthesis", "it counts below zero, and then nothing ends a statement", no_sql},
    {"UnclosedParenthesis", "it drops a statement that has no end", no_sql},
    {"EscapeContinued", "a comment ends a string in it, though the server reads on", no_sql},
    {"EscapeNotContinued", nullptr, no_sql},
    {"PlainPlaceholders", nullptr, no_sql},
    {"AfterNumber", nullptr, no_sql},
    {"LoneDollar", nullptr, no_sql},
    {"AfterPower", nullptr, no_sql},
    {"AfterSignedPower", nullptr, no_sql},
    {"AfterUnderscore", newer, no_sql},
    {"AfterHexadecimal", newer, no_sql},
    {"Data", psql_alone, psql_alone},
    {"NoRows", psql_alone, psql_alone},
    {"Csv", nullptr, psql_alone},
    {"CarriageReturnEnd", psql_alone, psql_alone},
    {"EndWithoutNewline", nullptr, psql_alone},
    {"LooksLikeEnd", nullptr, psql_alone},
    {"Restrict", psql_alone, psql_alone},
    {"COPY data", psql_alone, psql_alone},
    {"\\restrict", psql_alone, psql_alone},
    {"CRLF", psql_alone, psql_alone},
    {"COPY as CSV", psql_alone, psql_alone},
    {"an empty COPY", psql_alone, psql_alone},
};

Difference difference_of(std::string_view name) {
    for (const Difference& one : differences) {
        if (one.name == name) return one;
    }
    return {"", nullptr, nullptr};
}

struct Text {
    std::string name;
    std::string sql;
    bool standard_strings = true;
};

std::vector<Text> all_texts() {
    std::vector<Text> texts;
    for (const migrate::test::ScannerCase& one : migrate::test::scanner_cases())
        texts.push_back({one.name, one.sql, one.standard_strings});
    for (const auto& list : {test::hard_cases(), test::further_hard_cases()}) {
        for (const test::HardCase& one : list)
            texts.push_back({one.name, one.text});
    }
    return texts;
}

TEST(ScannerOracle, CutsAlikeExceptWhereListed) {
    std::size_t listed = 0;
    for (const Text& text : all_texts()) {
        SCOPED_TRACE(text.name);
        const Texts ours = cut_by_scanner(text.sql, text.standard_strings);
        const Difference wanted = difference_of(text.name);
        listed += wanted.name == text.name ? 1 : 0;
        EXPECT_EQ(ours != cut_by(pg_query_split_with_scanner, text.sql), wanted.scanner != nullptr);
        EXPECT_EQ(ours != cut_by(pg_query_split_with_parser, text.sql), wanted.parser != nullptr);
    }
    EXPECT_EQ(listed, std::size(differences)) << "a difference is listed for a text that is gone";
}

/// Pieces whose neighbours change what they are: "a" before "$$;$$", "E" before a quote.
constexpr std::string_view pieces[] = {
    "a",           "SELECT",   "E",           "u&",
    " ",           "\n",       "\t",          "1",
    "2.5e3",       "+",        "-",           "/",
    "*",           "::",       ";SELECT ",    ";\nSELECT ",
    ",",           "(a; b)",   "(",           ")",
    "'x;'",        "'it''s;'", "'\\'",        "E'\\';'",
    "e'\\\\'",     "$$;$$",    "$t$;$$t$t$",  "$1",
    "a$b$c",       "$",        "\"q;\"",      "\"q\"\";\"",
    "U&'\\0061;'", "b'01'",    "x'f;'",       "-- ';\n",
    "--\n",        "/* ; */",  "/* /*;*/ */", "/**/",
    "case",        "end",      "begin",       "E'a'\n'\\';'",
};

/// The same texts in every run.
std::string made_up_text(std::uint32_t seed) {
    std::string text = "SELECT ";
    std::uint32_t state = seed * 2654435761U + 1U;
    for (int i = 0; i < 14; ++i) {
        state = state * 1664525U + 1013904223U;
        text += pieces[(state >> 16U) % std::size(pieces)];
    }
    return text;
}

/// False where the two are known to differ: commands of psql, parentheses that do not match, a
/// string that goes on behind a comment.
bool is_comparable(const std::string& sql) {
    int depth = 0;
    for (std::size_t at = 0;;) {
        const migrate::Token token = migrate::next_token(sql, at, {});
        if (token.kind >= migrate::TokenKind::end)
            return token.kind == migrate::TokenKind::end && depth == 0;
        if (token.kind == migrate::TokenKind::backslash) return false;
        const std::string_view text =
            std::string_view(sql).substr(token.begin, token.end - token.begin);
        const bool has_dashes = text.find("--") != std::string_view::npos;
        if (token.kind == migrate::TokenKind::string && has_dashes) return false;
        if (token.kind == migrate::TokenKind::open) ++depth;
        if (token.kind == migrate::TokenKind::close && --depth < 0) return false;
        at = token.end;
    }
}

/// A statement without a keyword is none to the oracle.
Texts with_keyword(Texts texts) {
    std::erase_if(texts, [](const std::string& text) {
        const migrate::Token first = migrate::next_token(text, 0, {});
        return std::string_view(text).substr(first.begin, first.end) != "SELECT";
    });
    return texts;
}

TEST(ScannerOracle, CutsMadeUpTextsAlike) {
    int compared = 0;
    for (std::uint32_t seed = 0; seed < 5'000; ++seed) {
        const std::string sql = made_up_text(seed);
        const Texts theirs = cut_by(pg_query_split_with_scanner, sql);
        const bool refused = !theirs.empty() && theirs.front().starts_with("refused: ");
        if (refused || !is_comparable(sql)) continue;
        ++compared;
        ASSERT_EQ(with_keyword(cut_by_scanner(sql, true)), with_keyword(theirs)) << sql;
    }
    EXPECT_GT(compared, 500);
}

}  // namespace
}  // namespace poststack::lint
