#include "sys/net.h"

#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/process.h"

namespace poststack::sys {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view listening = "0A";  // TCP_LISTEN in /proc/net/tcp

/// True when `address` can be listened on, or its family does not exist here.
template <class Address>
bool can_listen(const Address& address, int family) {
    const UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return errno == EAFNOSUPPORT;
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (family == AF_INET6) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        return errno == EADDRNOTAVAIL;  // IPv6 is compiled in but switched off
    }
    // Two sockets with SO_REUSEADDR may be bound to one port; only listen() tells them apart.
    return ::listen(socket.get(), 1) == 0;
}

struct ListeningSocket {
    std::string inode;
    uid_t uid = 0;
};

/// The socket that listens on `port`, from one line of /proc/net/tcp.
std::optional<ListeningSocket> parse_listener(std::string_view line, std::uint16_t port) {
    std::vector<std::string_view> words = split(line, ' ');
    std::erase(words, "");
    if (words.size() < 10 || words[3] != listening) return std::nullopt;
    if (!words[1].ends_with(fmt::format(":{:04X}", port))) return std::nullopt;
    const auto uid = parse_integer(words[7]);
    return ListeningSocket{std::string(words[9]), static_cast<uid_t>(uid.value_or(0))};
}

std::vector<ListeningSocket> find_listeners(std::uint16_t port) {
    std::vector<ListeningSocket> listeners;
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        const std::string text = find_file(table).value_or("");
        for (const std::string_view line : split(text, '\n')) {
            if (auto found = parse_listener(line, port)) listeners.push_back(std::move(*found));
        }
    }
    return listeners;
}

/// True when the process of this /proc directory has the socket `link` ("socket:[123]") open.
bool has_open(const fs::path& process, std::string_view link) {
    std::error_code failure;
    for (fs::directory_iterator entry(process / "fd", failure), end; !failure && entry != end;
         entry.increment(failure)) {
        std::error_code gone;
        if (fs::read_symlink(entry->path(), gone).native() == link) return true;
    }
    return false;
}

}  // namespace

bool is_port_free(std::uint16_t port) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    six.sin6_addr = in6addr_loopback;
    return can_listen(four, AF_INET) && can_listen(six, AF_INET6);
}

std::optional<std::uint16_t> find_free_port(std::uint16_t first) {
    constexpr int most_tries = 1000;
    constexpr int last_port = 65535;
    for (int port = first; port < first + most_tries && port <= last_port; ++port) {
        if (is_port_free(static_cast<std::uint16_t>(port))) return static_cast<std::uint16_t>(port);
    }
    return std::nullopt;
}

std::optional<PortHolder> find_port_holder(std::uint16_t port) {
    const std::vector<ListeningSocket> listeners = find_listeners(port);
    if (listeners.empty()) return std::nullopt;
    for (const std::string& name : list_directory("/proc")) {
        const auto pid = parse_integer(name);
        if (!pid) continue;
        for (const auto& [inode, uid] : listeners) {
            if (!has_open(fs::path("/proc") / name, fmt::format("socket:[{}]", inode))) continue;
            const auto holder = static_cast<pid_t>(*pid);
            return PortHolder{holder, program_name(holder).value_or(""), uid};
        }
    }
    return PortHolder{.pid = 0, .program = {}, .uid = listeners.front().uid};
}

}  // namespace poststack::sys
