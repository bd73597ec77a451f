#include "pgfiles/startup_probe.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/text.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/signal.h"

namespace poststack::pgfiles {
namespace {

using std::chrono::milliseconds;

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

std::optional<Address> unix_address(const ProbeTarget& target) {
    Address address;
    auto& local = reinterpret_cast<sockaddr_un&>(address.storage);
    const std::string path =
        (target.socket_directory / (".s.PGSQL." + std::to_string(target.port))).string();
    if (path.size() >= sizeof local.sun_path) return std::nullopt;
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, path.c_str(), path.size() + 1);
    address.length = sizeof local;
    return address;
}

std::optional<Address> inet_address(const ProbeTarget& target) {
    Address address;
    auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
    if (::inet_pton(AF_INET, target.address.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(target.port);
        address.length = sizeof v4;
        return address;
    }
    if (::inet_pton(AF_INET6, target.address.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(target.port);
        address.length = sizeof v6;
        return address;
    }
    return std::nullopt;
}

std::string big_endian(std::uint32_t number) {
    const std::uint32_t ordered = htonl(number);
    return {reinterpret_cast<const char*>(&ordered), sizeof ordered};
}

/// The fields of an ErrorResponse: a letter and text each.
ProbeResult read_error(std::string_view body) {
    ProbeResult result{.answer = ProbeAnswer::refused, .sqlstate = {}, .message = {}};
    while (!body.empty() && body.front() != '\0') {
        const std::size_t end = body.find('\0');
        if (end == std::string_view::npos) break;
        const std::string text(body.substr(1, end - 1));
        if (body.front() == 'C') result.sqlstate = text;
        if (body.front() == 'M') result.message = text;
        body.remove_prefix(end + 1);
    }
    if (result.sqlstate == "57P03") result.answer = ProbeAnswer::starting;
    if (result.sqlstate == "53300") result.answer = ProbeAnswer::too_many;
    return result;
}

ProbeResult only(ProbeAnswer answer) {
    return {.answer = answer, .sqlstate = {}, .message = {}};
}

}  // namespace

std::string startup_packet(std::string_view user, std::string_view database) {
    std::string body = big_endian(196608);  // protocol 3.0
    for (const std::string_view text :
         {std::string_view("user"), user, std::string_view("database"), database}) {
        body.append(text).push_back('\0');
    }
    body.push_back('\0');
    return big_endian(static_cast<std::uint32_t>(body.size() + 4)) + body;
}

std::optional<ProbeResult> judge_answer(std::string_view received, bool is_at_end) {
    if (received.empty()) {
        return is_at_end ? std::optional(only(ProbeAnswer::no_answer)) : std::nullopt;
    }
    if (received.front() == 'R') return only(ProbeAnswer::accepting);
    if (received.front() != 'E') return only(ProbeAnswer::not_postgres);
    if (received.size() < 5) {
        return is_at_end ? std::optional(only(ProbeAnswer::refused)) : std::nullopt;
    }
    std::uint32_t length = 0;
    std::memcpy(&length, received.data() + 1, sizeof length);
    length = ntohl(length);
    if (length > (1U << 16)) return only(ProbeAnswer::not_postgres);
    if (received.size() < length + 1U && !is_at_end) return std::nullopt;
    return read_error(received.substr(5));
}

std::string_view name(ProbeAnswer answer) noexcept {
    switch (answer) {
        case ProbeAnswer::accepting: return "accepting";
        case ProbeAnswer::starting: return "starting";
        case ProbeAnswer::too_many: return "too many connections";
        case ProbeAnswer::refused: return "refused";
        case ProbeAnswer::no_listener: return "no listener";
        case ProbeAnswer::no_answer: return "no answer";
        case ProbeAnswer::not_postgres: return "not PostgreSQL";
    }
    return "unknown";
}

ProbeResult probe(const ProbeTarget& target,
                  std::string_view user,
                  std::string_view database,
                  milliseconds limit) {
    const auto address =
        target.socket_directory.empty() ? inet_address(target) : unix_address(target);
    if (!address) return only(ProbeAnswer::no_listener);
    const auto deadline = sys::system_clock().now() + limit;
    const auto left = [&] {
        return std::max(
            milliseconds(0),
            std::chrono::duration_cast<milliseconds>(deadline - sys::system_clock().now()));
    };
    const sys::UniqueFd socket(
        ::socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return only(ProbeAnswer::no_listener);
    const auto* where = reinterpret_cast<const sockaddr*>(&address->storage);
    if (::connect(socket.get(), where, address->length) != 0) {
        if (errno != EINPROGRESS) return only(ProbeAnswer::no_listener);
        if (sys::wait_writable(socket.get(), left()) == sys::WaitResult::timeout) {
            return only(ProbeAnswer::no_answer);
        }
    }
    const std::string packet = startup_packet(user, database);
    if (::send(socket.get(), packet.data(), packet.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(packet.size())) {
        return only(ProbeAnswer::no_listener);
    }
    std::string received;
    for (;;) {
        if (sys::wait_readable(socket.get(), left()) == sys::WaitResult::timeout) {
            return only(ProbeAnswer::no_answer);
        }
        char buffer[1024];
        const ssize_t got = ::recv(socket.get(), buffer, sizeof buffer, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got > 0) received.append(buffer, static_cast<std::size_t>(got));
        if (const auto result = judge_answer(received, got <= 0)) return *result;
    }
}

}  // namespace poststack::pgfiles
