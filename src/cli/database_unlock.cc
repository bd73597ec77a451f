#include <algorithm>
#include <memory>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/output.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/session.h"
#include "migrate/holders.h"
#include "sys/env.h"

namespace poststack::cli {
namespace {

struct UnlockArgs {
    bool dry_run = false;
    bool force = false;
};

/// One holder and what became of it.
struct Freed {
    migrate::LockHolder holder;
    bool ended = false;
};

std::string doing(const migrate::LockHolder& holder) {
    if (holder.holds_turn) return "holds the lock";
    if (holder.state == "active") return "runs since " + holder.query_since + ": " + holder.query;
    return holder.state + ", last ran: " + holder.query;
}

void print_text(Context& context, const std::vector<Freed>& all) {
    Table table({"PROCESS", "ROLE", "FROM", "CLIENT", "SINCE", "DOING", "RESULT"});
    for (const auto& [holder, ended] : all) {
        const std::string client =
            holder.client_pid == 0 ? std::string{}
                                   : fmt::format("{} on {}", holder.client_pid, holder.client_host);
        const std::string state = holder.stale.empty() ? "in use" : "stale: " + holder.stale;
        table.add({std::to_string(holder.server_pid),
                   holder.role,
                   holder.address,
                   client,
                   holder.since,
                   doing(holder),
                   ended ? "ended (" + state + ")" : state});
    }
    if (!table.empty()) {
        context.out << table.to_text(sys::terminal_width());
    } else if (!context.options.quiet) {
        context.out << "nobody holds the migration lock\n";
    }
}

Json to_json(const std::vector<Freed>& all) {
    Json list = Json::array();
    for (const auto& [holder, ended] : all) {
        list.push_back(
            {{"server_pid", holder.server_pid},
             {"kind", holder.holds_turn ? "lock" : "work"},
             {"role", holder.role},
             {"address", holder.address},
             {"client_pid", holder.client_pid == 0 ? Json(nullptr) : Json(holder.client_pid)},
             {"client_host", holder.client_host},
             {"since", holder.since},
             {"state", holder.state},
             {"query", holder.query},
             {"query_since", holder.query_since},
             {"stale", !holder.stale.empty()},
             {"why_stale", holder.stale},
             {"ended", ended}});
    }
    return {{"holders", std::move(list)}};
}

int run_unlock(Context& context, const UnlockArgs& args) {
    const Session session = open_session(context);
    pg::Connection connection(find_login(context, session));
    std::vector<Freed> all;
    for (const migrate::LockHolder& holder : migrate::find_holders(connection)) {
        const bool ends = !args.dry_run && (args.force || !holder.stale.empty());
        all.push_back({holder, ends && migrate::end_session(connection, holder)});
    }
    if (context.json()) {
        context.print(to_json(all));
    } else {
        print_text(context, all);
    }
    const bool left =
        std::any_of(all.begin(), all.end(), [](const Freed& one) { return !one.ended; });
    return left && !args.dry_run ? 1 : 0;
}

}  // namespace

Command make_database_unlock_command() {
    const auto args = std::make_shared<UnlockArgs>();
    Command command;
    command.path = {"database", "unlock-migrations"};
    command.summary = "Show who holds the migration lock, free stale ones";
    command.description =
        "Shows each session that holds a migration lock of this database: its server process, "
        "role, address, the poststack process behind it, since when, and what it runs. A session "
        "is "
        "stale when its poststack ran on this machine and is gone, or when it still works for a "
        "run that has lost the lock; only such sessions are ended. Exits 1 while others hold "
        "it.\n\nThe lock needs no cleaning up after a crash: it goes with its session, at the "
        "latest "
        "a minute after a client's machine has died.";
    command.options = {
        {"--dry-run", "", "only show, end nothing", &args->dry_run},
        {"--force", "", "end sessions that may be in use, too", &args->force},
    };
    command.examples = {"database unlock-migrations --dry-run", "database unlock-migrations"};
    command.run = [args](Context& context) { return run_unlock(context, *args); };
    return command;
}

}  // namespace poststack::cli
