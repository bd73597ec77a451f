#include "listener.h"

#include <array>
#include <cstdint>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/errno_error.h"

namespace poststack::test {

namespace {

sys::UniqueFd bind_free_port(int& port) {
    sys::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* general = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (!socket || ::bind(socket.get(), general, size) != 0 ||
        ::getsockname(socket.get(), general, &size) != 0) {
        sys::throw_errno("bind", "127.0.0.1");
    }
    port = ntohs(address.sin_port);
    return socket;
}

void send_all(int fd, const std::string& text) {
    [[maybe_unused]] const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
}

/// Waits for bytes, at most a minute; what came, "" at the end.
std::string receive(int fd) {
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, 60'000) <= 0) return {};
    std::array<char, 4096> bytes{};
    const ssize_t count = ::recv(fd, bytes.data(), bytes.size(), 0);
    return count > 0 ? std::string(bytes.data(), static_cast<std::size_t>(count)) : std::string();
}

std::string big_endian(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) {
        bytes += static_cast<char>((value >> shift) & 0xFFU);
    }
    return bytes;
}

/// Source: PostgreSQL manual 55.7, ErrorResponse.
std::string error_response(const std::string& sqlstate, const std::string& message) {
    std::string body;
    const std::pair<char, std::string> fields[] = {
        {'S', "FATAL"}, {'V', "FATAL"}, {'C', sqlstate}, {'M', message}};
    for (const auto& [code, text] : fields)
        body += code + text + '\0';
    body += '\0';
    return 'E' + big_endian(static_cast<std::uint32_t>(body.size() + 4)) + body;
}

}  // namespace

Listener::Listener(std::function<void(int)> serve)
    : serve_(std::move(serve)), socket_(bind_free_port(port_)), stop_(sys::make_pipe()) {
    if (::listen(socket_.get(), 64) != 0) sys::throw_errno("listen on", "127.0.0.1");
    thread_ = std::thread([this] { run(); });
}

Listener::~Listener() {
    stop_.write_end = sys::UniqueFd();
    thread_.join();
}

void Listener::run() {
    for (;;) {
        std::array<pollfd, 2> waiting{pollfd{socket_.get(), POLLIN, 0},
                                      pollfd{stop_.read_end.get(), POLLIN, 0}};
        if (::poll(waiting.data(), waiting.size(), -1) < 0 || waiting[1].revents != 0) return;
        const sys::UniqueFd client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!client) continue;
        ++accepted_;
        serve_(client.get());
    }
}

std::function<void(int)> refuse_login(std::string sqlstate, std::string message) {
    return [sqlstate = std::move(sqlstate), message = std::move(message)](int fd) {
        constexpr std::uint32_t ssl_request = 80877103;
        std::string packet = receive(fd);
        if (packet.size() == 8 && packet.substr(4) == big_endian(ssl_request)) {
            send_all(fd, "N");
            packet = receive(fd);
        }
        send_all(fd, error_response(sqlstate, message));
        (void)receive(fd);  // the client closes first, so that the answer is not lost to a reset
    };
}

std::function<void(int)> answer(std::string text) {
    return [text = std::move(text)](int fd) {
        (void)receive(fd);
        send_all(fd, text);
        (void)receive(fd);
    };
}

std::function<void(int)> keep_silent() {
    return [](int fd) {
        while (!receive(fd).empty()) {
        }
    };
}

ClosedPort::ClosedPort() : socket_(bind_free_port(port_)) {}

}  // namespace poststack::test
