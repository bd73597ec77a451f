// Constraints that are added to or taken from a table in use.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lint/definitions.h"
#include "lint/families.h"
#include "lint/names.h"

namespace poststack::lint {
namespace {

constexpr Rule check_scans{
    .name = "check-without-not-valid",
    .severity = Severity::error,
    .finds = "ADD CHECK without NOT VALID, also on a new column",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "scans it",
    .why = "neither reads nor writes go through until every row is checked",
    .instead =
        "Add it NOT VALID, and in a later migration ALTER TABLE ... VALIDATE CONSTRAINT, "
        "which lets reads and writes through."};

constexpr Rule foreign_key_scans{
    .name = "foreign-key-without-not-valid",
    .severity = Severity::error,
    .finds = "ADD FOREIGN KEY without NOT VALID",
    .lock = "SHARE ROW EXCLUSIVE",
    .effect = "on the table it points at, and scans it",
    .why = "no writes to either table until every row has found its match",
    .instead =
        "Add it NOT VALID, and in a later migration ALTER TABLE ... VALIDATE CONSTRAINT, "
        "which lets writes through."};

constexpr Rule unique_builds{
    .name = "unique-without-index",
    .severity = Severity::error,
    .finds = "ADD UNIQUE without USING INDEX, also on a new column",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "builds an index over it",
    .why = "neither reads nor writes go through until the index is built",
    .instead =
        "Write CREATE UNIQUE INDEX CONCURRENTLY in a no-transaction file first, then ADD "
        "CONSTRAINT ... UNIQUE USING INDEX."};

constexpr Rule primary_key_builds{
    .name = "primary-key-without-index",
    .severity = Severity::error,
    .finds = "ADD PRIMARY KEY without USING INDEX",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "builds an index over it",
    .why = "neither reads nor writes go through until the index is built",
    .instead =
        "Write CREATE UNIQUE INDEX CONCURRENTLY in a no-transaction file first, make the "
        "columns NOT NULL, then ADD CONSTRAINT ... PRIMARY KEY USING INDEX."};

constexpr Rule exclusion_builds{
    .name = "exclusion-constraint",
    .severity = Severity::error,
    .finds = "ADD EXCLUDE on a table in use",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "builds an index over it",
    .why =
        "neither reads nor writes go through until the index is built, and there is no way to "
        "build it beforehand",
    .instead = "Do it while nobody uses the table, or fill a new table that has it."};

constexpr Rule set_not_null{
    .name = "set-not-null-scans",
    .severity = Severity::error,
    .finds =
        "SET NOT NULL on a column that no valid check shows to be not null; a primary key "
        "over one does the same",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "scans it",
    .why = "neither reads nor writes go through until every row is checked",
    .instead =
        "ADD CONSTRAINT ... CHECK (column IS NOT NULL) NOT VALID, VALIDATE it in a later "
        "migration, then SET NOT NULL (which trusts it) and drop the check."};

constexpr Rule validate_at_once{
    .name = "validate-in-same-transaction",
    .severity = Severity::error,
    .finds = "VALIDATE CONSTRAINT in the transaction that added the constraint",
    .lock = "",
    .effect = "",
    .why =
        "the stronger lock of ADD CONSTRAINT is held while every row is checked, so NOT VALID "
        "has gained nothing",
    .instead = "Move VALIDATE CONSTRAINT into the next migration."};

constexpr Rule drop_constraint{
    .name = "drop-constraint",
    .severity = Severity::warning,
    .finds = "DROP CONSTRAINT on a table in use",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "",
    .why =
        "rows that break it can come in from now on, and putting it back means checking them "
        "all",
    .instead =
        "Make sure that nothing relies on it; then say so with \"-- poststack: ignore "
        "drop-constraint\"."};

constexpr Rule foreign_key_without_index{
    .name = "foreign-key-without-index",
    .severity = Severity::warning,
    .finds = "a foreign key whose columns no index starts with, when all files are read",
    .lock = "",
    .effect = "",
    .why = "each DELETE or key UPDATE on the table it points at scans this one",
    .instead = "Create an index over the foreign key's columns."};

constexpr Rule never_validated{
    .name = "not-valid-never-validated",
    .severity = Severity::info,
    .finds = "a NOT VALID constraint that no later migration validates",
    .lock = "",
    .effect = "",
    .why = "old rows may break it, and the planner does not use it",
    .instead = "Write ALTER TABLE ... VALIDATE CONSTRAINT in a later migration."};

constexpr const Rule* rules[] = {&check_scans,
                                 &foreign_key_scans,
                                 &unique_builds,
                                 &primary_key_builds,
                                 &exclusion_builds,
                                 &set_not_null,
                                 &validate_at_once,
                                 &drop_constraint,
                                 &foreign_key_without_index,
                                 &never_validated};

std::string add_constraint_text(const Constraint& constraint) {
    return fmt::format("ADD CONSTRAINT \"{}\"", constraint.name);
}

class ConstraintRules final : public Family {
  public:
    void look(Check& check) override {
        const Node node = check.node();
        if (const Node body = node.as("CreateStmt")) look_at_create(check, body);
        const Node body = node.as("AlterTableStmt");
        if (body["objtype"].text() != "OBJECT_TABLE") return;
        const std::string table = relation_name(body["relation"]);
        each_command(body, [&](Node command) { look_at(check, command, table); });
    }

