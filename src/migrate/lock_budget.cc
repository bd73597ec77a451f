#include "migrate/lock_budget.h"

#include <fmt/format.h>

#include "base/error.h"

namespace poststack::migrate {

void check_locks(pg::Connection& work,
                 pg::Connection& other,
                 LockLevel limit,
                 const std::string& file,
                 const TextPosition& at) {
    std::string modes;
    for (const std::string& mode : modes_above(limit))
        modes += fmt::format("{}'{}'", modes.empty() ? "" : ",", mode);
    if (modes.empty()) return;
    constexpr int first_of_users = 16384;
    const pg::Result held = work.script(fmt::format(
        "SELECT relation, mode FROM pg_catalog.pg_locks WHERE locktype = 'relation' AND granted "
        "AND pid = pg_catalog.pg_backend_pid() AND relation >= {} AND mode IN ({})",
        first_of_users,
        modes));
    for (std::size_t row = 0; row < held.rows(); ++row) {
        const pg::Result table = other.script(
            fmt::format("SELECT oid::pg_catalog.regclass FROM pg_catalog.pg_class WHERE oid = {} "
                        "AND relkind IN ('r', 'p', 'm', 'f') AND relnamespace::regnamespace::text "
                        "NOT IN ('poststack', 'pg_toast')",
                        held.value(row, 0)));
        if (table.rows() == 0) continue;
        throw Error(ErrorKind::conflict,
                    fmt::format("{}:{}:{}: a lock in mode {} on \"{}\" is stronger than the file's "
                                "max-lock {}",
                                file,
                                at.line,
                                at.column,
                                sql_name(held.value(row, 1)),
                                table.value(0, 0),
                                name(limit)))
            .hint(
                "It was rolled back. Find a way with a weaker lock (\"poststack database lint\" "
                "names some), or raise max-lock at the top of the file.");
    }
}

}  // namespace poststack::migrate
