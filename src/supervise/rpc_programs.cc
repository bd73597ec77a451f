// The part of the XML-RPC interface that looks at programs.
#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include <fmt/format.h>

#include "supervise/rpc.h"
#include "supervise/section.h"

namespace poststack::supervise {
namespace {

using std::chrono::steady_clock;

std::int64_t epoch_seconds(std::chrono::system_clock::time_point when) noexcept {
    return std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
}

std::string uptime_text(std::chrono::seconds up) {
    const auto days = up.count() / 86400;
    const auto rest = up.count() % 86400;
    const std::string clock = fmt::format("{}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    if (days == 0) return clock;
    return fmt::format("{} day{}, {}", days, days == 1 ? "" : "s", clock);
}

}  // namespace

std::string describe_state(const Unit& unit) {
    switch (unit.state()) {
        case State::running:
            return fmt::format("pid {}, uptime {}",
                               unit.pid,
                               uptime_text(std::chrono::duration_cast<std::chrono::seconds>(
                                   steady_clock::now() - unit.started)));
        case State::fatal:
        case State::backoff:
            return unit.spawn_error.empty()
                       ? fmt::format("unknown error (try \"tail {}\")", unit.config.name)
                       : unit.spawn_error;
        case State::stopped:
        case State::exited: {
            if (unit.starts == 0) return "Not started";
            const std::time_t when = epoch_seconds(unit.stopped_at);
            std::tm parts{};
            (void)::localtime_r(&when, &parts);
            constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
            return fmt::format("{} {:02} {:02}:{:02} {}",
                               months.substr(static_cast<std::size_t>(parts.tm_mon) * 3, 3),
                               parts.tm_mday,
                               (parts.tm_hour + 11) % 12 + 1,
                               parts.tm_min,
                               parts.tm_hour < 12 ? "AM" : "PM");
        }
        default: return "";
    }
}

std::vector<Unit*> Rpc::all_units(bool lexical) const {
    std::vector<Unit*> units;
    for (const auto& unit : supervisor_.units())
        units.push_back(unit.get());
    const auto by_name = [](const Unit* unit) {
        return std::pair(unit->config.group, unit->config.name);
    };
    if (lexical) {
        std::ranges::sort(units, {}, by_name);
    } else {
        std::ranges::stable_sort(units, {}, [](const Unit* unit) {
            return std::pair(unit->config.group_priority, unit->config.priority);
        });
    }
    return units;
}

Unit* Rpc::find_unit(const Params& params, bool& whole, std::string& group) {
    if (params.empty() || params[0].text() == nullptr) return nullptr;
    const std::string& text = *params[0].text();
    const std::size_t colon = text.find(':');
    group = text.substr(0, colon);
    const std::string name = colon == std::string::npos ? text : text.substr(colon + 1);
    whole = name.empty() || name == "*";
    Unit* unit = whole ? nullptr : supervisor_.find(group, name);
    if (unit == nullptr && !whole) group = text;
    return unit;
}

bool Rpc::knows(const Unit* unit) const noexcept {
    return std::ranges::any_of(supervisor_.units(),
                               [unit](const auto& known) { return known.get() == unit; });
}

XmlValue Rpc::describe(const Unit& unit) const {
    const auto now = std::chrono::system_clock::now();
    XmlValue::Struct info{
        {"name", unit.config.name},
        {"group", unit.config.group},
        {"start", unit.starts == 0 ? 0 : epoch_seconds(unit.started_at)},
        {"stop",
         unit.stopped_at.time_since_epoch().count() == 0 ? 0 : epoch_seconds(unit.stopped_at)},
        {"now", epoch_seconds(now)},
        {"state", static_cast<int>(unit.state())},
        {"statename", name(unit.state())},
        {"spawnerr", unit.spawn_error},
        {"exitstatus", unit.last.signal != 0 ? -1 : unit.last.code},
        {"logfile", unit.out_path},
        {"stdout_logfile", unit.out_path},
        {"stderr_logfile", unit.err_path},
        {"pid", unit.pid},
        {"description", describe_state(unit)},
    };
    // What supervisord does not know:
    info.emplace_back("ready", supervisor_.is_ready(unit));
    info.emplace_back("reason", name(unit.last.reason));
    info.emplace_back("detail", supervisor_.unready_text(unit));
    return info;
}

std::optional<RpcOutcome> Rpc::all_info(const Params& /*params*/, Wait& /*wait*/) {
    XmlValue::Array infos;
    for (const Unit* unit : all_units(true))
        infos.push_back(describe(*unit));
    return XmlValue(std::move(infos));
}

std::optional<RpcOutcome> Rpc::info(const Params& params, Wait& /*wait*/) {
    bool whole = false;
    std::string group;
    const Unit* unit = find_unit(params, whole, group);
    if (unit == nullptr) return RpcFault{Fault::bad_name, group};
    return describe(*unit);
}

std::optional<RpcOutcome> Rpc::config_info(const Params& /*params*/, Wait& /*wait*/) {
    XmlValue::Array infos;
    for (const ProgramConfig& program : supervisor_.fresh_config().programs) {
        std::string command;
        for (const std::string& word : program.argv)
            command += (command.empty() ? "" : " ") + word;
        infos.emplace_back(XmlValue::Struct{
            {"name", program.name},
            {"group", program.group},
            {"autostart", program.autostart},
            {"command", command},
            {"directory", program.directory.value_or("none")},
            {"group_prio", program.group_priority},
            {"process_prio", program.priority},
            {"inuse", supervisor_.find(program.group, program.name) != nullptr},
            {"killasgroup", program.killasgroup},
            {"redirect_stderr", program.redirect_stderr},
            {"startretries", program.startretries},
            {"startsecs", program.startsecs.count() / 1000},
            {"stopsignal", program.stopsignal},
            {"stopwaitsecs", program.stopwait.count() / 1000},
            {"serverurl", program.serverurl.empty() ? "none" : program.serverurl}});
    }
    std::ranges::stable_sort(
        infos, {}, [](const XmlValue& info) { return *info.find("name")->text(); });
    return XmlValue(std::move(infos));
}

}  // namespace poststack::supervise
