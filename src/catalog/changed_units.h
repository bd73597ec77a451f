// What a transaction has changed, in terms of what is to be read again (tracker.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "pg/result.h"

namespace poststack::catalog {

/// Collects the rows of the change queries (change_queries.h).
class ChangedUnits {
  public:
    /// Rows that the transaction wrote.
    void add_written(const pg::Result& rows);

    /// Old versions of rows that it changed or deleted.
    void add_overwritten(const pg::Result& rows);

    /// Rows of the query for dependents.
    void add_dependents(const pg::Result& rows);

    /// True when everything has to be read.
    [[nodiscard]] bool all() const { return all_ || before_.roles != after_.roles; }

    /// True when what has no unit has to be read.
    [[nodiscard]] bool rest() const { return rest_ || before_.hidden != after_.hidden; }

    [[nodiscard]] const std::set<std::int64_t>& units() const noexcept { return units_; }

    /// True when what is read with `unit` (0: as a whole) has to be read again.
    [[nodiscard]] bool covers(std::int64_t unit) const {
        return all() || (unit == 0 ? rest() : units_.contains(unit));
    }

    /// Objects that others call by another name now, as oids.
    [[nodiscard]] std::set<std::int64_t> renamed() const;

    /// Relations that were there before and whose columns changed.
    [[nodiscard]] std::set<std::int64_t> reshaped() const;

  private:
    /// What one of the two sessions sees.
    struct Side {
        std::map<std::string, std::string> names;  ///< by key
        std::set<std::int64_t> units;
        std::string roles;
        std::string hidden;  ///< stands for what only a superuser sees the rows of
    };

    void add(const pg::Result& rows, Side& side);

    bool all_ = false;
    bool rest_ = false;
    std::set<std::int64_t> units_;
    std::set<std::int64_t> reshaped_;
    Side before_;
    Side after_;
};

}  // namespace poststack::catalog
