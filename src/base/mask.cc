// Hiding passwords in free text. What is unclear is hidden: a line that says too little is a
// nuisance, one that says too much is an incident.
#include <algorithm>
#include <array>
#include <cstddef>

#include "base/text.h"

namespace poststack {
namespace {

constexpr std::string_view mask = "***";
constexpr auto npos = std::string_view::npos;

bool is_blank(char letter) noexcept {
    return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n';
}

bool is_quote(char letter) noexcept {
    return letter == '"' || letter == '\'' || letter == '`';
}

bool is_word(char letter) noexcept {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '_';
}

bool is_scheme(char letter) noexcept {
    return is_word(letter) || letter == '+' || letter == '.' || letter == '-';
}

/// True for "password", "PGPASSWORD", "sslpassword", "HIVE_API_KEY", ...
bool names_secret(std::string_view word) {
    constexpr std::array<std::string_view, 7> endings{
        "password", "passwd", "passphrase", "secret", "token", "api_key", "apikey"};
    const std::string lower = to_lower(word);
    return std::ranges::any_of(endings,
                               [&](std::string_view ending) { return lower.ends_with(ending); });
}

bool is_upper_case(std::string_view word) noexcept {
    return std::ranges::none_of(word, [](char letter) { return letter >= 'a' && letter <= 'z'; });
}

std::size_t skip_blanks(std::string_view text, std::size_t at) noexcept {
    while (at < text.size() && is_blank(text[at]))
        ++at;
    return at;
}

/// Where a value quoted by text[at] ends (the position of the closing quote, or the end). A
/// backslash escapes (libpq, JSON), a doubled quote stands for one (SQL).
std::size_t find_closing_quote(std::string_view text, std::size_t at) noexcept {
    const char quote = text[at++];
    while (at < text.size()) {
        if (text[at] == '\\') {
            at += 2;
        } else if (text[at] != quote) {
            ++at;
        } else if (at + 1 < text.size() && text[at + 1] == quote) {
            at += 2;
        } else {
            return at;
        }
    }
    return text.size();
}

/// The quote that is open just before `at`, as far as the text tells; 0 when none is.
char open_quote(std::string_view text, std::size_t at) noexcept {
    char open = 0;
    for (const char letter : text.substr(0, at)) {
        if (open == 0 && is_quote(letter)) {
            open = letter;
        } else if (letter == open) {
            open = 0;
        }
    }
    return open;
}

struct Span {
    std::size_t first = npos;
    std::size_t last = npos;  ///< one past the end
};

/// The bare value that starts at `first`: up to a blank, the end of the quoted text it stands in,
/// or the next parameter of a URL query.
Span bare_value(std::string_view text, std::size_t first, std::size_t word_start) {
    const char before = word_start > 0 ? text[word_start - 1] : ' ';
    const bool in_query = before == '?' || before == '&';
    const char closing = open_quote(text, word_start);
    std::size_t last = first;
    while (last < text.size() && !is_blank(text[last])) {
        if (closing != 0 && text[last] == closing) break;
        if (in_query && text[last] == '&') break;
        last += text[last] == '\\' ? 2 : 1;  // libpq: "\ " is a blank within a value
    }
    return {first, std::min(last, text.size())};
}

/// The value that the word [start, end), which names a secret, introduces; empty when none.
Span find_value(std::string_view text, std::size_t start, std::size_t end) {
    const auto quoted = [&](std::size_t at) { return Span{at + 1, find_closing_quote(text, at)}; };
    // JSON: "password": "..."
    std::size_t at = end;
    const bool quoted_name = at < text.size() && is_quote(text[at]);
    if (quoted_name) ++at;
    at = skip_blanks(text, at);
    if (at >= text.size()) return {};
    // SQL: ALTER ROLE x PASSWORD '...'
    if (!quoted_name && at > end && text[at] == '\'') return quoted(at);
    const bool colon =
        text[at] == ':' && (quoted_name || is_upper_case(text.substr(start, end - start)));
    if (text[at] != '=' && !colon) return {};
    at = skip_blanks(text, at + 1);
    if (at >= text.size()) return {};
    return is_quote(text[at]) ? quoted(at) : bare_value(text, at, start);
}

std::string mask_assignments(std::string_view text) {
    std::string result;
    std::size_t copied = 0;
    std::size_t at = 0;
    while (at < text.size()) {
        if (!is_word(text[at])) {
            ++at;
            continue;
        }
        std::size_t end = at;
        while (end < text.size() && is_word(text[end]))
            ++end;
        if (names_secret(text.substr(at, end - at))) {
            const Span value = find_value(text, at, end);
            if (value.first < value.last && value.first != npos) {
                result += text.substr(copied, value.first - copied);
                result += mask;
                copied = value.last;
                end = value.last;
            }
        }
        at = end;
    }
    result += text.substr(copied);
    return result;
}

/// Where the URL whose "://" ends at `first` may end: at a blank or quote, or at the next URL.
std::size_t find_url_end(std::string_view text, std::size_t first) {
    std::size_t end = first;
    while (end < text.size() && !is_blank(text[end]) && !is_quote(text[end]))
        ++end;
    const std::size_t next = text.substr(0, end).find("://", first);
    if (next != npos) {
        std::size_t start = next;
        while (start > first && is_scheme(text[start - 1]))
            --start;
        if (text.substr(first, start - first).find('@') != npos) return start;
    }
    if (text.substr(first, end - first).find('@') != npos) return end;
    // A quote within the password: rather read on than show half of it.
    while (end < text.size() && !is_blank(text[end]))
        ++end;
    return end;
}

std::string mask_urls(std::string_view text) {
    std::string result;
    std::size_t copied = 0;
    for (std::size_t at = text.find("://"); at != npos; at = text.find("://", at)) {
        at += 3;
        const std::string_view url = text.substr(at, find_url_end(text, at) - at);
        // The last @: an unencoded password may hold @ and / itself.
        const std::size_t host = url.rfind('@');
        const std::size_t colon = url.find(':');
        if (host == npos || colon >= host || colon + 1 == host) continue;
        result += text.substr(copied, at + colon + 1 - copied);
        result += mask;
        at += host;
        copied = at;
    }
    result += text.substr(copied);
    return result;
}

}  // namespace

std::string mask_secrets(std::string_view text) {
    // Assignments first: a password in a query may hold an @ that would pass for a URL's.
    std::string result = mask_assignments(text);
    return result.find("://") == npos ? result : mask_urls(result);
}

}  // namespace poststack
