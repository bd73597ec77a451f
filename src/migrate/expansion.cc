#include "migrate/expansion.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "migrate/scanner.h"

namespace poststack::migrate {

/// One "${NAME}", "${'NAME'}" or "${"NAME"}" and where it stands.
struct VariableReference {
    std::string_view written;
    std::size_t begin = 0;
    std::size_t end = 0;  ///< 0: it is none
    std::string_view name;
    char quote = '\0';  ///< ' or " or none
};

namespace {

constexpr std::string_view opening = "${";

[[noreturn]] void refuse(std::string_view written,
                         std::size_t at,
                         const TextPlace& place,
                         const std::string& what,
                         std::string hint) {
    TextPosition position = place.start;
    position.advance(written.substr(0, at));
    throw Error(ErrorKind::config,
                fmt::format("{}:{}:{}: {}", place.name, position.line, position.column, what))
        .hint(std::move(hint));
}

bool is_word_byte(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (static_cast<unsigned char>(c) & 0x80U) != 0;
}

/// What a quoted value would melt together with: E'...', 'a''b', a word.
bool attaches(char c) noexcept {
    return is_word_byte(c) || c == '\'' || c == '"' || c == '&';
}

VariableReference read_reference(std::string_view written, std::size_t begin) {
    VariableReference found{written, begin, 0, {}, '\0'};
    std::size_t at = begin + opening.size();
    if (at < written.size() && (written[at] == '\'' || written[at] == '"'))
        found.quote = written[at++];
    const std::size_t name = at;
    while (at < written.size() && is_word_byte(written[at]) && written[at] != '$')
        ++at;
    found.name = written.substr(name, at - name);
    if (found.quote != '\0' && (at == written.size() || written[at++] != found.quote)) return found;
    if (at < written.size() && written[at] == '}' && is_variable_name(found.name))
        found.end = at + 1;
    return found;
}

/// Calls `on_reference(begin)`, which returns where to go on, for each "${" that the server would
/// read as such, and `on_string(token)` for each string and quoted identifier.
template <class OnReference, class OnString>
void walk(std::string_view written,
          LexRules rules,
          OnReference&& on_reference,
          OnString&& on_string) {
    for (std::size_t at = 0;;) {
        const Token token = next_token(written, at, rules);
        if (token.kind >= TokenKind::end) return;
        at = token.end;
        if (token.kind == TokenKind::string || token.kind == TokenKind::quoted) on_string(token);
        const bool may_open = token.kind == TokenKind::symbol || token.kind == TokenKind::word ||
                              token.kind == TokenKind::number;
        // A word may hold "$" as well: "tenant_${N}" begins with the word "tenant_$".
        if (may_open && written[at - 1] == '$' && at < written.size() && written[at] == '{')
            at = on_reference(at - 1);
    }
}

std::string literal(const std::string& value) {
    std::string text = value.find('\\') == std::string::npos ? "'" : "E'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') text += c;
        text += c;
    }
    return text + "'";
}

std::string identifier(const std::string& value) {
    std::string text = "\"";
    for (const char c : value) {
        if (c == '"') text += c;
        text += c;
    }
    return text + "\"";
}

/// True when `sql` is one statement that ends where its last byte is.
bool is_one_statement(const std::string& sql, bool standard_strings) {
    constexpr std::string_view behind = ";x";
    const std::string probe = sql + std::string(behind);
    try {
        TextSource source(probe);
        Scanner scanner(source, {});
        scanner.set_standard_strings(standard_strings);
        const auto first = scanner.next();
        if (!first || first->is_copy_in) return first && first->end == sql.size() + 1;
        const auto second = scanner.next();
        return first->end == sql.size() + 1 && second && second->end == probe.size() &&
               !scanner.next();
    } catch (const Error&) {
        return false;  // an open string or comment, a backslash command
    }
}

}  // namespace

std::size_t ExpandedText::written_index(std::size_t index) const noexcept {
    std::size_t written = index;
    for (const Patch& patch : patches) {
        if (index < patch.begin) break;
        if (index < patch.end) return patch.written_begin;
        written = patch.written_end + (index - patch.end);
    }
    return written;
}

Expansion::Expansion(std::vector<std::string> names, SharedVariables values)
    : names_(std::move(names)), values_(std::move(values)) {}

bool Expansion::is_asked_for(std::string_view name) const noexcept {
    return std::find(names_.begin(), names_.end(), name) != names_.end();
}

void Expansion::check_reference(const VariableReference& reference, const TextPlace& place) const {
    const auto stop = [&](const std::string& what, std::string hint) {
        refuse(reference.written, reference.begin, place, what, std::move(hint));
    };
    const std::string name(reference.name);
    if (reference.end == 0) {
        stop("\"${\" begins no variable",
             "Write ${NAME}, ${'NAME'} for a string or ${\"NAME\"} for an identifier.");
    }
    if (!is_asked_for(name)) {
        stop(fmt::format("this file does not ask for variable \"{}\"", name),
             fmt::format("Add it to a line at the top: -- poststack: variables {} {}",
                         join(names_, " "),
                         name));
    }
    const bool left = reference.begin > 0 && attaches(reference.written[reference.begin - 1]);
    const bool right =
        reference.end < reference.written.size() && attaches(reference.written[reference.end]);
    if (reference.quote != '\0' && (left || right)) {
        stop(fmt::format("variable \"{}\" touches what stands beside it", name),
             "Put a blank between; || joins strings.");
    }
}

