// Partitions that join or leave a table in use.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "lint/definitions.h"
#include "lint/families.h"
#include "lint/names.h"

namespace poststack::lint {
namespace {

constexpr Rule attach_scans{
    .name = "attach-partition-scans",
    .severity = Severity::error,
    .finds = "ATTACH PARTITION of a filled table without a validated CHECK that matches its bounds",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "scans it",
    .why =
        "neither reads nor writes of it go through until every row is checked against the "
        "bounds",
    .instead =
        "Add a CHECK with the partition's bounds NOT VALID, VALIDATE it in a later "
        "migration, attach, then drop the check."};

constexpr Rule detach_blocks{
    .name = "blocking-detach",
    .severity = Severity::warning,
    .finds = "DETACH PARTITION without CONCURRENTLY",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "",
    .why = "it waits for every query on any of its partitions, and every new one waits behind it",
    .instead =
        "Write DETACH PARTITION ... CONCURRENTLY in a file that starts with "
        "\"-- poststack: no-transaction\"."};

constexpr const Rule* rules[] = {&attach_scans, &detach_blocks};

/// A validated check beside the ones that only say NOT NULL: likely the bounds.
bool has_bounds_check(const Relation& relation) {
    return std::any_of(
        relation.constraints.begin(), relation.constraints.end(), [](const Constraint& constraint) {
            return constraint.kind == ConstraintKind::check && constraint.valid &&
                   constraint.has_comparison;
        });
}

void look_at_attach(Check& check, Node part, const std::string& table) {
    const std::string child = relation_name(part["name"]);
    const Relation* relation = check.schema().relations.find(child);
    check.hold(child);
    if (relation != nullptr && has_bounds_check(*relation)) return;
    // A new table is scanned too when this migration filled it, but nobody waits for it.
    if (!check.is_live(child)) return;
    check.report(attach_scans, {fmt::format("ATTACH PARTITION to \"{}\"", table), child});
}

void look_at_detach(Check& check, Node part, const std::string& table) {
    if (part["concurrent"].flag()) return;
    check.hold(table);
    if (!check.is_live(table)) return;
    check.report(detach_blocks,
                 {fmt::format("DETACH PARTITION \"{}\"", relation_name(part["name"])), table});
}

class PartitionRules final : public Family {
  public:
    void look(Check& check) override {
        const Node body = check.node().as("AlterTableStmt");
        if (body["objtype"].text() != "OBJECT_TABLE") return;
        const std::string table = relation_name(body["relation"]);
        each_command(body, [&](Node command) {
            const Node part = command["def"].as("PartitionCmd");
            const std::string_view subtype = command["subtype"].text();
            if (subtype == "AT_AttachPartition") look_at_attach(check, part, table);
            if (subtype == "AT_DetachPartition") look_at_detach(check, part, table);
        });
    }
};

}  // namespace

FamilyEntry partition_family() {
    return {rules, []() -> std::unique_ptr<Family> { return std::make_unique<PartitionRules>(); }};
}

}  // namespace poststack::lint
