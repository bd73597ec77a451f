#include "migrate/repair.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "migrate/change.h"
#include "migrate/plan.h"
#include "migrate/preflight.h"
#include "migrate/session.h"
#include "sys/hash.h"
#include "sys/signal.h"

namespace poststack::migrate {
namespace {

/// One call of repair(), under the lock.
class Repairing {
  public:
    Repairing(pg::Connection& connection,
              const LockedRun& run,
              const MigrationSet& set,
              const RepairOptions& options)
        : connection_(connection), run_(run), set_(set), options_(options) {
        for (const std::string& version : options.versions)
            wanted_.push_back(parse_version(version));
        refuse_unknown();
    }

    /// Collects what is to be done.
    void plan() {
        if (options_.forget_progress) {
            forget_progress();
            return;
        }
        Plan plan = make_plan(set_, run_.ledger());
        judge_changes(connection_, set_, run_.ledger(), plan);
        // Once recorded, a cosmetic change needs no second look.
        plan.changed.insert(plan.changed.end(), plan.cosmetic.begin(), plan.cosmetic.end());
        for (const MigrationFile* file : plan.changed)
            if (is_wanted(file->version)) accept_change(*file);
        for (const LedgerEntry* entry : plan.missing)
            if (is_wanted(entry->version)) accept_absence(*entry);
        if (options_.rollbacks) accept_rollbacks();
    }

    void run() {
        if (sql_.empty()) return;
        const sys::DeferStop defer;
        try {
            connection_.script("BEGIN;" + run_.lock().work_lock_sql() + sql_ + "COMMIT");
        } catch (const Error&) {
            roll_back(connection_);
            throw;
        }
    }

    [[nodiscard]] std::vector<Repair>& repairs() { return repairs_; }

  private:
    void refuse_unknown() const {
        for (const Version version : wanted_) {
            const auto& unfinished = run_.unfinished();
            const bool known =
                options_.forget_progress
                    ? std::any_of(unfinished.begin(),
                                  unfinished.end(),
                                  [&](const Progress& one) { return one.version == version; })
                    : run_.ledger().find(version) != nullptr;
            if (known) continue;
            throw Error(ErrorKind::not_found,
                        fmt::format("version {} {}",
                                    version.number,
                                    options_.forget_progress ? "has not stopped half-way"
                                                             : "is not applied"))
                .hint("\"poststack database verify-migrations\" lists what is wrong.");
        }
    }

    [[nodiscard]] bool is_wanted(Version version) const {
        return wanted_.empty() ||
               std::find(wanted_.begin(), wanted_.end(), version) != wanted_.end();
    }

    void accept_change(const MigrationFile& file) {
        const bool standard = connection_.parameter_status("standard_conforming_strings") != "off";
        const FileChecksums now = compute_checksums(set_, file, standard);
        sql_ += fmt::format(
            "UPDATE {} SET checksum = '{}', normalised_checksum = '{}', "
            "token_checksum = '{}', file_name = {}, name = {}, missing_accepted = false "
            "WHERE version = {};",
            place_.table("schema_migrations"),
            file.sha256,
            now.normalised,
            now.tokens,
            escape_literal(file.file_name),
            escape_literal(file.name),
            file.version.number);
        add(file.version,
            {file.digits,
             file.file_name,
             "changed",
             run_.ledger().find(file.version)->checksum,
             file.sha256});
    }

    void accept_absence(const LedgerEntry& entry) {
        sql_ += fmt::format("UPDATE {} SET missing_accepted = true WHERE version = {};",
                            place_.table("schema_migrations"),
                            entry.version.number);
        add(entry.version,
            {entry.file_name.substr(0, entry.file_name.find('_')),
             entry.file_name,
             "missing",
             entry.checksum,
             ""});
    }

    void accept_rollbacks() {
        for (const MigrationFile& file : set_.files) {
            if (!is_wanted(file.version) || run_.ledger().find(file.version) == nullptr) continue;
            const std::optional<std::string> now = read_rollback(set_, file);
            const pg::Result row =
                connection_.script(fmt::format("SELECT rollback_sql FROM {} WHERE version = {}",
                                               place_.table("schema_migrations"),
                                               file.version.number));
            const std::optional<std::string> then = row.find_text(0, 0);
            if (now == then) continue;
            sql_ += fmt::format("UPDATE {} SET rollback_sql = {} WHERE version = {};",
                                place_.table("schema_migrations"),
                                now ? escape_literal(*now) : "NULL",
                                file.version.number);
            add(file.version,
                {file.digits,
                 file.file_name,
                 "rollback",
                 then ? sys::sha256(*then) : "",
                 now ? sys::sha256(*now) : ""});
        }
    }

    void forget_progress() {
        for (const Progress& progress : run_.unfinished()) {
            if (!is_wanted(progress.version)) continue;
            sql_ += remove_progress_sql(progress.version, place_) + ";";
            add(progress.version,
                {progress.file_name.substr(0, progress.file_name.find('_')),
                 progress.file_name,
                 "progress",
                 "",
                 ""});
        }
    }

    void add(Version version, Repair repair) {
        const auto or_null = [](const std::string& checksum) {
            return checksum.empty() ? std::string("NULL") : "'" + checksum + "'";
        };
        sql_ += fmt::format(
            "INSERT INTO {} (version, file_name, action, old_checksum, "
            "new_checksum, reason, repaired_at, repaired_by, client_user, client_host, "
            "poststack_version) VALUES ({}, {}, '{}', {}, {}, {}, pg_catalog.clock_timestamp(), "
            "session_user, {}, {}, {});",
            place_.table("migration_repairs"),
            version.number,
            escape_literal(repair.file_name),
            repair.action,
            or_null(repair.old_checksum),
            or_null(repair.new_checksum),
            escape_literal(options_.reason),
            escape_literal(client_.user),
            escape_literal(client_.host),
            escape_literal(poststack_version()));
        repairs_.push_back(std::move(repair));
    }

    pg::Connection& connection_;
    const LockedRun& run_;
    const MigrationSet& set_;
    const RepairOptions& options_;
    const LedgerPlace place_{options_.schema};
    const Client client_ = current_client();
    std::vector<Version> wanted_;
    std::vector<Repair> repairs_;
    std::string sql_;
};

}  // namespace

std::vector<Repair> repair(const pg::ConnInfo& target,
                           const std::filesystem::path& directory,
                           const RepairOptions& options) {
    if (trim(options.reason).empty()) {
        throw Error(ErrorKind::usage, "a repair needs a reason")
            .hint("Say in --reason why what differs is right; it is recorded.");
    }
    std::future<MigrationSet> reading = start_reading(directory);
    const MigrationSet set = reading.get();
    RunOptions run_options;
    run_options.schema = options.schema;
    run_options.wait_limit = options.wait_limit;
    run_options.on_progress = options.on_progress;
    LockedRun run(
        target, pg::Connection(work_login(target, LedgerPlace(options.schema))), run_options);
    if (!run.ledger().exists()) return {};
    run.prepare();
    Repairing repairing(run.connection(), run, set, options);
    repairing.plan();
    if (!options.dry_run) repairing.run();
    return std::move(repairing.repairs());
}

}  // namespace poststack::migrate
