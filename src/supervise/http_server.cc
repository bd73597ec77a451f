#include "supervise/http_server.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "http/parser.h"
#include "supervise/accounts.h"
#include "supervise/base64.h"
#include "sys/errno_error.h"

namespace poststack::supervise {
namespace {

constexpr std::size_t largest_body = 1U << 20;
constexpr std::size_t most_connections = 64;
constexpr std::size_t most_unsent = 4U << 20;  ///< then the client is dropped

std::string_view reason_of(int status) noexcept {
    switch (status) {
        case 200: return "OK";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 413: return "Content Too Large";
        case 503: return "Service Unavailable";
        default: return "Internal Server Error";
    }
}

}  // namespace

/// One client. Requests are answered in order: the next is read when the last one is answered.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    Connection(sys::Poller& poller,
               sys::UniqueFd fd,
               const ServerConfig& config,
               const HttpServer::Handler& handler,
               std::function<void(int)> gone)
        : poller_(poller),
          fd_(std::move(fd)),
          config_(config),
          handler_(handler),
          gone_(std::move(gone)) {}

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    ~Connection() { poller_.forget(fd_.get()); }

    void start() {
        poller_.watch(fd_.get(), EPOLLIN, [this](std::uint32_t events) { take(events); });
    }

    void answer(int status, std::string_view type, std::string_view body) {
        const bool is_head = parser_.head().method == "HEAD";
        http::Head head = begin(status, type);
        head.set("Content-Length", std::to_string(body.size()));
        const bool keeps = parser_.keeps_alive() && status != 400 && status != 413;
        if (!keeps) head.set("Connection", "close");
        out_ += http::response_text(head);
        if (!is_head) out_ += body;
        busy_ = false;
        closing_ = closing_ || !keeps;
        flush();
    }

    void start_stream(std::string_view type) {
        http::Head head = begin(200, type);
        head.set("Transfer-Encoding", "chunked");
        out_ += http::response_text(head);
        flush();
    }

    void write(std::string_view piece) {
        if (out_.size() > most_unsent) {
            leave();
            return;
        }
        out_ += http::chunk_text(piece);
        flush();
    }

  private:
    static http::Head begin(int status, std::string_view type) {
        http::Head head;
        head.status = status;
        head.reason = reason_of(status);
        head.set("Server", "poststack-init");
        head.set("Content-Type", std::string(type));
        head.set("Cache-Control", "no-store");
        if (status == 401) head.set("WWW-Authenticate", "Basic realm=\"default\"");
        return head;
    }

    void leave() {
        const std::shared_ptr<Connection> keep = weak_from_this().lock();
        gone_(fd_.get());
    }

    void take(std::uint32_t events) {
        const std::shared_ptr<Connection> keep = weak_from_this().lock();
        if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
            leave();
            return;
        }
        if ((events & EPOLLOUT) != 0) flush();
        if ((events & EPOLLIN) == 0) return;
        char buffer[16U << 10];
        const ssize_t count = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count <= 0) {
            leave();
            return;
        }
        input_.append(buffer, static_cast<std::size_t>(count));
        read_requests();
    }

    void read_requests() {
        while (!busy_ && !closing_) {
            std::string_view rest = input_;
            const http::Event event = parser_.next(rest);
            if (event == http::Event::body) body_ += parser_.body();
            const std::size_t used = input_.size() - rest.size();
            input_.erase(0, used);
            if (event == http::Event::failed || body_.size() > largest_body) {
                answer(event == http::Event::failed ? 400 : 413, "text/plain", "");
                return;
            }
            if (event == http::Event::more) return;
            if (event != http::Event::end) continue;
            busy_ = true;
            const std::string body = std::exchange(body_, {});
            if (is_allowed()) {
                handler_({parser_.head(), body}, Reply(weak_from_this()));
            } else {
                answer(401, "text/plain", "");
            }
        }
    }

    [[nodiscard]] bool is_allowed() const {
        if (config_.username.empty()) return true;
        const auto given = parser_.head().find("Authorization");
        if (!given || !given->starts_with("Basic ")) return false;
        return decode_base64(given->substr(6)) == config_.username + ":" + config_.password;
    }

    void flush() {
        while (!out_.empty()) {
            const ssize_t count =
                ::send(fd_.get(), out_.data(), out_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0 && errno == EAGAIN) break;
            if (count <= 0) {
                leave();
                return;
            }
            out_.erase(0, static_cast<std::size_t>(count));
        }
        if (out_.empty() && closing_) {
            leave();
            return;
        }
        poller_.change(fd_.get(), out_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
    }

    sys::Poller& poller_;
    sys::UniqueFd fd_;
    const ServerConfig& config_;
    const HttpServer::Handler& handler_;
    std::function<void(int)> gone_;
    http::Parser parser_{http::Kind::request};
    std::string input_;
    std::string body_;
    std::string out_;
    bool busy_ = false;
    bool closing_ = false;
};