  private:
    void look_at_create(Check& check, Node body) {
        const std::string table = relation_name(body["relation"]);
        for (const Node element : body["tableElts"]) {
            if (const Node column = element.as("ColumnDef")) {
                const ColumnDefinition definition = read_column(column, table);
                for (const Constraint& constraint : definition.constraints)
                    want_index(check, table, constraint, check.place(column));
            } else if (const Node part = element.as("Constraint")) {
                if (const auto constraint = read_constraint(part, table)) {
                    want_index(check, table, *constraint, check.place(part));
                }
            }
        }
    }

    /// A later migration may bring the index, built CONCURRENTLY in a file of its own.
    static void want_index(Check& check,
                           const std::string& table,
                           const Constraint& key,
                           Place place) {
        if (key.kind != ConstraintKind::foreign_key) return;
        const auto lacks_index = [table, key](const Schema& schema) {
            const Relation* relation = schema.relations.find(table);
            if (relation == nullptr || relation->find_constraint(key.name) == nullptr) return false;
            return !relation->is_temporary && !relation->has_index_for(key.columns);
        };
        const std::string what = fmt::format(
            "no known index starts with ({}) of \"{}\", foreign key to "
            "\"{}\"",
            fmt::join(key.columns, ", "),
            table,
            key.target);
        check.report_later(place, foreign_key_without_index, {what}, lacks_index);
    }

    static void want_validation(Check& check,
                                const std::string& table,
                                const Constraint& constraint,
                                Place place) {
        if (constraint.valid) return;
        const auto is_unchecked = [table, name = constraint.name](const Schema& schema) {
            const Relation* relation = schema.relations.find(table);
            const Constraint* found =
                relation == nullptr ? nullptr : relation->find_constraint(name);
            return found != nullptr && !found->valid;
        };
        check.report_later(
            place,
            never_validated,
            {fmt::format("constraint \"{}\" of \"{}\" stays NOT VALID", constraint.name, table)},
            is_unchecked);
    }

    void look_at(Check& check, Node command, const std::string& table) {
        const std::string_view subtype = command["subtype"].text();
        const std::string name(command["name"].text());
        if (subtype == "AT_AddConstraint") {
            look_at_add(check, command["def"].as("Constraint"), table);
        } else if (subtype == "AT_AddColumn") {
            look_at_column(check, command["def"].as("ColumnDef"), table);
        } else if (subtype == "AT_SetNotNull") {
            look_at_not_null(check, name, table, fmt::format("SET NOT NULL on \"{}\"", name));
            check.hold(table);
        } else if (subtype == "AT_ValidateConstraint") {
            look_at_validate(check, name, table);
        } else if (subtype == "AT_DropConstraint") {
            look_at_drop(check, name, table);
        }
    }

    void look_at_add(Check& check, Node body, const std::string& table) {
        const auto constraint = read_constraint(body, table);
        if (!constraint) return;
        want_index(check, table, *constraint, check.place(body));
        want_validation(check, table, *constraint, check.place(body));
        if (!constraint->valid) added_.emplace_back(table, constraint->name);
        if (check.is_live(table) && constraint->valid) {
            report_add(check, *constraint, body, table);
        }
        check.hold(table);
        if (!constraint->target.empty()) check.hold(constraint->target);
    }

