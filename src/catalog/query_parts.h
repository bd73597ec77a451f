// Pieces of SQL that the catalogue queries share (queries.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/queries.h"

namespace poststack::catalog {

/// Builds the shared pieces for one server version.
class QueryParts {
  public:
    QueryParts(int version, const Scope& scope);

    /// True on servers of `major` and later.
    [[nodiscard]] bool since(int major) const noexcept { return version_ >= major * 10'000; }

    /// `text` on servers of `major` and later, else nothing.
    [[nodiscard]] std::string since(int major, std::string_view text) const;

    /// A condition: `n` (an alias of pg_namespace) is not the system's, temporary or hidden.
    [[nodiscard]] const std::string& visible() const noexcept { return visible_; }

    [[nodiscard]] bool database() const noexcept { return database_; }

  private:
    int version_;
    bool database_;
    std::string visible_;
};

/// Objects made by initdb have lower oids (FirstNormalObjectId).
[[nodiscard]] std::string user_made(std::string_view oid);

/// A condition: the object of catalogue `of` belongs to no extension.
[[nodiscard]] std::string no_member(std::string_view of, std::string_view oid);

/// A condition: the object of catalogue `of` belongs to an extension.
[[nodiscard]] std::string member(std::string_view of, std::string_view oid);

/// `column` (aclitem[]) in a fixed order; null when it says the same as the default privileges of
/// an object of `type` (as acldefault takes it).
[[nodiscard]] std::string acl(std::string_view column, char type, std::string_view owner);

/// A join that offers the object's comment as d.description.
[[nodiscard]] std::string comment(std::string_view of,
                                  std::string_view oid,
                                  std::string_view column = "0");

/// A text[] of "name=value" in a fixed order, as one text.
[[nodiscard]] std::string options(std::string_view column);

/// schema.name, quoted where needed.
[[nodiscard]] std::string qualified(std::string_view schema, std::string_view name);

/// The qualified name of collation `oid`.
[[nodiscard]] std::string collation_name(std::string_view oid);

/// The name of a regproc or similar column; null for 0.
[[nodiscard]] std::string reference(std::string_view column,
                                    std::string_view type = "regprocedure");

/// The query groups, one file each.
[[nodiscard]] std::vector<Query> relation_queries(const QueryParts& parts);
[[nodiscard]] std::vector<Query> relation_part_queries(const QueryParts& parts);
[[nodiscard]] std::vector<Query> type_queries(const QueryParts& parts);
[[nodiscard]] std::vector<Query> routine_queries(const QueryParts& parts);
[[nodiscard]] std::vector<Query> operator_queries(const QueryParts& parts);
[[nodiscard]] std::vector<Query> text_search_queries(const QueryParts& parts);
[[nodiscard]] std::vector<Query> replication_queries(const QueryParts& parts);
[[nodiscard]] std::vector<Query> database_queries(const QueryParts& parts);

}  // namespace poststack::catalog
