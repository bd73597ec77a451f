#include "config/env_parser.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "config/interpolate.h"

namespace poststack::config {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

bool is_name_character(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

/// What `\c` stands for in double quotes; a pair that means nothing stays as it is. A protected
/// dollar becomes "$$" because ${..} is replaced afterwards.
std::string unescape(char c) {
    switch (c) {
        case 'n': return "\n";
        case 'r': return "\r";
        case 't': return "\t";
        case '"': return "\"";
        case '\\': return "\\";
        case '$': return "$$";
        default: return {'\\', c};
    }
}

}  // namespace

std::vector<EnvFile::Assignment> EnvParser::parse() {
    if (text_.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
    if (const std::size_t nul = text_.find('\0'); nul != std::string::npos) {
        const auto lines = std::count(text_.begin(), text_.begin() + static_cast<long>(nul), '\n');
        fail(static_cast<int>(lines) + 1, "there is a NUL byte; this is no text file");
    }
    while (!at_end()) {
        skip_blanks();
        if (at_line_end() || peek() == '#') {
            skip_line();
        } else {
            statement();
        }
    }
    return std::move(found_);
}

void EnvParser::fail(int line, std::string_view what) const {
    throw Error(ErrorKind::config, fmt::format("cannot read \"{}\": {}", origin(line), what));
}

std::string EnvParser::origin(int line) const {
    return fmt::format("{}:{}", file_.path_.string(), line);
}

void EnvParser::statement() {
    EnvFile::Assignment assignment;
    assignment.line = line_;
    assignment.name = take_name();
    const std::size_t after_name = at_;
    skip_blanks();
    if (at_line_end() || (peek() == '#' && is_blank(text_[at_ - 1]))) {
        assignment.has_value = false;
        assignment.value_begin = assignment.value_end = after_name;
        const auto inherited = file_.environment_.find(assignment.name);
        assignment.is_set = inherited != file_.environment_.end();
        if (assignment.is_set) assignment.value = inherited->second;
    } else if (peek() == '=' || peek() == ':') {
        ++at_;
        take_value(assignment);
    } else {
        fail(line_, "a name is followed by \"=\" and a value; this line has something else");
    }
    expect_line_end();
    found_.push_back(std::move(assignment));
}

std::string EnvParser::take_name() {
    const auto word = [this] {
        const std::size_t begin = at_;
        while (is_name_character(peek()))
            ++at_;
        return text_.substr(begin, at_ - begin);
    };
    std::string name = word();
    if (name == "export" && is_blank(peek())) {
        skip_blanks();
        // "export = x" assigns to a variable of that name.
        if (peek() != '=' && peek() != ':') name = word();
    }
    if (name.empty()) fail(line_, "a name holds only letters, digits and \"_\"");
    if (name.front() >= '0' && name.front() <= '9')
        fail(line_, "a name may not begin with a digit");
    return name;
}

void EnvParser::take_value(EnvFile::Assignment& assignment) {
    const std::size_t after_sign = at_;
    skip_blanks();
    if (at_line_end() || (peek() == '#' && at_ > after_sign)) {
        assignment.value_begin = assignment.value_end = after_sign;
        return;
    }
    assignment.value_begin = at_;
    if (const char quote = peek(); quote == '\'' || quote == '"') {
        std::string value = take_quoted(quote);
        assignment.value = quote == '"' ? replace(value, assignment.line) : std::move(value);
        assignment.value_end = at_;
    } else {
        assignment.value = replace(take_plain(assignment), assignment.line);
    }
}

std::string EnvParser::take_plain(EnvFile::Assignment& assignment) {
    const std::size_t begin = at_;
    while (!at_line_end() && !(peek() == '#' && is_blank(text_[at_ - 1])))
        ++at_;
    std::string_view value = std::string_view(text_).substr(begin, at_ - begin);
    while (!value.empty() && is_blank(value.back()))
        value.remove_suffix(1);
    assignment.value_end = begin + value.size();
    return std::string(value);
}

std::string EnvParser::take_quoted(char quote) {
    const int opened = line_;
    ++at_;
    std::string value;
    for (; !at_end(); ++at_) {
        const char c = text_[at_];
        if (c == quote) {
            ++at_;
            return value;
        }
        if (c == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') continue;
        if (c == '\n') ++line_;
        if (c != '\\' || at_ + 1 >= text_.size()) {
            value += c;
            continue;
        }
        const char escaped = text_[++at_];
        if (escaped == '\n') ++line_;
        if (quote == '"') {
            value += unescape(escaped);
        } else {
            // Only the quote itself can be protected; "\\" stays two characters.
            if (escaped != '\'') value += '\\';
            value += escaped;
        }
    }
    fail(opened,
         quote == '"' ? "the closing double quote is missing"
                      : "the closing single quote is missing");
}

void EnvParser::expect_line_end() {
    const bool after_blank = at_ > 0 && is_blank(text_[at_ - 1]);
    const std::size_t before = at_;
    skip_blanks();
    if (at_line_end()) {
        skip_line();
    } else if (peek() == '#' && (after_blank || at_ > before)) {
        skip_line();
    } else {
        fail(line_, "there is text behind the closing quote");
    }
}

std::string EnvParser::replace(std::string_view value, int line) const {
    const Lookup lookup = [this](std::string_view name) -> std::optional<std::string> {
        const auto outer = file_.environment_.find(std::string(name));
        if (outer != file_.environment_.end()) return outer->second;
        for (auto above = found_.rbegin(); above != found_.rend(); ++above) {
            if (above->name == name && above->is_set) return above->value;
        }
        return std::nullopt;
    };
    return interpolate(value, lookup, origin(line));
}

void EnvParser::skip_blanks() {
    while (is_blank(peek()))
        ++at_;
}

void EnvParser::skip_line() {
    while (!at_end() && text_[at_] != '\n')
        ++at_;
    if (!at_end()) ++at_;
    ++line_;
}

bool EnvParser::at_line_end() const noexcept {
    return at_end() || text_[at_] == '\n' ||
           (text_[at_] == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n'));
}

}  // namespace poststack::config
