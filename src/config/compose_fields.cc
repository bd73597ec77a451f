#include "config/compose_fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "config/values.h"

namespace poststack::config {

namespace {

/// Words of a shell without variables: quotes and backslashes only.
class WordSplitter {
  public:
    explicit WordSplitter(std::string_view text) : text_(text) {}

    /// Nothing when a quote stays open.
    std::optional<std::vector<std::string>> split() {
        for (at_ = 0; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == ' ' || c == '\t' || c == '\n') {
                end_word();
            } else if (c == '\'' || c == '"') {
                if (!quoted(c)) return std::nullopt;
            } else {
                if (c == '\\' && at_ + 1 < text_.size()) ++at_;
                add(text_[at_]);
            }
        }
        end_word();
        return words_;
    }

  private:
    void add(char c) {
        word_ += c;
        open_ = true;
    }

    void end_word() {
        if (open_) words_.push_back(std::move(word_));
        word_.clear();
        open_ = false;
    }

    bool quoted(char quote) {
        open_ = true;
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == quote) return true;
            const bool escape = quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size() &&
                                (text_[at_ + 1] == '"' || text_[at_ + 1] == '\\');
            if (escape) ++at_;
            word_ += text_[at_];
        }
        return false;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string word_;
    bool open_ = false;
    std::vector<std::string> words_;
};

std::optional<std::chrono::duration<double, std::milli>> unit(std::string_view name) {
    using Milliseconds = std::chrono::duration<double, std::milli>;
    if (name == "us") return Milliseconds(0.001);
    if (name == "ms") return Milliseconds(1);
    if (name == "s") return Milliseconds(1'000);
    if (name == "m") return Milliseconds(60'000);
    if (name == "h") return Milliseconds(3'600'000);
    return std::nullopt;
}

bool is_digit(char c) {
    return (c >= '0' && c <= '9') || c == '.';
}

}  // namespace

std::string scalar_text(const YamlNode& node, std::string_view key) {
    if (node.is_null()) return {};
    if (!node.is_scalar()) {
        throw yaml_error(node, fmt::format("\"{}\" must be one value, not several", key));
    }
    return node.text;
}

std::vector<std::string> command_words(const YamlNode& node, std::string_view key) {
    std::vector<std::string> words;
    if (node.is_sequence()) {
        for (const YamlNode& item : node.items)
            words.push_back(scalar_text(item, key));
        return words;
    }
    auto found = WordSplitter(scalar_text(node, key)).split();
    if (!found) throw yaml_error(node, fmt::format("\"{}\" holds a quote that is not closed", key));
    return std::move(*found);
}

std::optional<std::chrono::milliseconds> parse_compose_duration(std::string_view text) {
    if (text.empty()) return std::nullopt;
    if (const auto seconds = parse_integer(text)) {
        if (*seconds < 0) return std::nullopt;
        return std::chrono::seconds(*seconds);
    }
    std::chrono::duration<double, std::milli> sum{0};
    while (!text.empty()) {
        std::size_t digits = 0;
        while (digits < text.size() && is_digit(text[digits]))
            ++digits;
        std::size_t letters = digits;
        while (letters < text.size() && !is_digit(text[letters]))
            ++letters;
        const auto number = parse_decimal(text.substr(0, digits));
        const auto step = unit(text.substr(digits, letters - digits));
        if (!number || !step) return std::nullopt;
        sum += *number * *step;
        text.remove_prefix(letters);
    }
    return std::chrono::round<std::chrono::milliseconds>(sum);
}

ComposeFields::ComposeFields(const YamlNode& node, std::string subject)
    : node_(node), subject_(std::move(subject)) {
    if (!node.is_null() && !node.is_mapping()) {
        throw yaml_error(node, fmt::format("{} must be a mapping of keys and values", subject_));
    }
}

void ComposeFields::wrong(const YamlNode& node, std::string_view key, std::string_view what) const {
    throw yaml_error(node,
                     fmt::format("\"{}\" of {} is \"{}\", but must be {}",
                                 key,
                                 subject_,
                                 node.is_scalar() ? node.text : "several values",
                                 what));
}

const YamlNode* ComposeFields::find(std::string_view key) {
    asked_.emplace_back(key);
    const YamlNode* const value = node_.find(key);
    return value == nullptr || value->is_null() ? nullptr : value;
}

std::optional<std::string> ComposeFields::text(std::string_view key) {
    const YamlNode* const value = find(key);
    if (value == nullptr) return std::nullopt;
    return scalar_text(*value, key);
}

std::string ComposeFields::text_or(std::string_view key, std::string_view fallback) {
    return text(key).value_or(std::string(fallback));
}

bool ComposeFields::boolean(std::string_view key, bool fallback) {
    const YamlNode* const value = find(key);
    if (value == nullptr) return fallback;
    const auto parsed = value->is_scalar() ? parse_boolean(value->text) : std::nullopt;
    if (!parsed) wrong(*value, key, "true or false");
    return *parsed;
}

std::optional<std::int64_t> ComposeFields::integer(std::string_view key) {
    const YamlNode* const value = find(key);
    if (value == nullptr) return std::nullopt;
    const auto parsed = value->is_scalar() ? parse_integer(value->text) : std::nullopt;
    if (!parsed) wrong(*value, key, "a whole number");
    return parsed;
}

std::optional<int> ComposeFields::octal(std::string_view key) {
    const YamlNode* const value = find(key);
    if (value == nullptr) return std::nullopt;
    std::string_view digits = value->text;
    if (digits.starts_with("0o")) digits.remove_prefix(2);
    // YAML 1.2 reads 0400 as four hundred; every compose writes what 440 octal means as 0440.
    int mode = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), mode, 8);
    const bool whole = error == std::errc() && end == digits.data() + digits.size();
    if (!value->is_scalar() || !whole || digits.empty() || mode > 07777) {
        wrong(*value, key, "a file mode such as 0400");
    }
    return mode;
}

