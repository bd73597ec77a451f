// What the catalogue says about statements that cannot run in a transaction (outside.h).
#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "migrate/ledger.h"
#include "migrate/outside.h"

namespace poststack::migrate {
namespace {

/// The part of pg_get_indexdef() that does not name the index and its table.
std::string_view behind_table(std::string_view definition) {
    const std::size_t at = definition.find(" USING ");
    return at == std::string_view::npos ? std::string_view{} : definition.substr(at);
}

/// `seen` is a list of oids, each with a blank on both sides.
bool was_seen(const std::string& seen, const std::string& oid) {
    return seen.find(" " + oid + " ") != std::string::npos;
}

/// The last part of a qualified name as a literal of type name: the server folds and cuts it.
std::string last_part(const std::string& object) {
    return fmt::format(
        "(SELECT part::pg_catalog.name FROM pg_catalog.unnest(pg_catalog.parse_ident({})) "
        "WITH ORDINALITY AS parts(part, place) ORDER BY place DESC LIMIT 1)",
        escape_literal(object));
}

const char* const index_columns =
    "SELECT i.indexrelid, pg_catalog.format('%I.%I', n.nspname, c.relname), "
    "pg_catalog.pg_get_indexdef(i.indexrelid), i.indisvalid AND i.indisready, c.relname, "
    "EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid) "
    "FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'i' AND ";

}  // namespace

std::vector<OutsideObserver::Index> OutsideObserver::indexes() {
    const std::string named =
        statement_.object.empty() ? "false" : "x.relname = " + last_part(statement_.object);
    const pg::Result rows = connection_.script(
        fmt::format("SELECT x.*, {} FROM ({}i.indrelid = pg_catalog.to_regclass({})) x",
                    named,
                    index_columns,
                    escape_literal(statement_.relation)));
    std::vector<Index> found;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        Index index;
        index.oid = rows.value(row, 0);
        index.name = rows.value(row, 1);
        index.definition = rows.value(row, 2);
        index.valid = rows.boolean(row, 3);
        index.building = rows.boolean(row, 5);
        index.named = rows.boolean(row, 6);
        found.push_back(std::move(index));
    }
    return found;
}

/// Invalid indexes that REINDEX CONCURRENTLY makes for the time of its work.
std::vector<OutsideObserver::Index> OutsideObserver::leftovers() {
    const pg::Result rows = connection_.script(
        std::string(index_columns) + "NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'");
    std::vector<Index> found;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        Index index;
        index.oid = rows.value(row, 0);
        index.name = rows.value(row, 1);
        index.building = rows.boolean(row, 5);
        found.push_back(std::move(index));
    }
    return found;
}

void OutsideObserver::drop(const Index& index) {
    if (index.building) {
        throw Error(ErrorKind::conflict,
                    fmt::format("another session is building the index {}", index.name))
            .hint(
                "Wait until it is done (pg_stat_progress_create_index), then run the command "
                "again.")
            .retryable();
    }
    connection_.script(fmt::format("DROP INDEX CONCURRENTLY IF EXISTS {}", index.name));
    if (say_) {
        say_(fmt::format("dropped the invalid index {}, which a failed CONCURRENTLY left",
                         index.name));
    }
}

std::string OutsideObserver::prepare() {
    std::string seen = " ";
    if (statement_.kind == OutsideKind::create_index) {
        for (const Index& index : indexes()) {
            if (index.named && !index.valid) {
                drop(index);
            } else {
                seen += index.oid + " ";
            }
        }
    } else if (statement_.kind == OutsideKind::reindex) {
        for (const Index& index : leftovers())
            seen += index.oid + " ";
    } else if (statement_.kind == OutsideKind::create_object && has_object()) {
        seen += "exists ";
    }
    return seen;
}

OutsideVerdict OutsideObserver::judge(const std::string& seen) {
    switch (statement_.kind) {
        case OutsideKind::create_index: return judge_create(seen);
        case OutsideKind::drop_index: {
            const pg::Result row = connection_.script(fmt::format(
                "SELECT pg_catalog.to_regclass({}) IS NULL", escape_literal(statement_.object)));
            return row.boolean(0, 0) ? OutsideVerdict::done : OutsideVerdict::again;
        }
        case OutsideKind::reindex: drop_leftovers(seen); return OutsideVerdict::again;
        case OutsideKind::create_object:
            return has_object() && !was_seen(seen, "exists") ? OutsideVerdict::done
                                                             : OutsideVerdict::again;
        case OutsideKind::drop_object:
            return has_object() ? OutsideVerdict::again : OutsideVerdict::done;
        case OutsideKind::detach_partition: return judge_detach();
        case OutsideKind::repeatable: return OutsideVerdict::again;
        case OutsideKind::undecidable: break;
    }
    return OutsideVerdict::unknown;
}

