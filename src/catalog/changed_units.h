// What a transaction has changed, in terms of what is to be read again (tracker.h).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "catalog/queries.h"
#include "pg/result.h"

namespace poststack::catalog {

using Oids = std::set<std::int64_t>;

/// Collects the rows of the change queries (change_queries.h).
class ChangedUnits {
  public:
    /// Rows that the transaction wrote.
    void add_written(const pg::Result& rows);

    /// Old versions of rows that it changed or deleted.
    void add_overwritten(const pg::Result& rows);

    /// Rows of the query for dependents.
    void add_dependents(const pg::Result& rows);

    /// Everything has to be read.
    void add_all() noexcept { all_ = true; }

    /// What has no unit has to be read.
    void add_rest() noexcept { rest_ = true; }

    [[nodiscard]] bool all() const noexcept { return all_; }
    [[nodiscard]] bool rest() const noexcept { return rest_; }

    /// True when nothing has to be read.
    [[nodiscard]] bool empty() const noexcept;

    [[nodiscard]] const Oids& units(Family family) const noexcept;

    /// Those that were there before, and whose own description or parts were changed.
    [[nodiscard]] const Oids& units_before(Family family) const noexcept;

    /// Those of units() that seem to be dropped: their own row was overwritten and no other one
    /// written. One may be there nevertheless: a subtransaction that failed overwrote it.
    [[nodiscard]] Oids dropped(Family family) const;

    /// True when `object` has to be read again.
    [[nodiscard]] bool covers(const Object& object) const;

    /// Objects that others call by another name now, as oids.
    [[nodiscard]] Oids renamed() const;

    /// Relations that were there before, are not dropped(), and whose columns changed.
    [[nodiscard]] Oids reshaped() const;

  private:
    using Units = std::array<Oids, 4>;  ///< by Family

    /// What one of the two sessions sees.
    struct Side {
        std::map<std::string, std::string> names;  ///< by key
        Units units;
    };

    void add(const pg::Result& rows, Side& side);

    [[nodiscard]] bool is_dropped(Family family, std::int64_t oid) const;

    bool all_ = false;
    bool rest_ = false;
    Units units_;
    Oids reshaped_;
    Side before_;
    Side after_;
};

}  // namespace poststack::catalog
