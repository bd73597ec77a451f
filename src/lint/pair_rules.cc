#include "lint/pair_rules.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "lint/pair_effects.h"

namespace poststack::lint {
namespace {

constexpr Rule missing_rollback{
    .name = "missing-rollback",
    .severity = Severity::warning,
    .finds = "a migration without a rollback file, or with an empty one",
    .lock = "",
    .effect = "",
    .why = "nothing takes it back",
    .instead =
        "Write NNN_name.rollback.sql, or \"-- poststack: irreversible\" at the top of the "
        "migration."};

constexpr Rule empty_migration{
    .name = "empty-migration",
    .severity = Severity::warning,
    .finds = "a migration without a statement",
    .lock = "",
    .effect = "",
    .why = "migrate records it as applied, and what is written into it later never runs there",
    .instead = "Write its statements, or remove the file."};

constexpr Rule misses_object{
    .name = "rollback-misses-object",
    .severity = Severity::error,
    .finds = "something that the migration makes and the rollback does not drop",
    .lock = "",
    .effect = "",
    .why = "after a rollback the migration fails when it is applied again",
    .instead = "Drop it in the rollback, or mark the migration \"-- poststack: irreversible\"."};

constexpr Rule misses_change{
    .name = "rollback-misses-change",
    .severity = Severity::warning,
    .finds = "something that the migration renames or alters and the rollback does not",
    .lock = "",
    .effect = "",
    .why = "after a rollback the schema is not what it was",
    .instead =
        "Change it back in the rollback, or mark the migration \"-- poststack: "
        "irreversible\"."};

constexpr Rule drops_other{.name = "rollback-drops-other",
                           .severity = Severity::error,
                           .finds = "a rollback that drops what its migration did not make",
                           .lock = "",
                           .effect = "",
                           .why = "it was there before the migration, and its data with it",
                           .instead = "Leave it out of the rollback."};

constexpr Rule order{
    .name = "rollback-order",
    .severity = Severity::error,
    .finds = "a rollback that drops something before what needs it, or after what it belongs to",
    .lock = "",
    .effect = "",
    .why = "the server refuses it and the rollback fails",
    .instead = "Drop things in the opposite order of their making."};

constexpr Rule typo{.name = "if-exists-typo",
                    .severity = Severity::error,
                    .finds = "DROP ... IF EXISTS of a name that is nearly one that there is",
                    .lock = "",
                    .effect = "",
                    .why = "IF EXISTS hides that nothing is dropped",
                    .instead = "Correct the name, and leave IF EXISTS out of rollbacks."};

constexpr Rule irreversible{
    .name = "irreversible",
    .severity = Severity::warning,
    .finds =
        "something that the migration drops and the rollback does not bring back; a new enum "
        "value",
    .lock = "",
    .effect = "",
    .why = "the rollback does not lead back to where the migration started",
    .instead =
        "Make it again in the rollback, or mark the migration \"-- poststack: "
        "irreversible\"."};

constexpr Rule lossy{
    .name = "lossy-rollback",
    .severity = Severity::info,
    .finds = "a dropped table or column that the rollback makes again",
    .lock = "",
    .effect = "",
    .why = "it comes back without its data",
    .instead = "Keep the data aside until no rollback is wanted any more, or take a backup first."};

constexpr const Rule* rules[] = {&missing_rollback,
                                 &empty_migration,
                                 &misses_object,
                                 &misses_change,
                                 &drops_other,
                                 &order,
                                 &typo,
                                 &irreversible,
                                 &lossy};

/// CREATE ... IF NOT EXISTS of what is shared between migrations and databases.
bool may_stay(const Effect& effect) noexcept {
    return effect.if_missing &&
           (effect.kind == "extension" || effect.kind == "schema" || effect.kind == "role");
}

/// CREATE OR REPLACE of what was there: nothing new to drop.
bool was_there(const Effect& effect, const Outcome& outcome) {
    if (!effect.if_missing || !effect.parent.empty()) return false;
    if (effect.kind == "function") {
        const Function* function = outcome.schema.functions.find(effect.name);
        return function != nullptr && function->made_by != outcome.pair;
    }
    const Relation* relation = outcome.schema.relations.find(effect.name);
    return relation != nullptr && relation->made_by != outcome.pair;
}

/// Names of one kind that a misspelt one may stand for.
std::vector<std::string> names_of_kind(const std::vector<Effect>& effects,
                                       const Effect& wanted,
                                       const Outcome& outcome) {
    std::vector<std::string> names;
    for (const Effect& effect : effects) {
        const bool same_owner = wanted.parent.empty() || effect.parent == wanted.parent;
        if (effect.kind == wanted.kind && same_owner) names.push_back(effect.name);
    }
    if (wanted.kind == "table") {
        outcome.schema.relations.each([&](const std::string& name, const Relation& relation) {
            if (relation.kind == RelationKind::table) names.push_back(name);
        });
    }
    return names;
}

class PairCheck {
  public:
    PairCheck(const Half& migration, const Half& rollback, const Outcome& outcome)
        : migration_(migration),
          rollback_(rollback),
          outcome_(outcome),
          is_marked_(migration.source->is_irreversible ||
                     (rollback.source != nullptr && rollback.source->is_irreversible)) {}

