#include "instance/port.h"

#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>

#include <fmt/format.h>

#include "sys/errno_error.h"
#include "sys/net.h"
#include "sys/user.h"

namespace poststack::instance {
namespace {

constexpr int most_tries = 1000;

}  // namespace

std::optional<PortReservation> PortReservation::try_reserve(std::uint16_t port) {
    sys::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) sys::throw_errno("create", "a socket");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = fmt::format("poststack/port/{}", port);
    std::memcpy(static_cast<char*>(address.sun_path) + 1, name.data(), name.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
        return std::nullopt;
    }
    if (!sys::is_port_free(port)) return std::nullopt;
    return PortReservation(port, std::move(fd));
}

PortReservation PortReservation::first_free(std::uint16_t first) {
    for (int tried = 0; tried < most_tries && first + tried <= 65535; ++tried) {
        if (auto reserved = try_reserve(static_cast<std::uint16_t>(first + tried))) {
            return std::move(*reserved);
        }
    }
    throw Error(ErrorKind::conflict, fmt::format("no free port from {} upwards", first))
        .hint("Set one yourself: POSTSTACK_POSTGRES_HOST_PORT in .env");
}

std::string port_holder_text(std::uint16_t port) {
    const auto holder = sys::find_port_holder(port);
    if (!holder) return "another process";
    if (!holder->program.empty()) {
        return fmt::format("\"{}\" (pid {})", holder->program, holder->pid);
    }
    // Another account's processes show nobody what they have open, but the socket has a uid.
    const auto account = sys::find_account(holder->uid);
    return account ? fmt::format("a process of account \"{}\"", account->name)
                   : fmt::format("a process of uid {}", holder->uid);
}

Error port_taken(std::uint16_t port) {
    return Error(ErrorKind::conflict,
                 fmt::format("port {} is in use by {}", port, port_holder_text(port)))
        .hint("Stop it, or set another port: POSTSTACK_POSTGRES_HOST_PORT in .env");
}

}  // namespace poststack::instance
