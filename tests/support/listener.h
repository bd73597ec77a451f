// Things that listen on a TCP port and are no PostgreSQL server, or not a ready one.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "sys/fd.h"

namespace poststack::test {

/// Accepts connections on a free port of 127.0.0.1 and hands each to `serve`, one after the other,
/// in a thread of its own. Stops with the object; a served connection has 60 s at most.
class Listener {
  public:
    explicit Listener(std::function<void(int fd)> serve);
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener();

    [[nodiscard]] int port() const noexcept { return port_; }

    /// Connections taken so far.
    [[nodiscard]] int accepted() const noexcept { return accepted_; }

  private:
    void run();
    std::function<void(int)> serve_;
    int port_ = 0;  // before the socket, whose making sets it
    sys::UniqueFd socket_;
    sys::Pipe stop_;
    std::atomic<int> accepted_ = 0;
    std::thread thread_;
};

/// Answers a login as a PostgreSQL server that refuses it with `sqlstate`.
[[nodiscard]] std::function<void(int fd)> refuse_login(std::string sqlstate, std::string message);

/// Reads a request and answers `text`.
[[nodiscard]] std::function<void(int fd)> answer(std::string text);

/// Reads and never answers, until the client goes away.
[[nodiscard]] std::function<void(int fd)> keep_silent();

/// A port of 127.0.0.1 on which nothing listens; it stays reserved (bound) for as long as it lives.
class ClosedPort {
  public:
    ClosedPort();
    [[nodiscard]] int port() const noexcept { return port_; }

  private:
    int port_ = 0;  // before the socket, whose making sets it
    sys::UniqueFd socket_;
};

}  // namespace poststack::test
