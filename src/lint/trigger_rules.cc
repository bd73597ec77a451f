// Triggers on a table in use.
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "lint/definitions.h"
#include "lint/families.h"
#include "lint/names.h"

namespace poststack::lint {
namespace {

constexpr Rule create_trigger{
    .name = "create-trigger",
    .severity = Severity::warning,
    .finds = "CREATE TRIGGER on a table in use",
    .lock = "SHARE ROW EXCLUSIVE",
    .effect = "",
    .why =
        "it waits for every running write and new ones wait behind it; from then on each write "
        "runs the trigger",
    .instead = "Put it in a migration of its own, so that the lock is held for a moment only."};

constexpr Rule disable_triggers{
    .name = "disable-triggers",
    .severity = Severity::error,
    .finds = "DISABLE TRIGGER ALL",
    .lock = "SHARE ROW EXCLUSIVE",
    .effect = "switches its foreign keys off",
    .why = "rows that break them come in unseen and nothing checks them afterwards",
    .instead =
        "Disable the one trigger by its name, or use DISABLE TRIGGER USER, and enable it "
        "again in the same file."};

constexpr Rule trigger_left_disabled{
    .name = "trigger-left-disabled",
    .severity = Severity::warning,
    .finds = "DISABLE TRIGGER or DISABLE RULE without ENABLE in the same file",
    .lock = "SHARE ROW EXCLUSIVE",
    .effect = "",
    .why = "it stays off for everybody after the migration",
    .instead = "Enable it again at the end of the file, or drop it."};

constexpr const Rule* rules[] = {&create_trigger, &disable_triggers, &trigger_left_disabled};

class TriggerRules final : public Family {
  public:
    void look(Check& check) override {
        const Node node = check.node();
        if (const Node body = node.as("CreateTrigStmt")) look_at_create(check, body);
        const Node body = node.as("AlterTableStmt");
        if (!body) return;
        const std::string table = relation_name(body["relation"]);
        each_command(body, [&](Node command) { look_at(check, command, table); });
    }

    void finish(Check& check) override {
        for (const Disabled& item : disabled_) {
            check.report_at(item.place, trigger_left_disabled, {item.what, item.table});
        }
    }

  private:
    struct Disabled {
        std::string table;
        std::string what;
        Place place;
    };

    static void look_at_create(Check& check, Node body) {
        const std::string table = relation_name(body["relation"]);
        const Relation* relation = check.schema().relations.find(table);
        const bool is_view = relation != nullptr && relation->kind == RelationKind::view;
        check.hold(table);
        if (is_view || !check.is_live(table)) return;
        check.report(create_trigger,
                     {fmt::format("CREATE TRIGGER \"{}\"", body["trigname"].text()), table});
    }

    void look_at(Check& check, Node command, const std::string& table) {
        const std::string_view subtype = command["subtype"].text();
        const bool disables = subtype.starts_with("AT_DisableTrig") || subtype == "AT_DisableRule";
        const bool enables = subtype.starts_with("AT_EnableTrig") ||
                             subtype == "AT_EnableAlwaysTrig" ||
                             subtype == "AT_EnableReplicaTrig" || subtype == "AT_EnableRule";
        if (!disables && !enables) return;
        check.hold(table);
        if (enables) {
            // Enabling ALL or by another name is close enough: what matters is that it was thought
            // of.
            std::erase_if(disabled_, [&](const Disabled& item) { return item.table == table; });
            return;
        }
        if (subtype == "AT_DisableTrigAll") {
            check.report(disable_triggers, {"DISABLE TRIGGER ALL", table});
        } else {
            const std::string name(command["name"].text());
            const std::string_view word = subtype == "AT_DisableRule" ? "RULE" : "TRIGGER";
            disabled_.push_back(
                {table,
                 fmt::format(
                     "DISABLE {} {}", word, name.empty() ? "USER" : fmt::format("\"{}\"", name)),
                 check.place()});
        }
    }

    std::vector<Disabled> disabled_;
};

}  // namespace

FamilyEntry trigger_family() {
    return {rules, []() -> std::unique_ptr<Family> { return std::make_unique<TriggerRules>(); }};
}

}  // namespace poststack::lint
