// What is applied and what is not.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "migrate/ledger_place.h"
#include "migrate/order.h"
#include "pg/connection.h"

namespace poststack::migrate {

enum class FileState {
    applied,       ///< applied and unchanged
    pending,       ///< will be applied by the next migrate
    reformatted,   ///< applied, and the file differs in line ends, comments or blanks alone
    changed,       ///< applied, and the file means something else now
    missing,       ///< applied, and the file is gone
    out_of_order,  ///< not applied although a later version is
    unfinished,    ///< a no-transaction file that stopped half-way
};

[[nodiscard]] std::string_view name(FileState state) noexcept;

struct FileStatus {
    FileState state = FileState::pending;
    std::string version;
    std::string name;
    std::string description;
    bool has_rollback = false;
    std::string applied_at;  ///< RFC 3339 in UTC, "" unless applied
    std::chrono::nanoseconds duration{0};
    std::string applied_by;
    std::string note;  ///< what else there is to know, "" for nothing
};

struct StatusReport {
    bool has_ledger = false;              ///< create-schema or migrate ran before
    std::vector<FileStatus> files;        ///< in version order, applied and pending in one list
    std::vector<FileStatus> repeatables;  ///< by name: applied, pending, reformatted or missing
    std::vector<std::string> gaps;        ///< numbers that no file has: "003", "005 to 007"
    std::vector<std::string> warnings;    ///< stray files in the directory

    [[nodiscard]] std::size_t count(FileState state) const noexcept;

    /// Repeatable files that the next migrate runs.
    [[nodiscard]] std::size_t due_repeatables() const noexcept;

    /// True when everything is applied and nothing is changed, missing or out of order; a
    /// repeatable file that is gone is no fault.
    [[nodiscard]] bool is_current() const noexcept;

    /// True when nothing is changed, missing, out of order or unfinished; files may be pending.
    [[nodiscard]] bool is_sound() const noexcept;
};

/// Compares `directory` with the ledger at `place`. Read only: never creates or upgrades anything.
/// Late migrations that `order` allows count as pending.
[[nodiscard]] StatusReport status(pg::Connection& connection,
                                  const std::filesystem::path& directory,
                                  const OrderPolicy& order = {},
                                  const LedgerPlace& place = {});

/// The counts alone, for `poststack status`.
struct Summary {
    bool has_ledger = false;
    std::size_t applied = 0;
    std::size_t pending = 0;
    std::size_t changed = 0;  ///< changed, missing, out of order or unfinished
};

[[nodiscard]] Summary summary(pg::Connection& connection,
                              const std::filesystem::path& directory,
                              const OrderPolicy& order = {},
                              const LedgerPlace& place = {});

}  // namespace poststack::migrate