    void report_add(Check& check,
                    const Constraint& constraint,
                    Node body,
                    const std::string& table) {
        const std::string what = add_constraint_text(constraint);
        const bool has_index = static_cast<bool>(body["indexname"]);
        switch (constraint.kind) {
            case ConstraintKind::check:
                return check.report_at(check.place(body), check_scans, {what, table});
            case ConstraintKind::foreign_key:
                return report_foreign_key(check, constraint, check.place(body), table);
            case ConstraintKind::exclusion:
                return check.report_at(check.place(body), exclusion_builds, {what, table});
            case ConstraintKind::unique:
                if (!has_index) check.report_at(check.place(body), unique_builds, {what, table});
                return;
            case ConstraintKind::primary_key:
                if (!has_index) {
                    return check.report_at(check.place(body), primary_key_builds, {what, table});
                }
                return look_at_key_columns(check, body, table);
        }
    }

    static void report_foreign_key(Check& check,
                                   const Constraint& constraint,
                                   Place place,
                                   const std::string& table) {
        check.report_at(place,
                        foreign_key_scans,
                        {.what = add_constraint_text(constraint),
                         .table = table,
                         .effect = fmt::format("on {}, and scans the first",
                                               check.describe(constraint.target))});
    }

    /// PRIMARY KEY USING INDEX makes the columns not null, which scans like SET NOT NULL does.
    static void look_at_key_columns(Check& check, Node body, const std::string& table) {
        const Relation* relation = check.schema().relations.find(table);
        if (relation == nullptr) return;
        for (const Index& index : relation->indexes) {
            if (bare_name(index.name) != body["indexname"].text()) continue;
            for (const std::string& column : index.columns)
                look_at_not_null(check, column, table, "ADD PRIMARY KEY USING INDEX");
        }
    }

    static void look_at_not_null(Check& check,
                                 const std::string& column,
                                 const std::string& table,
                                 const std::string& what) {
        const Relation* relation = check.schema().relations.find(table);
        const bool proved = relation != nullptr && relation->proves_not_null(column);
        if (check.is_live(table) && !proved) check.report(set_not_null, {what, table});
    }

    static void look_at_column(Check& check, Node body, const std::string& table) {
        const ColumnDefinition column = read_column(body, table);
        const Place place = check.place(body);
        for (const Constraint& constraint : column.constraints) {
            want_index(check, table, constraint, place);
            if (!check.is_live(table)) continue;
            const auto report = [&](const Rule& rule, std::string_view word) {
                const std::string what =
                    fmt::format("ADD COLUMN \"{}\" with {}", column.column.name, word);
                check.report_at(place, rule, {what, table});
            };
            if (constraint.kind == ConstraintKind::check) report(check_scans, "CHECK");
            if (constraint.kind == ConstraintKind::unique) report(unique_builds, "UNIQUE");
            if (constraint.kind == ConstraintKind::primary_key) {
                report(primary_key_builds, "PRIMARY KEY");
            }
            // A column of nulls needs no look at its foreign key.
            if (constraint.kind == ConstraintKind::foreign_key && column.default_value) {
                report_foreign_key(check, constraint, place, table);
            }
        }
    }

    void look_at_validate(Check& check, const std::string& name, const std::string& table) {
        const bool just_added =
            std::find(added_.begin(), added_.end(), std::pair(table, name)) != added_.end();
        if (!just_added || !check.in_transaction() || !check.is_live(table)) return;
        check.report(validate_at_once,
                     {fmt::format("VALIDATE CONSTRAINT \"{}\" of {} follows its own ADD",
                                  name,
                                  check.describe(table))});
    }

    static void look_at_drop(Check& check, const std::string& name, const std::string& table) {
        check.hold(table);
        const bool undoes =
            check.undoes({.act = Act::drop, .kind = "constraint", .name = name, .parent = table});
        if (!check.is_live(table) || undoes) return;
        check.report(drop_constraint, {fmt::format("DROP CONSTRAINT \"{}\"", name), table});
    }

    std::vector<std::pair<std::string, std::string>> added_;  // NOT VALID: table, constraint
};

}  // namespace

FamilyEntry constraint_family() {
    return {rules, []() -> std::unique_ptr<Family> { return std::make_unique<ConstraintRules>(); }};
}

}  // namespace poststack::lint
