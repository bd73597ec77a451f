#include "supervise/review.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/output.h"
#include "base/text.h"
#include "supervise/plan.h"
#include "supervise/section.h"

namespace poststack::supervise {
namespace {

using std::chrono::milliseconds;

std::string seconds_text(milliseconds length) {
    if (length.count() % 1000 == 0) return fmt::format("{} s", length.count() / 1000);
    return fmt::format("{}.{} s", length.count() / 1000, length.count() % 1000 / 100);
}

bool gates(const ProgramConfig& program) noexcept {
    return program.one_shot || program.ready.kind != Check::Kind::none;
}

bool has_postgres(const Config& config) noexcept {
    return std::ranges::any_of(config.programs, &ProgramConfig::is_postgres);
}

void review_order(const Config& config, std::vector<Notice>& notices) {
    for (const ProgramConfig& program : config.programs) {
        if (program.depends_given || program.is_listener) continue;
        for (const ProgramConfig& other : config.programs) {
            const bool comes_first = std::tuple(other.group_priority, other.priority) <
                                     std::tuple(program.group_priority, program.priority);
            if (!comes_first || other.is_listener || gates(other)) continue;
            notices.push_back(
                {program.place,
                 fmt::format(
                     "\"{}\" comes after \"{}\" by priority, which does not make it wait: give "
                     "that one \"ready\", or this one \"depends_on\"",
                     program.full_name(),
                     other.full_name())});
            break;
        }
    }
}

void review_stop(const Config& config, std::vector<Notice>& notices) {
    const DaemonConfig& daemon = config.daemon;
    const milliseconds reserve = has_postgres(config) ? daemon.postgres_reserve : milliseconds(0);
    for (const ProgramConfig& program : config.programs) {
        const milliseconds most = daemon.stop_budget - reserve;
        if (program.is_postgres || program.is_listener || program.stopwait <= most) continue;
        notices.push_back({program.place,
                           fmt::format("\"{}\" may take {} to stop, but has at most {} of the "
                                       "stop_budget when everything stops",
                                       program.full_name(),
                                       seconds_text(program.stopwait),
                                       seconds_text(most))});
    }
}

void review_failures(const Config& config, std::vector<Notice>& notices) {
    const bool is_any_critical =
        std::ranges::any_of(config.programs, [](const ProgramConfig& program) {
            return (program.critical && !program.one_shot) || program.kills_on_fatal;
        });
    if (!is_any_critical && !config.programs.empty()) {
        notices.push_back(
            {config.daemon.place, "no program is \"critical\": whatever is FATAL, this stays up"});
    }
    for (const ProgramConfig& program : config.programs) {
        if (program.is_postgres && program.readiness.check.kind == Check::Kind::none) {
            notices.push_back(
                {program.place,
                 fmt::format(
                     "\"{}\" is called ready by its own sign, without a login; "
                     "\"readiness_probe = exec:poststack database test-connection\" logs in",
                     program.full_name())});
        }
        if (program.kills_on_fatal) {
            notices.push_back(
                {program.place,
                 fmt::format("\"{}\" seems to end everything when a program is FATAL; "
                             "\"critical = true\" does that, with an exit code",
                             program.full_name())});
        }
        const bool is_free = program.startsecs.count() == 0 && !program.one_shot &&
                             program.autorestart == Restart::always;
        if (is_free) {
            notices.push_back({program.place,
                               fmt::format("\"{}\" with startsecs=0 is tried {} times when it ends "
                                           "at once, where supervisord never stops trying",
                                           program.full_name(),
                                           program.startretries + 1)});
        }
    }
}

std::string waits_for(const ProgramConfig& program) {
    if (program.depends_on.empty()) return "at once";
    return "when ready: " + join(program.depends_on, ", ");
}

std::string ready_by(const ProgramConfig& program) {
    if (program.one_shot) return "it has succeeded";
    if (program.ready.kind != Check::Kind::none) return program.ready.text;
    return fmt::format("it has run for {}", seconds_text(program.startsecs));
}

std::string start_table(const Config& config) {
    Table table({"WAVE", "PROGRAM", "STARTS", "READY BY", "FATAL AFTER"});
    const auto waves = start_waves(config);
    for (std::size_t number = 0; number < waves.size(); ++number) {
        for (const std::size_t index : waves[number]) {
            const ProgramConfig& program = config.programs[index];
            table.add({std::to_string(number + 1),
                       program.full_name(),
                       program.autostart ? waits_for(program) : "when asked to",
                       ready_by(program),
                       seconds_text(longest_start(program))});
        }
    }
    return table.to_text();
}

std::string stop_table(const Config& config) {
    Table table({"WAVE", "PROGRAM", "SIGNAL", "AT MOST"});
    const DaemonConfig& daemon = config.daemon;
    const milliseconds reserve = has_postgres(config) ? daemon.postgres_reserve : milliseconds(0);
    milliseconds left = daemon.stop_budget;
    const auto waves = stop_waves(config);
    for (std::size_t number = 0; number < waves.size(); ++number) {
        const auto later = std::count_if(
            waves.begin() + static_cast<std::ptrdiff_t>(number) + 1,
            waves.end(),
            [&](const auto& wave) { return !config.programs[wave.front()].is_postgres; });
        milliseconds longest{0};
        for (const std::size_t index : waves[number]) {
            const ProgramConfig& program = config.programs[index];
            const milliseconds most =
                program.is_postgres
                    ? left
                    : std::min(program.stopwait,
                               std::max(left - reserve - wave_share * later, milliseconds(0)));
            longest = std::max(longest, most);
            table.add({std::to_string(number + 1),
                       program.full_name(),
                       signal_name(program.stopsignal) +
                           (program.is_postgres ? ", QUIT, KILL" : ", KILL"),
                       seconds_text(most)});
        }
        left = std::max(left - longest, milliseconds(0));
    }
    return table.to_text();
}

}  // namespace

std::vector<Notice> review(const Config& config) {
    std::vector<Notice> notices = config.notices;
    review_order(config, notices);
    review_stop(config, notices);
    review_failures(config, notices);
    std::ranges::stable_sort(notices, {}, [](const Notice& notice) {
        return std::pair(notice.place.file, notice.place.line);
    });
    return notices;
}

std::string describe_plan(const Config& config) {
    std::string text = "Start:\n" + start_table(config);
    text += fmt::format("\nStop, within {}", seconds_text(config.daemon.stop_budget));
    if (has_postgres(config)) {
        text += fmt::format(" of which the last {} are PostgreSQL's",
                            seconds_text(config.daemon.postgres_reserve));
    }
    return text + ":\n" + stop_table(config);
}

}  // namespace poststack::supervise
