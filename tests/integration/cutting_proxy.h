// A way to a server that can be cut right before or right after a COMMIT's answer.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "pg/conninfo.h"
#include "sys/fd.h"
#include "sys/file.h"

namespace poststack::test {

/// Listens on a unix socket of its own and passes everything on to `server`'s. The first client
/// message that holds `trigger` is passed on, its answer is awaited and dropped, and both sides
/// are closed: the client never learns how it went.
class CuttingProxy {
  public:
    CuttingProxy(const pg::ConnInfo& server, std::string trigger);
    CuttingProxy(const CuttingProxy&) = delete;
    CuttingProxy& operator=(const CuttingProxy&) = delete;
    ~CuttingProxy();

    /// `server` by way of this proxy.
    [[nodiscard]] pg::ConnInfo login() const;

    /// True once it has cut a session.
    [[nodiscard]] bool has_cut() const noexcept { return cut_; }

  private:
    void serve();
    void pass(sys::UniqueFd client);

    pg::ConnInfo server_;
    std::string trigger_;
    sys::TempDir folder_;
    sys::UniqueFd listener_;
    std::atomic<bool> stop_ = false;
    std::atomic<bool> cut_ = false;
    std::vector<std::thread> sessions_;
    std::thread acceptor_;
};

}  // namespace poststack::test
