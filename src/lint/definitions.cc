#include "lint/definitions.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lint/names.h"

namespace poststack::lint {
namespace {

constexpr std::size_t longest_name = 63;  // NAMEDATALEN - 1

std::vector<std::string> index_columns(Node elements) {
    std::vector<std::string> columns;
    for (const Node element : elements) {
        const Node body = element.type() == "List" ? element.body()["items"].front() : element;
        columns.emplace_back(body.as("IndexElem")["name"].text());
    }
    return columns;
}

/// Columns that must be not null for the expression to be true: IS NOT NULL tests joined by AND.
std::vector<std::string> proved_not_null(Node expression) {
    std::vector<Node> parts = {expression};
    const Node both = expression.as("BoolExpr");
    if (both["boolop"].text() == "AND_EXPR") parts.assign(both["args"].begin(), both["args"].end());
    std::vector<std::string> columns;
    for (const Node part : parts) {
        const Node test = part.as("NullTest");
        if (test["nulltesttype"].text() != "IS_NOT_NULL") continue;
        const Node fields = test["arg"].as("ColumnRef")["fields"];
        if (fields.size() == 1) columns.push_back(dotted_name(fields));
    }
    return columns;
}

/// The columns that an expression names; a check is called after the only one.
std::vector<std::string> columns_in(Node expression) {
    std::vector<std::string> columns;
    for (const Node reference : expression.inside("ColumnRef")) {
        std::string column = owned_name(reference["fields"]).name;
        if (std::find(columns.begin(), columns.end(), column) == columns.end()) {
            columns.push_back(std::move(column));
        }
    }
    return columns;
}

struct Label {
    std::string_view contype;
    ConstraintKind kind;
    std::string_view suffix;
};

constexpr Label labels[] = {
    {"CONSTR_CHECK", ConstraintKind::check, "check"},
    {"CONSTR_PRIMARY", ConstraintKind::primary_key, "pkey"},
    {"CONSTR_UNIQUE", ConstraintKind::unique, "key"},
    {"CONSTR_FOREIGN", ConstraintKind::foreign_key, "fkey"},
    {"CONSTR_EXCLUSION", ConstraintKind::exclusion, "excl"},
};

const Label* find_label(std::string_view contype) noexcept {
    for (const Label& label : labels) {
        if (label.contype == contype) return &label;
    }
    return nullptr;
}

/// The columns by which the server names an unnamed constraint.
std::vector<std::string> naming_columns(const Constraint& constraint, Node body) {
    if (constraint.kind == ConstraintKind::primary_key) return {};
    if (constraint.kind != ConstraintKind::check) return constraint.columns;
    std::vector<std::string> columns = columns_in(body["raw_expr"]);
    if (columns.size() != 1) columns.clear();
    return columns;
}

}  // namespace

std::string default_name(std::string_view table,
                         const std::vector<std::string>& columns,
                         std::string_view label) {
    std::vector<std::string> parts = {std::string(bare_name(table))};
    for (const std::string& column : columns)
        parts.push_back(column.empty() ? "expr" : column);
    std::string text = fmt::format("{}", fmt::join(parts, "_"));
    // The server shortens more cleverly; names this long are compared by their start.
    text.resize(std::min(text.size(), longest_name - label.size() - 1));
    return fmt::format("{}_{}", text, label);
}

std::optional<Constraint> read_constraint(Node body,
                                          std::string_view table,
                                          std::string_view column) {
    const Label* label = find_label(body["contype"].text());
    if (label == nullptr) return std::nullopt;
    Constraint constraint;
    constraint.kind = label->kind;
    constraint.valid = !body["skip_validation"].flag();
    constraint.columns =
        texts(body[label->kind == ConstraintKind::foreign_key ? "fk_attrs" : "keys"]);
    if (label->kind == ConstraintKind::exclusion) {
        constraint.columns = index_columns(body["exclusions"]);
    }
    if (constraint.columns.empty() && !column.empty()) constraint.columns = {std::string(column)};
    if (label->kind == ConstraintKind::check) {
        constraint.columns.clear();
        constraint.not_null = proved_not_null(body["raw_expr"]);
        constraint.has_comparison = !body["raw_expr"].inside("A_Expr").empty();
    }
    if (const Node target = body["pktable"]) constraint.target = relation_name(target);
    constraint.name = body["conname"].text();
    if (constraint.name.empty()) constraint.name = body["indexname"].text();
    if (constraint.name.empty()) {
        constraint.name = default_name(table, naming_columns(constraint, body), label->suffix);
    }
    return constraint;
}

ColumnDefinition read_column(Node body, std::string_view table) {
    ColumnDefinition found;
    found.column.name = body["colname"].text();
    found.column.type = read_type(body["typeName"]);
    found.column.not_null = is_serial(found.column.type);
    for (const Node item : body["constraints"]) {
        const Node constraint = item.as("Constraint");
        const std::string_view kind = constraint["contype"].text();
        if (kind == "CONSTR_NOTNULL" || kind == "CONSTR_PRIMARY" || kind == "CONSTR_IDENTITY") {
            found.column.not_null = true;
        }
        if (kind == "CONSTR_DEFAULT") found.default_value = constraint["raw_expr"];
        if (kind == "CONSTR_IDENTITY") found.is_identity = true;
        if (kind == "CONSTR_GENERATED") found.is_generated = true;
        if (auto read = read_constraint(constraint, table, found.column.name)) {
            found.constraints.push_back(std::move(*read));
        }
    }
    found.column.is_generated = found.is_generated;
    return found;
}

Index read_index(Node body) {
    Index index;
    index.name = body["idxname"].text();
    index.columns = index_columns(body["indexParams"]);
    if (const Node method = body["accessMethod"]) index.method = method.text();
    index.unique = body["unique"].flag();
    index.partial = static_cast<bool>(body["whereClause"]);
    if (index.name.empty()) {
        std::vector<std::string> columns = index.columns;
        for (const Node included : body["indexIncludingParams"])
            columns.emplace_back(included.as("IndexElem")["name"].text());
        index.name = default_name(relation_name(body["relation"]), columns, "idx");
    }
    index.name = object_name(body["relation"]["schemaname"].text(), index.name);
    return index;
}

std::optional<Index> index_of(const Constraint& constraint) {
    if (constraint.kind == ConstraintKind::check ||
        constraint.kind == ConstraintKind::foreign_key) {
        return std::nullopt;
    }
    return Index{.name = constraint.name,
                 .columns = constraint.columns,
                 .unique = constraint.kind != ConstraintKind::exclusion};
}

}  // namespace poststack::lint
