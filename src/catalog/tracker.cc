#include "catalog/tracker.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "catalog/change_queries.h"
#include "catalog/changed_units.h"
#include "catalog/collector.h"
#include "catalog/patch.h"
#include "catalog/reader.h"
#include "pg/pipeline.h"

namespace poststack::catalog {

namespace {

using Effect = WatchedTable::Effect;

constexpr std::string_view unknown_statement = "26000";  // invalid_sql_statement_name
constexpr std::string_view lock_not_available = "55P03";

/// The observer must never wait for the session it watches.
constexpr std::string_view observer_settings =
    "SET plan_cache_mode = force_generic_plan; SET jit = off; SET lock_timeout = '1s';"
    " SET search_path = ''; SET statement_timeout = 0; SET default_transaction_read_only = on";

/// Where the own row of a unit is.
constexpr std::array<std::pair<Family, std::string_view>, 3> own_tables = {
    {{Family::relation, "pg_class"}, {Family::type, "pg_type"}, {Family::routine, "pg_proc"}}};

/// An array literal of `oids`.
std::string array_of(const Oids& oids) {
    return fmt::format("{{{}}}", fmt::join(oids, ","));
}

/// How many rows of one table the transaction has written, and changed or deleted among them.
struct Count {
    std::int64_t written = 0;
    std::int64_t overwritten = 0;
};

struct Counts {
    bool known = false;  ///< the server counts (track_counts)
    std::string transaction;
    std::vector<Count> tables;  ///< as ChangeQueries::tables
};

Counts parse_counts(const pg::Result& row) {
    Counts counts;
    counts.known = row.value(0, 0) == "on";
    counts.transaction = row.value(0, 1);
    for (const std::string_view pair : split(row.value(0, 2), ',')) {
        const std::size_t space = pair.find(' ');
        counts.tables.push_back({parse_integer(pair.substr(0, space)).value_or(0),
                                 parse_integer(pair.substr(space + 1)).value_or(0)});
    }
    return counts;
}

}  // namespace

struct Tracker::State {
    State(pg::Connection& given, pg::Connection& other, const Scope& scope)
        : session(given),
          observer(other),
          everything(given, scope),
          queries(catalogue_queries(given.server_version(), scope)),
          changes(change_queries(given.server_version())) {
        observer.script(std::string(observer_settings));
        pg::Pipeline pipeline(observer);
        for (const WatchedTable& table : changes.tables) {
            if (table.effect == Effect::units)
                pipeline.prepare("overwritten_" + table.name, table.overwritten);
        }
        pipeline.prepare("mentioning", changes.mentioning);
        pipeline.prepare("built_on", changes.built_on);
        (void)pipeline.finish();
    }

    pg::Connection& session;
    pg::Connection& observer;
    FingerprintReader everything;
    std::vector<Query> queries;
    ChangeQueries changes;
    Counts started;  ///< as the transaction began
    bool prepared = false;
    bool distrusts_counts = false;
    int generation = 0;  ///< a try that failed may have left some of its statements behind

    [[nodiscard]] std::string statement(std::string_view name) const {
        return fmt::format("poststack_tracker_{}_{}", generation, name);
    }

    /// Prepares all that is executed later. Takes a round trip of its own.
    void prepare() {
        pg::Pipeline pipeline(session);
        pipeline.prepare(statement("fixed_settings"), std::string(fixed_settings));
        // A plan holds for one search_path: of the transaction's own there is another one.
        pipeline.prepare(statement("counts_before"), changes.counts);
        pipeline.prepare(statement("counts_after"), changes.counts);
        for (const WatchedTable& table : changes.tables) {
            if (table.effect == Effect::units)
                pipeline.prepare(statement(table.name), table.written);
        }
        for (const auto& [family, table] : own_tables) {
            pipeline.prepare(statement(fmt::format("{}_there", table)),
                             fmt::format("SELECT FROM {} WHERE oid = ANY ($1::oid[])", table));
        }
        for (const Query& query : queries) {
            pipeline.prepare(
                statement(query.name),
                query.unit.empty() ? query.sql : query.sql + " AND " + query.unit + " = ANY ($1)");
        }
        (void)pipeline.finish();
        prepared = true;
    }

