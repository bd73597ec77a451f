// Running a program to its end with both outputs collected.
#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/errno_error.h"
#include "sys/process.h"
#include "sys/signal.h"

namespace poststack::sys {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// Writing to a child that stopped reading must give EPIPE, not end us, also where SIGPIPE is not
/// ignored (libraries, tests).
class BlockSigpipe {
  public:
    BlockSigpipe() noexcept {
        ::sigemptyset(&pipe_);
        ::sigaddset(&pipe_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }

    BlockSigpipe(const BlockSigpipe&) = delete;
    BlockSigpipe& operator=(const BlockSigpipe&) = delete;

    ~BlockSigpipe() {
        if (::sigismember(&before_, SIGPIPE) == 1) return;
        const timespec at_once{};
        while (::sigtimedwait(&pipe_, nullptr, &at_once) > 0) {
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

  private:
    sigset_t pipe_{};
    sigset_t before_{};
};

/// One output of the child.
struct Collector {
    UniqueFd fd;
    std::string* text;
    std::size_t limit;

    /// Takes what is there; closes at the end of the stream.
    void drain() {
        std::array<char, 16384> buffer{};
        while (fd) {
            const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
            if (count > 0) {
                const auto wanted = std::min(static_cast<std::size_t>(count), limit - text->size());
                text->append(buffer.data(), wanted);
            } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
                fd = UniqueFd();
            } else if (errno == EAGAIN) {
                return;
            }
        }
    }
};

/// Talks to a running child until it is gone.
class Conversation {
  public:
    Conversation(ChildProcess& child, std::string_view input)
        : child_(child),
          input_(input),
          handle_(static_cast<int>(::syscall(SYS_pidfd_open, child.pid(), 0))) {}

    /// False when `deadline` passed first.
    bool run(UniqueFd in, Collector& out, Collector& err, SteadyClock::time_point deadline) {
        in_ = std::move(in);
        if (input_.empty()) in_ = UniqueFd();
        for (;;) {
            check_interrupted();
            if (child_.try_wait()) break;
            // Without a pidfd (Linux before 5.3) the end of the child is looked for every 10 ms.
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
            if (left <= left.zero()) return false;
            const std::int64_t pause = handle_ ? INT_MAX : 10;
            poll(out, err, static_cast<int>(std::min<std::int64_t>(left.count(), pause)));
        }
        // What it wrote before it ended is in the pipes. A grandchild may hold them open for ever,
        // so nobody waits for their end.
        out.drain();
        err.drain();
        return true;
    }

  private:
    void poll(Collector& out, Collector& err, int timeout) {
        const auto events = [](int fd, short wanted) { return pollfd{fd, wanted, 0}; };
        std::array<pollfd, 5> waiting{events(in_.get(), POLLOUT),
                                      events(out.fd.get(), POLLIN),
                                      events(err.fd.get(), POLLIN),
                                      events(handle_.get(), POLLIN),
                                      events(stop_fd(), POLLIN)};
        if (stop_requested() != 0) waiting[4].fd = -1;  // deferred: check_interrupted() let it pass
        if (::poll(waiting.data(), waiting.size(), timeout) < 0 && errno != EINTR) {
            throw_errno("wait for", fmt::format("pid {}", child_.pid()));
        }
        if (waiting[0].revents != 0) feed();
        if (waiting[1].revents != 0) out.drain();
        if (waiting[2].revents != 0) err.drain();
    }

    void feed() {
        const ssize_t count = ::write(in_.get(), input_.data(), input_.size());
        if (count > 0) input_.remove_prefix(static_cast<std::size_t>(count));
        const bool gone = count < 0 && errno != EAGAIN && errno != EINTR;  // it reads no more: fine
        if (gone || input_.empty()) in_ = UniqueFd();
    }

    ChildProcess& child_;
    std::string_view input_;
    UniqueFd handle_;
    UniqueFd in_;
};

Pipe make_nonblocking_pipe(bool our_end_writes) {
    Pipe pipe = make_pipe();
    const int ours = our_end_writes ? pipe.write_end.get() : pipe.read_end.get();
    if (::fcntl(ours, F_SETFL, O_NONBLOCK) < 0) throw_errno("make", "pipe");
    return pipe;
}

/// The last lines of `text` that say something, at most `most`.
std::vector<std::string> last_lines(std::string_view text, std::size_t most) {
    std::vector<std::string> lines;
    for (const std::string_view line : split(text, '\n')) {
        if (!trim(line).empty()) lines.emplace_back(trim(line));
    }
    if (lines.size() > most) lines.erase(lines.begin(), lines.end() - static_cast<long>(most));
    return lines;
}

}  // namespace

ToolResult run_tool(const ProcessPlan& plan,
                    std::chrono::milliseconds limit,
                    std::string_view input,
                    std::size_t output_limit) {
    const BlockSigpipe guard;
    Pipe in = make_nonblocking_pipe(true);
    Pipe out = make_nonblocking_pipe(false);
    Pipe err = make_nonblocking_pipe(false);
    ProcessPlan piped = plan;
    piped.stdin_fd = in.read_end.get();
    piped.stdout_fd = out.write_end.get();
    piped.stderr_fd = err.write_end.get();
    const auto deadline = SteadyClock::now() +
                          std::min<std::chrono::milliseconds>(limit, std::chrono::hours(24 * 365));
    ChildProcess child = spawn(piped);
    in.read_end = UniqueFd();
    out.write_end = UniqueFd();
    err.write_end = UniqueFd();

    ToolResult result;
    Collector output{std::move(out.read_end), &result.output, output_limit};
    Collector errors{std::move(err.read_end), &result.errors, output_limit};
    Conversation talk(child, input);
    if (!talk.run(std::move(in.write_end), output, errors, deadline)) {
        throw Error(ErrorKind::timeout,
                    fmt::format("\"{}\" did not finish within {}",
                                std::filesystem::path(plan.argv.front()).filename().native(),
                                human_duration(limit)));
    }
    result.status = child.wait();
    return result;
}

std::string run_checked(const ProcessPlan& plan,
                        std::chrono::milliseconds limit,
                        std::string_view input) {
    ToolResult result = run_tool(plan, limit, input);
    if (result.status.ok()) return std::move(result.output);
    constexpr std::size_t shown = 10;
    const std::vector<std::string> lines = last_lines(mask_secrets(result.errors), shown);
    std::string message = fmt::format("\"{}\" failed ({})",
                                      std::filesystem::path(plan.argv.front()).filename().native(),
                                      result.status.to_text());
    if (!lines.empty()) message += ": " + lines.back();
    throw Error(ErrorKind::tool, std::move(message))
        .detail(lines.size() > 1 ? join(lines, "\n") : std::string());
}

}  // namespace poststack::sys
