#include "lint/effects.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "lint/definitions.h"
#include "lint/effects_create.h"
#include "lint/names.h"

namespace poststack::lint {
namespace {

using Effects = std::vector<Effect>;
using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array<Pair, 29> kinds = {{{"OBJECT_TABLE", "table"},
                                         {"OBJECT_FOREIGN_TABLE", "table"},
                                         {"OBJECT_VIEW", "view"},
                                         {"OBJECT_MATVIEW", "materialized view"},
                                         {"OBJECT_SEQUENCE", "sequence"},
                                         {"OBJECT_INDEX", "index"},
                                         {"OBJECT_COLUMN", "column"},
                                         {"OBJECT_TABCONSTRAINT", "constraint"},
                                         {"OBJECT_TYPE", "type"},
                                         {"OBJECT_DOMAIN", "type"},
                                         {"OBJECT_FUNCTION", "function"},
                                         {"OBJECT_PROCEDURE", "function"},
                                         {"OBJECT_ROUTINE", "function"},
                                         {"OBJECT_AGGREGATE", "aggregate"},
                                         {"OBJECT_OPERATOR", "operator"},
                                         {"OBJECT_COLLATION", "collation"},
                                         {"OBJECT_SCHEMA", "schema"},
                                         {"OBJECT_EXTENSION", "extension"},
                                         {"OBJECT_TRIGGER", "trigger"},
                                         {"OBJECT_POLICY", "policy"},
                                         {"OBJECT_RULE", "rule"},
                                         {"OBJECT_EVENT_TRIGGER", "event trigger"},
                                         {"OBJECT_PUBLICATION", "publication"},
                                         {"OBJECT_STATISTIC_EXT", "statistics"},
                                         {"OBJECT_TSCONFIGURATION", "text search configuration"},
                                         {"OBJECT_TSDICTIONARY", "text search dictionary"},
                                         {"OBJECT_FOREIGN_SERVER", "server"},
                                         {"OBJECT_FDW", "foreign-data wrapper"},
                                         {"OBJECT_ROLE", "role"}}};

/// Kinds that live and die with a table.
bool belongs_to_table(std::string_view kind) noexcept {
    return kind == "trigger" || kind == "policy" || kind == "rule";
}

void drop(Node body, Effects& effects) {
    const std::string_view kind = kind_of(body["removeType"].text());
    if (kind.empty()) return;
    for (const Node object : body["objects"]) {
        Effect effect{.act = Act::drop, .kind = std::string(kind)};
        if (belongs_to_table(kind)) {
            Owned owned = owned_name(object.as("List")["items"]);
            effect.name = std::move(owned.name);
            effect.parent = std::move(owned.owner);
        } else {
            effect.name = dropped_name(object);
        }
        effect.if_exists = body["missing_ok"].flag();
        effect.cascade = body["behavior"].text() == "DROP_CASCADE";
        effects.push_back(std::move(effect));
    }
}

void drop_role(Node body, Effects& effects) {
    for (const Node role : body["roles"]) {
        effects.push_back({.act = Act::drop,
                           .kind = "role",
                           .name = std::string(role.as("RoleSpec")["rolename"].text()),
                           .if_exists = body["missing_ok"].flag()});
    }
}

void drop_subscription(Node body, Effects& effects) {
    effects.push_back({.act = Act::drop,
                       .kind = "subscription",
                       .name = std::string(body["subname"].text()),
                       .if_exists = body["missing_ok"].flag()});
}

/// Changes of a column or table that a rollback has to change back.
constexpr std::array<Pair, 11> changes = {{{"AT_AlterColumnType", "type of column"},
                                           {"AT_SetNotNull", "NOT NULL of column"},
                                           {"AT_DropNotNull", "NOT NULL of column"},
                                           {"AT_ColumnDefault", "default of column"},
                                           {"AT_AddIdentity", "identity of column"},
                                           {"AT_DropIdentity", "identity of column"},
                                           {"AT_EnableRowSecurity", "row security"},
                                           {"AT_DisableRowSecurity", "row security"},
                                           {"AT_AttachPartition", "partition"},
                                           {"AT_DetachPartition", "partition"},
                                           {"AT_ReplicaIdentity", "replica identity"}}};

void add_change(Node command, const std::string& table, Effects& effects) {
    const std::string_view subtype = command["subtype"].text();
    for (const auto& [change, kind] : changes) {
        if (change != subtype) continue;
        std::string name(command["name"].text());
        if (kind == "partition") name = relation_name(command["def"].as("PartitionCmd")["name"]);
        effects.push_back({.act = Act::alter,
                           .kind = std::string(kind),
                           .name = std::move(name),
                           .parent = table});
    }
}

void alter_command(Node command, const std::string& table, Effects& effects) {
    const std::string_view subtype = command["subtype"].text();
    if (subtype == "AT_AddColumn") {
        const ColumnDefinition column = read_column(command["def"].as("ColumnDef"), table);
        Effect effect = make_effect("column", column.column.name, table);
        effect.if_missing = command["missing_ok"].flag();
        add_uses(effect, column);
        effects.push_back(std::move(effect));
    } else if (subtype == "AT_AddConstraint") {
        const auto constraint = read_constraint(command["def"].as("Constraint"), table);
        if (!constraint) return;
        Effect effect = make_effect("constraint", constraint->name, table);
        if (!constraint->target.empty()) effect.uses = {constraint->target};
        effect.columns = columns_in(command["def"].as("Constraint"));
        effects.push_back(std::move(effect));
    } else if (subtype == "AT_DropColumn" || subtype == "AT_DropConstraint") {
        effects.push_back({.act = Act::drop,
                           .kind = subtype == "AT_DropColumn" ? "column" : "constraint",
                           .name = std::string(command["name"].text()),
                           .parent = table,
                           .if_exists = command["missing_ok"].flag(),
                           .cascade = command["behavior"].text() == "DROP_CASCADE"});
    } else {
        add_change(command, table, effects);
    }
}

void alter_table(Node body, Effects& effects) {
    const std::string table = relation_name(body["relation"]);
    each_command(body, [&](Node command) { alter_command(command, table, effects); });
}

void rename(Node body, Effects& effects) {
    const std::string_view kind = kind_of(body["renameType"].text());
    if (kind.empty()) return;
    const Node relation = body["relation"];
    const std::string_view new_name = body["newname"].text();
    Effect effect{.act = Act::rename, .kind = std::string(kind)};
    if (kind == "column" || kind == "constraint" || belongs_to_table(kind)) {
        effect.name = body["subname"].text();
        effect.parent = relation_name(relation);
        effect.new_name = new_name;
    } else if (relation) {
        effect.name = relation_name(relation);
        effect.new_name = object_name(relation["schemaname"].text(), new_name);
    } else {
        effect.name =
            body["object"] ? dropped_name(body["object"]) : std::string(body["subname"].text());
        const std::string_view schema = schema_of(effect.name);
        effect.new_name = object_name(kind == "schema" ? "" : schema, new_name);
    }
    effect.if_exists = body["missing_ok"].flag();
    effects.push_back(std::move(effect));
}

void set_schema(Node body, Effects& effects) {
    const std::string_view kind = kind_of(body["objectType"].text());
    if (kind.empty()) return;
    Effect effect{.act = Act::rename, .kind = std::string(kind)};
    effect.name = body["relation"] ? relation_name(body["relation"]) : dropped_name(body["object"]);

    effect.new_name = object_name(body["newschema"].text(), bare_name(effect.name));
    effects.push_back(std::move(effect));
}

/// A sequence that a column owns goes with the column's table.
void alter_sequence(Node body, Effects& effects) {
    const Node owner = find_option(body["options"], "owned_by");
    if (!owner) return;
    effects.push_back({.act = Act::alter,
                       .kind = std::string(sequence_owner),
                       .name = relation_name(body["sequence"]),
                       .parent = owned_name(owner.as("List")["items"]).owner});
}

void alter_enum(Node body, Effects& effects) {
    if (body["oldVal"]) return;
    Effect effect = make_effect(
        "enum value", std::string(body["newVal"].text()), dotted_name(body["typeName"]));
    effect.if_missing = body["skipIfNewValExists"].flag();
    effects.push_back(std::move(effect));
}

using Reader = void (*)(Node, Effects&);

constexpr std::pair<std::string_view, Reader> readers[] = {
    {"DropStmt", drop},
    {"DropRoleStmt", drop_role},
    {"DropSubscriptionStmt", drop_subscription},
    {"AlterTableStmt", alter_table},
    {"RenameStmt", rename},
    {"AlterObjectSchemaStmt", set_schema},
    {"AlterEnumStmt", alter_enum},
    {"AlterSeqStmt", alter_sequence},
};

}  // namespace

std::string_view kind_of(std::string_view object_type) noexcept {
    for (const auto& [type, kind] : kinds) {
        if (type == object_type) return kind;
    }
    return {};
}

std::string Effect::to_text() const {
    if (parent.empty()) return fmt::format("{} \"{}\"", kind, name);
    if (name.empty()) return fmt::format("{} of \"{}\"", kind, parent);
    if (kind == "index") return fmt::format("index \"{}\" on \"{}\"", name, parent);
    return fmt::format("{} \"{}\" of \"{}\"", kind, name, parent);
}

bool Effect::is_about(const Effect& other) const noexcept {
    if (kind != other.kind || name != other.name) return false;
    // DROP INDEX does not name the table, and OWNED BY comes and goes.
    const bool stands_alone = kind == "index" || kind == "sequence" || kind == "statistics";
    return stands_alone || parent == other.parent;
}

std::vector<Effect> effects_of(Node statement) {
    Effects effects;
    const std::string_view type = statement.type();
    for (const auto& [name, reader] : readers) {
        if (name == type) {
            reader(statement.body(), effects);
            return effects;
        }
    }
    add_created(statement, effects);
    return effects;
}

}  // namespace poststack::lint
