// Sends the statements of one text in pieces and finds the place of an error in the file.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "migrate/notices.h"
#include "migrate/scanner.h"
#include "migrate/script.h"
#include "pg/connection.h"

namespace poststack::migrate {

class Batch {
  public:
    /// `opening` is sent in front of the first piece. `expansion` may be null.
    Batch(pg::Connection& connection,
          Scanner& scanner,
          const Expansion* expansion,
          std::string opening);

    /// Told of each piece of COPY data that is sent.
    void on_copy_data(std::function<void(std::string_view)> handler) {
        on_copy_data_ = std::move(handler);
    }

    /// Whom the server's notices are told to, which outlives the batch; else they are dropped.
    void report_to(NoticeLog& notices) noexcept { notices_ = &notices; }

    /// Adds a statement and sends what is collected when it is enough. The data of a COPY is
    /// streamed before this returns.
    /// Errors: database, as "name:line:column: ..."; lost sessions; interrupted.
    void add(const Statement& statement);

    /// Sends what is left, the opening too when nothing was sent yet.
    void flush();

  private:
    class Listening;

    void copy(const Statement& statement);
    [[nodiscard]] ExpandedText text_of(const TextPosition& start, std::uint64_t end) const;
    [[nodiscard]] TextPosition place_in(const ExpandedText& text,
                                        const TextPosition& start,
                                        std::size_t character) const;
    void send(const ExpandedText& text, const std::string& opening);
    [[nodiscard]] bool ends_piece(const Statement& statement) const;
    [[noreturn]] void fail(const Error& error, const TextPosition& at) const;

    pg::Connection& connection_;
    Scanner& scanner_;
    const Expansion* expansion_;
    std::string opening_;
    std::function<void(std::string_view)> on_copy_data_;
    NoticeLog* notices_ = nullptr;
    std::vector<TextPosition> starts_;  ///< of the statements collected
    std::uint64_t end_ = 0;             ///< behind the last one collected
};

}  // namespace poststack::migrate
