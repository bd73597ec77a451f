// What differs between two fingerprints.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "catalog/fingerprint.h"

namespace poststack::catalog {

enum class ChangeType { added, removed, changed };

/// "added", "removed", "changed".
[[nodiscard]] std::string_view name(ChangeType type) noexcept;

struct AttributeChange {
    std::string name;
    std::optional<std::string> before;  ///< nothing: not set
    std::optional<std::string> after;
};

struct Change {
    ChangeType type{};
    ObjectPtr object;                         ///< as it is after; for removed ones as it was
    std::vector<AttributeChange> attributes;  ///< only for changed ones
};

struct Diff {
    std::vector<Change> changes;  ///< by kind and identity

    [[nodiscard]] bool empty() const noexcept { return changes.empty(); }

    /// True when there are differences and all of them are in the order of columns.
    [[nodiscard]] bool is_column_order_only() const noexcept;
};

/// What turns `before` into `after`.
///
/// The order of columns is one difference per table (Kind::column_order) and compares only columns
/// that both have: adding a column is not a change of order.
[[nodiscard]] Diff diff(const Fingerprint& before, const Fingerprint& after);

/// The differences for people, a line or a few for each; "" for none.
///
/// What goes with an added or removed object (columns with their table) is counted, not listed.
/// Long texts (bodies, definitions) are shown as the lines that differ.
[[nodiscard]] std::string to_text(const Diff& diff);

/// [{"change", "kind", "name", "parent", "attributes"}]: all of them, nothing folded.
[[nodiscard]] Json to_json(const Diff& diff);

/// "3 objects differ: 1 added, 2 changed"; "no difference".
[[nodiscard]] std::string summary(const Diff& diff);

}  // namespace poststack::catalog
