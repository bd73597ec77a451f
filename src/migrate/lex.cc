#include "migrate/lex.h"

#include <array>

namespace poststack::migrate {
namespace {

enum Class : std::uint8_t {
    other = 0,
    blank = 1,       // space, tab, newline, carriage return, form feed, vertical tab
    word_start = 2,  // letters, underscore, every byte above ASCII
    digit = 4,
    dollar = 8,
};

constexpr std::array<std::uint8_t, 256> classes = [] {
    std::array<std::uint8_t, 256> table{};
    for (const char c : {' ', '\t', '\n', '\r', '\f', '\v'}) {
        table[static_cast<unsigned char>(c)] = blank;
    }
    for (unsigned c = 'a'; c <= 'z'; ++c)
        table[c] = table[c - 'a' + 'A'] = word_start;
    for (unsigned c = 0x80; c <= 0xff; ++c)
        table[c] = word_start;
    table['_'] = word_start;
    for (unsigned c = '0'; c <= '9'; ++c)
        table[c] = digit;
    table['$'] = dollar;
    return table;
}();

constexpr std::uint8_t word_rest = word_start | digit | dollar;

bool is(char c, std::uint8_t wanted) noexcept {
    return (classes[static_cast<unsigned char>(c)] & wanted) != 0;
}

constexpr std::size_t none = std::string_view::npos;

// Every skip_ function takes the index behind the opening of its token and returns the index behind
// its end, or `none` when the text is over first.

std::size_t skip_line_comment(std::string_view text, std::size_t at) noexcept {
    const std::size_t newline = text.find('\n', at);
    const std::size_t carriage = text.substr(0, newline).find('\r', at);
    return carriage != none ? carriage : newline;
}

std::size_t skip_block_comment(std::string_view text, std::size_t at) noexcept {
    for (int depth = 1; at + 1 < text.size();) {
        if (text[at] == '*' && text[at + 1] == '/') {
            at += 2;
            if (--depth == 0) return at;
        } else if (text[at] == '/' && text[at + 1] == '*') {
            at += 2;
            ++depth;
        } else {
            ++at;
        }
    }
    return none;
}

std::size_t skip_quoted(std::string_view text, std::size_t at, char quote) noexcept {
    for (;;) {
        at = text.find(quote, at);
        if (at == none) return none;
        if (at + 1 >= text.size() || text[at + 1] != quote) return at + 1;
        at += 2;
    }
}

/// Where the next segment of an E'' string starts: 'a' <newline> 'b' is one string, and its second
/// part keeps the backslash rules of the first. Returns `none` when there is no next segment.
std::size_t find_continuation(std::string_view text, std::size_t at) noexcept {
    bool newline = false;
    while (at < text.size()) {
        if (is(text[at], blank)) {
            newline = newline || text[at] == '\n' || text[at] == '\r';
            ++at;
        } else if (text.substr(at).starts_with("--")) {
            at = skip_line_comment(text, at);
        } else {
            return newline && text[at] == '\'' ? at + 1 : none;
        }
    }
    return none;
}

std::size_t skip_escape_string(std::string_view text, std::size_t at) noexcept {
    while (at < text.size()) {
        const std::size_t stop = text.find_first_of("'\\", at);
        if (stop == none) return none;
        if (text[stop] == '\\') {
            at = stop + 2;
        } else if (stop + 1 < text.size() && text[stop + 1] == '\'') {
            at = stop + 2;
        } else {
            at = find_continuation(text, stop + 1);
            if (at == none) return stop + 1;
        }
    }
    return none;
}

/// The length of the opening delimiter ($$ or $tag$) at `at`, 0 when there is none, `none` when the
/// text ends inside what may become one.
std::size_t dollar_delimiter(std::string_view text, std::size_t at) noexcept {
    std::size_t end = at + 1;
    if (end < text.size() && is(text[end], digit)) return 0;
    while (end < text.size() && is(text[end], word_start | digit))
        ++end;
    if (end == text.size()) return none;
    return text[end] == '$' ? end + 1 - at : 0;
}

std::size_t skip_all(std::string_view text, std::size_t at, std::uint8_t wanted) noexcept {
    while (at < text.size() && is(text[at], wanted))
        ++at;
    return at;
}

std::size_t skip_word(std::string_view text, std::size_t at) noexcept {
    return skip_all(text, at, word_rest);
}

/// One call of next_token(): the text, the rules and where the token starts.
struct Reader {
    std::string_view text;
    LexRules rules;
    std::size_t begin;

    [[nodiscard]] Token token(TokenKind kind, std::size_t end) const noexcept {
        return {kind, begin, end};
    }

    /// A token that must be closed: behind its end one more byte decides ('' or 'a' newline 'b').
    [[nodiscard]] Token closed(TokenKind kind, TokenKind open, std::size_t end) const noexcept {
        if (end == none) return token(rules.complete ? open : TokenKind::cut, text.size());
        if (end == text.size() && !rules.complete) return token(TokenKind::cut, end);
        return token(kind, end);
    }

    [[nodiscard]] Token string(std::size_t at, bool escapes) const noexcept {
        const std::size_t end =
            escapes ? skip_escape_string(text, at) : skip_quoted(text, at, '\'');
        if (escapes && end != none && !rules.complete && is_blank_to_end(end)) {
            return token(TokenKind::cut, end);
        }
        return closed(TokenKind::string, TokenKind::open_string, end);
    }

