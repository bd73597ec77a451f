// Objects that are dropped or renamed under running programs.
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "lint/effects.h"
#include "lint/families.h"
#include "lint/names.h"

namespace poststack::lint {
namespace {

constexpr Rule drop_table{
    .name = "drop-table",
    .severity = Severity::warning,
    .finds = "DROP TABLE of a table in use",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "removes every row",
    .why = "its data is gone for good, and programs that still name it fail",
    .instead =
        "Drop it one release after the last program that uses it; then say so with "
        "\"-- poststack: ignore drop-table\"."};

constexpr Rule drop_view{
    .name = "drop-view",
    .severity = Severity::warning,
    .finds = "DROP VIEW or DROP MATERIALIZED VIEW that this file does not make anew",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "",
    .why = "programs that still name it fail",
    .instead =
        "Drop it one release after the last program that uses it; then say so with "
        "\"-- poststack: ignore drop-view\"."};

constexpr Rule drop_schema{
    .name = "drop-schema",
    .severity = Severity::error,
    .finds = "DROP SCHEMA, DROP DATABASE, DROP OWNED",
    .lock = "",
    .effect = "",
    .why = "everything in it goes, with its data, and nothing says what that was",
    .instead = "Drop its objects one by one, by name, and then the empty schema without CASCADE."};

constexpr Rule cascade{
    .name = "cascade",
    .severity = Severity::warning,
    .finds = "CASCADE in DROP, TRUNCATE or ALTER TABLE",
    .lock = "",
    .effect = "",
    .why = "what else goes with it depends on the database it runs in, and nobody is told",
    .instead = "Name the dependent objects in statements of their own and leave CASCADE out."};

constexpr Rule rename_table{
    .name = "rename-table",
    .severity = Severity::warning,
    .finds = "RENAME or SET SCHEMA of a table or view in use",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "",
    .why = "programs that run while this is applied know only the old name",
    .instead =
        "Create a view of the old name in the same migration, and drop it one release "
        "later."};

constexpr Rule rename_object{
    .name = "rename-object",
    .severity = Severity::warning,
    .finds = "RENAME or SET SCHEMA of a schema, function, type, sequence or enum value",
    .lock = "",
    .effect = "",
    .why = "programs and functions that run while this is applied know only the old name",
    .instead = "Create the new one beside the old one, and drop that one release later."};

constexpr const Rule* rules[] = {
    &drop_table, &drop_view, &drop_schema, &cascade, &rename_table, &rename_object};

bool is_relation(std::string_view kind) noexcept {
    return kind == "table" || kind == "view" || kind == "materialized view";
}

/// Kinds whose new name no program has to know.
bool is_private(std::string_view kind) noexcept {
    return kind == "index" || kind == "constraint" || kind == "trigger" || kind == "policy" ||
           kind == "rule" || kind == "statistics" || kind == "event trigger" || kind == "column";
}

class DropRules final : public Family {
  public:
    void look(Check& check) override {
        const Node node = check.node();
        const std::string_view type = node.type();
        if (type == "DropStmt") look_at_drop(check, node);
        if (type == "RenameStmt" || type == "AlterObjectSchemaStmt") look_at_rename(check, node);
        if (type == "AlterEnumStmt" && node.body()["oldVal"]) {
            check.report(rename_object, {rename_value_text(node.body())});
        }
        if (type == "DropdbStmt") {
            check.report(drop_schema,
                         {fmt::format("DROP DATABASE \"{}\"", node.body()["dbname"].text())});
        }
        if (type == "DropOwnedStmt") check.report(drop_schema, {"DROP OWNED"});
        if (type == "ViewStmt") remake(relation_name(node.body()["view"]));
        if (type == "CreateTableAsStmt") remake(relation_name(node.body()["into"]["rel"]));
        look_for_cascade(check, node);
    }

    void finish(Check& check) override {
        for (const DroppedView& view : views_)
            check.report_at(
                view.place, drop_view, {fmt::format("DROP of {}", view.what), view.name});
    }

  private:
    struct DroppedView {
        std::string name;
        std::string what;
        Place place;
    };

    static std::string rename_value_text(Node body) {
        return fmt::format("RENAME of value \"{}\" of type \"{}\"",
                           body["oldVal"].text(),
                           dotted_name(body["typeName"]));
    }

    void remake(std::string_view name) {
        std::erase_if(views_, [&](const DroppedView& view) { return view.name == name; });
    }

    void look_at_drop(Check& check, Node node) {
        for (const Effect& effect : effects_of(node)) {
            if (check.undoes(effect)) continue;
            if (effect.kind == "schema") {
                check.report(drop_schema, {fmt::format("DROP SCHEMA \"{}\"", effect.name)});
            }
            if (!is_relation(effect.kind)) continue;
            check.hold(effect.name);
            if (check.is_new(effect.name)) continue;
            // An empty table has no data to lose, but programs may name it.
            if (effect.kind == "table") {
                const bool empty = !check.is_live(effect.name);
                check.report(drop_table,
                             {.what = fmt::format("DROP TABLE \"{}\"", effect.name),
                              .table = effect.name,
                              .why = empty ? "programs that still name it fail" : ""});
            } else {
                views_.push_back({effect.name, effect.to_text(), check.place()});
            }
        }
    }

    static void look_at_rename(Check& check, Node node) {
        for (const Effect& effect : effects_of(node)) {
            if (is_private(effect.kind)) continue;
            const Effect as_drop{.act = Act::drop, .kind = effect.kind, .name = effect.name};
            if (check.undoes(as_drop)) continue;
            const std::string what =
                fmt::format("RENAME of {} to \"{}\"", effect.to_text(), effect.new_name);
            if (is_relation(effect.kind)) {
                check.hold(effect.name);
                if (!check.is_new(effect.name)) check.report(rename_table, {what, effect.name});
            } else {
                check.report(rename_object, {what});
            }
        }
    }

    static void look_for_cascade(Check& check, Node node) {
        const std::string_view type = node.type();
        const Node body = node.body();
        std::string what;
        if (body["behavior"].text() == "DROP_CASCADE") what = cascade_text(type, node);
        if (type == "AlterTableStmt") {
            for (const Node command : body["cmds"]) {
                const Node inner = command.as("AlterTableCmd");
                if (inner["behavior"].text() != "DROP_CASCADE") continue;
                what = fmt::format("DROP of \"{}\" of \"{}\"",
                                   inner["name"].text(),
                                   relation_name(body["relation"]));
            }
        }
        if (!what.empty()) check.report(cascade, {what + " with CASCADE"});
    }

    static std::string cascade_text(std::string_view type, Node node) {
        if (type == "TruncateStmt") return "TRUNCATE";
        if (type == "DropOwnedStmt") return "DROP OWNED";
        if (type != "DropStmt") return {};
        const std::vector<Effect> effects = effects_of(node);
        return effects.empty() ? "DROP" : "DROP of " + effects.front().to_text();
    }

    std::vector<DroppedView> views_;
};

}  // namespace

FamilyEntry drop_family() {
    return {rules, []() -> std::unique_ptr<Family> { return std::make_unique<DropRules>(); }};
}

}  // namespace poststack::lint
