// Changing, renaming and dropping columns of a table in use.
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "lint/definitions.h"
#include "lint/families.h"
#include "lint/names.h"
#include "lint/words.h"

namespace poststack::lint {
namespace {

constexpr Rule type_rewrite{
    .name = "column-type-rewrite",
    .severity = Severity::error,
    .finds = "ALTER COLUMN ... TYPE where the old values have to be converted",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "rewrites it with all its indexes",
    .why = "neither reads nor writes go through until every row is converted",
    .instead =
        "Add a column of the new type, keep it in step with a trigger, fill it in batches, "
        "and let the application move over."};

constexpr Rule set_expression{
    .name = "set-expression",
    .severity = Severity::error,
    .finds = "ALTER COLUMN ... SET EXPRESSION (PostgreSQL 17)",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "rewrites it with all its indexes",
    .why = "neither reads nor writes go through until every row is computed anew",
    .instead = "Add another generated or plain column and let the application move over."};

constexpr Rule drop_column{
    .name = "drop-column",
    .severity = Severity::warning,
    .finds = "DROP COLUMN on a table in use",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "",
    .why = "its data is gone for good, and programs that still name it fail",
    .instead =
        "Drop it one release after the last program that uses it; then say so with "
        "\"-- poststack: ignore drop-column\"."};

constexpr Rule rename_column{
    .name = "rename-column",
    .severity = Severity::warning,
    .finds = "RENAME COLUMN on a table in use",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "",
    .why = "programs that run while this is applied know only the old name",
    .instead =
        "Add a column of the new name and keep both in step, or put a view with the old "
        "names in front of the table."};

constexpr const Rule* rules[] = {&type_rewrite, &set_expression, &drop_column, &rename_column};

/// True for USING column::type of the column itself, which is what happens without it.
bool is_plain_cast(Node expression, std::string_view column) {
    Node inner = expression;
    while (const Node cast = inner.as("TypeCast"))
        inner = cast["arg"];
    const Node fields = inner.as("ColumnRef")["fields"];
    return fields && owned_name(fields).name == column;
}

std::string why_unknown(const Type& to) {
    if (is_unlimited_text(to)) {
        return "its old type is not known here: free from varchar and text, else neither reads nor "
               "writes go through until every row is converted";
    }
    return "its old type is not known here: unless the new one only widens it, neither reads nor "
           "writes go through until every row is converted";
}

void look_at_type(Check& check, Node command, const std::string& table) {
    const std::string name(command["name"].text());
    const Node definition = command["def"].as("ColumnDef");
    const Type to = read_type(definition["typeName"]);
    const Relation* relation = check.schema().relations.find(table);
    const Column* column = relation == nullptr ? nullptr : relation->find_column(name);
    const bool known = column != nullptr && !column->type.name.empty();
    const Node conversion = definition["raw_default"];
    const bool plain = !conversion || is_plain_cast(conversion, name);
    if (known && plain && is_free_change(column->type, to)) return;
    const std::string from = known ? fmt::format(" from {}", to_text(column->type)) : "";
    Details details{.what = fmt::format("\"{}\"{} to {}", name, from, to_text(to)), .table = table};
    if (!known && plain) details.why = why_unknown(to);
    check.report_at(check.place(definition), type_rewrite, std::move(details));
}

void look_at_drop(Check& check, Node command, const std::string& table) {
    const std::string name(command["name"].text());
    if (check.undoes({.act = Act::drop, .kind = "column", .name = name, .parent = table})) return;
    check.report(drop_column, {fmt::format("DROP COLUMN \"{}\"", name), table});
}

void look_at_alter(Check& check, Node body) {
    const std::string table = relation_name(body["relation"]);
    each_command(body, [&](Node command) {
        const std::string_view subtype = command["subtype"].text();
        const bool is_type = subtype == "AT_AlterColumnType";
        if (!is_type && subtype != "AT_DropColumn") return;
        check.hold(table);
        if (!check.is_live(table)) return;
        if (is_type) return look_at_type(check, command, table);
        look_at_drop(check, command, table);
    });
}

void look_at_rename(Check& check, Node body) {
    if (body["renameType"].text() != "OBJECT_COLUMN") return;
    const std::string table = relation_name(body["relation"]);
    const std::string name(body["subname"].text());
    check.hold(table);
    const Relation* relation = check.schema().relations.find(table);
    // The attributes of composite types come by the same way.
    const bool is_table = body["relationType"].text() == "OBJECT_TABLE" ||
                          (relation != nullptr && relation->kind == RelationKind::table);
    const bool undoes =
        check.undoes({.act = Act::drop, .kind = "column", .name = name, .parent = table});
    if (!is_table || undoes || !check.is_live(table)) return;
    check.report(
        rename_column,
        {fmt::format("RENAME COLUMN \"{}\" TO \"{}\"", name, body["newname"].text()), table});
}

/// The table that ALTER TABLE [IF EXISTS] [ONLY] names.
std::string altered_table(const std::vector<std::string>& words) {
    std::size_t at = 2;
    while (at < words.size() && (words[at] == "if" || words[at] == "exists" || words[at] == "only"))
        ++at;
    if (at >= words.size()) return {};
    const bool dotted = at + 2 < words.size() && words[at + 1] == ".";
    return dotted ? object_name(words[at], words[at + 2]) : words[at];
}

/// PostgreSQL 15's grammar does not know the statement; its words are plain enough.
void look_at_words(Check& check) {
    constexpr std::size_t enough = 40;
    const std::vector<std::string> words = first_words(check.text(), enough);
    if (find_run(words, {"alter", "table"}) != 0) return;
    if (find_run(words, {"set", "expression", "as"}) == words.size()) return;
    const std::string table = altered_table(words);
    check.hold(table);
    if (check.is_live(table)) check.report(set_expression, {"SET EXPRESSION", table});
}

class ColumnRules final : public Family {
  public:
    void look(Check& check) override {
        const Node node = check.node();
        if (!node) return look_at_words(check);
        const Node body = node.as("AlterTableStmt");
        if (body["objtype"].text() == "OBJECT_TABLE") look_at_alter(check, body);
        if (const Node rename = node.as("RenameStmt")) look_at_rename(check, rename);
    }
};

}  // namespace

FamilyEntry column_family() {
    return {rules, []() -> std::unique_ptr<Family> { return std::make_unique<ColumnRules>(); }};
}

}  // namespace poststack::lint
