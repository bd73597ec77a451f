#include "cutting_proxy.h"

#include <array>
#include <cstring>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <utility>

namespace poststack::test {
namespace {

constexpr int tick_ms = 50;

sockaddr_un address_of(const std::string& directory, int port) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = directory + "/.s.PGSQL." + std::to_string(port);
    if (path.size() >= sizeof address.sun_path) throw std::runtime_error("socket path too long");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

sys::UniqueFd make_socket() {
    return sys::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

/// Reads what is there and sends all of it on; the bytes read, "" at the end.
std::string forward(int from, int to) {
    std::array<char, 16384> buffer{};
    const ssize_t count = ::recv(from, buffer.data(), buffer.size(), 0);
    if (count <= 0) return {};
    std::string bytes(buffer.data(), static_cast<std::size_t>(count));
    for (std::size_t sent = 0; sent < bytes.size();) {
        const ssize_t part = ::send(to, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (part <= 0) return {};
        sent += static_cast<std::size_t>(part);
    }
    return bytes;
}

}  // namespace

CuttingProxy::CuttingProxy(const pg::ConnInfo& server, std::string trigger)
    : server_(server.clone()), trigger_(std::move(trigger)), listener_(make_socket()) {
    const sockaddr_un address = address_of(folder_.path().string(), server_.port);
    if (::bind(listener_.get(), generic(address), sizeof address) < 0 ||
        ::listen(listener_.get(), 16) < 0) {
        throw std::runtime_error("cannot listen");
    }
    acceptor_ = std::thread([this] { serve(); });
}

CuttingProxy::~CuttingProxy() {
    stop_ = true;
    acceptor_.join();
    for (std::thread& session : sessions_)
        session.join();
}

pg::ConnInfo CuttingProxy::login() const {
    pg::ConnInfo info = server_.clone();
    info.host = folder_.path().string();
    return info;
}

void CuttingProxy::serve() {
    while (!stop_) {
        pollfd wait{listener_.get(), POLLIN, 0};
        if (::poll(&wait, 1, tick_ms) <= 0) continue;
        sys::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!client) continue;
        sessions_.emplace_back([this, fd = client.release()] { pass(sys::UniqueFd(fd)); });
    }
}

void CuttingProxy::pass(sys::UniqueFd client) {
    const sys::UniqueFd server = make_socket();
    const sockaddr_un address = address_of(server_.host, server_.port);
    if (::connect(server.get(), generic(address), sizeof address) < 0) return;
    bool drop_answer = false;
    while (!stop_) {
        std::array<pollfd, 2> wait = {{{client.get(), POLLIN, 0}, {server.get(), POLLIN, 0}}};
        if (::poll(wait.data(), wait.size(), tick_ms) <= 0) continue;
        if (wait[1].revents != 0) {
            if (drop_answer) {
                cut_ = true;
                return;
            }
            if (forward(server.get(), client.get()).empty()) return;
        }
        if (wait[0].revents != 0) {
            const std::string bytes = forward(client.get(), server.get());
            if (bytes.empty()) return;
            if (!cut_ && bytes.find(trigger_) != std::string::npos) drop_answer = true;
        }
    }
}

}  // namespace poststack::test
