#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lint/definitions.h"
#include "lint/names.h"
#include "lint/track.h"

namespace poststack::lint {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view name) noexcept {
    return std::find(list.begin(), list.end(), name) != list.end();
}

void drop_constraint(Schema& schema, Relation& relation, std::string_view name) {
    std::erase_if(relation.constraints,
                  [&](const Constraint& constraint) { return constraint.name == name; });
    std::erase_if(relation.indexes, [&](const Index& index) {
        const bool is_its = index.name == name || bare_name(index.name) == name;
        if (is_its) schema.index_tables.erase(index.name);
        return is_its;
    });
}

/// Indexes and constraints over the column go with it.
void drop_column(Schema& schema, Relation& relation, std::string_view name) {
    std::erase_if(relation.columns, [&](const Column& column) { return column.name == name; });
    std::vector<std::string> gone;
    for (const Constraint& constraint : relation.constraints) {
        if (contains(constraint.columns, name)) gone.push_back(constraint.name);
    }
    for (const Index& index : relation.indexes) {
        if (contains(index.columns, name)) gone.push_back(index.name);
    }
    for (const std::string& item : gone)
        drop_constraint(schema, relation, item);
}

void change_column(Relation& relation, Node command) {
    Column* column = relation.find_column(command["name"].text());
    if (column == nullptr) {
        // Not listed so far; from here on something is known about it.
        relation.columns.push_back({.name = std::string(command["name"].text()), .type = {}});
        column = &relation.columns.back();
    }
    const std::string_view subtype = command["subtype"].text();
    if (subtype == "AT_SetNotNull") column->not_null = true;
    if (subtype == "AT_DropNotNull") column->not_null = false;
    if (subtype == "AT_AlterColumnType") {
        column->type = read_type(command["def"].as("ColumnDef")["typeName"]);
    }
}

void validate(Relation& relation, std::string_view name) {
    for (Constraint& constraint : relation.constraints) {
        if (constraint.name == name) constraint.valid = true;
    }
}

void add_table_constraint(Schema& schema, const std::string& table, Node body) {
    auto constraint = read_constraint(body, table);
    if (!constraint) return;
    const std::string index_name(body["indexname"].text());
    if (!index_name.empty()) {
        // The index becomes the constraint's and takes its name.
        for (Index& index : known_relation(schema, table).indexes) {
            if (bare_name(index.name) != index_name) continue;
            constraint->columns = index.columns;
            schema.index_tables.erase(index.name);
            index.name = constraint->name;
            schema.index_tables.put(index.name, table);
        }
    }
    add_constraint(schema, table, *constraint);
}

}  // namespace

void track_alter_table(Schema& schema, Node body) {
    const std::string table = relation_name(body["relation"]);
    each_command(body, [&](Node command) {
        const std::string_view subtype = command["subtype"].text();
        const std::string_view name = command["name"].text();
        if (subtype == "AT_AddColumn") {
            add_column(schema, table, read_column(command["def"].as("ColumnDef"), table));
        } else if (subtype == "AT_DropColumn") {
            drop_column(schema, known_relation(schema, table), name);
        } else if (subtype == "AT_AddConstraint") {
            add_table_constraint(schema, table, command["def"].as("Constraint"));
        } else if (subtype == "AT_DropConstraint") {
            drop_constraint(schema, known_relation(schema, table), name);
        } else if (subtype == "AT_ValidateConstraint") {
            validate(known_relation(schema, table), name);
        } else if (subtype == "AT_AlterColumnType" || subtype == "AT_SetNotNull" ||
                   subtype == "AT_DropNotNull") {
            change_column(known_relation(schema, table), command);
        } else if (subtype == "AT_AttachPartition") {
            const Node child = command["def"].as("PartitionCmd")["name"];
            known_relation(schema, relation_name(child)).parent = table;
        }
    });
}

}  // namespace poststack::lint
