// How many statements of a message are over when a notice arrives.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

#include <libpq-fe.h>

namespace poststack::pg {

/// Counts the statements that the server has completed, while it lives.
///
/// libpq hands out notices before the results that came ahead of them, so that counting results
/// would give a notice to the statement before its own. Its trace (PQtrace) has every message in
/// the order of its arrival.
class StatementCount {
  public:
    explicit StatementCount(PGconn* conn);
    StatementCount(const StatementCount&) = delete;
    StatementCount& operator=(const StatementCount&) = delete;
    ~StatementCount();

    [[nodiscard]] std::size_t completed() const noexcept { return completed_; }

  private:
    void read(char c);

    PGconn* conn_;
    std::FILE* trace_ = nullptr;
    std::string line_;  ///< the start of the one that is being written
    std::size_t completed_ = 0;
};

}  // namespace poststack::pg