    /// True when nothing but blanks and comments follows: a continuation may still come.
    [[nodiscard]] bool is_blank_to_end(std::size_t at) const noexcept {
        while (at < text.size()) {
            if (is(text[at], blank)) {
                ++at;
            } else if (text[at] == '-' && (at + 1 == text.size() || text[at + 1] == '-')) {
                at = skip_line_comment(text, at);
                if (at == none) return true;
            } else {
                return false;
            }
        }
        return true;
    }

    [[nodiscard]] Token quoted(std::size_t at) const noexcept {
        return closed(TokenKind::quoted, TokenKind::open_quoted, skip_quoted(text, at, '"'));
    }

    [[nodiscard]] Token dollar_quote() const noexcept {
        const std::size_t length = dollar_delimiter(text, begin);
        if (length == none && !rules.complete) return token(TokenKind::cut, text.size());
        if (length == none || length == 0) return token(TokenKind::symbol, begin + 1);
        const std::size_t close = text.find(text.substr(begin, length), begin + length);
        if (close == none) {
            return token(rules.complete ? TokenKind::open_dollar : TokenKind::cut, text.size());
        }
        return token(TokenKind::string, close + length);
    }

    [[nodiscard]] Token word() const noexcept {
        const std::size_t end = skip_word(text, begin);
        if (end == text.size() && !rules.complete) return token(TokenKind::cut, end);
        if (end - begin != 1 || end == text.size()) return token(TokenKind::word, end);
        const char letter = static_cast<char>(text[begin] | 0x20);
        if (text[end] == '\'') {
            if (letter == 'e') return string(end + 1, true);
            if (letter == 'b' || letter == 'x') return string(end + 1, false);
            if (letter == 'n') return string(end + 1, !rules.standard_strings);
        }
        if (letter == 'u' && text[end] == '&') {
            if (end + 1 == text.size() && !rules.complete) return token(TokenKind::cut, end + 1);
            if (end + 1 < text.size() && text[end + 1] == '\'') return string(end + 2, false);
            if (end + 1 < text.size() && text[end + 1] == '"') return quoted(end + 2);
        }
        return token(TokenKind::word, end);
    }

    /// A dollar quote may follow a number at once: 1e3$$;$$. Letters that make no number are a
    /// mistake since PostgreSQL 15; before, they started a name, which may hold dollars.
    [[nodiscard]] Token number() const noexcept {
        std::size_t end = skip_all(text, begin, digit);
        if (end < text.size() && is(text[end], word_start)) {
            end = goes_on_as_number(end) ? skip_all(text, end, word_start | digit)
                                         : skip_word(text, end);
        }
        if (end == text.size() && !rules.complete) return token(TokenKind::cut, end);
        return token(TokenKind::number, end);
    }

    /// True for the letter of 1e3, 0x1f, 0o17, 0b1 and 1_000 (the last four: PostgreSQL 16).
    [[nodiscard]] bool goes_on_as_number(std::size_t letter) const noexcept {
        const char c = static_cast<char>(text[letter] | 0x20);
        if (c == 'x' || c == 'o' || c == 'b') return letter - begin == 1 && text[begin] == '0';
        const bool digit_follows = letter + 1 < text.size() && is(text[letter + 1], digit);
        return (c == 'e' || text[letter] == '_') && digit_follows;
    }
};

/// Skips blanks and comments from `reader.begin`; true when a token starts there, false when the
/// text is over (`result` says how).
bool skip_to_token(Reader& reader, Token& result) noexcept {
    const std::string_view text = reader.text;
    std::size_t& at = reader.begin;
    for (;;) {
        while (at < text.size() && is(text[at], blank))
            ++at;
        if (at == text.size()) {
            result = reader.token(TokenKind::end, at);
            return false;
        }
        if (text[at] != '-' && text[at] != '/') return true;
        if (at + 1 == text.size()) {
            if (reader.rules.complete) return true;
            result = reader.token(TokenKind::cut, at);
            return false;
        }
        std::size_t end = none;
        if (text[at] == '-' && text[at + 1] == '-') {
            end = skip_line_comment(text, at + 2);
            if (end == none && reader.rules.complete) end = text.size();
        } else if (text[at] == '/' && text[at + 1] == '*') {
            end = skip_block_comment(text, at + 2);
        } else {
            return true;
        }
        if (end == none) {
            const bool open = reader.rules.complete;
            result = reader.token(open ? TokenKind::open_comment : TokenKind::cut, text.size());
            return false;
        }
        at = end;
    }
}

}  // namespace

Token next_token(std::string_view text, std::size_t from, LexRules rules) noexcept {
    Reader reader{text, rules, from};
    Token over;
    if (!skip_to_token(reader, over)) return over;
    const std::size_t at = reader.begin;
    switch (text[at]) {
        case '\'': return reader.string(at + 1, !rules.standard_strings);
        case '"': return reader.quoted(at + 1);
        case '$': return reader.dollar_quote();
        case '(': return reader.token(TokenKind::open, at + 1);
        case ')': return reader.token(TokenKind::close, at + 1);
        case ';': return reader.token(TokenKind::semicolon, at + 1);
        case '\\': return reader.token(TokenKind::backslash, at + 1);
        default: break;
    }
    if (is(text[at], word_start)) return reader.word();
    if (is(text[at], digit)) return reader.number();
    return reader.token(TokenKind::symbol, at + 1);
}

bool is_word(std::string_view text, std::string_view lower) noexcept {
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) != lower[i]) return false;
    }
    return true;
}

}  // namespace poststack::migrate
