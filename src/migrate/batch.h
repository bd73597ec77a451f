// Sends the statements of one text in pieces and finds the place of an error in the file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "migrate/scanner.h"
#include "migrate/script.h"
#include "pg/connection.h"

namespace poststack::migrate {

class Batch {
  public:
    /// `opening` is sent in front of the first piece; it holds `opening_statements` statements.
    Batch(pg::Connection& connection,
          Scanner& scanner,
          std::string opening,
          std::size_t opening_statements);

    /// Adds a statement and sends what is collected when it is enough. The data of a COPY is
    /// streamed before this returns.
    /// Errors: database, as "name:line:column: ..."; lost sessions; interrupted.
    void add(const Statement& statement);

    /// Sends what is left, the opening too when nothing was sent yet.
    void flush();

  private:
    void copy(const Statement& statement);
    void send(const std::string& sql, std::size_t opening_size);
    [[nodiscard]] bool ends_piece(const Statement& statement) const;
    [[noreturn]] void fail(const Error& error, const TextPosition& at) const;

    pg::Connection& connection_;
    Scanner& scanner_;
    std::string opening_;
    std::size_t opening_statements_;
    std::vector<TextPosition> starts_;  ///< of the statements collected
    std::uint64_t end_ = 0;             ///< behind the last one collected
};

}  // namespace poststack::migrate
