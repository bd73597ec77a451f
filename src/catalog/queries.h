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

namespace poststack::catalog {

/// What a fingerprint covers.
struct Scope {
    std::vector<std::string> hidden_schemas = {"poststack"};  ///< and everything in them
    bool database = true;  ///< properties and settings of the database itself
};

struct Query {
    std::string name;  ///< a word, unique: "columns"
    std::string sql;   ///< one statement without parameters

    /// The column by whose oid rows are read again ("AND <unit> = ANY ($1)" may follow the
    /// statement); "" when it is read as a whole.
    std::string unit = {};
};

/// A statement that sets what the texts of the catalogue depend on, for the transaction, in a form
/// that every session agrees on.
extern const std::string_view fixed_settings;

/// The queries for a server of `version` (as pg::Connection::server_version()).
[[nodiscard]] std::vector<Query> catalogue_queries(int version, const Scope& scope);

}  // namespace poststack::catalog
