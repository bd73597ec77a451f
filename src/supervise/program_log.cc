#include "supervise/program_log.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

namespace poststack::supervise {
namespace {

/// A line that goes on for longer is cut: memory is bounded, whatever a program writes.
constexpr std::size_t longest_line = 64U << 10;

/// The length of the UTF-8 character at the start of `text`, 0 when there is none.
std::size_t utf8_length(std::string_view text) noexcept {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    std::size_t length = 0;
    if (first >= 0xc2 && first < 0xe0) length = 2;
    if (first >= 0xe0 && first < 0xf0) length = 3;
    if (first >= 0xf0 && first < 0xf5) length = 4;
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t at = 1; at < length; ++at) {
        if ((byte(at) & 0xc0U) != 0x80U) return 0;
    }
    // Overlong forms, surrogates, and what lies beyond Unicode.
    if (first == 0xe0 && byte(1) < 0xa0) return 0;
    if (first == 0xed && byte(1) >= 0xa0) return 0;
    if (first == 0xf0 && byte(1) < 0x90) return 0;
    if (first == 0xf4 && byte(1) >= 0x90) return 0;
    return length;
}

std::string utc_millis(std::chrono::system_clock::time_point now) {
    const auto days = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date(days);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::milliseconds>(now - days));
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                       static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()),
                       time.hours().count(),
                       time.minutes().count(),
                       time.seconds().count(),
                       time.subseconds().count());
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const char letter = text.front();
        if (letter == '"' || letter == '\\') {
            out += '\\';
            out += letter;
        } else if (static_cast<unsigned char>(letter) < 0x20 || letter == '\x7f') {
            out += fmt::format("\\u{:04x}", static_cast<unsigned char>(letter));
        } else {
            const std::size_t length = utf8_length(text);
            out += length == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, length);
            text.remove_prefix(std::max<std::size_t>(length, 1));
            continue;
        }
        text.remove_prefix(1);
    }
}

std::string_view postgres_level(std::string_view line) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 9> words{{
        {"ERROR:  ", "error"},
        {"FATAL:  ", "error"},
        {"PANIC:  ", "error"},
        {"WARNING:  ", "warn"},
        {"NOTICE:  ", "info"},
        {"INFO:  ", "info"},
        {"LOG:  ", "info"},
        {"HINT:  ", "info"},
        {"DEBUG", "debug"},
    }};
    std::size_t first = std::string_view::npos;
    std::string_view level = "info";
    for (const auto& [word, means] : words) {
        const std::size_t at = line.find(word);
        if (at < first) {
            first = at;
            level = means;
        }
    }
    return level;
}

std::string json_line(const LogNames& names,
                      std::string_view line,
                      std::chrono::system_clock::time_point now) {
    std::string text = "{\"time\":\"" + utc_millis(now) + "\",\"program\":\"";
    append_json(text, names.program);
    text += "\",\"stream\":\"" + names.stream + "\",\"level\":\"";
    text += names.is_postgres ? postgres_level(line) : std::string_view("info");
    text += "\",\"message\":\"";
    append_json(text, line);
    text += "\"}";
    return text;
}

std::string without_ansi(std::string_view line) {
    std::string plain;
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (line[at] != '\x1b') {
            plain += line[at];
            continue;
        }
        if (at + 1 >= line.size() || line[at + 1] != '[') continue;
        at += 2;
        while (at < line.size() && (line[at] < '@' || line[at] > '~'))
            ++at;
    }
    return plain;
}

ProgramLog::ProgramLog(LogNames names,
                       LogFormat format,
                       std::unique_ptr<LogFile> file,
                       Outlet* outlet)
    : names_(std::move(names)),
      format_(format),
      prefix_(format == LogFormat::prefix ? names_.program + " | " : ""),
      file_(std::move(file)),
      outlet_(outlet) {}

void ProgramLog::take(std::string_view bytes) {
    bytes_ += bytes.size();
    if (bytes_hook_) bytes_hook_(bytes);
    const std::size_t end = bytes.rfind('\n');
    if (end != std::string_view::npos) {
        std::string_view lines = bytes.substr(0, end + 1);
        if (!partial_.empty()) {
            const std::size_t first = lines.find('\n') + 1;
            partial_ += lines.substr(0, first);
            lines.remove_prefix(first);
            take_lines(std::exchange(partial_, {}));
        }
        if (!lines.empty()) take_lines(lines);
        bytes.remove_prefix(end + 1);
    }
    partial_ += bytes;
    if (partial_.size() >= longest_line) finish();
}

void ProgramLog::finish() {
    if (partial_.empty()) return;
    partial_ += '\n';
    take_lines(std::exchange(partial_, {}));
}

void ProgramLog::take_lines(std::string_view lines) {
    // The fast way: a file takes the bytes as they came.
    if (file_ && !strip_ansi_) file_->write(lines);
    if (outlet_ == nullptr && !hook_ && !(file_ && strip_ansi_)) return;
    while (!lines.empty()) {
        const std::size_t end = lines.find('\n');
        write_line(lines.substr(0, end));
        lines.remove_prefix(end + 1);
    }
    if (outlet_ != nullptr) outlet_->flush();
}

void ProgramLog::write_line(std::string_view line) {
    if (hook_) hook_(line);
    std::string plain;
    if (strip_ansi_) {
        plain = without_ansi(line);
        line = plain;
        if (file_) file_->write(plain + '\n');
    }
    if (outlet_ == nullptr) return;
    if (format_ == LogFormat::json) {
        outlet_->write_line({}, json_line(names_, line, std::chrono::system_clock::now()));
    } else {
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        outlet_->write_line(prefix_, line);
    }
}

}  // namespace poststack::supervise