    /// What was prepared may be gone: prepares all under new names.
    void forget_statements() {
        ++generation;
        prepared = false;
    }

    void begin() {
        if (!prepared) {
            session.script(fmt::format("BEGIN;{}", fixed_settings));
            prepare();
            session.script("ROLLBACK");
        }
        started = parse_counts(session.script("BEGIN;EXECUTE " + statement("counts_before")));
    }

    /// What the count of each table says, and which of them to look through.
    ChangedUnits find_tables(const Counts& counts, std::vector<std::size_t>& written) const {
        ChangedUnits found;
        if (!counts.known || !started.known || distrusts_counts) found.add_all();
        for (std::size_t index = 0; index < changes.tables.size(); ++index) {
            if (counts.tables.at(index).written == started.tables.at(index).written) continue;
            const bool others =
                counts.tables[index].overwritten != started.tables[index].overwritten;
            const Effect effect = changes.tables[index].effect;
            if (effect == Effect::all || (effect == Effect::rest && others)) {
                found.add_all();
            } else if (effect == Effect::rest) {
                found.add_rest();
            } else {
                written.push_back(index);
            }
        }
        return found;
    }

    /// Looks through the tables `written`.
    void find_rows(const Counts& counts,
                   const std::vector<std::size_t>& written,
                   ChangedUnits& found) {
        pg::Pipeline other(observer);  // works while the session does
        std::size_t asked = 0;
        for (const std::size_t index : written) {
            if (counts.tables[index].overwritten == started.tables[index].overwritten) continue;
            other.execute("overwritten_" + changes.tables[index].name, {counts.transaction});
            ++asked;
        }
        if (asked > 0) other.sync();
        pg::Pipeline own(session);
        for (const std::size_t index : written)
            own.execute(statement(changes.tables[index].name));
        own.sync();
        for (std::size_t result = 0; result < written.size(); ++result)
            found.add_written(own.next());
        (void)own.finish();
        for (std::size_t result = 0; result < asked; ++result)
            found.add_overwritten(other.next());
        (void)other.finish();
    }

    void find_dependents(ChangedUnits& found) const {
        const Oids renamed = found.renamed();
        const Oids reshaped = found.reshaped();
        if (renamed.empty() && reshaped.empty()) return;
        pg::Pipeline pipeline(observer);
        if (!renamed.empty()) pipeline.execute("mentioning", {array_of(renamed)});
        if (!reshaped.empty()) pipeline.execute("built_on", {array_of(reshaped)});
        pipeline.sync();
        while (pipeline.pending() > 0)
            found.add_dependents(pipeline.next());
        (void)pipeline.finish();
    }

    /// True when the changed units have nothing that `query` shows.
    [[nodiscard]] bool gives_nothing(const Query& query,
                                     const std::vector<std::size_t>& written,
                                     const PresentKinds& present) const {
        if (query.table.empty()) return false;
        for (const std::size_t index : written) {
            if (changes.tables[index].name == query.table) return false;
        }
        return present.none_of(query);
    }

