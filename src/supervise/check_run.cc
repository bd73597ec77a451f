#include "supervise/check_run.h"

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "pgfiles/postmaster_pid.h"
#include "pgfiles/startup_probe.h"
#include "supervise/launch.h"
#include "sys/errno_error.h"

namespace poststack::supervise {
namespace {

using std::chrono::steady_clock;

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

std::optional<Address> inet_address(const std::string& host, std::uint16_t port) {
    Address address;
    auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
    if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        address.length = sizeof v4;
    } else if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        address.length = sizeof v6;
    } else {
        return std::nullopt;
    }
    return address;
}

/// Where the server of `pgdata` listens, as it says itself.
std::optional<Address> postgres_address(const std::string& pgdata) {
    std::optional<pgfiles::PostmasterPid> file;
    try {
        file = pgfiles::find_postmaster_pid(pgdata);
    } catch (const Error&) {
        return std::nullopt;
    }
    if (!file || file->port == 0) return std::nullopt;
    if (file->socket_directory.empty()) {
        const std::string& host = file->listen_address;
        return inet_address(host.empty() || host == "*" ? "127.0.0.1" : host, file->port);
    }
    Address address;
    auto& local = reinterpret_cast<sockaddr_un&>(address.storage);
    const std::string path =
        fmt::format("{}/.s.PGSQL.{}", file->socket_directory.string(), file->port);
    if (path.size() >= sizeof local.sun_path) return std::nullopt;
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, path.c_str(), path.size() + 1);
    address.length = sizeof local;
    return address;
}

/// A file that is there, and every answer that is known at once.
class KnownCheck final : public CheckRun {
  public:
    KnownCheck(bool good, std::string text, Done done)
        : CheckRun(steady_clock::now(), std::move(done)) {
        answer(good, std::move(text));
    }
};

/// Connects, sends `question` if there is one, and hands what comes back to `judge`.
class SocketCheck final : public CheckRun {
  public:
    /// Says nothing while more is needed.
    using Judge =
        std::function<std::optional<CheckAnswer>(std::string_view received, bool is_at_end)>;

    SocketCheck(sys::Poller& poller, Time deadline, Done done, std::string question, Judge judge)
        : CheckRun(deadline, std::move(done)),
          poller_(poller),
          question_(std::move(question)),
          judge_(std::move(judge)) {}

    SocketCheck(const SocketCheck&) = delete;
    SocketCheck& operator=(const SocketCheck&) = delete;

    ~SocketCheck() override { close(); }

    void start(const Address& address) {
        socket_ = sys::UniqueFd(
            ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!socket_) {
            answer(false, sys::errno_text(errno));
            return;
        }
        const auto* where = reinterpret_cast<const sockaddr*>(&address.storage);
        if (::connect(socket_.get(), where, address.length) < 0 && errno != EINPROGRESS) {
            answer(false, sys::errno_text(errno));
            return;
        }
        poller_.watch(socket_.get(), EPOLLOUT, [this](std::uint32_t) { go_on(); });
    }

  private:
    void close() noexcept {
        if (socket_) poller_.forget(socket_.get());
        socket_ = sys::UniqueFd();
    }

    void end(bool good, std::string text) {
        close();
        answer(good, std::move(text));
    }

    void go_on() {
        if (!asked_) {
            ask();
            return;
        }
        char buffer[1024];
        const ssize_t count = ::recv(socket_.get(), buffer, sizeof buffer, 0);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count > 0) received_.append(buffer, static_cast<std::size_t>(count));
        if (const auto verdict = judge_(received_, count <= 0)) end(verdict->good, verdict->text);
    }

    void ask() {
        int code = 0;
        socklen_t size = sizeof code;
        ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &code, &size);
        if (code != 0) {
            end(false, sys::errno_text(code));
            return;
        }
        if (question_.empty()) {
            end(true, "connected");
            return;
        }
        const ssize_t sent =
            ::send(socket_.get(), question_.data(), question_.size(), MSG_NOSIGNAL);
        if (sent != static_cast<ssize_t>(question_.size())) {
            end(false, "the connection broke");
            return;
        }
        asked_ = true;
        poller_.change(socket_.get(), EPOLLIN);
    }

    sys::Poller& poller_;
    std::string question_;
    Judge judge_;
    sys::UniqueFd socket_;
    bool asked_ = false;
    std::string received_;
};

/// What a program said, as part of one line: its end, where it said much.
std::string in_one_line(std::string_view output) {
    constexpr std::size_t longest = 300;
    std::string line;
    for (const std::string_view part : split(output, '\n')) {
        if (const auto text = trim(part); !text.empty()) {
            line += (line.empty() ? "" : "; ") + std::string(text);
        }
    }
    for (char& letter : line) {
        if (static_cast<unsigned char>(letter) < 0x20) letter = ' ';
    }
    return line.size() <= longest ? line : "..." + line.substr(line.size() - longest);
}

class ExecCheck final : public CheckRun {
  public:
    ExecCheck(
        sys::Poller& poller, const Check& check, const CheckFrame& frame, Time deadline, Done done)
        : CheckRun(deadline, std::move(done)), poller_(poller) {
        plan_.argv = check.argv;
        plan_.variables = frame.variables;
        plan_.directory = frame.directory;
        plan_.run_as = frame.run_as;
        const auto program = find_executable(check.argv.front(), frame.variables);
        if (!program) {
            answer(false, fmt::format("can't find command '{}'", check.argv.front()));
            return;
        }
        plan_.program = *program;
        const sys::UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
        int ends[2] = {-1, -1};
        const bool piped = ::pipe2(ends, O_CLOEXEC) == 0;
        output_ = sys::UniqueFd(ends[0]);
        const sys::UniqueFd input(ends[1]);
        plan_.stdin_fd = nothing.get();
        plan_.stdout_fd = plan_.stderr_fd = piped ? input.get() : nothing.get();
        Launched launched = launch(plan_);
        pid_ = launched.pid;
        if (piped) {
            ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
            poller_.watch(output_.get(), EPOLLIN, [this](std::uint32_t) { read_output(); });
        }
        report_ = std::move(launched.report);
        if (pid_ < 0) answer(false, to_text({LaunchStage::fork, launched.code}, plan_));
    }

