// The queries that find which parts of the catalogue a transaction has changed (tracker.h).
//
// A row that the transaction wrote has its number or a later one in xmin: the transaction sees the
// new rows. The old version of a row that it changed or deleted has that in xmax: another session,
// which does not see the transaction yet, sees the old rows. Together they are all that changed.
#pragma once

#include <string>

namespace poststack::catalog {

/// Columns: what ("unit", "rest", "all", "roles",
/// "hidden"), the unit's oid, a key and a name. A key, which
/// begins with the oid that others refer to, tells of a renaming when both sides have it with
/// different names; " a" in it stands for a column.
///  - unit: a relation, type or routine changed, or something that is read again with it;
///  - rest: something that is read as a whole;
///  - all: something that all texts may depend on;
///  - roles, hidden: always there, with a name that stands for all of what cannot be seen row by
///  row.
struct ChangeQueries {
    std::string written;      ///< for the transaction itself
    std::string overwritten;  ///< for the other session; $1 is the transaction's number (xid)

    /// For the other session: the units (as "unit" or "rest", oid) whose texts mention one of the
    /// oids $1, or depend on the columns of one of the relations $2.
    std::string dependents;
};

/// For a server of `version`.
[[nodiscard]] ChangeQueries change_queries(int version);

}  // namespace poststack::catalog
