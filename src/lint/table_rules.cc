// Statements that rewrite or lock a whole table, and its upkeep.
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "lint/definitions.h"
#include "lint/families.h"
#include "lint/names.h"

namespace poststack::lint {
namespace {

constexpr Rule cluster{.name = "cluster",
                       .severity = Severity::error,
                       .finds = "CLUSTER",
                       .lock = "ACCESS EXCLUSIVE",
                       .effect = rewrites,
                       .why = stops_all,
                       .instead =
                           "Leave it out, or do it while nobody uses the table; pg_repack "
                           "does the same with short locks."};

constexpr Rule vacuum_full{.name = "vacuum-full",
                           .severity = Severity::error,
                           .finds = "VACUUM FULL",
                           .lock = "ACCESS EXCLUSIVE",
                           .effect = rewrites,
                           .why = stops_all,
                           .instead =
                               "Plain VACUUM makes the space reusable without stopping "
                               "anybody; pg_repack gives it back."};

constexpr Rule lock_table{
    .name = "lock-table",
    .severity = Severity::error,
    .finds = "LOCK TABLE in a mode that stops writes",
    .lock = "",
    .effect = "",
    .why = "it is held until the transaction ends, whatever that still has to do",
    .instead = "Let each statement take the lock that it needs."};

constexpr Rule blocking_refresh{
    .name = "blocking-refresh",
    .severity = Severity::error,
    .finds = "REFRESH MATERIALIZED VIEW without CONCURRENTLY",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "runs its query anew",
    .why = "nobody can read the view until the query is done",
    .instead =
        "Write REFRESH MATERIALIZED VIEW CONCURRENTLY, for which the view needs a unique "
        "index."};

constexpr Rule persistence{
    .name = "change-persistence",
    .severity = Severity::error,
    .finds = "SET LOGGED or SET UNLOGGED",
    .lock = "ACCESS EXCLUSIVE",
    .effect = rewrites,
    .why =
        "neither reads nor writes go through until every row is written anew, and an unlogged "
        "table is empty after a crash",
    .instead = "Choose it when the table is made."};

constexpr Rule tablespace{
    .name = "set-tablespace",
    .severity = Severity::error,
    .finds = "SET TABLESPACE of a table, an index or all of them",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "copies its files",
    .why = "neither reads nor writes go through until the files are copied",
    .instead =
        "For an index REINDEX (CONCURRENTLY, TABLESPACE ...); for a table do it while "
        "nobody uses it, or use pg_repack."};

constexpr Rule access_method{
    .name = "set-access-method",
    .severity = Severity::error,
    .finds = "SET ACCESS METHOD",
    .lock = "ACCESS EXCLUSIVE",
    .effect = rewrites,
    .why = stops_all,
    .instead = "Make a new table with the access method, copy in batches, then swap the names."};

constexpr Rule replica_identity{
    .name = "replica-identity-full",
    .severity = Severity::warning,
    .finds = "REPLICA IDENTITY FULL",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "",
    .why =
        "every UPDATE and DELETE writes the whole old row to the log, and subscribers look for "
        "it without an index",
    .instead = "Give the table a primary key, or REPLICA IDENTITY USING INDEX."};

constexpr Rule truncate{
    .name = "truncate",
    .severity = Severity::error,
    .finds = "TRUNCATE of a table in use",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "removes every row",
    .why = "nothing brings the rows back once it is committed",
    .instead = "If that is meant, say so with \"-- poststack: ignore truncate\"."};

constexpr const Rule* rules[] = {&cluster,
                                 &vacuum_full,
                                 &lock_table,
                                 &blocking_refresh,
                                 &persistence,
                                 &tablespace,
                                 &access_method,
                                 &replica_identity,
                                 &truncate};

/// The names of LOCK TABLE's modes, by the server's numbers.
constexpr std::array<std::string_view, 9> modes = {"",
                                                   "ACCESS SHARE",
                                                   "ROW SHARE",
                                                   "ROW EXCLUSIVE",
                                                   "SHARE UPDATE EXCLUSIVE",
                                                   "SHARE",
                                                   "SHARE ROW EXCLUSIVE",
                                                   "EXCLUSIVE",
                                                   "ACCESS EXCLUSIVE"};
constexpr std::size_t share_mode = 5;  // the weakest that stops writes

void report(Check& check, const Rule& rule, std::string_view what, const std::string& table) {
    check.hold(table);
    if (table.empty() || check.is_live(table)) check.report(rule, {std::string(what), table});
}

void look_at_vacuum(Check& check, Node body) {
    if (!has_option(body["options"], "full")) return;
    if (body["rels"].size() == 0) return report(check, vacuum_full, "VACUUM FULL", {});
    for (const Node table : body["rels"]) {
        const std::string name = relation_name(table.as("VacuumRelation")["relation"]);
        report(check, vacuum_full, "VACUUM FULL", name);
    }
}

void look_at_lock(Check& check, Node body) {
    const auto mode = static_cast<std::size_t>(body["mode"].number());
    if (mode < share_mode || mode >= modes.size()) return;
    for (const Node relation : body["relations"]) {
        const std::string table = relation_name(relation);
        check.hold(table);
        if (!check.is_live(table)) continue;
        check.report(
            lock_table,
            {fmt::format("LOCK TABLE takes {} on {}", modes[mode], check.describe(table)), {}});
    }
}

void look_at_truncate(Check& check, Node body) {
    for (const Node relation : body["relations"])
        report(check, truncate, "TRUNCATE", relation_name(relation));
}

void look_at_refresh(Check& check, Node body) {
    if (body["concurrent"].flag() || body["skipData"].flag()) return;
    report(check, blocking_refresh, "REFRESH MATERIALIZED VIEW", relation_name(body["relation"]));
}

struct Change {
    std::string_view subtype;
    const Rule* rule;
    std::string_view what;
};

constexpr Change changes[] = {
    {"AT_SetLogged", &persistence, "SET LOGGED"},
    {"AT_SetUnLogged", &persistence, "SET UNLOGGED"},
    {"AT_SetTableSpace", &tablespace, "SET TABLESPACE"},
    {"AT_SetAccessMethod", &access_method, "SET ACCESS METHOD"},
};

void look_at_alter(Check& check, Node body) {
    std::string name = relation_name(body["relation"]);
    if (body["objtype"].text() == "OBJECT_INDEX") {
        if (const std::string* table = check.schema().index_tables.find(name)) name = *table;
    }
    each_command(body, [&](Node command) {
        for (const Change& change : changes) {
            if (command["subtype"].text() == change.subtype) {
                report(check, *change.rule, change.what, name);
            }
        }
        const Node identity = command["def"].as("ReplicaIdentityStmt");
        // On a table of this migration it costs just as much later.
        if (identity["identity_type"].text() == "f") {
            check.hold(name);
            check.report(replica_identity, {"REPLICA IDENTITY FULL", name});
        }
    });
}

class TableRules final : public Family {
  public:
    void look(Check& check) override {
        const Node node = check.node();
        const Node body = node.body();
        const std::string_view type = node.type();
        if (type == "ClusterStmt") {
            const Node table = body["relation"];
            report(check, cluster, "CLUSTER", table ? relation_name(table) : "");
        }
        if (type == "VacuumStmt") look_at_vacuum(check, body);
        if (type == "LockStmt") look_at_lock(check, body);
        if (type == "TruncateStmt") look_at_truncate(check, body);
        if (type == "RefreshMatViewStmt") look_at_refresh(check, body);
        if (type == "AlterTableStmt") look_at_alter(check, body);
        if (type == "AlterTableMoveAllStmt") {
            report(check, tablespace, "SET TABLESPACE of everything in another one", {});
        }
    }
};

}  // namespace

FamilyEntry table_family() {
    return {rules, []() -> std::unique_ptr<Family> { return std::make_unique<TableRules>(); }};
}

}  // namespace poststack::lint
