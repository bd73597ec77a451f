// The lexical rules of SQL as psql and the server know them, over text that lies in memory.
//
// One token at a time, without state between tokens: the scanner feeds it a growing buffer and asks
// again when a token turns out to be cut, the classifier walks one finished statement with it.
// Source: PostgreSQL manual 4.1 (lexical structure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace poststack::migrate {

enum class TokenKind : std::uint8_t {
    word,          ///< unquoted identifier or keyword
    quoted,        ///< "identifier" or U&"identifier"
    string,        ///< '...', E'...', U&'...', B'...', X'...', N'...', $tag$...$tag$
    number,        ///< starts with a digit
    symbol,        ///< one byte of anything else
    open,          ///< (
    close,         ///< )
    semicolon,     ///< ;
    backslash,     ///< a psql command starts here
    end,           ///< no more tokens
    cut,           ///< the buffer ends inside a token or comment and more text may follow
    open_string,   ///< the text ends inside a string
    open_quoted,   ///< the text ends inside a quoted identifier
    open_dollar,   ///< the text ends inside a dollar-quoted string
    open_comment,  ///< the text ends inside a /* comment
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::size_t begin = 0;
    std::size_t end = 0;
};

struct LexRules {
    bool standard_strings = true;  ///< standard_conforming_strings
    bool complete = true;          ///< the text ends here; false: ask again with more (cut)
};

/// Returns the first token at or after `from`; blanks and comments before it are skipped.
///
/// For `cut` and the open kinds `begin` is where the unfinished token or comment starts; blanks
/// before it need not be looked at again.
[[nodiscard]] Token next_token(std::string_view text, std::size_t from, LexRules rules) noexcept;

/// Compares without regard to ASCII case; `lower` must be lower case.
[[nodiscard]] bool is_word(std::string_view text, std::string_view lower) noexcept;

}  // namespace poststack::migrate