std::string Expansion::value_of(const VariableReference& reference, const TextPlace& place) const {
    const auto stop = [&](const std::string& what, std::string hint) {
        refuse(reference.written, reference.begin, place, what, std::move(hint));
    };
    check_reference(reference, place);
    const std::string name(reference.name);
    const Variable* variable = values_ ? values_->find(name) : nullptr;
    if (variable == nullptr) {
        stop(fmt::format("variable \"{}\" has no value", name),
             fmt::format("Give it one: --var {0}=VALUE, POSTSTACK_VAR_{0}=VALUE in the environment "
                         "or .env, or \"{0}: VALUE\" below \"variables:\" in poststack.yaml.",
                         name));
    }
    const std::string& value = variable->value.reveal();
    if (reference.quote == '\0') {
        if (variable->is_secret) {
            stop(fmt::format("variable \"{}\" is a secret and cannot stand here as it is", name),
                 fmt::format("Write ${{'{0}'}} for a string or ${{\"{0}\"}} for an identifier.",
                             name));
        }
        return value;
    }
    if (reference.quote == '\'') return literal(value);
    if (value.empty()) {
        stop(fmt::format("variable \"{}\" is empty, which no identifier can be", name),
             fmt::format("Give it a value with --var {}=VALUE.", name));
    }
    return identifier(value);
}

ExpandedText Expansion::expand(std::string_view written,
                               const TextPlace& place,
                               LexRules rules) const {
    ExpandedText text;
    std::size_t copied = 0;
    walk(
        written,
        rules,
        [&](std::size_t begin) {
            const auto reference = read_reference(written, begin);
            const std::string value = value_of(reference, place);
            text.sql += written.substr(copied, begin - copied);
            text.patches.push_back(
                {begin, reference.end, text.sql.size(), text.sql.size() + value.size()});
            text.sql += value;
            copied = reference.end;
            return reference.end;
        },
        [](const Token&) {});
    text.sql += written.substr(copied);
    return text;
}

ExpandedText Expansion::expand_statement(std::string_view written,
                                         const TextPlace& place,
                                         LexRules rules) const {
    ExpandedText text = expand(written, place, rules);
    if (!text.patches.empty() && !is_one_statement(text.sql, rules.standard_strings)) {
        refuse(written,
               text.patches.front().written_begin,
               place,
               "with the values of its variables this is no longer one statement",
               "A value may be a part of a statement: no semicolon, open quote or comment. For "
               "text write ${'NAME'}.");
    }
    return text;
}

std::vector<std::string> Expansion::find_quoted(std::string_view written,
                                                const TextPlace& place,
                                                LexRules rules) const {
    std::vector<std::string> found;
    walk(
        written,
        rules,
        [&](std::size_t begin) {
            return std::max(read_reference(written, begin).end, begin + opening.size());
        },
        [&](const Token& token) {
            if (written[token.begin] == '$') return;  // a body that may mean something else by it
            const std::string_view text = written.substr(token.begin, token.end - token.begin);
            for (const std::string& name : names_) {
                const std::size_t at = text.find("${" + name + "}");
                if (at == std::string_view::npos) continue;
                TextPosition position = place.start;
                position.advance(written.substr(0, token.begin + at));
                found.push_back(fmt::format(
                    "{0}:{1}:{2}: ${{{3}}} inside of quotes is not replaced; write ${{'{3}'}} or "
                    "${{\"{3}\"}} outside of them",
                    place.name,
                    position.line,
                    position.column,
                    name));
            }
        });
    return found;
}

Error Expansion::redact(const Error& error) const {
    return values_ ? values_->redact(error) : error;
}

std::string Expansion::redact(std::string text) const {
    return values_ ? values_->redact(std::move(text)) : text;
}

std::shared_ptr<const Expansion> make_expansion(const std::vector<std::string>& names,
                                                const SharedVariables& values) {
    if (names.empty()) return nullptr;
    return std::make_shared<const Expansion>(names, values);
}

std::string placeholder_of(std::string_view name) {
    return fmt::format("__{}_", to_lower(name));
}

std::string Expansion::with_placeholders(std::string_view written,
                                         const TextPlace& place,
                                         LexRules rules) const {
    std::string text(written);
    walk(
        written,
        rules,
        [&](std::size_t begin) {
            const auto reference = read_reference(written, begin);
            check_reference(reference, place);
            // Unquoted the server would make it lower case: the quoted form must be the same name.
            std::string by = placeholder_of(reference.name);
            if (reference.quote != '\0') by = reference.quote + by + reference.quote;
            text.replace(begin, reference.end - begin, by);
            return reference.end;
        },
        [](const Token&) {});
    return text;
}

}  // namespace poststack::migrate
