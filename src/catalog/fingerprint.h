// What a database's catalogue says, as a sorted list of objects: two databases with equal
// fingerprints have the same schema.
//
// An object is (kind, identity, attributes), all of it text the server itself writes
// (pg_get_indexdef, format_type, ...) under fixed settings and an empty search_path. Nothing of it
// depends on oids, on physical layout or on gaps that dropped columns leave. Left out on purpose:
//  - rows, statistics and the position of sequences (last_value): data, which a rollback of a
//    schema does not restore and pg_dump --schema-only does not write;
//  - members of extensions: the extension with its version stands for them (grants on them, and on
//    the system's own objects, are objects of their own);
//  - large objects; secrets of subscriptions and user mappings;
//  - the ledger's schema and temporary schemas.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace poststack::catalog {

/// The kinds in the order in which differences are shown: what others need comes first.
enum class Kind {
    database,
    setting,
    schema,
    extension,
    access_method,
    language,
    collation,
    conversion,
    enumeration,
    domain,
    domain_constraint,
    composite_type,
    attribute,
    range_type,
    base_type,
    function,
    procedure,
    aggregate,
    sql_operator,
    operator_family,
    operator_class,
    cast,
    transform,
    text_search_parser,
    text_search_template,
    text_search_dictionary,
    text_search_configuration,
    foreign_data_wrapper,
    server,
    user_mapping,
    sequence,
    table,
    foreign_table,
    column,
    column_order,
    constraint,
    index,
    view,
    materialized_view,
    rule,
    trigger,
    constraint_trigger,
    policy,
    statistics,
    publication,
    publication_table,
    publication_schema,
    subscription,
    event_trigger,
    default_privileges,
    grant,
    security_label,
};

/// "table", "materialized view", "operator class".
[[nodiscard]] std::string_view name(Kind kind) noexcept;

/// The kind called `text`. Errors: bug for anything else.
[[nodiscard]] Kind parse_kind(std::string_view text);

struct Object {
    Kind kind{};
    std::string identity;  ///< unique within its kind: "public.users", "audit on public.users"
    std::string parent;    ///< the object it goes with, as label() writes it; "" for none
    std::vector<std::pair<std::string, std::string>> attributes;  ///< only those that are set

    /// Which rows it stands for, of tables and columns: the table's oid and the column's number.
    /// No part of a comparison; it tells a thing that was kept or renamed from one made anew.
    std::int64_t storage_oid = 0;
    std::int64_t storage_number = 0;

    /// The oid of what it is read again with (a table's for its columns); 0 for what is read as a
    /// whole (tracker.h). No part of a comparison.
    std::int64_t unit = 0;

    /// "table public.users".
    [[nodiscard]] std::string label() const;

    /// The value of an attribute; null when it is not set.
    [[nodiscard]] const std::string* find(std::string_view attribute) const noexcept;

    /// Compares all but where the rows are.
    bool operator==(const Object& other) const noexcept;
};

/// Objects are shared between the fingerprints of one reader (FingerprintReader).
using ObjectPtr = std::shared_ptr<const Object>;

class Fingerprint {
  public:
    Fingerprint();

    /// Sorts `objects` by kind and identity.
    explicit Fingerprint(std::vector<ObjectPtr> objects);

    /// Takes objects that are in order already.
    [[nodiscard]] static Fingerprint from_sorted(std::vector<ObjectPtr> objects);

    [[nodiscard]] const std::vector<ObjectPtr>& objects() const noexcept { return *objects_; }

    /// True when both hold the same objects with the same attributes.
    [[nodiscard]] bool operator==(const Fingerprint& other) const noexcept;

    /// SHA-256 over all of it: equal for equal fingerprints, also of different servers.
    [[nodiscard]] std::string hash() const;

  private:
    std::shared_ptr<const std::vector<ObjectPtr>> objects_;  // copies of a fingerprint share it
};

/// True when `left` stands before `right` in a fingerprint.
[[nodiscard]] bool comes_before(const ObjectPtr& left, const ObjectPtr& right);

/// The objects of `left` that `right` does not share, in order: fingerprints of one reader share
/// what did not change.
[[nodiscard]] std::vector<ObjectPtr> not_shared(const Fingerprint& left, const Fingerprint& right);

}  // namespace poststack::catalog
