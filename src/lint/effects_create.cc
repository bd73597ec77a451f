#include "lint/effects_create.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "lint/names.h"

namespace poststack::lint {
namespace {

using Effects = std::vector<Effect>;

std::vector<std::string> tables_in(Node part) {
    std::vector<std::string> names;
    for (const Node table : part.inside("RangeVar"))
        names.push_back(relation_name(table));
    return names;
}

void add_type_use(Effect& effect, const Type& type) {
    effect.uses.push_back(type.name);
}

}  // namespace

std::vector<std::string> columns_in(Node part) {
    std::vector<std::string> columns;
    for (const Node reference : part.inside("ColumnRef")) {
        const std::vector<std::string> names = texts(reference["fields"]);
        if (!names.empty()) columns.push_back(names.back());
    }
    for (const Node element : part.inside("IndexElem"))
        columns.emplace_back(element["name"].text());
    for (const std::string_view list : {"keys", "fk_attrs"}) {
        for (std::string& name : texts(part[list]))
            columns.push_back(std::move(name));
    }
    return columns;
}

void add_uses(Effect& effect, const ColumnDefinition& definition) {
    add_type_use(effect, definition.column.type);
    for (const Constraint& constraint : definition.constraints) {
        if (!constraint.target.empty()) effect.uses.push_back(constraint.target);
    }
}

Effect make_effect(std::string_view kind, std::string name, std::string parent) {
    return {.act = Act::create,
            .kind = std::string(kind),
            .name = std::move(name),
            .parent = std::move(parent)};
}

namespace {

void create_table(Node body, Effects& effects) {
    const Node relation = body["relation"];
    if (relation["relpersistence"].text() == "t") return;
    Effect effect = make_effect("table", relation_name(relation));
    effect.if_missing = body["if_not_exists"].flag();
    for (const Node parent : body["inhRelations"])
        effect.uses.push_back(relation_name(parent));
    for (const Node element : body["tableElts"]) {
        if (const Node column = element.as("ColumnDef")) {
            add_uses(effect, read_column(column, effect.name));
        } else if (const Node target = element.as("Constraint")["pktable"]) {
            effect.uses.push_back(relation_name(target));
        }
    }
    std::erase(effect.uses, effect.name);
    effects.push_back(std::move(effect));
}

void create_foreign_table(Node body, Effects& effects) {
    create_table(body["base"], effects);
    if (!effects.empty()) effects.back().uses.emplace_back(body["servername"].text());
}

void create_table_as(Node body, Effects& effects) {
    const Node relation = body["into"]["rel"];
    if (relation["relpersistence"].text() == "t") return;
    const bool stored_view = body["objtype"].text() == "OBJECT_MATVIEW";
    Effect effect =
        make_effect(stored_view ? "materialized view" : "table", relation_name(relation));
    effect.if_missing = body["if_not_exists"].flag();
    if (stored_view) effect.uses = tables_in(body["query"]);
    effects.push_back(std::move(effect));
}

void create_view(Node body, Effects& effects) {
    Effect effect = make_effect("view", relation_name(body["view"]));
    effect.if_missing = body["replace"].flag();
    effect.uses = tables_in(body["query"]);
    effects.push_back(std::move(effect));
}

void create_index(Node body, Effects& effects) {
    Effect effect = make_effect("index", read_index(body).name, relation_name(body["relation"]));
    effect.if_missing = body["if_not_exists"].flag();
    effect.columns = columns_in(body);
    effects.push_back(std::move(effect));
}

void create_sequence(Node body, Effects& effects) {
    const Node sequence = body["sequence"];
    if (sequence["relpersistence"].text() == "t") return;
    Effect effect = make_effect("sequence", relation_name(sequence));
    effect.if_missing = body["if_not_exists"].flag();
    effect.parent = owned_name(find_option(body["options"], "owned_by").as("List")["items"]).owner;
    effects.push_back(std::move(effect));
}

void create_function(Node body, Effects& effects) {
    Effect effect = make_effect("function", dotted_name(body["funcname"]));
    effect.if_missing = body["replace"].flag();
    for (const Node parameter : body["parameters"])
        add_type_use(effect, read_type(parameter.as("FunctionParameter")["argType"]));
    if (const Node returned = body["returnType"]) add_type_use(effect, read_type(returned));
    effects.push_back(std::move(effect));
}

void create_trigger(Node body, Effects& effects) {
    Effect effect = make_effect(
        "trigger", std::string(body["trigname"].text()), relation_name(body["relation"]));
    effect.if_missing = body["replace"].flag();
    effect.uses = {dotted_name(body["funcname"])};
    effects.push_back(std::move(effect));
}

void create_rule(Node body, Effects& effects) {
    Effect effect =
        make_effect("rule", std::string(body["rulename"].text()), relation_name(body["relation"]));
    effect.if_missing = body["replace"].flag();
    effects.push_back(std::move(effect));
}

void create_policy(Node body, Effects& effects) {
    effects.push_back(make_effect(
        "policy", std::string(body["policy_name"].text()), relation_name(body["table"])));
}

void create_domain(Node body, Effects& effects) {
    Effect effect = make_effect("type", dotted_name(body["domainname"]));
    add_type_use(effect, read_type(body["typeName"]));
    effects.push_back(std::move(effect));
}

void create_composite(Node body, Effects& effects) {
    Effect effect = make_effect("type", relation_name(body["typevar"]));
    for (const Node column : body["coldeflist"])
        add_type_use(effect, read_type(column.as("ColumnDef")["typeName"]));
    effects.push_back(std::move(effect));
}

void create_type(Node body, Effects& effects) {
    effects.push_back(make_effect("type", dotted_name(body["typeName"])));
}

void define(Node body, Effects& effects) {
    const std::string_view kind = kind_of(body["kind"].text());
    if (kind.empty()) return;
    Effect effect = make_effect(kind, dotted_name(body["defnames"]));
    effect.if_missing = body["replace"].flag() || body["if_not_exists"].flag();
    effects.push_back(std::move(effect));
}

void create_schema(Node body, Effects& effects) {
    Effect effect = make_effect("schema", std::string(body["schemaname"].text()));
    effect.if_missing = body["if_not_exists"].flag();
    if (!effect.name.empty()) effects.push_back(std::move(effect));
}

void create_statistics(Node body, Effects& effects) {
    Effect effect = make_effect("statistics", dotted_name(body["defnames"]));
    effect.parent = relation_name(body["relations"].front());
    effect.if_missing = body["if_not_exists"].flag();
    effects.push_back(std::move(effect));
}

/// Statements that say no more than a name, in the member of that key.
template <std::size_t N>
bool create_by_name(const std::array<std::array<std::string_view, 3>, N>& table,
                    Node statement,
                    Effects& effects) {
    for (const auto& [type, key, kind] : table) {
        const Node body = statement.as(type);
        if (!body) continue;
        Effect effect = make_effect(kind, std::string(body[key].text()));
        effect.if_missing = body["if_not_exists"].flag();
        effects.push_back(std::move(effect));
        return true;
    }
    return false;
}

constexpr std::array<std::array<std::string_view, 3>, 7> named = {{
    {"CreateExtensionStmt", "extname", "extension"},
    {"CreateEventTrigStmt", "trigname", "event trigger"},
    {"CreatePublicationStmt", "pubname", "publication"},
    {"CreateSubscriptionStmt", "subname", "subscription"},
    {"CreateForeignServerStmt", "servername", "server"},
    {"CreateFdwStmt", "fdwname", "foreign-data wrapper"},
    {"CreateRoleStmt", "role", "role"},
}};

using Reader = void (*)(Node, Effects&);

constexpr std::pair<std::string_view, Reader> readers[] = {
    {"CreateStmt", create_table},
    {"CreateForeignTableStmt", create_foreign_table},
    {"CreateTableAsStmt", create_table_as},
    {"ViewStmt", create_view},
    {"IndexStmt", create_index},
    {"CreateSeqStmt", create_sequence},
    {"CreateFunctionStmt", create_function},
    {"CreateTrigStmt", create_trigger},
    {"RuleStmt", create_rule},
    {"CreatePolicyStmt", create_policy},
    {"CreateDomainStmt", create_domain},
    {"CompositeTypeStmt", create_composite},
    {"CreateEnumStmt", create_type},
    {"CreateRangeStmt", create_type},
    {"DefineStmt", define},
    {"CreateSchemaStmt", create_schema},
    {"CreateStatsStmt", create_statistics},
};

}  // namespace

void add_created(Node statement, Effects& effects) {
    const std::string_view type = statement.type();
    for (const auto& [name, reader] : readers) {
        if (name == type) return reader(statement.body(), effects);
    }
    create_by_name(named, statement, effects);
}

}  // namespace poststack::lint