void Reply::send(int status, std::string_view type, std::string_view body) {
    if (const auto connection = connection_.lock()) connection->answer(status, type, body);
}

void Reply::start_stream(std::string_view type) {
    if (const auto connection = connection_.lock()) connection->start_stream(type);
}

void Reply::write(std::string_view piece) {
    if (const auto connection = connection_.lock()) connection->write(piece);
}

HttpServer::HttpServer(sys::Poller& poller, ServerConfig config, Handler handler)
    : poller_(poller), config_(std::move(config)), handler_(std::move(handler)) {
    if (config_.path.empty()) {
        listen_inet();
    } else {
        listen_unix();
    }
    if (::listen(listener_.get(), 64) < 0) sys::throw_errno("listen on", config_.path);
    poller_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept(); });
}

HttpServer::~HttpServer() {
    connections_.clear();
    poller_.forget(listener_.get());
    if (!config_.path.empty()) ::unlink(config_.path.c_str());
}

void HttpServer::listen_unix() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (config_.path.size() >= sizeof address.sun_path) {
        throw_at(config_.place,
                 fmt::format("the socket path \"{}\" is longer than {} bytes",
                             config_.path,
                             sizeof address.sun_path - 1));
    }
    std::memcpy(address.sun_path, config_.path.c_str(), config_.path.size() + 1);
    const auto* where = reinterpret_cast<const sockaddr*>(&address);
    const sys::UniqueFd visitor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(visitor.get(), where, sizeof address) == 0) {
        throw Error(ErrorKind::conflict,
                    fmt::format("somebody answers on \"{}\" already", config_.path))
            .hint("Stop the other supervisor, or name another socket.");
    }
    ::unlink(config_.path.c_str());
    listener_ = sys::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // Nobody may connect before mode and owner are what the file says.
    const mode_t before = ::umask(0177);
    const int bound = ::bind(listener_.get(), where, sizeof address);
    const int code = errno;
    ::umask(before);
    if (bound < 0) sys::throw_errno("make the socket", config_.path, code);
    if (!config_.owner.empty()) {
        const auto owner = find_run_as(config_.owner);
        if (!owner) {
            throw_at(config_.place, fmt::format("\"chown\" names no account: {}", config_.owner));
        }
        if (::chown(config_.path.c_str(), owner->uid, owner->gid) < 0) {
            sys::throw_errno("give away", config_.path);
        }
    }
    if (::chmod(config_.path.c_str(), config_.mode) < 0) sys::throw_errno("protect", config_.path);
}

void HttpServer::listen_inet() {
    const bool has_v6 = config_.host.find(':') != std::string::npos;
    sockaddr_storage storage{};
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    int parsed = 0;
    if (has_v6) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(config_.port);
        parsed = ::inet_pton(AF_INET6, config_.host.c_str(), &v6.sin6_addr);
    } else {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(config_.port);
        parsed = ::inet_pton(AF_INET, config_.host.c_str(), &v4.sin_addr);
    }
    if (parsed != 1) {
        throw_at(config_.place, fmt::format("\"{}\" is no literal address", config_.host));
    }
    listener_ =
        sys::UniqueFd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(listener_.get(),
               reinterpret_cast<const sockaddr*>(&storage),
               has_v6 ? sizeof v6 : sizeof v4) < 0) {
        throw Error(
            errno == EADDRINUSE ? ErrorKind::conflict : ErrorKind::denied,
            fmt::format(
                "cannot listen on {}:{}: {}", config_.host, config_.port, sys::errno_text(errno)));
    }
}

void HttpServer::accept() {
    for (;;) {
        sys::UniqueFd fd(
            ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!fd) return;
        if (connections_.size() >= most_connections) continue;
        const int number = fd.get();
        auto connection = std::make_shared<Connection>(
            poller_, std::move(fd), config_, handler_, [this](int gone) {
                connections_.erase(gone);
            });
        connections_[number] = connection;
        connection->start();
    }
}

}  // namespace poststack::supervise
