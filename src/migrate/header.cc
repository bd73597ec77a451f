#include "migrate/header.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "migrate/variables.h"

namespace poststack::migrate {
namespace {

constexpr int description_lines = 10;
constexpr std::string_view mark = "--";

/// The text behind `label` when `comment` starts with it, in any case.
std::optional<std::string_view> behind(std::string_view comment, std::string_view label) {
    if (comment.size() < label.size()) return std::nullopt;
    if (to_lower(comment.substr(0, label.size())) != label) return std::nullopt;
    return trim(comment.substr(label.size()));
}

/// Words that `database lint` reads, wherever they stand in a file.
bool is_for_lint(std::string_view words) {
    const std::string_view first = words.substr(0, words.find_first_of(" \t,"));
    return first == "ignore" || first == "ignore-file";
}

/// "500ms", "2s", "1min", "0".
std::optional<std::chrono::milliseconds> parse_limit(std::string_view text) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = parse_integer(text.substr(0, digits));
    const std::string_view unit = text.substr(digits);
    if (!number || *number < 0 || *number > 1'000'000) return std::nullopt;
    if (unit == "ms" || (unit.empty() && *number == 0)) return std::chrono::milliseconds(*number);
    if (unit == "s") return std::chrono::seconds(*number);
    if (unit == "min") return std::chrono::minutes(*number);
    return std::nullopt;
}

[[noreturn]] void refuse(std::string_view place, std::string_view word, std::string hint) {
    throw Error(ErrorKind::config,
                fmt::format("{}: \"{}\" behind \"-- poststack:\" is not understood", place, word))
        .hint(std::move(hint));
}

/// "TENANT ROLE"; false when that is no list of names.
bool add_variables(std::string_view names, Header& header) {
    bool found = false;
    for (std::string_view rest = names; !rest.empty();) {
        const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
        const std::string_view name = rest.substr(0, end);
        if (!is_variable_name(name)) return false;
        header.variables.emplace_back(name);
        rest = trim(rest.substr(end));
        found = true;
    }
    return found;
}

void apply_directives(std::string_view words, std::string_view place, Header& header) {
    if (is_for_lint(words)) return;
    for (const std::string_view piece : split(words, ',')) {
        const std::string_view word = trim(piece);
        if (word == "no-transaction") {
            header.no_transaction = true;
            continue;
        }
        if (word == "irreversible") {
            header.irreversible = true;
            continue;
        }
        if (word == "baseline") {
            header.baseline = true;
            continue;
        }
        const std::size_t blank = std::min(word.find_first_of(" \t"), word.size());
        const std::string_view value = trim(word.substr(blank));
        if (word.substr(0, blank) == "max-lock") {
            header.max_lock = parse_lock_level(value);
            if (header.max_lock) continue;
            refuse(place, word, "Write a table lock, e.g. max-lock share-update-exclusive.");
        }
        if (word.substr(0, blank) == "lock-timeout") {
            header.lock_timeout = parse_limit(value);
            if (header.lock_timeout) continue;
            refuse(place, word, "Write a time, e.g. lock-timeout 500ms or 2s; 0 waits for ever.");
        }
        if (word.substr(0, blank) == "variables") {
            if (add_variables(value, header)) continue;
            refuse(
                place, word, "Write names with blanks between them, e.g. variables TENANT ROLE.");
        }
        throw Error(ErrorKind::config,
                    fmt::format("{}: unknown word \"{}\" behind \"-- poststack:\"", place, word))
            .hint(
                "The words known are no-transaction, irreversible, baseline, max-lock LOCK, "
                "lock-timeout TIME and variables NAME ...; database lint reads ignore RULE and "
                "ignore-file RULE.");
    }
}

}  // namespace

Header parse_header(std::string_view text, std::string_view name) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    Header header;
    bool above_statements = true;
    for (int line = 1; !text.empty() && (above_statements || line <= description_lines); ++line) {
        const std::size_t newline = text.find('\n');
        const std::string_view content = trim(text.substr(0, newline));
        text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
        if (!content.starts_with(mark)) {
            above_statements = above_statements && content.empty();
            continue;
        }
        const std::string_view comment = trim(content.substr(mark.size()));
        if (line <= description_lines && header.description.empty()) {
            if (const auto found = behind(comment, "description:")) header.description = *found;
        }
        if (!above_statements) continue;
        if (const auto found = behind(comment, "poststack:")) {
            apply_directives(*found, fmt::format("{}:{}", name, line), header);
        }
    }
    return header;
}

}  // namespace poststack::migrate
