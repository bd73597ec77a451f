#include <chrono>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/stack_command.h"
#include "sys/errno_error.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "workflow/server_access.h"
#include "workflow/server_log.h"

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

/// Writes the document of `logs --json` line by line: the log may be larger than our memory.
class LinesDocument {
  public:
    explicit LinesDocument(std::ostream& out) : out_(out) {
        out_ << "{\n  \"service\": \"postgres\",\n  \"lines\": [";
    }

    void add(std::string_view piece) {
        for (std::size_t end = piece.find('\n'); end != std::string_view::npos;
             end = piece.find('\n')) {
            pending_ += piece.substr(0, end);
            write_line();
            piece.remove_prefix(end + 1);
        }
        pending_ += piece;
    }

    void finish() {
        if (!pending_.empty()) write_line();
        out_ << (any_ ? "\n  ]\n}\n" : "]\n}\n");
    }

  private:
    void write_line() {
        // What a client sent may hold bytes that are not UTF-8.
        out_ << (any_ ? ",\n    " : "\n    ")
             << Json(pending_).dump(-1, ' ', false, Json::error_handler_t::replace);
        any_ = true;
        pending_.clear();
    }

    std::ostream& out_;
    std::string pending_;  ///< the begin of a line whose end is in the next piece
    bool any_ = false;
};

void print_tail(Context& context, const workflow::LogTail& tail) {
    if (!context.json()) {
        tail.read([&](std::string_view piece) { context.out << piece; });
        return;
    }
    LinesDocument document(context.out);
    tail.read([&](std::string_view piece) { document.add(piece); });
    document.finish();
}

[[noreturn]] void throw_no_log(const Session& session, const workflow::ServerLog& log) {
    if (log.server_runs) {
        throw Error(ErrorKind::not_found,
                    fmt::format("the log of \"{}\" was removed while its server runs, which has "
                                "said nothing since",
                                session.project.name))
            .hint("Its next line makes the file again.");
    }
    throw Error(ErrorKind::not_found,
                fmt::format("there is no log of \"{}\" yet", session.project.name))
        .hint("Start it: poststack up");
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

int run_container_logs(Context& context,
                       const Session& session,
                       const workflow::OutputQuery& query) {
    std::optional<LinesDocument> document;
    // The document begins with the output: an error leaves standard output empty.
    const auto take = [&](std::string_view part) {
        if (context.json()) {
            if (!document) document.emplace(context.out);
            document->add(part);
            return;
        }
        context.out << part;
        if (query.follow) context.out.flush();
    };
    workflow::read_server_output(stack_request(context, session), query, take);
    if (context.json() && !document) document.emplace(context.out);
    if (document) document->finish();
    return 0;
}

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
    if (workflow::is_in_container(stack_request(context, session))) {
        return run_container_logs(context, session, {.tail = tail, .follow = args.follow});
    }
    const workflow::ServerLog log = workflow::find_server_log(stack_request(context, session));
    if (!args.follow && !log.is_there) throw_no_log(session, log);
    Follower follower(log.path);
    print_tail(context, workflow::LogTail(log.path, static_cast<std::uint64_t>(tail)));
    context.out.flush();
    if (args.follow) follower.run(context);
    return 0;
}

Command make_server_logs_command() {
    auto args = std::make_shared<LogsArgs>();
    return {.path = {"logs"},
            .summary = "Show the stack's output",
            .description =
                "Over all rotated parts of the server's log. For the log files themselves see "
                "\"poststack logs list\". A .env that cannot be read does not stop it.",
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
                return run_logs(context, open_session_without_env(context), *args);
            }};
}

}  // namespace poststack::cli
