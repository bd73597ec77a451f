// Tables and columns that are likely to be regretted.
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "lint/definitions.h"
#include "lint/families.h"
#include "lint/names.h"

namespace poststack::lint {
namespace {

constexpr Rule no_primary_key{
    .name = "table-without-primary-key",
    .severity = Severity::warning,
    .finds = "a new table that has no primary key when all files are read",
    .lock = "",
    .effect = "",
    .why = "rows cannot be told apart, and logical replication refuses to update or delete them",
    .instead = "Add a PRIMARY KEY, for instance id bigint GENERATED ALWAYS AS IDENTITY."};

constexpr Rule json_column{
    .name = "json-column",
    .severity = Severity::warning,
    .finds = "a column of type json",
    .lock = "",
    .effect = "",
    .why = "it has no equality, so that DISTINCT, GROUP BY and UNION over it fail, and no index",
    .instead = "Use jsonb."};

constexpr Rule naive_timestamp{
    .name = "timestamp-without-time-zone",
    .severity = Severity::warning,
    .finds = "a column of type timestamp without time zone",
    .lock = "",
    .effect = "",
    .why = "it does not say which moment is meant: each session reads it in its own zone",
    .instead = "Use timestamptz."};

constexpr Rule char_type{.name = "char-type",
                         .severity = Severity::info,
                         .finds = "a column of type char(n)",
                         .lock = "",
                         .effect = "",
                         .why = "values are padded with blanks, which count here and not there",
                         .instead = "Use text, with a CHECK on its length where one is needed."};

constexpr Rule varchar_length{
    .name = "varchar-length",
    .severity = Severity::info,
    .finds = "a column of type varchar(n)",
    .lock = "",
    .effect = "",
    .why = "it is no faster than text, and making it shorter later rewrites the table",
    .instead = "Use text, with a CHECK on its length where one is needed."};

constexpr Rule int_primary_key{
    .name = "int-primary-key",
    .severity = Severity::info,
    .finds = "a primary key of type smallint, integer, smallserial or serial",
    .lock = "",
    .effect = "",
    .why =
        "it runs out at 2 thousand million rows (smallint: 32767), and widening it rewrites the "
        "table and all that point at it",
    .instead = "Use bigint."};

constexpr Rule serial_type{
    .name = "serial-type",
    .severity = Severity::info,
    .finds = "a column of type serial in a new table",
    .lock = "",
    .effect = "",
    .why = "its sequence has rights and an owner of its own, and explicit values collide later",
    .instead = "Use bigint GENERATED ALWAYS AS IDENTITY."};

constexpr const Rule* rules[] = {&no_primary_key,
                                 &json_column,
                                 &naive_timestamp,
                                 &char_type,
                                 &varchar_length,
                                 &int_primary_key,
                                 &serial_type};

const Rule* rule_of(const Type& type) noexcept {
    if (type.name == "json") return &json_column;
    if (type.name == "timestamp") return &naive_timestamp;
    if (type.name == "bpchar") return &char_type;
    if (type.name == "varchar" && !type.mods.empty()) return &varchar_length;
    return nullptr;
}

bool is_small_integer(const Type& type) noexcept {
    return type.name == "int4" || type.name == "int2" || type.name == "serial" ||
           type.name == "smallserial";
}

bool is_key(const ColumnDefinition& column) noexcept {
    for (const Constraint& constraint : column.constraints) {
        if (constraint.kind == ConstraintKind::primary_key) return true;
    }
    return false;
}

/// `key` is the table's primary key where it is not written at the column.
void look_at_column(Check& check, Node part, const std::string& table, const Constraint* key) {
    const ColumnDefinition column = read_column(part, table);
    const Type& type = column.column.type;
    const std::string what =
        fmt::format("column \"{}\" of \"{}\" is {}", column.column.name, table, to_text(type));
    if (const Rule* rule = rule_of(type)) check.report_at(check.place(part), *rule, {what});
    const bool alone =
        key != nullptr && key->columns.size() == 1 && key->columns.front() == column.column.name;
    if ((is_key(column) || alone) && is_small_integer(type)) {
        check.report_at(check.place(part), int_primary_key, {what});
    }
}

void look_for_serial(Check& check, Node part, const std::string& table) {
    const Column column = read_column(part, table).column;
    if (!is_serial(column.type)) return;
    check.report_at(
        check.place(part),
        serial_type,
        {fmt::format("column \"{}\" of \"{}\" is {}", column.name, table, to_text(column.type))});
}

void want_primary_key(Check& check, Node body, const std::string& table) {
    if (body["relation"]["relpersistence"].text() == "t") return;
    // Partitions have their parent's, typed and inheriting tables are somebody's special case.
    if (body["partbound"] || body["ofTypename"] || body["inhRelations"].size() > 0) return;
    if (!body["tableElts"].inside("TableLikeClause").empty()) return;
    const auto lacks_key = [table](const Schema& schema) {
        const Relation* relation = schema.relations.find(table);
        return relation != nullptr && relation->kind == RelationKind::table &&
               !relation->has_primary_key();
    };
    check.report_later(check.place(),
                       no_primary_key,
                       {fmt::format("table \"{}\" has no primary key", table)},
                       lacks_key);
}

void look_at_create(Check& check, Node body) {
    const std::string table = relation_name(body["relation"]);
    std::optional<Constraint> key;
    for (const Node element : body["tableElts"]) {
        const auto constraint = read_constraint(element.as("Constraint"), table);
        if (constraint && constraint->kind == ConstraintKind::primary_key) key = constraint;
    }
    for (const Node element : body["tableElts"]) {
        if (const Node column = element.as("ColumnDef")) {
            look_at_column(check, column, table, key ? &*key : nullptr);
            look_for_serial(check, column, table);
        }
    }
    want_primary_key(check, body, table);
}

void look_at_alter(Check& check, Node body) {
    const std::string table = relation_name(body["relation"]);
    each_command(body, [&](Node command) {
        const Node column = command["def"].as("ColumnDef");
        if (command["subtype"].text() == "AT_AddColumn") {
            look_at_column(check, column, table, nullptr);
        }
        if (command["subtype"].text() == "AT_AlterColumnType") {
            const Type type = read_type(column["typeName"]);
            if (const Rule* rule = rule_of(type)) {
                check.report_at(check.place(column),
                                *rule,
                                {fmt::format("column \"{}\" of \"{}\" becomes {}",
                                             command["name"].text(),
                                             table,
                                             to_text(type))});
            }
        }
    });
}

class DesignRules final : public Family {
  public:
    void look(Check& check) override {
        // A rollback brings back what was there.
        if (check.is_rollback()) return;
        const Node node = check.node();
        if (const Node body = node.as("CreateStmt")) look_at_create(check, body);
        const Node body = node.as("AlterTableStmt");
        if (body["objtype"].text() == "OBJECT_TABLE") look_at_alter(check, body);
    }
};

}  // namespace

FamilyEntry design_family() {
    return {rules, []() -> std::unique_ptr<Family> { return std::make_unique<DesignRules>(); }};
}

}  // namespace poststack::lint
