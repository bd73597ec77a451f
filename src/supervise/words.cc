#include "supervise/words.h"

#include <cstddef>

#include "base/text.h"

namespace poststack::supervise {
namespace {

bool is_blank(char letter) noexcept {
    return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n';
}

/// A place in a text that is read letter by letter.
class Cursor {
  public:
    explicit Cursor(std::string_view text) noexcept : text_(text) {}

    [[nodiscard]] bool at_end() const noexcept { return at_ >= text_.size(); }

    [[nodiscard]] char peek() const noexcept { return text_[at_]; }

    char take() noexcept { return text_[at_++]; }

    void skip_blanks() noexcept {
        while (!at_end() && is_blank(peek()))
            take();
    }

  private:
    std::string_view text_;
    std::size_t at_ = 0;
};

/// Appends what stands up to the closing `quote`; false when there is none.
bool take_quoted(Cursor& cursor, char quote, std::string& word) {
    while (!cursor.at_end()) {
        const char letter = cursor.take();
        if (letter == quote) return true;
        // Within double quotes a backslash escapes itself and the quote, and is kept elsewhere.
        if (letter == '\\' && quote == '"' && !cursor.at_end() &&
            (cursor.peek() == '"' || cursor.peek() == '\\')) {
            word += cursor.take();
            continue;
        }
        word += letter;
    }
    return false;
}

bool take_word(Cursor& cursor, std::string& word) {
    while (!cursor.at_end() && !is_blank(cursor.peek())) {
        const char letter = cursor.take();
        if (letter == '\'' || letter == '"') {
            if (!take_quoted(cursor, letter, word)) return false;
        } else if (letter == '\\') {
            if (cursor.at_end()) return false;
            word += cursor.take();
        } else {
            word += letter;
        }
    }
    return true;
}

/// A value of a list: quoted, or everything up to the comma. Quotes may stand in its middle.
bool take_value(Cursor& cursor, std::string& value) {
    std::size_t keep = 0;  // what quotes hold is never trimmed
    while (!cursor.at_end() && cursor.peek() != ',') {
        const char letter = cursor.take();
        if (letter == '\'' || letter == '"') {
            while (!cursor.at_end() && cursor.peek() != letter)
                value += cursor.take();
            if (cursor.at_end()) return false;
            cursor.take();
            keep = value.size();
        } else {
            value += letter;
        }
    }
    while (value.size() > keep && is_blank(value.back()))
        value.pop_back();
    return true;
}

}  // namespace

std::optional<std::vector<std::string>> split_command(std::string_view command) {
    std::vector<std::string> words;
    Cursor cursor(command);
    for (cursor.skip_blanks(); !cursor.at_end(); cursor.skip_blanks()) {
        std::string word;
        if (!take_word(cursor, word)) return std::nullopt;
        words.push_back(std::move(word));
    }
    return words;
}

std::optional<Variables> split_variables(std::string_view text) {
    Variables variables;
    Cursor cursor(text);
    for (cursor.skip_blanks(); !cursor.at_end(); cursor.skip_blanks()) {
        std::string key;
        while (!cursor.at_end() && cursor.peek() != '=' && cursor.peek() != ',')
            key += cursor.take();
        key = trim(key);
        if (cursor.at_end() || cursor.take() != '=' || key.empty()) return std::nullopt;
        cursor.skip_blanks();
        std::string value;
        if (!take_value(cursor, value)) return std::nullopt;
        std::erase_if(variables, [&](const auto& entry) { return entry.first == key; });
        variables.emplace_back(std::move(key), std::move(value));
        if (!cursor.at_end()) cursor.take();  // the comma
    }
    return variables;
}

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> words;
    for (const std::string_view part : split(text, ',')) {
        if (const std::string_view word = trim(part); !word.empty()) words.emplace_back(word);
    }
    return words;
}

}  // namespace poststack::supervise
