#include "migrate/variables.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/utf8.h"

namespace poststack::migrate {
namespace {

/// A shorter value is no secret, and replacing it would make every text unreadable.
constexpr std::size_t shortest_secret = 3;

/// SQLSTATE class 22: the server quotes what it could not read, in part as well.
constexpr std::string_view data_exception = "22";

bool sounds_secret(std::string_view name) {
    constexpr std::array<std::string_view, 7> words = {
        "password", "passwd", "pwd", "secret", "token", "credential", "apikey"};
    std::string plain = to_lower(name);
    if (plain.ends_with("_key") || plain == "key") return true;
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
        return plain.find(word) != std::string::npos;
    });
}

void replace_all(std::string& text, std::string_view value, std::string_view by) {
    if (value.size() < shortest_secret) return;
    for (std::size_t at = text.find(value); at != std::string::npos; at = text.find(value, at)) {
        text.replace(at, value.size(), by);
        at += by.size();
    }
}

/// Replaces quoted pieces of `value`, such as the word of it at which the server stumbled.
void replace_pieces(std::string& text, std::string_view value, std::string_view by) {
    for (std::size_t open = text.find('"'); open != std::string::npos;) {
        const std::size_t close = text.find('"', open + 1);
        if (close == std::string::npos) return;
        const std::string_view piece = std::string_view(text).substr(open + 1, close - open - 1);
        std::size_t end = close;
        if (piece.size() >= shortest_secret && value.find(piece) != std::string_view::npos) {
            text.replace(open + 1, piece.size(), by);
            end = open + 1 + by.size();
        }
        open = text.find('"', end + 1);
    }
}

std::string doubled(std::string_view text, char quote) {
    std::string result;
    for (const char c : text) {
        if (c == quote) result += c;
        result += c;
    }
    return result;
}

}  // namespace

bool is_variable_name(std::string_view name) noexcept {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    if (name.empty() || !is_letter(name.front())) return false;
    return std::all_of(
        name.begin(), name.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

void Variables::set(const std::string& name, Secret value, std::string_view origin) {
    if (!is_variable_name(name)) {
        throw Error(ErrorKind::config,
                    fmt::format("{}: \"{}\" is not the name of a variable", origin, name))
            .hint("A name holds letters, digits and \"_\", and does not begin with a digit.");
    }
    const std::string& text = value.reveal();
    if (find_invalid_utf8(text) || text.find('\0') != std::string::npos) {
        throw Error(ErrorKind::config,
                    fmt::format("{}: the value of variable {} is not UTF-8 text", origin, name));
    }
    values_.insert_or_assign(name, Variable{std::move(value), sounds_secret(name)});
}

void Variables::mark_secret(const Secret& secret) {
    if (secret.empty()) return;
    for (auto& [name, variable] : values_) {
        if (variable.value.reveal() == secret.reveal()) variable.is_secret = true;
    }
}

const Variable* Variables::find(std::string_view name) const noexcept {
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : &found->second;
}

Variables Variables::clone() const {
    Variables copy;
    for (const auto& [name, variable] : values_)
        copy.values_.emplace(name, Variable{variable.value.clone(), variable.is_secret});
    return copy;
}

std::string Variables::redact(std::string text) const {
    for (const auto& [name, variable] : values_) {
        if (!variable.is_secret) continue;
        const std::string& value = variable.value.reveal();
        const std::string shown = "${" + name + "}";
        replace_all(text, doubled(value, '\''), shown);
        replace_all(text, doubled(value, '"'), shown);
        replace_all(text, value, shown);
        replace_pieces(text, value, shown);
    }
    return text;
}

Error Variables::redact(const Error& error) const {
    Error safe(error.kind(), redact(error.message()), error.file(), error.line());
    const bool quotes_input = error.sqlstate().starts_with(data_exception) &&
                              std::any_of(values_.begin(), values_.end(), [](const auto& entry) {
                                  return entry.second.is_secret;
                              });
    safe = std::move(safe)
               .sqlstate(error.sqlstate())
               .detail(quotes_input ? std::string{} : redact(error.detail()))
               .hint(redact(error.hint()))
               .position(error.position())
               .signal(error.signal());
    if (error.is_retryable()) safe = std::move(safe).retryable();
    for (const std::string& step : error.context())
        safe.add_context(redact(step));
    return safe;
}

SharedVariables with_schema(const SharedVariables& variables, const std::string& schema) {
    if (schema.empty()) return variables;
    auto all = std::make_shared<Variables>(variables ? variables->clone() : Variables());
    all->set("SCHEMA", Secret(schema), "--schema");
    return all;
}

}  // namespace poststack::migrate
