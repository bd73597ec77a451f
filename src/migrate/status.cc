#include "migrate/status.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "migrate/change.h"
#include "migrate/ledger.h"
#include "migrate/plan.h"
#include "migrate/repeatable.h"
#include "sys/file.h"

namespace poststack::migrate {
namespace {

/// What status shows of a ledger row beyond what a plan needs.
struct History {
    std::string name;
    std::string description;
    std::string applied_at;
    std::chrono::nanoseconds duration{0};
    std::string applied_by;
    bool has_rollback = false;
};

std::map<Version, History> read_history(pg::Connection& connection, const LedgerPlace& place) {
    const pg::Result rows = connection.script(place.localise(
        "SELECT version, name, description, to_char(applied_at AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
        "(extract(epoch FROM duration) * 1000000)::bigint, applied_by, rollback_sql IS NOT NULL "
        "FROM poststack.schema_migrations"));
    std::map<Version, History> history;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        History& entry = history[Version{rows.number(row, 0)}];
        entry.name = rows.value(row, 1);
        entry.description = rows.value(row, 2);
        entry.applied_at = rows.value(row, 3);
        entry.duration = std::chrono::microseconds(rows.number(row, 4));
        entry.applied_by = rows.value(row, 5);
        entry.has_rollback = rows.boolean(row, 6);
    }
    return history;
}

/// Versions of no-transaction files that stopped half-way.
std::vector<Version> read_unfinished(pg::Connection& connection, const Ledger& ledger) {
    std::vector<Version> unfinished;
    if (ledger.layout < layout_with_layers) return unfinished;
    const pg::Result rows = connection.script(
        ledger.place.localise("SELECT version FROM poststack.migration_progress"));
    for (std::size_t row = 0; row < rows.rows(); ++row)
        unfinished.push_back(Version{rows.number(row, 0)});
    return unfinished;
}

FileStatus file_status(const MigrationFile& file, FileState state) {
    FileStatus status;
    status.state = state;
    status.version = file.digits;
    status.name = file.name;
    status.description = file.description;
    status.has_rollback = !file.rollback_file.empty();
    return status;
}

void add_history(FileStatus& status, const History& history) {
    status.applied_at = history.applied_at;
    status.duration = history.duration;
    status.applied_by = history.applied_by;
    status.has_rollback = status.has_rollback || history.has_rollback;
}

FileStatus missing_status(const LedgerEntry& entry, FileState state) {
    FileStatus status;
    status.state = state;
    status.version = entry.file_name.substr(0, entry.file_name.find('_'));
    return status;
}

/// The numbers between versions, where versions are plain numbers and not points in time.
std::vector<std::string> find_gaps(const MigrationSet& set, const Ledger& ledger) {
    constexpr std::int64_t largest_number = 99'999;
    std::vector<std::int64_t> numbers;
    for (const MigrationFile& file : set.files)
        numbers.push_back(file.version.number);
    for (const LedgerEntry& entry : ledger.entries)
        numbers.push_back(entry.version.number);
    std::sort(numbers.begin(), numbers.end());
    std::vector<std::string> gaps;
    if (numbers.empty() || numbers.back() > largest_number) return gaps;
    const std::size_t width = set.files.empty() ? 3 : set.files.front().digits.size();
    for (std::size_t i = 1; i < numbers.size(); ++i) {
        const std::int64_t first = numbers[i - 1] + 1;
        const std::int64_t last = numbers[i] - 1;
        if (first == last) gaps.push_back(fmt::format("{:0{}}", first, width));
        if (first < last)
            gaps.push_back(fmt::format("{:0{}} to {:0{}}", first, width, last, width));
    }
    return gaps;
}

bool holds(const std::vector<const MigrationFile*>& files, const MigrationFile& file) {
    return std::find(files.begin(), files.end(), &file) != files.end();
}

FileState state_of(const MigrationFile& file, const Ledger& ledger, const Plan& plan) {
    if (ledger.find(file.version) != nullptr) {
        if (holds(plan.cosmetic, file)) return FileState::reformatted;
        return holds(plan.changed, file) ? FileState::changed : FileState::applied;
    }
    return holds(plan.out_of_order, file) ? FileState::out_of_order : FileState::pending;
}

FileState repeatable_state(RepeatableState state) noexcept {
    switch (state) {
        case RepeatableState::current: return FileState::applied;
        case RepeatableState::reformatted: return FileState::reformatted;
        case RepeatableState::changed:
        case RepeatableState::absent: break;
    }
    return FileState::pending;
}

/// The repeatable files, and behind them those that ran and are gone.
std::vector<FileStatus> repeatable_statuses(pg::Connection& connection,
                                            const MigrationSet& set,
                                            const Ledger& ledger) {
    const std::vector<RepeatableRun> runs = read_repeatables(connection, ledger);
    const bool standard = connection.parameter_status("standard_conforming_strings") != "off";
    std::vector<FileStatus> statuses;
    for (const MigrationFile& file : set.repeatables) {
        const RepeatableState state = compare_repeatable(set, file, runs, standard);
        statuses.push_back(file_status(file, repeatable_state(state)));
        if (state == RepeatableState::changed)
            statuses.back().note = "it was changed and runs again";
    }
    for (const RepeatableRun& run : runs) {
        auto status = std::find_if(statuses.begin(), statuses.end(), [&](const FileStatus& one) {
            return one.name == run.name;
        });
        if (status == statuses.end()) {
            status = statuses.emplace(status);
            status->state = FileState::missing;
            status->name = run.name;
            status->description = run.description;
            status->note = "its file is gone; what it made is still there";
        }
        status->applied_at = run.applied_at;
        status->applied_by = run.applied_by;
        status->duration = run.duration;
    }
    return statuses;
}

MigrationSet read_if_there(const std::filesystem::path& directory) {
    if (sys::find_info(directory, true)) return read_migrations(directory);
    MigrationSet none;
    none.directory = directory;
    none.warnings.push_back("there is no directory \"" + directory.string() + "\"");
    return none;
}

}  // namespace

