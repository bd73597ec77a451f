#include "migrate/checksum.h"

#include <array>
#include <utility>

namespace poststack::migrate {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::size_t flush_size = 16U << 10;

/// Symbols that form one operator when nothing stands between them.
bool is_operator(char c) noexcept {
    return std::string_view("+-*/<>=~!@#%^&|`?:").find(c) != std::string_view::npos;
}

/// One letter a kind, so that `a` and `'a'` differ.
char letter(TokenKind kind) noexcept {
    constexpr std::array<char, 7> letters = {'w', 'q', 's', 'n', 'y', '(', ')'};
    const auto index = static_cast<std::size_t>(kind);
    return index < letters.size() ? letters[index] : ';';
}

/// Appends `text` with LF for CRLF.
void append_normalised(std::string& to, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
        to += text[i];
    }
}

}  // namespace

void NormalisedHash::update(std::string_view bytes) {
    if (!started_) {
        start_ += bytes;
        if (start_.size() < byte_order_mark.size()) return;
        started_ = true;
        const std::string first = std::exchange(start_, {});
        std::string_view rest = first;
        if (rest.starts_with(byte_order_mark)) rest.remove_prefix(byte_order_mark.size());
        add(rest);
        return;
    }
    add(bytes);
}

void NormalisedHash::add(std::string_view bytes) {
    while (!bytes.empty()) {
        if (return_ && bytes.front() != '\n') hash_.update("\r");
        return_ = false;
        std::size_t size = 0;
        for (;;) {
            size = bytes.find('\r', size);
            if (size == std::string_view::npos) size = bytes.size();
            if (size == bytes.size()) break;
            if (size + 1 == bytes.size() || bytes[size + 1] == '\n') break;
            ++size;  // a carriage return alone is no line end
        }
        hash_.update(bytes.substr(0, size));
        if (size == bytes.size()) return;
        return_ = size + 1 == bytes.size();
        bytes.remove_prefix(size + 1);
    }
}

std::string NormalisedHash::finish() {
    if (!started_) add(start_);
    if (return_) hash_.update("\r");
    return hash_.finish();
}

void TokenHash::add_statement(std::string_view statement, LexRules rules) {
    std::size_t previous_symbol_end = std::string_view::npos;
    for (std::size_t at = 0;;) {
        const Token token = next_token(statement, at, rules);
        if (token.kind >= TokenKind::end) break;
        at = token.end;
        const std::string_view text = statement.substr(token.begin, token.end - token.begin);
        const bool symbol = token.kind == TokenKind::symbol && is_operator(text.front());
        if (symbol && previous_symbol_end == token.begin) buffer_ += 'j';
        if (symbol) previous_symbol_end = token.end;
        put(letter(token.kind), text);
    }
    put(';', {});
}

void TokenHash::add_data(std::string_view data) {
    append_normalised(buffer_, data);
    flush();
}

void TokenHash::put(char kind, std::string_view text) {
    buffer_ += kind;
    if (kind == 'w') {
        for (const char c : text)
            buffer_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    } else {
        append_normalised(buffer_, text);
    }
    buffer_ += '\0';
    if (buffer_.size() >= flush_size) flush();
}

void TokenHash::flush() {
    hash_.update(buffer_);
    buffer_.clear();
}

std::string TokenHash::finish() {
    flush();
    return hash_.finish();
}

}  // namespace poststack::migrate
