// The catalogue queries behind a fingerprint (fingerprint.h).
//
// Every query gives: oid of the object it belongs to, kind, identity, parent, then one column for
// each attribute, named as the attribute is shown; null stands for "not set". Rows of one kind and
// identity are parts of one object. What begins with "#" is no attribute: columns of relations and
// composite types say their number and name there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/fingerprint.h"

namespace poststack::catalog {

/// What a fingerprint covers.
struct Scope {
    std::vector<std::string> hidden_schemas = {"poststack"};  ///< and everything in them
    bool database = true;  ///< properties and settings of the database itself
};

/// What objects are read again with: the table, type or routine they belong to, or all others of
/// their kind. Each is known by an oid of a table of its own.
enum class Family { whole, relation, type, routine };

[[nodiscard]] Family family_of(Kind kind) noexcept;

struct Query {
    std::string name;  ///< a word, unique: "columns"
    std::string sql;   ///< one statement without parameters

    /// The column by whose oid rows are read again ("AND <unit> = ANY ($1)" may follow the
    /// statement); "" when it is read as a whole.
    std::string unit = {};
    Family family = Family::whole;

    /// The table of the catalogue whose rows it shows one by one, and the kinds of objects it gives
    /// then: where a unit had none of them and the table is as it was, there are none. "" where
    /// every unit has some.
    std::string table = {};
    std::vector<Kind> kinds = {};
};

/// A statement that sets what the texts of the catalogue depend on, for the transaction, in a form
/// that every session agrees on.
extern const std::string_view fixed_settings;

/// The queries for a server of `version` (as pg::Connection::server_version()).
[[nodiscard]] std::vector<Query> catalogue_queries(int version, const Scope& scope);

}  // namespace poststack::catalog
