// The queries that find which parts of the catalogue a transaction has changed (tracker.h).
//
// A row that the transaction wrote has its number or a later one in xmin: the transaction sees the
// new rows. The old version of a row that it changed or deleted has that in xmax: another session,
// which does not see the transaction yet, sees the old rows. Together they are all that changed.
//
// Most catalogues are not touched at all. The server counts for each transaction how many rows it
// wrote in each table (pg_stat_get_xact_tuples_inserted and its siblings, the system's tables
// included), so only those whose count went up are looked through.
#pragma once

#include <string>
#include <vector>

namespace poststack::catalog {

/// A table of the catalogue, and what its change means.
struct WatchedTable {
    std::string name;  ///< "pg_attribute"

    /// What changed rows lead to. For `rest` and `all` the count alone tells.
    enum class Effect {
        units,  ///< the queries below say which units
        rest,   ///< what is read as a whole, when rows were added; everything, when others changed
        all,    ///< everything
    } effect = Effect::units;

    /// For the transaction itself, and for the other session; $1 is the transaction's number.
    ///
    /// Columns: what, the unit's oid, a key and a name. A key, which begins with the oid that
    /// others refer to, tells of a renaming when both sides have it with different names; " a" in
    /// it stands for a column.
    ///  - relation, type, routine: such a unit changed, or something that is read again with it;
    ///  - name: something with a name alone;
    ///  - rest: something that is read as a whole;
    ///  - all: something that all texts may depend on.
    std::string written = {};
    std::string overwritten = {};
};

struct ChangeQueries {
    std::vector<WatchedTable> tables;

    /// One row: whether the server counts, the transaction's number, and for each of `tables`
    /// "<rows written> <rows changed or deleted>", joined by commas.
    std::string counts;

    /// For the other session: the units (as "relation", "type", "routine" or "rest", oid) whose
    /// texts mention one of the objects $1, and those that depend on columns of the relations $1.
    std::string mentioning;
    std::string built_on;
};

/// For a server of `version`.
[[nodiscard]] ChangeQueries change_queries(int version);

}  // namespace poststack::catalog
