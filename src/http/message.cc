#include "http/message.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace poststack::http {
namespace {

char lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool is_token_char(char letter) noexcept {
    const char small = lower(letter);
    if ((small >= 'a' && small <= 'z') || (letter >= '0' && letter <= '9')) return true;
    return std::string_view("!#$%&'*+-.^_`|~").find(letter) != std::string_view::npos;
}

/// Field values and reasons: anything but line ends and NUL.
bool is_value(std::string_view text) noexcept {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

bool is_target(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char letter) {
        return letter > ' ' && letter != '\x7f';
    });
}

std::string_view trim_blanks(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool append_headers(std::string& text, const std::vector<Header>& headers) {
    for (const Header& header : headers) {
        if (!is_token(header.name) || !is_value(header.value)) return false;
        text.append(header.name).append(": ").append(header.value).append("\r\n");
    }
    text += "\r\n";
    return true;
}

}  // namespace

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool same_text(std::string_view left, std::string_view right) noexcept {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
        return lower(a) == lower(b);
    });
}

std::optional<std::string_view> Head::find(std::string_view name) const noexcept {
    for (const Header& header : headers) {
        if (same_text(header.name, name)) return header.value;
    }
    return std::nullopt;
}

bool Head::lists(std::string_view name, std::string_view token) const noexcept {
    for (const Header& header : headers) {
        if (!same_text(header.name, name)) continue;
        std::string_view rest = header.value;
        while (!rest.empty()) {
            const auto comma = std::min(rest.find(','), rest.size());
            if (same_text(trim_blanks(rest.substr(0, comma)), token)) return true;
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    return false;
}

void Head::set(std::string name, std::string value) {
    for (Header& header : headers) {
        if (!same_text(header.name, name)) continue;
        header.value = std::move(value);
        return;
    }
    headers.push_back({std::move(name), std::move(value)});
}

std::string request_text(const Head& head) {
    if (!is_token(head.method) || !is_target(head.target)) return {};
    std::string text = head.method + " " + head.target + " HTTP/1.1\r\n";
    if (!append_headers(text, head.headers)) return {};
    return text;
}

std::string response_text(const Head& head) {
    if (head.status < 100 || head.status > 999 || !is_value(head.reason)) return {};
    std::string text = "HTTP/1.1 " + std::to_string(head.status) + " " + head.reason + "\r\n";
    if (!append_headers(text, head.headers)) return {};
    return text;
}

std::string chunk_text(std::string_view bytes) {
    if (bytes.empty()) return {};
    std::array<char, 20> size{};
    const auto end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
    std::string text(size.data(), end);
    text.append("\r\n").append(bytes).append("\r\n");
    return text;
}

}  // namespace poststack::http
