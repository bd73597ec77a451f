#include "supervise/supervisor.h"

#include <algorithm>
#include <csignal>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "supervise/plan.h"

namespace poststack::supervise {
namespace {

/// The programs of one group, for comparing two configurations.
std::vector<ProgramConfig> members(const Config& config, std::string_view group) {
    std::vector<ProgramConfig> programs;
    for (const ProgramConfig& program : config.programs) {
        if (program.group == group) programs.push_back(program);
    }
    return programs;
}

std::vector<std::string> groups_of(const Config& config) {
    std::vector<std::string> names;
    for (const ProgramConfig& program : config.programs) {
        if (std::ranges::find(names, program.group) == names.end()) names.push_back(program.group);
    }
    return names;
}

}  // namespace

Supervisor::Supervisor(Config config, Workshop workshop)
    : config_(std::move(config)), fresh_(config_), workshop_(std::move(workshop)) {
    recall();
    for (const ProgramConfig& program : config_.programs)
        add_unit(program);
}

void Supervisor::boot(Time now) {
    remember(std::nullopt, now);
    for (const auto& unit : units_) {
        if (unit->config.autostart) want_start(*unit, now);
    }
}

Unit* Supervisor::find(std::string_view group_name, std::string_view name) noexcept {
    const auto found = std::ranges::find_if(units_, [&](const auto& unit) {
        return unit->config.group == group_name && unit->config.name == name;
    });
    return found == units_.end() ? nullptr : found->get();
}

std::vector<Unit*> Supervisor::group(std::string_view name) noexcept {
    std::vector<Unit*> found;
    for (const auto& unit : units_) {
        if (unit->config.group == name) found.push_back(unit.get());
    }
    return found;
}

void Supervisor::reopen_logs() {
    if (LogFile* file = workshop_.journal.file()) file->reopen();
    for (const auto& unit : units_) {
        for (ProgramLog* log : {unit->out.get(), unit->err.get()}) {
            if (log != nullptr && log->file() != nullptr) log->file()->reopen();
        }
    }
}

ConfigChange Supervisor::take_config(Config fresh) {
    fresh_ = std::move(fresh);
    ConfigChange change;
    const auto before = groups_of(config_);
    const auto after = groups_of(fresh_);
    for (const std::string& name : after) {
        if (std::ranges::find(before, name) == before.end()) {
            change.added.push_back(name);
        } else if (members(config_, name) != members(fresh_, name)) {
            change.changed.push_back(name);
        }
    }
    for (const std::string& name : before) {
        if (std::ranges::find(after, name) == after.end()) change.removed.push_back(name);
    }
    return change;
}

bool Supervisor::is_configured(std::string_view group_name) const noexcept {
    return std::ranges::any_of(
        fresh_.programs, [&](const ProgramConfig& program) { return program.group == group_name; });
}

bool Supervisor::add_group(const std::string& name, Time now) {
    if (!group(name).empty()) return false;
    for (const ProgramConfig& program : members(fresh_, name)) {
        add_unit(program);
        config_.programs.push_back(program);
        if (program.autostart) want_start(*units_.back(), now);
    }
    return true;
}

bool Supervisor::remove_group(const std::string& name) {
    const auto found = group(name);
    if (std::ranges::any_of(found, [](const Unit* unit) { return unit->is_alive(); })) return false;
    std::erase_if(units_, [&](const auto& unit) { return unit->config.group == name; });
    std::erase_if(config_.programs,
                  [&](const ProgramConfig& program) { return program.group == name; });
    return true;
}

bool Supervisor::is_ready(const Unit& unit) const noexcept {
    if (unit.config.one_shot) return unit.succeeded;
    if (unit.state() != State::running && !(unit.has_gate() && unit.ready)) return false;
    return unit.ready && (!unit.probes || unit.probes->is_ready());
}

std::string Supervisor::unready_text(const Unit& unit) const {
    for (const std::string& name : unit.config.depends_on) {
        for (const auto& other : units_) {
            if (other->name == name && !other->is_satisfied() && !unit.is_alive()) {
                return fmt::format("waits for {}", name);
            }
        }
    }
    if (unit.spawn_pending) return "waits for what its last run left behind";
    if (!unit.is_alive()) {
        if (!unit.spawn_error.empty()) return unit.spawn_error;
        return unit.last.reason == Reason::none ? "not started" : unit.last.to_text();
    }
    if (unit.has_gate() && !unit.ready) return "not ready yet";
    if (unit.probes && !unit.probes->is_ready()) return unit.probes->readiness_text();
    return unit.state() == State::running ? "" : "starting";
}

}  // namespace poststack::supervise
