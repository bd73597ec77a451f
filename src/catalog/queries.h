// The catalogue queries behind a fingerprint (fingerprint.h).
//
// Every query gives: oid of the object it belongs to, kind, identity, parent, then one column for
// each attribute, named as the attribute is shown; null stands for "not set". Rows of one kind and
// identity are parts of one object. What begins with "#" is no attribute: columns of relations and
// composite types say their number and name there.
#pragma once

#include <string>
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
};

/// The queries for a server of `version` (as pg::Connection::server_version()).
[[nodiscard]] std::vector<Query> catalogue_queries(int version, const Scope& scope);

}  // namespace poststack::catalog
