#include "migrate/holders.h"

#include <algorithm>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "migrate/lex.h"
#include "sys/process.h"
#include "sys/user.h"

namespace poststack::migrate {
namespace {

constexpr std::size_t longest_host = 36;  // an application_name has 63 bytes
constexpr std::string_view insufficient_privilege = "42501";

std::string own_host() {
    return sys::host_name().substr(0, longest_host);
}

/// Reads "poststack lock 4711@web1".
void read_client(std::string_view application_name, LockHolder& holder) {
    const std::size_t at = application_name.rfind('@');
    const std::size_t blank = application_name.rfind(' ', at);
    if (at == std::string_view::npos || blank == std::string_view::npos) return;
    const auto pid = parse_integer(application_name.substr(blank + 1, at - blank - 1));
    if (!pid || *pid <= 0) return;
    holder.client_pid = static_cast<int>(*pid);
    holder.client_host = application_name.substr(at + 1);
}

std::string one_line(std::string_view text) {
    constexpr std::size_t longest = 120;
    std::string line;
    for (const char c : text.substr(0, longest))
        line += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
    return text.size() > longest ? line + "..." : line;
}

/// `sql` with '...' in place of each string.
std::string without_strings(std::string_view sql) {
    std::string text;
    std::size_t copied = 0;
    for (std::size_t at = 0;;) {
        const Token token = next_token(sql, at, {});
        const bool is_string = token.kind == TokenKind::string ||
                               token.kind == TokenKind::open_string ||
                               token.kind == TokenKind::open_dollar;
        if (is_string) {
            text += sql.substr(copied, token.begin - copied);
            text += "'...'";
            copied = token.end;
        }
        if (token.kind >= TokenKind::end) break;
        at = token.end;
    }
    return text + std::string(sql.substr(copied));
}

bool is_same_client(const LockHolder& one, const LockHolder& other) {
    return one.client_pid == other.client_pid && one.client_host == other.client_host;
}

/// Says why nobody needs `holder` any more, "" when that is not certain.
std::string judge(const LockHolder& holder, const std::vector<LockHolder>& all) {
    if (holder.client_pid != 0 && holder.client_host == own_host() &&
        !sys::is_alive(holder.client_pid)) {
        return fmt::format("its poststack (process {} on this machine) is gone", holder.client_pid);
    }
    if (holder.holds_turn) return {};
    const bool has_turn = std::any_of(all.begin(), all.end(), [&](const LockHolder& other) {
        return other.holds_turn && is_same_client(other, holder);
    });
    return has_turn ? std::string{} : "its run no longer holds the lock";
}

/// A condition on pg_locks l.
std::string lock_condition(const std::optional<LockKeys>& keys) {
    if (keys) {
        return fmt::format("(l.classid, l.objid) IN (({}, {}), ({}, {}))",
                           keys->turn_class,
                           keys->turn_key,
                           keys->work_class,
                           keys->work_key);
    }
    return fmt::format("((l.classid = {} AND l.objid IN ({}, {})) OR l.classid IN ({}, {}))",
                       lock_class,
                       session_lock_key,
                       work_lock_key,
                       schema_turn_class,
                       schema_work_class);
}

}  // namespace

std::string LockHolder::describe() const {
    std::string text =
        fmt::format("role \"{}\" from {} (server process {}", role, address, server_pid);
    if (client_pid != 0) text += fmt::format(", poststack {} on {}", client_pid, client_host);
    text += fmt::format("), connected since {}", since);
    if (!holds_turn && state == "active") {
        text += fmt::format(", running since {}: {}", query_since, query);
    }
    if (!stale.empty()) text += "; " + stale;
    return text;
}

std::vector<LockHolder> find_holders(pg::Connection& connection,
                                     const std::optional<LockKeys>& keys) {
    const pg::Result rows = connection.script(
        fmt::format("SELECT a.pid, l.classid = {2} OR (l.classid = {0} AND l.objid = {1}), "
                    "coalesce(a.usename, ''), "
                    "coalesce(pg_catalog.host(a.client_addr), 'this machine'), "
                    "coalesce(a.application_name, ''), "
                    "coalesce(pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', {3}), ''), "
                    "coalesce(a.state, ''), coalesce(a.query, ''), "
                    "coalesce(pg_catalog.to_char(a.query_start AT TIME ZONE 'UTC', {3}), '') "
                    "FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid) "
                    "WHERE l.locktype = 'advisory' AND l.granted AND {4} AND l.objsubid = 2 AND "
                    "l.database = (SELECT oid FROM "
                    "pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) "
                    "ORDER BY 2 DESC, a.pid",
                    lock_class,
                    session_lock_key,
                    schema_turn_class,
                    "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'",
                    lock_condition(keys)));
    std::vector<LockHolder> holders;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        LockHolder holder;
        holder.server_pid = static_cast<int>(rows.number(row, 0));
        holder.holds_turn = rows.boolean(row, 1);
        holder.role = rows.value(row, 2);
        holder.address = rows.value(row, 3);
        read_client(rows.value(row, 4), holder);
        holder.since = rows.value(row, 5);
        holder.state = rows.value(row, 6);
        // A migration's own statement may hold the value of a variable.
        holder.query = one_line(holder.client_pid == 0 ? std::string(rows.value(row, 7))
                                                       : without_strings(rows.value(row, 7)));
        holder.query_since = rows.value(row, 8);
        holders.push_back(std::move(holder));
    }
    for (LockHolder& holder : holders)
        holder.stale = judge(holder, holders);
    return holders;
}

bool end_session(pg::Connection& connection, const LockHolder& holder) {
    try {
        return connection
            .script(fmt::format("SELECT pg_catalog.pg_terminate_backend({})", holder.server_pid))
            .boolean(0, 0);
    } catch (const Error& error) {
        if (error.sqlstate() != insufficient_privilege) throw;
        throw Error(ErrorKind::denied,
                    fmt::format("this role may not end server process {} of role \"{}\"",
                                holder.server_pid,
                                holder.role))
            .sqlstate(error.sqlstate())
            .hint(fmt::format("Let that role or a superuser run SELECT pg_terminate_backend({}).",
                              holder.server_pid));
    }
}

std::string session_name(std::string_view purpose) {
    return fmt::format("poststack {} {}@{}", purpose, ::getpid(), own_host());
}

}  // namespace poststack::migrate