OutsideVerdict OutsideObserver::judge_create(const std::string& seen) {
    const std::string wanted = wanted_definition();
    for (const Index& index : indexes()) {
        const bool fresh = !was_seen(seen, index.oid);
        if (!index.valid && (index.named || fresh)) {
            drop(index);
            continue;
        }
        if (!index.named && !(statement_.object.empty() && fresh)) continue;
        if (!wanted.empty() && behind_table(index.definition) == behind_table(wanted)) {
            if (fresh) return OutsideVerdict::done;
            continue;  // it was there before: IF NOT EXISTS, or the server's own error
        }
        if (fresh) return OutsideVerdict::unknown;
    }
    return OutsideVerdict::again;
}

/// The definition the statement's index has: the server's words for the same index on an empty
/// table of the same columns. "" when that cannot be made.
std::string OutsideObserver::wanted_definition() {
    std::string found;
    try {
        const std::vector<pg::Result> results = connection_.script_all(
            fmt::format("BEGIN;CREATE TEMPORARY TABLE poststack_probe (LIKE {});"
                        "CREATE {}INDEX ON pg_temp.poststack_probe {};"
                        "SELECT pg_catalog.pg_get_indexdef(indexrelid) FROM pg_catalog.pg_index "
                        "WHERE indrelid = 'pg_temp.poststack_probe'::pg_catalog.regclass;ROLLBACK",
                        statement_.relation,
                        statement_.unique ? "UNIQUE " : "",
                        statement_.definition));
        for (const pg::Result& result : results) {
            if (result.rows() == 1) found = result.value(0, 0);
        }
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::database || connection_.is_broken()) throw;
        connection_.script("ROLLBACK");
    }
    return found;
}

OutsideVerdict OutsideObserver::judge_detach() {
    const char* const pending =
        connection_.server_version() >= 140000 ? "inhdetachpending" : "false";
    const pg::Result row = connection_.script(fmt::format(
        "SELECT {} FROM pg_catalog.pg_inherits WHERE inhrelid = pg_catalog.to_regclass({}) "
        "AND inhparent = pg_catalog.to_regclass({})",
        pending,
        escape_literal(statement_.object),
        escape_literal(statement_.relation)));
    if (row.rows() == 0) return OutsideVerdict::done;
    if (!row.boolean(0, 0)) return OutsideVerdict::again;
    connection_.script(fmt::format(
        "ALTER TABLE {} DETACH PARTITION {} FINALIZE", statement_.relation, statement_.object));
    if (say_) say_(fmt::format("finished detaching the partition {}", statement_.object));
    return OutsideVerdict::done;
}

bool OutsideObserver::has_object() {
    const std::size_t dot = statement_.catalogue.find('.');
    return connection_
               .script(fmt::format("SELECT count(*) FROM pg_catalog.{} WHERE {} = {}",
                                   statement_.catalogue.substr(0, dot),
                                   statement_.catalogue.substr(dot + 1),
                                   last_part(statement_.object)))
               .number(0, 0) > 0;
}

void OutsideObserver::drop_leftovers(const std::string& seen) {
    for (const Index& index : leftovers()) {
        if (!was_seen(seen, index.oid)) drop(index);
    }
}

void OutsideObserver::tidy(const std::string& seen) noexcept {
    try {
        if (connection_.is_broken()) return;
        if (statement_.kind == OutsideKind::reindex) drop_leftovers(seen);
        if (statement_.kind != OutsideKind::create_index) return;
        for (const Index& index : indexes()) {
            if (!index.valid && !was_seen(seen, index.oid)) drop(index);
        }
    } catch (const Error&) {
        // The next run finds it: an invalid index is looked for before each CONCURRENTLY.
        return;
    }
}

void OutsideObserver::verify() {
    if (statement_.kind != OutsideKind::create_index || statement_.object.empty()) return;
    for (const Index& index : indexes()) {
        if (!index.named || index.valid) continue;
        throw Error(ErrorKind::conflict,
                    fmt::format("the index {} is not valid after it was built", index.name))
            .hint("Run the command again: it drops the index and builds it anew.");
    }
}

}  // namespace poststack::migrate
