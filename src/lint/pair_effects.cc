#include "lint/pair_effects.h"

#include <algorithm>
#include <string>
#include <utility>

#include "lint/names.h"

namespace poststack::lint {
namespace {

using List = std::vector<Effect>;

List::iterator find_same(List& list, const Effect& effect) {
    return std::find_if(
        list.begin(), list.end(), [&](const Effect& other) { return other.is_about(effect); });
}

/// True for what goes when `owner` goes: parts of a table, indexes and constraints of a column,
/// everything in a schema.
bool goes_with(const Effect& part, const Effect& owner) {
    if (owner.kind == "schema") {
        const std::string& name = part.parent.empty() ? part.name : part.parent;
        return part.kind != "schema" && schema_of(name) == owner.name;
    }
    if (owner.kind == "column") {
        return part.parent == owner.parent &&
               std::find(part.columns.begin(), part.columns.end(), owner.name) !=
                   part.columns.end();
    }
    const bool owns = owner.kind == "table" || owner.kind == "view" || owner.kind == "type" ||
                      owner.kind == "materialized view";
    return owns && part.parent == owner.name;
}

bool uses(const Effect& user, const Effect& used) {
    return used.parent.empty() &&
           std::find(user.uses.begin(), user.uses.end(), used.name) != user.uses.end();
}

/// Takes `gone` off the list with what belongs to it, and with CASCADE what needs it.
void remove_with_parts(List& list, const Effect& gone, bool cascade) {
    List next = {gone};
    while (!next.empty()) {
        const Effect current = std::move(next.back());
        next.pop_back();
        std::erase_if(list, [&](const Effect& other) {
            if (other.is_about(current)) return true;
            const bool goes = goes_with(other, current) || (cascade && uses(other, current));
            if (goes) next.push_back(other);
            return goes;
        });
    }
}

void rename_in(List& list, const Effect& rename) {
    const bool is_owner = rename.parent.empty();
    for (Effect& effect : list) {
        if (effect.is_about(rename)) {
            effect.name = rename.new_name;
        } else if (is_owner && effect.parent == rename.name) {
            effect.parent = rename.new_name;
        }
        if (rename.kind == "column" && effect.parent == rename.parent) {
            std::replace(
                effect.columns.begin(), effect.columns.end(), rename.name, rename.new_name);
        }
        if (is_owner) {
            std::replace(effect.uses.begin(), effect.uses.end(), rename.name, rename.new_name);
        }
    }
}

void own_sequence(List& list, const Effect& change) {
    for (Effect& effect : list) {
        if (effect.kind == "sequence" && effect.name == change.name) effect.parent = change.parent;
    }
}

bool is_part_of_created(const List& created, const Effect& change) {
    return std::any_of(created.begin(), created.end(), [&](const Effect& effect) {
        const bool table = effect.parent.empty() && effect.name == change.parent;
        const bool column =
            effect.kind == "column" && effect.parent == change.parent && effect.name == change.name;
        const bool partition = effect.parent.empty() && effect.name == change.name;
        return table || column || partition;
    });
}

void follow_drop(NetEffects& net, const Effect& step) {
    const bool own = find_same(net.created, step) != net.created.end();
    remove_with_parts(net.created, step, step.cascade);
    if (own) return;
    Effect gone = step;
    const auto renamed =
        std::find_if(net.renamed.begin(), net.renamed.end(), [&](const Effect& rename) {
            return rename.kind == step.kind && rename.parent == step.parent &&
                   rename.new_name == step.name;
        });
    if (renamed != net.renamed.end()) {
        gone.name = renamed->name;
        net.renamed.erase(renamed);
        // Moved out of the way, made anew, then dropped: replaced by what was created.
        if (find_same(net.created, gone) != net.created.end()) return;
    }
    net.dropped.push_back(std::move(gone));
}

/// Follows one step of a file into the net effect.
void follow(NetEffects& net, const Effect& step) {
    switch (step.act) {
        case Act::create: {
            // Dropped and made anew: changed in place.
            const auto replaced = find_same(net.dropped, step);
            if (replaced != net.dropped.end()) {
                net.dropped.erase(replaced);
            } else {
                net.created.push_back(step);
            }
            return;
        }
        case Act::drop: return follow_drop(net, step);
        case Act::rename: {
            const bool own = find_same(net.created, step) != net.created.end();
            rename_in(net.created, step);
            if (!own) net.renamed.push_back(step);
            return;
        }
        case Act::alter: {
            if (step.kind == sequence_owner) return own_sequence(net.created, step);
            if (!is_part_of_created(net.created, step)) net.altered.push_back(step);
        }
    }
}

/// A rollback against what its migration left.
class Undoing {
  public:
    Undoing(const NetEffects& migration, const List& steps)
        : steps_(steps), made_(migration.created) {
        result_.left = migration;
    }

