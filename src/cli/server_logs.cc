#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/stack_command.h"
#include "sys/errno_error.h"
#include "sys/fd.h"
#include "sys/file.h"

namespace poststack::cli {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int default_tail = 50;

sys::UniqueFd open_log(const fs::path& path) {
    sys::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file && errno != ENOENT) sys::throw_errno("read", path);
    return file;
}

/// The last `count` lines of `path`, with the rotated part before it when it is short.
std::string last_lines(const fs::path& path, std::size_t count) {
    std::string text = sys::find_file(path).value_or("");
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    if (lines < count) text.insert(0, sys::find_file(path.string() + ".1").value_or(""));
    std::size_t at = text.size();
    for (std::size_t found = 0; at > 0; --at) {
        if (text[at - 1] != '\n' || at == text.size()) continue;
        if (++found == count) break;
    }
    return count == 0 ? std::string() : text.substr(at);
}

Json lines_json(std::string_view text) {
    Json lines = Json::array();
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (!text.empty()) {
        for (const std::string_view line : split(text, '\n'))
            lines.push_back(line);
    }
    return {{"service", "postgres"}, {"lines", std::move(lines)}};
}

/// Prints what is appended from now on, through rotations, until the command is interrupted.
class Follower {
  public:
    explicit Follower(fs::path path) : path_(std::move(path)), file_(open_log(path_)) {
        if (file_) (void)::lseek(file_.get(), 0, SEEK_END);
    }

    void run(Context& context) {
        for (;;) {
            if (file_) drain(context);
            if (was_rotated()) {
                file_ = open_log(path_);
                continue;
            }
            context.out.flush();
            context.clock.sleep(200ms);
        }
    }

  private:
    void drain(Context& context) {
        char buffer[16384];
        for (;;) {
            const ssize_t got = ::read(file_.get(), buffer, sizeof buffer);
            if (got <= 0) return;
            context.out.write(buffer, got);
        }
    }

    [[nodiscard]] bool was_rotated() const {
        const auto named = sys::find_info(path_);
        if (!named) return false;
        struct stat opened{};
        if (!file_ || ::fstat(file_.get(), &opened) != 0) return true;
        return opened.st_ino != named->inode || opened.st_dev != named->device;
    }

    fs::path path_;
    sys::UniqueFd file_;
};

}  // namespace

int run_logs(Context& context, const Session& session, const LogsArgs& args) {
    check_names(session, args.services);
    const int tail = args.tail.value_or(default_tail);
    if (tail < 0) {
        throw Error(ErrorKind::usage, fmt::format("--tail {} is less than 0", tail))
            .hint("Give the number of lines to show.");
    }
    if (args.follow && context.json()) {
        throw Error(ErrorKind::usage, "--follow has no end, so it cannot be one JSON document")
            .hint("Leave --json or --follow out.");
    }
    const fs::path path = session.project.log_dir / "database" / "postgresql.log";
    if (!args.follow && !sys::find_info(path)) {
        throw Error(ErrorKind::not_found,
                    fmt::format("there is no log of \"{}\" yet", session.project.name))
            .hint("Start it: poststack up");
    }
    Follower follower(path);
    const std::string last = last_lines(path, static_cast<std::size_t>(tail));
    if (context.json()) {
        context.print(lines_json(last));
        return 0;
    }
    context.out << last;
    context.out.flush();
    if (args.follow) follower.run(context);
    return 0;
}

Command make_server_logs_command() {
    auto args = std::make_shared<LogsArgs>();
    return {.path = {"logs"},
            .summary = "Show the stack's output",
            .description = "For the log files themselves see \"poststack logs list\".",
            .options = {{.names = "--tail,-n",
                         .value = "LINES",
                         .help = "Show this many of the last lines (default 50)",
                         .target = &args->tail},
                        {.names = "--follow,-f",
                         .value = {},
                         .help = "Go on showing what is written until interrupted",
                         .target = &args->follow}},
            .arguments = {{.name = "SERVICE",
                           .help = "Service to show; the server is \"postgres\"",
                           .target = &args->services}},
            .examples = {"logs", "logs postgres --tail 20", "logs -f"},
            .run = [args](Context& context) {
                return run_logs(context, open_session(context), *args);
            }};
}

}  // namespace poststack::cli
