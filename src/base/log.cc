#include "base/log.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace poststack {
namespace {

/// True for a value that reads unambiguously without quotes.
bool is_plain(std::string_view value) {
    return !value.empty() && std::ranges::none_of(value, [](char letter) {
        return letter == ' ' || letter == '"' || letter == '=' || letter == '\\';
    });
}

/// One log call is one line: whatever would break it is written as an escape.
void append_escaped(std::string& line, std::string_view text) {
    for (const char letter : text) {
        const auto code = static_cast<unsigned char>(letter);
        switch (letter) {
            case '\n': line += "\\n"; break;
            case '\r': line += "\\r"; break;
            case '\t': line += "\\t"; break;
            default:
                if (code < 0x20 || code == 0x7f) {
                    line += fmt::format("\\x{:02x}", code);
                } else {
                    line += letter;
                }
        }
    }
}

void append_field(std::string& line, const LogField& field) {
    const auto& [key, value] = field;
    line += fmt::format(" {}=", key);
    if (is_plain(value)) {
        append_escaped(line, value);
        return;
    }
    std::string quoted;
    for (const char letter : value) {
        if (letter == '"' || letter == '\\') quoted += '\\';
        quoted += letter;
    }
    line += '"';
    append_escaped(line, quoted);
    line += '"';
}

}  // namespace

LogLevel parse_log_level(std::string_view text, std::string_view origin) {
    const std::string word = to_lower(trim(text));
    if (word == "error") return LogLevel::error;
    if (word == "warn" || word == "warning") return LogLevel::warning;
    if (word == "info") return LogLevel::info;
    if (word == "debug") return LogLevel::debug;
    if (word == "trace") return LogLevel::trace;
    throw Error(ErrorKind::config, fmt::format("\"{}\" in {} is not a log level", text, origin))
        .hint("Use one of error, warn, info, debug and trace.");
}

std::string_view name(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::error: return "error";
        case LogLevel::warning: return "warn";
        case LogLevel::info: return "info";
        case LogLevel::debug: return "debug";
        case LogLevel::trace: return "trace";
    }
    return "error";
}

void Logger::add_sink(LogLevel least, Sink sink) {
    sinks_.emplace_back(least, std::move(sink));
}

void Logger::log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
    if (!wants(level)) return;
    std::string line;
    append_escaped(line, message);
    for (const LogField& field : fields)
        append_field(line, field);
    line = mask_secrets(line);
    for (const auto& [least, sink] : sinks_) {
        if (level > least) continue;
        try {
            sink(level, line);
        } catch (...) {  // NOLINT(bugprone-empty-catch): a full disk must not end the command
        }
    }
}

void Logger::error(std::string_view message, std::initializer_list<LogField> fields) {
    log(LogLevel::error, message, fields);
}

void Logger::warning(std::string_view message, std::initializer_list<LogField> fields) {
    log(LogLevel::warning, message, fields);
}

void Logger::info(std::string_view message, std::initializer_list<LogField> fields) {
    log(LogLevel::info, message, fields);
}

void Logger::debug(std::string_view message, std::initializer_list<LogField> fields) {
    log(LogLevel::debug, message, fields);
}

bool Logger::wants(LogLevel level) const noexcept {
    return std::ranges::any_of(sinks_, [level](const auto& sink) { return level <= sink.first; });
}

}  // namespace poststack
