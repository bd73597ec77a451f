// Many statements in one round trip (libpq's pipeline mode).
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "pg/connection.h"

namespace poststack::pg {

/// Sends statements without waiting and hands out their results in order.
///
/// A statement is one SQL command (extended protocol). When one fails, the server skips the rest up
/// to the next sync(), so a sync point is the boundary of "all or nothing" only together with
/// BEGIN ... COMMIT; without them, everything between two syncs is one implicit transaction.
/// While a Pipeline lives, the connection takes no other calls.
class Pipeline {
  public:
    explicit Pipeline(Connection& connection);
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;

    /// Reads and drops what is left, and leaves pipeline mode.
    ~Pipeline();

    /// Queues one statement. Blocks only when the socket is full (results are read meanwhile).
    void send(const std::string& sql, const Params& params = {});

    /// Queues the making of a prepared statement; it has a result of its own.
    void prepare(const std::string& name, const std::string& sql);

    /// Queues a statement that was prepared as `name`, in this pipeline or earlier.
    void execute(const std::string& name, const Params& params = {});

    /// Marks a sync point and sends everything queued.
    void sync();

    /// The result of the oldest statement that has not been handed out.
    ///
    /// Needs a sync() after it. Errors: database for a failed statement; for the statements the
    /// server skipped because of it, the same error again; bug when nothing is pending.
    Result next();

    /// Statements sent and not yet handed out.
    [[nodiscard]] std::size_t pending() const noexcept;

    /// sync(), then every pending result; returns the last. Throws the first failure, with the rest
    /// drained.
    Result finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace poststack::pg
