// The log interface. Where lines go (terminal, rotating files) is decided in sys/log_sinks.h.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace poststack {

/// error: a person must act; warning: it went on, but look; info: state changed; debug: decisions
/// and programs run; trace: per item.
enum class LogLevel { error, warning, info, debug, trace };

/// Parses "error", "warn", "warning", "info", "debug", "trace" in any case.
/// Errors: ErrorKind::config naming `origin` and the allowed words.
[[nodiscard]] LogLevel parse_log_level(std::string_view text, std::string_view origin);
[[nodiscard]] std::string_view name(LogLevel level) noexcept;

using LogField = std::pair<std::string_view, std::string>;

/// Sends leveled lines to the sinks it was given. Every line is masked (mask_secrets) first.
///
/// A sink that fails must not stop the command: sinks swallow their errors.
class Logger {
  public:
    using Sink = std::function<void(LogLevel, std::string_view line)>;

    Logger() = default;

    /// Adds a sink that gets every line of level `least` or more important.
    void add_sink(LogLevel least, Sink sink);

    void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

    void error(std::string_view message, std::initializer_list<LogField> fields = {});
    void warning(std::string_view message, std::initializer_list<LogField> fields = {});
    void info(std::string_view message, std::initializer_list<LogField> fields = {});
    void debug(std::string_view message, std::initializer_list<LogField> fields = {});

    /// True when some sink wants `level`: guard for costly messages.
    [[nodiscard]] bool wants(LogLevel level) const noexcept;

  private:
    std::vector<std::pair<LogLevel, Sink>> sinks_;
};

}  // namespace poststack
