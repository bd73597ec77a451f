#include "supervise/local_http.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "http/parser.h"
#include "supervise/base64.h"
#include "sys/errno_error.h"
#include "sys/fd.h"

namespace poststack::supervise {
namespace {

std::string place_of(const ServerConfig& server) {
    return server.path.empty() ? fmt::format("{}:{}", server.host, server.port) : server.path;
}

sys::UniqueFd connect_to(const ServerConfig& server, std::chrono::milliseconds limit) {
    sockaddr_storage storage{};
    socklen_t length = 0;
    auto& local = reinterpret_cast<sockaddr_un&>(storage);
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    if (!server.path.empty()) {
        local.sun_family = AF_UNIX;
        std::strncpy(local.sun_path, server.path.c_str(), sizeof local.sun_path - 1);
        length = sizeof local;
    } else if (server.host.find(':') != std::string::npos) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(server.port);
        ::inet_pton(AF_INET6, server.host == "::" ? "::1" : server.host.c_str(), &v6.sin6_addr);
        length = sizeof v6;
    } else {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(server.port);
        const bool is_any = server.host.empty() || server.host == "0.0.0.0";
        ::inet_pton(AF_INET, is_any ? "127.0.0.1" : server.host.c_str(), &v4.sin_addr);
        length = sizeof v4;
    }
    sys::UniqueFd socket(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    timeval wait{};
    wait.tv_sec = limit.count() / 1000;
    wait.tv_usec = limit.count() % 1000 * 1000;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&storage), length) < 0) {
        const ErrorKind kind = errno == EACCES ? ErrorKind::denied : ErrorKind::timeout;
        throw Error(kind,
                    fmt::format("poststack-init does not answer on \"{}\": {}",
                                place_of(server),
                                sys::errno_text(errno)));
    }
    return socket;
}

std::string request_text(const ServerConfig& server, const LocalQuestion& question) {
    std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n",
                                   question.method,
                                   question.target);
    if (!server.username.empty()) {
        text += fmt::format("Authorization: Basic {}\r\n",
                            encode_base64(server.username + ":" + server.password));
    }
    if (!question.body.empty()) {
        text +=
            fmt::format("Content-Type: text/xml\r\nContent-Length: {}\r\n", question.body.size());
    }
    return text + "\r\n" + question.body;
}

}  // namespace

LocalAnswer ask_local(const ServerConfig& server, const LocalQuestion& question) {
    const sys::UniqueFd socket = connect_to(server, question.limit);
    sys::write_all(socket.get(), request_text(server, question), "socket");
    http::Parser parser(http::Kind::response);
    LocalAnswer answer;
    for (;;) {
        char buffer[16U << 10];
        const ssize_t count = ::recv(socket.get(), buffer, sizeof buffer, 0);
        if (count < 0 && errno == EINTR) continue;
        std::string_view input(buffer, count > 0 ? static_cast<std::size_t>(count) : 0);
        http::Event event = count > 0 ? parser.next(input) : parser.finish();
        while (event == http::Event::head || event == http::Event::body) {
            if (event == http::Event::body) answer.body += parser.body();
            event = parser.next(input);
        }
        if (event == http::Event::end) break;
        if (event == http::Event::failed || count <= 0) {
            throw Error(
                ErrorKind::timeout,
                fmt::format("poststack-init gave no whole answer on \"{}\"", place_of(server)));
        }
    }
    answer.status = parser.head().status;
    return answer;
}

}  // namespace poststack::supervise
