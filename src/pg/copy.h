// COPY ... FROM STDIN, streamed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pg/connection.h"

namespace poststack::pg {

/// A running COPY FROM STDIN. One that is neither ended nor failed is failed by the destructor.
class CopyIn {
  public:
    /// Begins `sql` (simple protocol), which must be one COPY ... FROM STDIN.
    /// Errors: database; bug when the statement was not such a COPY.
    CopyIn(Connection& connection, const std::string& sql);
    CopyIn(const CopyIn&) = delete;
    CopyIn& operator=(const CopyIn&) = delete;
    ~CopyIn();

    /// Sends a piece of data; pieces need not end at line ends. A refusal may surface only in
    /// end().
    void put(std::string_view bytes);

    /// Ends the data and returns the number of rows copied. Errors: database.
    std::uint64_t end();

    /// Makes the server abort the COPY (and the transaction it is in).
    void fail(const std::string& reason) noexcept;

  private:
    Connection& connection_;
    bool open_ = false;
};

}  // namespace poststack::pg
