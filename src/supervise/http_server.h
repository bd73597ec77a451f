// A small HTTP server in the supervisor's loop: for supervisorctl, health checks and metrics.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http/message.h"
#include "supervise/config.h"
#include "sys/fd.h"
#include "sys/poller.h"

namespace poststack::supervise {

class Connection;

/// The answer to one request, given at once or later. Harmless when the client has gone meanwhile.
class Reply {
  public:
    explicit Reply(std::weak_ptr<Connection> connection) : connection_(std::move(connection)) {}

    /// Answers with a whole body.
    void send(int status, std::string_view type, std::string_view body);

    /// Begins an answer without end, sent in pieces by write().
    void start_stream(std::string_view type);
    void write(std::string_view piece);

    /// False when there is nobody left to answer.
    [[nodiscard]] bool is_wanted() const noexcept { return !connection_.expired(); }

  private:
    std::weak_ptr<Connection> connection_;
};

struct Request {
    const http::Head& head;
    const std::string& body;
};

class HttpServer {
  public:
    using Handler = std::function<void(const Request& request, Reply reply)>;

    /// Listens at once. A socket file that nobody answers on is replaced. Errors: config, conflict
    /// (somebody listens there), denied, io.
    HttpServer(sys::Poller& poller, ServerConfig config, Handler handler);
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    ~HttpServer();

  private:
    void listen_unix();
    void listen_inet();
    void accept();

    sys::Poller& poller_;
    ServerConfig config_;
    Handler handler_;
    sys::UniqueFd listener_;
    std::unordered_map<int, std::shared_ptr<Connection>> connections_;
};

}  // namespace poststack::supervise