std::optional<double> ComposeFields::decimal(std::string_view key) {
    const YamlNode* const value = find(key);
    if (value == nullptr) return std::nullopt;
    const auto parsed = value->is_scalar() ? parse_decimal(value->text) : std::nullopt;
    if (!parsed) wrong(*value, key, "a number");
    return parsed;
}

std::optional<std::uint64_t> ComposeFields::size(std::string_view key) {
    const YamlNode* const value = find(key);
    if (value == nullptr) return std::nullopt;
    std::string text = value->is_scalar() ? to_lower(value->text) : std::string();
    if (text.ends_with("b") && text.size() > 1 && is_digit(text[text.size() - 2])) text.pop_back();
    const auto parsed = parse_size(text);
    if (!parsed) wrong(*value, key, "a size such as 512m or 1gb");
    return parsed;
}

std::optional<std::chrono::milliseconds> ComposeFields::duration(std::string_view key) {
    const YamlNode* const value = find(key);
    if (value == nullptr) return std::nullopt;
    const auto parsed = value->is_scalar() ? parse_compose_duration(value->text) : std::nullopt;
    if (!parsed) wrong(*value, key, "a duration such as 1m30s");
    return parsed;
}

std::vector<std::string> ComposeFields::list(std::string_view key) {
    std::vector<std::string> words;
    const YamlNode* const value = find(key);
    if (value == nullptr) return words;
    if (!value->is_sequence()) wrong(*value, key, "a list");
    for (const YamlNode& item : value->items)
        words.push_back(scalar_text(item, key));
    return words;
}

ComposeMap ComposeFields::map(std::string_view key) {
    ComposeMap found;
    const YamlNode* const value = find(key);
    if (value == nullptr) return found;
    if (!value->is_mapping()) wrong(*value, key, "a mapping of keys and values");
    for (const YamlPair& pair : value->pairs)
        found.insert_or_assign(pair.key, scalar_text(pair.value, pair.key));
    return found;
}

ComposeVariables ComposeFields::variables(std::string_view key) {
    ComposeVariables found;
    const YamlNode* const value = find(key);
    if (value == nullptr) return found;
    if (!value->is_mapping()) wrong(*value, key, "a mapping or a list of NAME=value");
    for (const YamlPair& pair : value->pairs) {
        std::optional<std::string> text;
        if (!pair.value.is_null()) text = scalar_text(pair.value, pair.key);
        found.emplace_back(pair.key, std::move(text));
    }
    return found;
}

std::optional<std::string> ComposeFields::choice(std::string_view key,
                                                 std::span<const std::string_view> words) {
    const YamlNode* const value = find(key);
    if (value == nullptr) return std::nullopt;
    const std::string text = value->is_scalar() ? value->text : std::string();
    if (std::find(words.begin(), words.end(), text) == words.end()) {
        wrong(*value, key, fmt::format("one of {}", fmt::join(words, ", ")));
    }
    return text;
}

void ComposeFields::finish(std::span<const IgnoredKey> harmless,
                           std::vector<std::string>& ignored) const {
    for (const YamlPair& pair : node_.pairs) {
        const bool known = std::find(asked_.begin(), asked_.end(), pair.key) != asked_.end();
        if (known || pair.key.starts_with("x-")) continue;
        YamlNode place = pair.value.beside(YamlNode::Kind::null);
        place.line = pair.line;
        place.column = pair.column;
        const auto found = std::find_if(harmless.begin(),
                                        harmless.end(),
                                        [&](const IgnoredKey& key) { return key.key == pair.key; });
        if (found != harmless.end()) {
            ignored.push_back(
                fmt::format("{}: \"{}\" of {}: {}", place.where(), pair.key, subject_, found->why));
            continue;
        }
        Error error =
            yaml_error(place, fmt::format("key \"{}\" of {} is not supported", pair.key, subject_));
        const auto near = nearest(pair.key, asked_);
        error.set_hint(near ? fmt::format("Did you mean \"{}\"?", *near)
                            : "docs/compose.md lists what is; remove the key, or run this service "
                              "with docker compose.");
        throw error;
    }
}

}  // namespace poststack::config
