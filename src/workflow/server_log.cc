#include "workflow/server_log.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "instance/native_spec.h"
#include "instance/place.h"
#include "sys/errno_error.h"
#include "sys/file.h"
#include "workflow/stack_server.h"

namespace poststack::workflow {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_bytes = 64U << 10;
using Piece = std::array<char, piece_bytes>;

/// Reads up to a piece at `offset`, before `end`.
std::string_view read_piece(int file, std::uint64_t offset, std::uint64_t end, Piece& piece) {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(end - offset, piece_bytes));
    for (;;) {
        const ssize_t got = ::pread(file, piece.data(), wanted, static_cast<off_t>(offset));
        if (got >= 0) return {piece.data(), static_cast<std::size_t>(got)};
        if (errno != EINTR) sys::throw_errno("read", "the server's log");
    }
}

/// Where the last `missing` line ends of a file are found, counted down; 0 when it has fewer.
std::uint64_t find_begin(int file, std::uint64_t size, std::uint64_t& missing) {
    Piece piece;
    std::uint64_t end = size;
    while (end > 0) {
        const std::uint64_t offset = end > piece_bytes ? end - piece_bytes : 0;
        const std::string_view text = read_piece(file, offset, end, piece);
        for (std::size_t at = text.size(); at > 0; --at) {
            if (text[at - 1] == '\n' && --missing == 0) return offset + at;
        }
        end = offset;
    }
    return 0;
}

}  // namespace

ServerLog find_server_log(const StackRequest& request) {
    ServerLog log{.path = request.project.log_dir / "database" / "postgresql.log"};
    log.is_there = sys::find_info(log.path).has_value();
    if (log.is_there || request.project.id.empty()) return log;
    const StackServer stack(request, request.project);
    log.server_runs = stack.server().look().pid_file.has_value();
    if (log.server_runs) {
        instance::prepare_logs(
            instance::make_server_spec(request.project, request.settings, request.environment)
                .place);
    }
    return log;
}

LogTail::LogTail(const fs::path& path, std::uint64_t lines) : path_(path) {
    constexpr int most_parts = 100;  // the writer keeps five
    if (lines == 0) return;
    // The end of the last line is no beginning of another one.
    std::uint64_t missing = lines + 1;
    (void)add(path, missing);  // away for an instant while it is rotated
    for (int number = 1; missing > 0 && number < most_parts; ++number) {
        if (!add(path.native() + '.' + std::to_string(number), missing)) return;
    }
}

bool LogTail::add(const fs::path& path, std::uint64_t& missing) {
    Part part{.file = sys::UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))};
    if (!part.file && errno == ENOENT) return false;
    struct stat raw{};
    if (!part.file || ::fstat(part.file.get(), &raw) < 0) sys::throw_errno("read", path);
    for (const Part& known : parts_) {
        struct stat other{};
        const bool same = ::fstat(known.file.get(), &other) == 0 && other.st_ino == raw.st_ino &&
                          other.st_dev == raw.st_dev;
        if (same) return true;  // rotated just now
    }
    part.end = static_cast<std::uint64_t>(raw.st_size);
    if (parts_.empty() && part.end > 0) {
        // A last line without its end, half written, counts all the same.
        char last = '\n';
        const bool is_read = ::pread(part.file.get(), &last, 1, raw.st_size - 1) == 1;
        if (is_read && last != '\n') --missing;
    }
    if (missing > 0) part.begin = find_begin(part.file.get(), part.end, missing);
    parts_.push_back(std::move(part));
    return true;
}

void LogTail::read(const std::function<void(std::string_view)>& take) const {
    Piece piece;
    for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
        for (std::uint64_t at = part->begin; at < part->end;) {
            const std::string_view text = read_piece(part->file.get(), at, part->end, piece);
            if (text.empty()) break;  // cut meanwhile
            take(text);
            at += text.size();
        }
    }
}

}  // namespace poststack::workflow
