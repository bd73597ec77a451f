#include "engine/attach.h"

#include <array>
#include <chrono>
#include <optional>
#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/json_fields.h"
#include "sys/clock.h"
#include "sys/errno_error.h"
#include "sys/signal.h"
#include "sys/terminal.h"

namespace poststack::engine {
namespace {

using namespace std::chrono_literals;

constexpr int poll_ms = 250;  // also how soon a new size of the terminal is noticed

void write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            sys::check_interrupted();
            continue;
        }
        if (written < 0) sys::throw_errno("write to", "standard output");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

/// One attached program.
class Attached {
  public:
    Attached(const Client& client, const ExecSpec& spec, const OwnStreams& streams)
        : client_(client),
          streams_(streams),
          what_(fmt::format("run \"{}\" in container \"{}\"",
                            spec.command.empty() ? "" : spec.command.front(),
                            spec.container)),
          id_(create(spec)) {}

    int run();

  private:
    [[nodiscard]] std::string create(const ExecSpec& spec) const;
    [[nodiscard]] http::Answer open() const;
    void hand_on(std::string_view bytes);
    void pump_output(http::Answer& answer);
    bool pump_input(http::Answer& answer);
    void resize();
    [[nodiscard]] int exit_code() const;

    const Client& client_;
    const OwnStreams& streams_;
    std::string what_;
    std::string id_;
    FrameReader frames_;
    sys::TerminalSize size_;
};

std::string Attached::create(const ExecSpec& spec) const {
    Json document = {{"AttachStdin", true},
                     {"AttachStdout", true},
                     {"AttachStderr", true},
                     {"Tty", streams_.terminal},
                     {"Cmd", spec.command}};
    if (!spec.user.empty()) document["User"] = spec.user;
    for (const auto& [key, value] : spec.environment)
        document["Env"].push_back(key + "=" + value);
    const Reply reply =
        client_.require({.method = "POST",
                         .path = fmt::format("/containers/{}/exec", percent_encode(spec.container)),
                         .body = document.dump()},
                        what_);
    return text(reply.json(), "Id");
}

http::Answer Attached::open() const {
    return client_.open({.method = "POST",
                         .path = fmt::format("/exec/{}/start", id_),
                         .body = Json{{"Detach", false}, {"Tty", streams_.terminal}}.dump(),
                         .upgrade = true,
                         .silence_limit = http::no_limit},
                        what_);
}

void Attached::hand_on(std::string_view bytes) {
    if (streams_.terminal) {
        write_all(streams_.out, bytes);
        return;
    }
    frames_.feed(bytes, [&](Channel channel, std::string_view part) {
        write_all(channel == Channel::out ? streams_.out : streams_.err, part);
    });
}

void Attached::pump_output(http::Answer& answer) {
    while (const auto part = answer.read_within(0ms))
        hand_on(*part);
}

/// False at the end of the input.
bool Attached::pump_input(http::Answer& answer) {
    std::array<char, 16384> buffer{};
    const ssize_t got = ::read(streams_.in, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0) {
        answer.close_write();
        return false;
    }
    answer.write({buffer.data(), static_cast<std::size_t>(got)});
    return true;
}

void Attached::resize() {
    const sys::TerminalSize now = sys::terminal_size(streams_.in);
    if (now == size_ || now.rows == 0) return;
    size_ = now;
    // A refusal means a program that ended meanwhile.
    (void)client_.ask(
        {.method = "POST",
         .path = fmt::format("/exec/{}/resize", id_),
         .query = {{"h", std::to_string(now.rows)}, {"w", std::to_string(now.columns)}}});
}

/// The stream may end a moment before the engine knows how the program ended.
int Attached::exit_code() const {
    const auto deadline = sys::system_clock().now() + 5s;
    for (;;) {
        const Json ended =
            client_.require({.path = fmt::format("/exec/{}/json", id_)}, what_).json();
        if (!flag(ended, "Running") || sys::system_clock().now() > deadline) {
            return static_cast<int>(number(ended, "ExitCode"));
        }
        sys::system_clock().sleep(10ms);
    }
}

int Attached::run() {
    http::Answer answer = open();
    std::optional<sys::RawTerminal> raw;
    if (streams_.terminal) raw.emplace(streams_.in);
    bool reads = true;
    for (;;) {
        pump_output(answer);
        if (answer.ended()) break;
        if (streams_.terminal) resize();
        std::array<pollfd, 3> watched{
            {{.fd = answer.fd(), .events = POLLIN, .revents = 0},
             {.fd = sys::stop_fd(), .events = POLLIN, .revents = 0},
             {.fd = reads ? streams_.in : -1, .events = POLLIN, .revents = 0}}};
        if (::poll(watched.data(), watched.size(), poll_ms) < 0 && errno != EINTR) {
            sys::throw_errno("wait for", "the program in the container");
        }
        sys::check_interrupted();
        if (reads && (watched[2].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
            reads = pump_input(answer);
        }
    }
    raw.reset();
    return exit_code();
}

}  // namespace

int attach_inside(const Client& client, const ExecSpec& spec, const OwnStreams& streams) {
    return Attached(client, spec, streams).run();
}

}  // namespace poststack::engine