std::string_view name(FileState state) noexcept {
    switch (state) {
        case FileState::applied: return "applied";
        case FileState::pending: return "pending";
        case FileState::reformatted: return "reformatted";
        case FileState::changed: return "changed";
        case FileState::missing: return "missing";
        case FileState::out_of_order: return "out_of_order";
        case FileState::unfinished: return "unfinished";
    }
    return "unknown";
}

std::size_t StatusReport::count(FileState state) const noexcept {
    return static_cast<std::size_t>(std::count_if(
        files.begin(), files.end(), [&](const FileStatus& file) { return file.state == state; }));
}

std::size_t StatusReport::due_repeatables() const noexcept {
    return static_cast<std::size_t>(
        std::count_if(repeatables.begin(), repeatables.end(), [](const FileStatus& file) {
            return file.state == FileState::pending;
        }));
}

bool StatusReport::is_current() const noexcept {
    return due_repeatables() == 0 &&
           count(FileState::applied) + count(FileState::reformatted) == files.size();
}

bool StatusReport::is_sound() const noexcept {
    using enum FileState;
    return count(applied) + count(reformatted) + count(pending) == files.size();
}

StatusReport status(pg::Connection& connection,
                    const std::filesystem::path& directory,
                    const OrderPolicy& order,
                    const LedgerPlace& place) {
    const MigrationSet set = read_if_there(directory);
    const Ledger ledger = read_ledger(connection, place);
    Plan plan = make_plan(set, ledger, std::nullopt, order);
    judge_changes(connection, set, ledger, plan);
    StatusReport report;
    report.gaps = find_gaps(set, ledger);
    report.has_ledger = ledger.exists();
    report.warnings = set.warnings;
    report.warnings.insert(report.warnings.end(), plan.warnings.begin(), plan.warnings.end());
    const std::map<Version, History> history =
        ledger.exists() ? read_history(connection, ledger.place) : std::map<Version, History>{};
    const std::vector<Version> unfinished = read_unfinished(connection, ledger);

    std::map<Version, FileStatus> merged;
    for (const MigrationFile& file : set.files) {
        FileStatus status = file_status(file, state_of(file, ledger, plan));
        if (std::find(unfinished.begin(), unfinished.end(), file.version) != unfinished.end()) {
            status.state = FileState::unfinished;
        }
        merged.emplace(file.version, std::move(status));
    }
    for (const LedgerEntry* entry : plan.missing)
        merged.emplace(entry->version, missing_status(*entry, FileState::missing));
    for (const LedgerEntry* entry : plan.accepted_missing) {
        FileStatus status = missing_status(*entry, FileState::applied);
        status.note = "its file is gone, which was accepted";
        merged.emplace(entry->version, std::move(status));
    }
    for (auto& [version, status] : merged) {
        const auto found = history.find(version);
        if (found != history.end()) {
            add_history(status, found->second);
            if (status.name.empty()) status.name = found->second.name;
            if (status.description.empty()) status.description = found->second.description;
        }
        report.files.push_back(std::move(status));
    }
    report.repeatables = repeatable_statuses(connection, set, ledger);
    return report;
}

Summary summary(pg::Connection& connection,
                const std::filesystem::path& directory,
                const OrderPolicy& order,
                const LedgerPlace& place) {
    const MigrationSet set = read_if_there(directory);
    const Ledger ledger = read_ledger(connection, place);
    Plan plan = make_plan(set, ledger, std::nullopt, order);
    judge_changes(connection, set, ledger, plan);
    return {ledger.exists(),
            ledger.entries.size(),
            plan.pending.size() + find_due_repeatables(connection, set, ledger).size(),
            plan.changed.size() + plan.missing.size() + plan.out_of_order.size()};
}

}  // namespace poststack::migrate
