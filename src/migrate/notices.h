// What the server says while migrations run: RAISE NOTICE, RAISE WARNING, "already exists,
// skipping".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "migrate/apply.h"
#include "migrate/expansion.h"
#include "migrate/position.h"
#include "pg/connection.h"

namespace poststack::migrate {

/// Tells each notice at once, with its place in the file, and keeps it for the result. Of one text
/// so many that a loop over a table does not bury the rest.
class NoticeLog {
  public:
    explicit NoticeLog(ProgressCallback on_progress) : on_progress_(std::move(on_progress)) {}

    /// A text begins; what an attempt before it said is forgotten. `expansion` may be null, else it
    /// outlives the text: secret values are not shown.
    void begin(const std::string& name, const Expansion* expansion);

    /// `start` is where the statement begins.
    void add(const TextPosition& start, const pg::Notice& notice) noexcept;

    /// Says how many were left out.
    void end();

    /// Those of all texts.
    [[nodiscard]] std::vector<ServerNotice> take() noexcept { return std::move(notices_); }

  private:
    void tell(const std::string& text) const;

    ProgressCallback on_progress_;
    std::string name_;
    const Expansion* expansion_ = nullptr;
    std::size_t first_ = 0;  ///< of this text in notices_
    std::size_t left_out_ = 0;
    std::vector<ServerNotice> notices_;
};

}  // namespace poststack::migrate
