#include "catalog/tracker.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "catalog/change_queries.h"
#include "catalog/changed_units.h"
#include "catalog/collector.h"
#include "catalog/reader.h"
#include "pg/pipeline.h"

namespace poststack::catalog {

namespace {

using Oids = std::set<std::int64_t>;

constexpr std::string_view unknown_statement = "26000";  // invalid_sql_statement_name
constexpr std::string_view lock_not_available = "55P03";

/// The observer must never wait for the session it watches.
constexpr std::string_view observer_settings =
    "SET plan_cache_mode = force_generic_plan; SET jit = off; SET lock_timeout = '1s';"
    " SET search_path = ''; SET statement_timeout = 0; SET default_transaction_read_only = on";

/// An array literal of `oids`.
std::string array_of(const Oids& oids) {
    return fmt::format("'{{{}}}'", fmt::join(oids, ","));
}

/// The objects of `base` with those of `again` in place of all that was read again; objects that
/// are the same as before stay shared.
Fingerprint put_together(const Fingerprint& base,
                         const ChangedUnits& changes,
                         std::vector<ObjectPtr> again) {
    std::sort(again.begin(), again.end(), comes_before);
    std::vector<ObjectPtr> all;
    all.reserve(base.objects().size() + again.size());
    auto next = again.begin();
    for (const ObjectPtr& object : base.objects()) {
        while (next != again.end() && comes_before(*next, object))
            all.push_back(std::move(*next++));
        if (!changes.covers(object->unit)) {
            all.push_back(object);
            continue;
        }
        if (next == again.end() || comes_before(object, *next)) continue;
        const bool same = **next == *object && (*next)->unit == object->unit &&
                          (*next)->storage_oid == object->storage_oid &&
                          (*next)->storage_number == object->storage_number;
        all.push_back(same ? object : *next);
        ++next;
    }
    std::move(next, again.end(), std::back_inserter(all));
    return Fingerprint::from_sorted(std::move(all));
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
        observer.script("PREPARE poststack_overwritten (xid) AS " + changes.overwritten);
        observer.script("PREPARE poststack_dependents (oid[], oid[]) AS " + changes.dependents);
    }

    pg::Connection& session;
    pg::Connection& observer;
    FingerprintReader everything;
    std::vector<Query> queries;
    ChangeQueries changes;
    std::string transaction;  ///< its number
    bool prepared = false;
    int generation = 0;  ///< a try that failed may have left some of its statements behind

    [[nodiscard]] std::string statement(std::string_view name) const {
        return fmt::format("poststack_tracker_{}_{}", generation, name);
    }

    /// PREPARE for all that read() may execute. In a pipeline of its own round trip.
    void prepare() {
        if (prepared) return;
        pg::Pipeline pipeline(session);
        pipeline.send("PREPARE " + statement("written") + " AS " + changes.written);
        for (const Query& query : queries) {
            if (query.unit.empty()) {
                pipeline.send("PREPARE " + statement(query.name) + " AS " + query.sql);
            } else {
                pipeline.send(fmt::format("PREPARE {} (oid[]) AS {} AND {} = ANY ($1)",
                                          statement(query.name),
                                          query.sql,
                                          query.unit));
            }
        }
        (void)pipeline.finish();
        prepared = true;
    }

    /// `first` is run in the session beforehand.
    ChangedUnits find_changes(const std::string& first) {
        ChangedUnits found;
        {
            pg::Pipeline other(observer);  // works while the session does
            other.send(fmt::format("EXECUTE poststack_overwritten ('{}')", transaction));
            other.sync();
            found.add_written(session.script(first + "EXECUTE " + statement("written")));
            found.add_overwritten(other.next());
            (void)other.finish();
        }
        const Oids renamed = found.renamed();
        const Oids reshaped = found.reshaped();
        if (!found.all() && (!renamed.empty() || !reshaped.empty())) {
            found.add_dependents(observer.query(fmt::format(
                "EXECUTE poststack_dependents ({}, {})", array_of(renamed), array_of(reshaped))));
        }
        return found;
    }

    std::vector<ObjectPtr> read_again(const ChangedUnits& found) {
        Collector collector;
        pg::Pipeline pipeline(session);
        const std::string units = array_of(found.units());
        std::vector<const Query*> sent;
        for (const Query& query : queries) {
            const bool by_unit = !query.unit.empty();
            if (by_unit ? found.units().empty() : !found.rest()) continue;
            pipeline.send(by_unit ? fmt::format("EXECUTE {} ({})", statement(query.name), units)
                                  : "EXECUTE " + statement(query.name));
            sent.push_back(&query);
        }
        pipeline.send("ROLLBACK TO poststack_tracker");
        pipeline.send("RELEASE poststack_tracker");
        pipeline.sync();
        for (const Query* query : sent) {
            with_context([&] { return fmt::format("reading the catalogue ({})", query->name); },
                         [&] { collector.add(pipeline.next(), !query->unit.empty()); });
        }
        (void)pipeline.finish();
        return collector.take();
    }

    Fingerprint read(const Fingerprint& base, const std::string& first) {
        std::string opening = first.empty() ? "" : first + ";";
        opening += fmt::format("SAVEPOINT poststack_tracker;{};", fixed_settings);
        if (!prepared) {
            session.script(opening);
            prepare();
            opening.clear();
        }
        const ChangedUnits found = find_changes(opening);
        if (!found.all() && (found.rest() || !found.units().empty()))
            return put_together(base, found, read_again(found));
        session.script("ROLLBACK TO poststack_tracker; RELEASE poststack_tracker");
        return found.all() ? put_together(base, found, everything.read().objects()) : base;
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

void Tracker::begin() {
    state_->transaction =
        state_->session.script("BEGIN; SELECT pg_catalog.pg_current_xact_id()::xid").value(0, 0);
}

Fingerprint Tracker::read_changes(const Fingerprint& base, const std::string& first) {
    try {
        return state_->read(base, first);
    } catch (const Error& error) {
        state_->clean_up();
        ++state_->generation;
        state_->prepared = false;
        // DISCARD ALL or DEALLOCATE ALL in a migration drops our statements too; a lock on the
        // catalogue itself keeps the observer out. Both show after `first` was run.
        const bool ours = error.sqlstate() == unknown_statement;
        if (!ours && error.sqlstate() != lock_not_available) throw;
        return ours ? state_->read(base, {}) : state_->everything.read();
    }
}

}  // namespace poststack::catalog
