#include "lint/track.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "lint/definitions.h"
#include "lint/effects.h"
#include "lint/names.h"

namespace poststack::lint {

Relation& known_relation(Schema& schema, const std::string& name) {
    if (Relation* known = schema.relations.edit(name)) return *known;
    return schema.relations.put(name, {});
}

void add_constraint(Schema& schema, const std::string& table, const Constraint& constraint) {
    Relation& relation = known_relation(schema, table);
    relation.constraints.push_back(constraint);
    if (constraint.kind == ConstraintKind::primary_key) {
        for (const std::string& key : constraint.columns) {
            if (Column* column = relation.find_column(key)) column->not_null = true;
        }
    }
    const bool there =
        std::any_of(relation.indexes.begin(), relation.indexes.end(), [&](const Index& index) {
            return bare_name(index.name) == constraint.name;
        });
    if (there) return;  // USING INDEX
    if (auto index = index_of(constraint)) {
        schema.index_tables.put(index->name, table);
        relation.indexes.push_back(std::move(*index));
    }
}

void add_column(Schema& schema, const std::string& table, const ColumnDefinition& definition) {
    Relation& relation = known_relation(schema, table);
    if (relation.find_column(definition.column.name) != nullptr) return;
    relation.columns.push_back(definition.column);
    for (const Constraint& constraint : definition.constraints)
        add_constraint(schema, table, constraint);
}

namespace {

void create_table(Schema& schema, Node body, std::size_t pair) {
    const std::string name = relation_name(body["relation"]);
    if (body["if_not_exists"].flag() && schema.relations.find(name) != nullptr) return;
    Relation relation;
    relation.made_by = pair;
    relation.is_temporary = body["relation"]["relpersistence"].text() == "t";
    relation.is_partitioned = static_cast<bool>(body["partspec"]);
    relation.columns_known = body["inhRelations"].size() == 0 && !body["ofTypename"];
    if (body["partbound"]) relation.parent = relation_name(body["inhRelations"].front());
    schema.relations.put(name, std::move(relation));
    for (const Node element : body["tableElts"]) {
        if (const Node column = element.as("ColumnDef")) {
            add_column(schema, name, read_column(column, name));
        } else if (const Node constraint = element.as("Constraint")) {
            if (const auto read = read_constraint(constraint, name)) {
                add_constraint(schema, name, *read);
            }
        } else {
            known_relation(schema, name).columns_known = false;  // LIKE
        }
    }
}

void create_foreign_table(Schema& schema, Node body, std::size_t pair) {
    create_table(schema, body["base"], pair);
    known_relation(schema, relation_name(body["base"]["relation"])).kind =
        RelationKind::foreign_table;
}

void put_relation(Schema& schema, const std::string& name, RelationKind kind, std::size_t pair) {
    if (const Relation* known = schema.relations.find(name); known != nullptr) {
        if (known->kind == kind) return;  // OR REPLACE, IF NOT EXISTS
    }
    Relation relation;
    relation.kind = kind;
    relation.made_by = pair;
    schema.relations.put(name, std::move(relation));
}

void create_table_as(Schema& schema, Node body, std::size_t pair) {
    const Node target = body["into"]["rel"];
    const bool stored_view = body["objtype"].text() == "OBJECT_MATVIEW";
    const std::string name = relation_name(target);
    put_relation(
        schema, name, stored_view ? RelationKind::materialized_view : RelationKind::table, pair);
    Relation& relation = known_relation(schema, name);
    relation.made_by_select = true;
    relation.is_temporary = target["relpersistence"].text() == "t";
}

void create_view(Schema& schema, Node body, std::size_t pair) {
    put_relation(schema, relation_name(body["view"]), RelationKind::view, pair);
}

void create_sequence(Schema& schema, Node body, std::size_t pair) {
    put_relation(schema, relation_name(body["sequence"]), RelationKind::sequence, pair);
}

void create_index(Schema& schema, Node body, std::size_t) {
    const std::string table = relation_name(body["relation"]);
    Index index = read_index(body);
    if (schema.index_tables.find(index.name) != nullptr) return;  // IF NOT EXISTS
    schema.index_tables.put(index.name, table);
    known_relation(schema, table).indexes.push_back(std::move(index));
}

void alter_table(Schema& schema, Node body, std::size_t) {
    track_alter_table(schema, body);
}

bool constrains(Node constraint) {
    const std::string_view kind = constraint["contype"].text();
    return kind == "CONSTR_CHECK" || kind == "CONSTR_NOTNULL";
}

void create_domain(Schema& schema, Node body, std::size_t) {
    const Node constraints = body["constraints"];
    const bool constrained =
        std::any_of(constraints.begin(), constraints.end(), [](Node constraint) {
            return constrains(constraint.as("Constraint"));
        });
    schema.domains.put(dotted_name(body["domainname"]), {constrained});
}

void alter_domain(Schema& schema, Node body, std::size_t) {
    const std::string_view subtype = body["subtype"].text();
    if (subtype == "C" || subtype == "O") {
        schema.domains.put(dotted_name(body["typeName"]), {true});
    }
}

void create_enum(Schema& schema, Node body, std::size_t pair) {
    schema.enums.put(dotted_name(body["typeName"]), pair);
}

void create_function(Schema& schema, Node body, std::size_t pair) {
    const std::string_view word =
        find_option(body["options"], "volatility").as("String")["sval"].text();
    Volatility volatility = Volatility::is_volatile;
    if (word == "immutable") volatility = Volatility::immutable;
    if (word == "stable") volatility = Volatility::stable;
    const std::string name = dotted_name(body["funcname"]);
    const Function* known = schema.functions.find(name);
    schema.functions.put(name, {volatility, known == nullptr ? pair : known->made_by});
}

void drop_index(Schema& schema, const std::string& name) {
    const std::string* table = schema.index_tables.find(name);
    if (table == nullptr) return;
    if (Relation* relation = schema.relations.edit(*table)) {
        std::erase_if(relation->indexes, [&](const Index& index) { return index.name == name; });
    }
    schema.index_tables.erase(name);
}

void drop_relation(Schema& schema, const std::string& name) {
    if (const Relation* relation = schema.relations.find(name)) {
        for (const Index& index : relation->indexes)
            schema.index_tables.erase(index.name);
    }
    schema.relations.erase(name);
}

void drop_schema(Schema& schema, const std::string& name) {
    std::vector<std::string> inside;
    schema.relations.each([&](const std::string& relation, const Relation&) {
        if (schema_of(relation) == name) inside.push_back(relation);
    });
    for (const std::string& relation : inside)
        drop_relation(schema, relation);
}

void drop(Schema& schema, Node body, std::size_t) {
    const std::string_view kind = kind_of(body["removeType"].text());
    for (const Node object : body["objects"]) {
        const std::string name = dropped_name(object);
        if (kind == "index") drop_index(schema, name);
        if (kind == "schema") drop_schema(schema, name);
        if (kind == "table" || kind == "view" || kind == "materialized view" ||
            kind == "sequence") {
            drop_relation(schema, name);
        }
        if (kind == "type") {
            schema.domains.erase(name);
            schema.enums.erase(name);
        }
        if (kind == "function") schema.functions.erase(name);
    }
}

void move_relation(Schema& schema, const std::string& from, const std::string& to) {
    const Relation* relation = schema.relations.find(from);
    if (relation == nullptr) return;
    Relation moved = *relation;
    schema.relations.erase(from);
    for (const Index& index : moved.indexes)
        schema.index_tables.put(index.name, to);
    schema.relations.put(to, std::move(moved));
}

void move_index(Schema& schema, const std::string& from, const std::string& to) {
    const std::string* table = schema.index_tables.find(from);
    if (table == nullptr) return;
    const std::string owner = *table;
    for (Index& index : known_relation(schema, owner).indexes) {
        if (index.name == from) index.name = to;
    }
    schema.index_tables.erase(from);
    schema.index_tables.put(to, owner);
}

template <class List>
void rename_in(List& list, const std::string& from, const std::string& to) {
    for (auto& item : list) {
        if (item.name == from) item.name = to;
    }
}

void rename_column(Relation& relation, const std::string& from, const std::string& to) {
    rename_in(relation.columns, from, to);
    for (Index& index : relation.indexes)
        std::replace(index.columns.begin(), index.columns.end(), from, to);
    for (Constraint& constraint : relation.constraints) {
        std::replace(constraint.columns.begin(), constraint.columns.end(), from, to);
        std::replace(constraint.not_null.begin(), constraint.not_null.end(), from, to);
    }
}

/// RENAME and SET SCHEMA.
void track_rename(Schema& schema, Node statement) {
    for (const Effect& effect : effects_of(statement)) {
        if (effect.kind == "column") {
            rename_column(known_relation(schema, effect.parent), effect.name, effect.new_name);
        } else if (effect.kind == "constraint") {
            rename_in(
                known_relation(schema, effect.parent).constraints, effect.name, effect.new_name);
            move_index(schema, effect.name, effect.new_name);
        } else if (effect.kind == "index") {
            move_index(schema, effect.name, effect.new_name);
        } else {
            move_relation(schema, effect.name, effect.new_name);
        }
    }
}

using Tracker = void (*)(Schema&, Node, std::size_t);

constexpr std::pair<std::string_view, Tracker> trackers[] = {
    {"CreateStmt", create_table},
    {"CreateForeignTableStmt", create_foreign_table},
    {"CreateTableAsStmt", create_table_as},
    {"ViewStmt", create_view},
    {"CreateSeqStmt", create_sequence},
    {"IndexStmt", create_index},
    {"AlterTableStmt", alter_table},
    {"CreateDomainStmt", create_domain},
    {"AlterDomainStmt", alter_domain},
    {"CreateEnumStmt", create_enum},
    {"CreateFunctionStmt", create_function},
    {"DropStmt", drop},
};

}  // namespace

void track(Schema& schema, Node statement, std::size_t pair) {
    const std::string_view type = statement.type();
    for (const auto& [name, tracker] : trackers) {
        if (name == type) tracker(schema, statement.body(), pair);
    }
    if (type == "RenameStmt" || type == "AlterObjectSchemaStmt") track_rename(schema, statement);
}

}  // namespace poststack::lint
