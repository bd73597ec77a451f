#include "instance/log_writer.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "sys/file.h"
#include "sys/log_sinks.h"

namespace poststack::instance {
namespace {

constexpr std::size_t longest_line = 1U << 20;

/// Writes what can be written and counts the rest.
class Sink {
  public:
    explicit Sink(const std::filesystem::path& path) : path_(path) {}

    void put(std::string_view line) {
        try {
            try_put(line);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::not_found || !put_into_new_folder(line)) ++dropped_;
        }
    }

  private:
    void try_put(std::string_view line) {
        if (!file_) file_.emplace(path_);
        if (dropped_ > 0) {
            file_->write_line(fmt::format("poststack: {} lines could not be written", dropped_));
            dropped_ = 0;
        }
        file_->write_line(line);
    }

    /// Somebody removed the log folder under us.
    bool put_into_new_folder(std::string_view line) {
        try {
            sys::make_directories(path_.parent_path(), 0700);
            try_put(line);
            return true;
        } catch (const Error&) {
            return false;  // `poststack logs` and `up` make it where we may not
        }
    }

    std::filesystem::path path_;
    std::optional<sys::RotatingFile> file_;
    std::uint64_t dropped_ = 0;
};

}  // namespace

void write_log(int input, const std::filesystem::path& path) {
    Sink sink(path);
    std::string pending;
    std::array<char, 64U << 10> buffer{};
    for (;;) {
        const ssize_t got = ::read(input, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        pending.append(buffer.data(), static_cast<std::size_t>(got));
        std::size_t begin = 0;
        for (std::size_t end = pending.find('\n'); end != std::string::npos;
             end = pending.find('\n', begin)) {
            sink.put(std::string_view(pending).substr(begin, end - begin));
            begin = end + 1;
        }
        pending.erase(0, begin);
        if (pending.size() > longest_line) {
            sink.put(pending);
            pending.clear();
        }
    }
    if (!pending.empty()) sink.put(pending);
}

}  // namespace poststack::instance
