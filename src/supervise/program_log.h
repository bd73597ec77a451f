// From the bytes of a program's output to whole lines in their place.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "supervise/config.h"
#include "supervise/log_file.h"
#include "supervise/outlet.h"

namespace poststack::supervise {

struct LogNames {
    std::string program;
    std::string stream;  ///< "stdout" or "stderr"
    bool is_postgres = false;
};

/// One of the outputs of one program. Outlives the program's processes.
class ProgramLog {
  public:
    using LineHook = std::function<void(std::string_view line)>;

    /// Lines go to `file` or `outlet`, else nowhere.
    ProgramLog(LogNames names, LogFormat format, std::unique_ptr<LogFile> file, Outlet* outlet);

    /// Takes the next bytes; what follows the last line end waits for the rest of its line.
    void take(std::string_view bytes);

    /// The process has ended: an unfinished line is a line.
    void finish();

    [[nodiscard]] bool is_full() const noexcept { return outlet_ != nullptr && outlet_->is_full(); }

    /// Is told every line: for what PostgreSQL and event listeners say.
    void on_line(LineHook hook) { hook_ = std::move(hook); }

    /// Is told every byte as it comes: what event listeners say is a protocol, not lines.
    void on_bytes(LineHook hook) { bytes_hook_ = std::move(hook); }

    void strip_ansi(bool strip) noexcept { strip_ansi_ = strip; }

    [[nodiscard]] LogFile* file() noexcept { return file_.get(); }

    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

    [[nodiscard]] std::uint64_t lost_bytes() const noexcept {
        return file_ ? file_->lost_bytes() : 0;
    }

  private:
    void take_lines(std::string_view lines);
    void write_line(std::string_view line);

    LogNames names_;
    LogFormat format_;
    std::string prefix_;
    std::unique_ptr<LogFile> file_;
    Outlet* outlet_;
    LineHook hook_;
    LineHook bytes_hook_;
    bool strip_ansi_ = false;
    std::string partial_;
    std::uint64_t bytes_ = 0;
};

/// One line as a JSON document: time, program, stream, level, message. Bytes that are no UTF-8
/// become U+FFFD.
[[nodiscard]] std::string json_line(const LogNames& names,
                                    std::string_view line,
                                    std::chrono::system_clock::time_point now);

/// The level of a line that PostgreSQL wrote: "error" for ERROR, FATAL and PANIC, "warn" for
/// WARNING, "debug" for DEBUG1 and the like, else "info".
[[nodiscard]] std::string_view postgres_level(std::string_view line);

/// Appends `text` as the inside of a JSON string.
void append_json(std::string& out, std::string_view text);

/// Removes the escape sequences that steer a terminal.
[[nodiscard]] std::string without_ansi(std::string_view line);

}  // namespace poststack::supervise
