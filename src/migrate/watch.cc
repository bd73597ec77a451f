#include "migrate/watch.h"

#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace poststack::migrate {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds tick_length{200};
constexpr milliseconds look_length{1000};

}  // namespace

Watch::Watch(pg::Connection& work, pg::Connection& lock, ProgressCallback on_progress)
    : work_(work), lock_(lock), on_progress_(std::move(on_progress)) {
    work_.on_wait(tick_length, [this](milliseconds waited) { tick(waited); });
}

Watch::~Watch() {
    work_.on_wait(milliseconds(0), nullptr);
}

void Watch::begin(std::string file, std::string statement) {
    file_ = std::move(file);
    statement_ = std::move(statement);
    next_look_ = milliseconds(0);
}

void Watch::tick(milliseconds waited) noexcept {
    // A second message of the same text starts its own clock.
    if (waited < 2 * tick_length) next_look_ = milliseconds(0);
    if (waited < next_look_) return;
    next_look_ = waited + (waited < look_length ? look_length - waited : look_length);
    try {
        std::string blockers = find_blockers();
        if (!blockers.empty()) blockers_ = blockers;
        if (!on_progress_ || waited < look_length) return;
        std::string text = file_;
        if (!statement_.empty()) text += ": " + statement_;
        if (!blockers.empty()) {
            text += "; waiting for " + blockers;
        } else if (const std::string index = find_index_progress(); !index.empty()) {
            text += "; " + index;
        }
        on_progress_({.kind = ProgressEvent::Kind::running, .text = text, .duration = waited});
    } catch (...) {
        // The lock session is gone: the check before COMMIT says so.
        next_look_ = milliseconds::max();
    }
}

std::string Watch::find_blockers() {
    const pg::Result rows = lock_.script(fmt::format(
        "SELECT pg_catalog.format('server process %s (role \"%s\", %s since %s, %s: %s)', a.pid, "
        "a.usename, coalesce(a.state, 'working'), pg_catalog.to_char(a.state_change AT TIME ZONE "
        "'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), CASE a.state WHEN 'active' THEN 'running' "
        "ELSE 'last ran' END, pg_catalog.left(pg_catalog.regexp_replace(a.query, '\\s+', ' ', 'g'),"
        " 120)) FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids({})) AS b(pid) "
        "JOIN pg_catalog.pg_stat_activity a USING (pid) LIMIT 3",
        work_.backend_pid()));
    std::string text;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        if (row > 0) text += ", ";
        text += rows.value(row, 0);
    }
    return text;
}

std::string Watch::find_index_progress() {
    const pg::Result rows = lock_.script(fmt::format(
        "SELECT phase, CASE WHEN tuples_total > 0 THEN 100 * tuples_done / tuples_total "
        "WHEN blocks_total > 0 THEN 100 * blocks_done / blocks_total "
        "WHEN lockers_total > 0 THEN 100 * lockers_done / lockers_total END, "
        "relid::pg_catalog.regclass FROM pg_catalog.pg_stat_progress_create_index WHERE pid = {}",
        work_.backend_pid()));
    if (rows.rows() == 0) return {};
    const std::string percent =
        rows.is_null(0, 1) ? std::string{} : fmt::format(" {} %", rows.value(0, 1));
    return fmt::format("index on {}: {}{}", rows.value(0, 2), rows.value(0, 0), percent);
}

}  // namespace poststack::migrate