    ExecCheck(const ExecCheck&) = delete;
    ExecCheck& operator=(const ExecCheck&) = delete;

    ~ExecCheck() override {
        close_output();
        if (pid_ > 0) ::kill(-pid_, SIGKILL);  // reaped with the orphans
    }

    [[nodiscard]] pid_t pid() const noexcept override { return pid_ > 0 ? pid_ : 0; }

    void ended(int code, int signal) override {
        pid_ = -1;
        read_output();
        close_output();
        if (const auto failure = read_failure(report_)) {
            answer(false, to_text(*failure, plan_));
        } else if (signal != 0) {
            answer(false, fmt::format("ended by signal {}", signal));
        } else {
            const std::string said = in_one_line(said_);
            answer(code == 0,
                   fmt::format("exit code {}{}{}", code, said.empty() ? "" : ": ", said));
        }
    }

  private:
    void close_output() noexcept {
        if (output_) poller_.forget(output_.get());
        output_ = sys::UniqueFd();
    }

    /// A pipe that nobody empties would stop the program; only the end is kept.
    void read_output() {
        constexpr std::size_t kept = 1024;
        for (int turn = 0; turn < 64 && output_; ++turn) {
            char buffer[4096];
            const ssize_t count = ::read(output_.get(), buffer, sizeof buffer);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return;
            if (count == 0) {
                close_output();
                return;
            }
            said_.append(buffer, static_cast<std::size_t>(count));
            if (said_.size() > kept) said_.erase(0, said_.size() - kept);
        }
    }

    sys::Poller& poller_;
    LaunchPlan plan_;
    sys::UniqueFd output_;
    std::string said_;
    pid_t pid_ = -1;
    sys::UniqueFd report_;
};

std::optional<CheckAnswer> judge_http(std::string_view received, bool is_at_end) {
    // "HTTP/1.1 200"
    constexpr std::size_t needed = 12;
    const std::size_t end = std::min(received.find('\r'), received.size());
    if (end == received.size() && !is_at_end && received.size() < 256) return std::nullopt;
    if (received.size() < needed || !received.starts_with("HTTP/")) {
        return CheckAnswer{false, "no HTTP answer"};
    }
    const auto status = parse_integer(received.substr(9, 3)).value_or(0);
    return CheckAnswer{status >= 200 && status < 400, std::string(received.substr(9, end - 9))};
}

std::optional<CheckAnswer> judge_postgres(std::string_view received, bool is_at_end) {
    const auto result = pgfiles::judge_answer(received, is_at_end);
    if (!result) return std::nullopt;
    using enum pgfiles::ProbeAnswer;
    // A refusal of this login is an answer of a server that takes logins.
    const bool good =
        result->answer == accepting || result->answer == refused || result->answer == too_many;
    return CheckAnswer{
        good,
        result->message.empty() ? std::string(pgfiles::name(result->answer)) : result->message};
}

std::unique_ptr<CheckRun> start_socket(sys::Poller& poller,
                                       const Check& check,
                                       const CheckFrame& frame,
                                       CheckRun::Time deadline,
                                       CheckRun::Done done) {
    const bool is_postgres = check.kind == Check::Kind::postgres;
    const auto address =
        is_postgres ? postgres_address(frame.pgdata) : inet_address(check.host, check.port);
    if (!address) return std::make_unique<KnownCheck>(false, "no server there", std::move(done));
    std::string question;
    SocketCheck::Judge judge;
    if (is_postgres) {
        question = pgfiles::startup_packet("poststack_init", "postgres");
        judge = judge_postgres;
    } else if (check.kind == Check::Kind::http) {
        question = fmt::format(
            "GET {} HTTP/1.1\r\nHost: {}:{}\r\nUser-Agent: poststack-init\r\nAccept: */*\r\n"
            "Connection: close\r\n\r\n",
            check.path,
            check.host.find(':') == std::string::npos ? check.host : "[" + check.host + "]",
            check.port);
        judge = judge_http;
    }
    auto run = std::make_unique<SocketCheck>(
        poller, deadline, std::move(done), std::move(question), std::move(judge));
    run->start(*address);
    return run;
}

}  // namespace

void CheckRun::answer(bool good, std::string text) {
    if (std::exchange(over_, true)) return;
    done_({good, std::move(text)});
}

std::unique_ptr<CheckRun> start_check(sys::Poller& poller,
                                      const Check& check,
                                      const CheckFrame& frame,
                                      std::chrono::milliseconds timeout,
                                      CheckRun::Done done) {
    const auto deadline = steady_clock::now() + timeout;
    switch (check.kind) {
        case Check::Kind::postgres:
        case Check::Kind::http:
        case Check::Kind::tcp: return start_socket(poller, check, frame, deadline, std::move(done));
        case Check::Kind::exec:
            return std::make_unique<ExecCheck>(poller, check, frame, deadline, std::move(done));
        case Check::Kind::file: {
            struct stat info{};
            const bool is_there = ::stat(check.path.c_str(), &info) == 0;
            return std::make_unique<KnownCheck>(
                is_there, is_there ? "the file is there" : "no such file", std::move(done));
        }
        default: return std::make_unique<KnownCheck>(false, "nothing to ask", std::move(done));
    }
}

}  // namespace poststack::supervise