    std::vector<Finding> run() {
        if (migration_.source->statements.empty() && !migration_.source->problem)
            report(*migration_.source, {0, 1, 1}, empty_migration, "this file has no statement");
        const bool empty = rollback_.source == nullptr ||
                           (rollback_.source->statements.empty() && !rollback_.source->problem);
        if (empty) {
            look_for_file();
            return std::move(findings_);
        }
        NetEffects made = net_effects(migration_.effects);
        std::erase_if(made.created,
                      [this](const Effect& effect) { return was_there(effect, outcome_); });
        const Undone undone = undo(made, rollback_.effects);
        for (const Misstep& misstep : undone.missteps)
            report_misstep(misstep, made);
        if (!is_marked_ && !rollback_.is_opaque && !rollback_.source->problem) {
            report_left(undone);
        }
        return std::move(findings_);
    }

  private:
    void report(const Source& source, Place place, const Rule& rule, const std::string& what) {
        findings_.push_back({.rule = &rule,
                             .file = source.name,
                             .place = place,
                             .object = {},
                             .message = fmt::format("{}: {}", what, rule.why),
                             .instead = std::string(rule.instead)});
    }

    void look_for_file() {
        const Source& source = *migration_.source;
        if (is_marked_ || source.statements.empty()) return;
        const migrate::TextPosition& start = source.statements.front().start;
        report(source,
               {0, start.line, start.column},
               missing_rollback,
               rollback_.source == nullptr
                   ? std::string("this migration has no rollback file")
                   : fmt::format("\"{}\" has no statement", rollback_.source->name));
    }

    void report_misstep(const Misstep& misstep, const NetEffects& made) {
        const Effect& step = *misstep.step;
        if (misstep.kind == Misstep::Kind::out_of_order) return report_order(misstep);
        const auto near = nearest(step.name, names_of_kind(migration_.effects, step, outcome_));
        const bool known = near && *near == step.name;
        if (step.if_exists && near && !known) {
            return report(*rollback_.source,
                          step.place,
                          typo,
                          fmt::format("DROP of {} IF EXISTS, which nothing makes; there is \"{}\"",
                                      step.to_text(),
                                      *near));
        }
        if (migration_.is_opaque || was_renamed(made, step)) return;
        report(*rollback_.source,
               step.place,
               drops_other,
               fmt::format("DROP of {}, which this migration did not make", step.to_text()));
    }

    static bool was_renamed(const NetEffects& made, const Effect& step) {
        return std::any_of(made.renamed.begin(), made.renamed.end(), [&](const Effect& rename) {
            return rename.new_name == step.name || rename.new_name == step.parent;
        });
    }

    void report_order(const Misstep& misstep) {
        const Effect& step = *misstep.step;
        const std::string what =
            misstep.other.is_about(step)
                ? fmt::format("DROP of {}, which is gone already", step.to_text())
                : fmt::format("DROP of {} while {} still needs it",
                              step.to_text(),
                              misstep.other.to_text());
        report(*rollback_.source, step.place, order, what);
    }

    void report_left(const Undone& undone) {
        const Source& source = *migration_.source;
        for (const Effect& effect : undone.left.created) {
            if (effect.kind == "enum value") {
                report(source,
                       effect.place,
                       irreversible,
                       fmt::format("{} cannot be taken away again", effect.to_text()));
            } else if (!may_stay(effect)) {
                report(source,
                       effect.place,
                       misses_object,
                       fmt::format("the rollback does not drop {}", effect.to_text()));
            }
        }
        for (const Effect& effect : undone.left.dropped) {
            report(source,
                   effect.place,
                   irreversible,
                   fmt::format("the rollback does not bring {} back", effect.to_text()));
        }
        for (const Effect& effect : undone.returned) {
            if (effect.kind != "table" && effect.kind != "column") continue;
            report(source,
                   effect.place,
                   lossy,
                   fmt::format("the rollback makes {} again", effect.to_text()));
        }
        report_changes(source, undone.left);
    }

    void report_changes(const Source& source, const NetEffects& left) {
        for (const Effect& effect : left.renamed) {
            report(source,
                   effect.place,
                   misses_change,
                   fmt::format("the rollback does not give {} its name back", effect.to_text()));
        }
        for (const Effect& effect : left.altered) {
            report(source,
                   effect.place,
                   misses_change,
                   fmt::format("the rollback does not change the {} back", effect.to_text()));
        }
    }

    const Half& migration_;
    const Half& rollback_;
    const Outcome& outcome_;
    bool is_marked_;
    std::vector<Finding> findings_;
};

}  // namespace

std::span<const Rule* const> pair_rules() {
    return rules;
}

std::vector<Finding> check_pair(const Half& migration,
                                const Half& rollback,
                                const Outcome& outcome) {
    return PairCheck(migration, rollback, outcome).run();
}

}  // namespace poststack::lint