    /// Reads what changed; nothing when something that seemed to be dropped is there.
    std::optional<Fingerprint> read_again(const Fingerprint& base,
                                          const ChangedUnits& found,
                                          const std::vector<std::size_t>& written) {
        const PresentKinds present(base, found);
        pg::Pipeline pipeline(session);
        std::size_t asked = 0;
        std::array<Oids, 4> units;
        for (const auto& [family, table] : own_tables) {
            const Oids dropped = found.dropped(family);
            Oids& wanted = units.at(static_cast<std::size_t>(family));
            std::set_difference(found.units(family).begin(),
                                found.units(family).end(),
                                dropped.begin(),
                                dropped.end(),
                                std::inserter(wanted, wanted.end()));
            if (dropped.empty()) continue;
            pipeline.execute(statement(fmt::format("{}_there", table)), {array_of(dropped)});
            ++asked;
        }
        std::vector<const Query*> sent;
        for (const Query& query : queries) {
            if (query.family == Family::whole) {
                if (!found.rest()) continue;
                pipeline.execute(statement(query.name));
            } else {
                const Oids& wanted = units.at(static_cast<std::size_t>(query.family));
                if (wanted.empty() || gives_nothing(query, written, present)) continue;
                pipeline.execute(statement(query.name), {array_of(wanted)});
            }
            sent.push_back(&query);
        }
        pipeline.send("ROLLBACK TO poststack_tracker");
        pipeline.send("RELEASE poststack_tracker");
        pipeline.sync();
        bool gone = true;
        for (; asked > 0; --asked)
            gone = pipeline.next().rows() == 0 && gone;
        Collector collector;
        for (const Query* query : sent) {
            with_context([&] { return fmt::format("reading the catalogue ({})", query->name); },
                         [&] { collector.add(pipeline.next(), !query->unit.empty()); });
        }
        (void)pipeline.finish();
        if (!gone) return std::nullopt;
        return patch(base, found, collector.take());
    }

    Fingerprint read(const Fingerprint& base, const std::string& first) {
        std::string opening = first.empty() ? "" : first + ";";
        opening += "SAVEPOINT poststack_tracker;";
        if (!prepared) {
            session.script(opening + std::string(fixed_settings));
            prepare();
            opening.clear();
        } else {
            opening += "EXECUTE " + statement("fixed_settings") + ";";
        }
        const Counts counts =
            parse_counts(session.script(opening + "EXECUTE " + statement("counts_after")));
        std::vector<std::size_t> written;
        ChangedUnits found = find_tables(counts, written);
        if (!found.all() && !written.empty()) {
            find_rows(counts, written, found);
            if (!found.all()) find_dependents(found);
        }
        if (found.all() || found.empty()) {
            session.script("ROLLBACK TO poststack_tracker; RELEASE poststack_tracker");
            if (found.empty()) return base;
        } else if (auto read = read_again(base, found, written)) {
            return std::move(*read);
        }
        found.add_all();
        return patch(base, found, everything.read().objects());
    }

    /// Leaves the transaction usable after a failure.
    void clean_up() const noexcept {
        try {
            if (!session.is_broken())
                session.script("ROLLBACK TO poststack_tracker; RELEASE poststack_tracker");
        } catch (const Error&) {
            // Deliberately quiet: the first failure is the one to report.
        }
    }
};

Tracker::Tracker(pg::Connection& session, pg::Connection& observer, const Scope& scope)
    : state_(std::make_unique<State>(session, observer, scope)) {}

Tracker::~Tracker() = default;

Fingerprint Tracker::read() {
    return state_->everything.read();
}

void Tracker::distrust_counts() noexcept {
    state_->distrusts_counts = true;
}

void Tracker::begin() {
    try {
        state_->begin();
        return;
    } catch (const Error& error) {
        if (error.sqlstate() != unknown_statement) throw;
        state_->session.script("ROLLBACK");
    }
    state_->forget_statements();
    state_->begin();
}

Fingerprint Tracker::read_changes(const Fingerprint& base, const std::string& first) {
    try {
        return state_->read(base, first);
    } catch (const Error& error) {
        state_->clean_up();
        state_->forget_statements();
        // DISCARD ALL or DEALLOCATE ALL in a migration drops our statements too; a lock on the
        // catalogue itself keeps the observer out. Both show after `first` was run.
        const bool ours = error.sqlstate() == unknown_statement;
        if (!ours && error.sqlstate() != lock_not_available) throw;
        return ours ? state_->read(base, {}) : state_->everything.read();
    }
}

}  // namespace poststack::catalog