    void follow(const Effect& step) {
        switch (step.act) {
            case Act::create: return create(step);
            case Act::drop: return drop(step);
            case Act::rename: return rename(step);
            case Act::alter: return alter(step);
        }
    }

    [[nodiscard]] Undone take() { return std::move(result_); }

  private:
    void create(const Effect& step) {
        own_.push_back(step);
        forgive(step);
        if (step.if_missing) {
            // CREATE OR REPLACE in both files: the earlier version is put back.
            std::erase_if(result_.left.created, [&](const Effect& made) {
                return made.if_missing && made.is_about(step);
            });
        }
        const auto found = find_same(result_.left.dropped, step);
        if (found == result_.left.dropped.end()) return;
        result_.returned.push_back(*found);
        result_.left.dropped.erase(found);
    }

    /// What the rollback makes anew it may well have dropped.
    void forgive(const Effect& made) {
        std::erase_if(result_.missteps, [&](const Misstep& misstep) {
            return misstep.kind == Misstep::Kind::unknown_object && misstep.step->is_about(made);
        });
    }

    void drop(const Effect& step) {
        List& alive = result_.left.created;
        const bool is_own = find_same(own_, step) != own_.end();
        remove_with_parts(own_, step, step.cascade);
        if (find_same(alive, step) == alive.end()) {
            if (!is_own) drop_unknown(step);
        } else if (!step.cascade) {
            look_for_users(step);
        }
        remove_with_parts(alive, step, step.cascade);
        // Changes of a dropped table or column need no undoing.
        std::erase_if(result_.left.altered, [&](const Effect& change) {
            return step.parent.empty() ? change.parent == step.name
                                       : change.parent == step.parent && change.name == step.name;
        });
    }

    void drop_unknown(const Effect& step) {
        const auto was_made = find_same(made_, step);
        if (was_made == made_.end()) {
            result_.missteps.push_back({Misstep::Kind::unknown_object, &step, {}});
        } else if (!step.if_exists) {
            result_.missteps.push_back({Misstep::Kind::out_of_order, &step, *was_made});
        }
    }

    void look_for_users(const Effect& step) {
        for (const Effect& other : result_.left.created) {
            if (other.is_about(step) || goes_with(other, step)) {
                // A schema is refused while anything is in it.
                if (step.kind != "schema" || other.is_about(step)) continue;
            } else if (!uses(other, step) || goes_in_same_statement(other, step)) {
                continue;
            }
            result_.missteps.push_back({Misstep::Kind::out_of_order, &step, other});
            return;
        }
    }

    /// DROP TABLE a, b takes both at once, whatever binds them.
    [[nodiscard]] bool goes_in_same_statement(const Effect& user, const Effect& step) const {
        return std::any_of(steps_.begin(), steps_.end(), [&](const Effect& other) {
            return other.act == Act::drop && other.place.statement == step.place.statement &&
                   (other.is_about(user) || goes_with(user, other));
        });
    }

    void rename(const Effect& step) {
        Effect renamed = step;
        renamed.name = step.new_name;
        forgive(renamed);
        // Moved out of the way: dropping it later is the other half of replacing it.
        if (find_same(result_.left.created, step) == result_.left.created.end()) {
            own_.push_back(std::move(renamed));
        }
        rename_in(result_.left.created, step);
        rename_in(made_, step);
        std::erase_if(result_.left.renamed, [&](const Effect& before) {
            return before.kind == step.kind && before.new_name == step.name &&
                   before.name == step.new_name;
        });
    }

    void alter(const Effect& step) {
        std::erase_if(result_.left.altered,
                      [&](const Effect& change) { return change.is_about(step); });
    }

    const List& steps_;
    List made_;
    List own_;  // what the rollback itself has made, or named
    Undone result_;
};

}  // namespace

NetEffects net_effects(const std::vector<Effect>& effects) {
    NetEffects net;
    for (const Effect& step : effects)
        follow(net, step);
    return net;
}

Undone undo(const NetEffects& migration, const std::vector<Effect>& rollback) {
    Undoing undoing(migration, rollback);
    for (const Effect& step : rollback)
        undoing.follow(step);
    return undoing.take();
}

}  // namespace poststack::lint
