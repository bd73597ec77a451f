// ADD COLUMN on a table in use: free for most columns, a rewrite of the table for these.
#include <string>

#include <fmt/format.h>

#include "lint/definitions.h"
#include "lint/families.h"
#include "lint/functions.h"
#include "lint/names.h"

namespace poststack::lint {
namespace {

constexpr Rule volatile_default{
    .name = "add-column-volatile-default",
    .severity = Severity::error,
    .finds = "ADD COLUMN with a DEFAULT that differs from row to row",
    .lock = "ACCESS EXCLUSIVE",
    .effect = rewrites,
    .why = stops_all,
    .instead =
        "Add the column without a default, ALTER COLUMN ... SET DEFAULT for new rows, and "
        "fill the old ones in batches in a later migration."};

constexpr Rule serial_column{
    .name = "add-column-serial",
    .severity = Severity::error,
    .finds = "ADD COLUMN of type serial",
    .lock = "ACCESS EXCLUSIVE",
    .effect = rewrites,
    .why = stops_all,
    .instead =
        "Add a nullable bigint column, give it DEFAULT nextval(...) for new rows, and fill "
        "the old ones in batches in a later migration."};

constexpr Rule identity_column{
    .name = "add-column-identity",
    .severity = Severity::error,
    .finds = "ADD COLUMN GENERATED ... AS IDENTITY",
    .lock = "ACCESS EXCLUSIVE",
    .effect = rewrites,
    .why = stops_all,
    .instead =
        "Add a nullable bigint column, fill it in batches, make it NOT NULL by way of a "
        "validated check, then ADD GENERATED ... AS IDENTITY."};

constexpr Rule generated_column{
    .name = "add-column-generated",
    .severity = Severity::error,
    .finds = "ADD COLUMN GENERATED ALWAYS AS (...) STORED",
    .lock = "ACCESS EXCLUSIVE",
    .effect = rewrites,
    .why = stops_all,
    .instead =
        "Add a plain column that a trigger keeps up to date and fill it in batches, or "
        "compute the value in a view or an expression index."};

constexpr Rule constrained_domain{
    .name = "add-column-constrained-domain",
    .severity = Severity::error,
    .finds = "ADD COLUMN of a domain that has constraints",
    .lock = "ACCESS EXCLUSIVE",
    .effect = rewrites,
    .why = stops_all,
    .instead =
        "Use the domain's base type, with a CHECK added NOT VALID and validated in a later "
        "migration."};

constexpr Rule not_null_without_default{
    .name = "add-column-not-null",
    .severity = Severity::error,
    .finds = "ADD COLUMN NOT NULL without a DEFAULT",
    .lock = "",
    .effect = "",
    .why = "the server refuses it as soon as the table has one row",
    .instead =
        "Give it a constant DEFAULT (which costs nothing), or add it nullable, fill it and "
        "make it NOT NULL later."};

constexpr const Rule* rules[] = {&volatile_default,
                                 &serial_column,
                                 &identity_column,
                                 &generated_column,
                                 &constrained_domain,
                                 &not_null_without_default};

struct Added {
    ColumnDefinition definition;
    std::string table;
    Place place;
};

void report(Check& check, const Added& added, const Rule& rule, std::string_view with = {}) {
    check.report_at(
        added.place,
        rule,
        {fmt::format("ADD COLUMN \"{}\"{}", added.definition.column.name, with), added.table});
}

/// At most one of these: the table is rewritten once.
void look_at(Check& check, const Added& added) {
    const ColumnDefinition& column = added.definition;
    const Type& type = column.column.type;
    const Domain* domain = check.schema().domains.find(type.name);
    const std::string function = volatile_function(column.default_value, check.schema());
    if (is_serial(type)) {
        report(check, added, serial_column, " " + to_text(type));
    } else if (column.is_identity) {
        report(check, added, identity_column, " AS IDENTITY");
    } else if (column.is_generated) {
        report(check, added, generated_column, " GENERATED ALWAYS AS (...) STORED");
    } else if (!function.empty()) {
        report(check, added, volatile_default, fmt::format(" DEFAULT {}()", function));
    } else if (domain != nullptr && domain->is_constrained) {
        report(check, added, constrained_domain, fmt::format(" of domain \"{}\"", type.name));
    } else if (column.column.not_null && !column.default_value) {
        report(check,
               added,
               not_null_without_default,
               fmt::format(" NOT NULL to {} without a DEFAULT", check.describe(added.table)));
    }
}

class NewColumnRules final : public Family {
  public:
    void look(Check& check) override {
        const Node body = check.node().as("AlterTableStmt");
        if (body["objtype"].text() != "OBJECT_TABLE") return;
        const std::string table = relation_name(body["relation"]);
        each_command(body, [&](Node command) {
            if (command["subtype"].text() != "AT_AddColumn") return;
            check.hold(table);
            if (!check.is_live(table)) return;
            const Node column = command["def"].as("ColumnDef");
            look_at(check, {read_column(column, table), table, check.place(column)});
        });
    }
};

}  // namespace

FamilyEntry new_column_family() {
    return {rules, []() -> std::unique_ptr<Family> { return std::make_unique<NewColumnRules>(); }};
}

}  // namespace poststack::lint
