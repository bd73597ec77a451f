#include "migrate/adopt.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "migrate/adopt_candidate.h"
#include "migrate/client.h"
#include "migrate/foreign_history.h"
#include "migrate/ledger.h"
#include "migrate/repeatable.h"
#include "migrate/session.h"
#include "sys/file.h"
#include "sys/signal.h"

namespace poststack::migrate {
namespace {

constexpr std::size_t shown_conflicts = 8;

class Adopting {
  public:
    Adopting(pg::Connection& connection,
             const Ledger& ledger,
             std::filesystem::path directory,
             const AdoptOptions& options)
        : connection_(connection),
          ledger_(ledger),
          directory_(std::move(directory)),
          options_(options) {}

    void plan() {
        choose_history();
        read_files();
        for (AdoptCandidate& one : candidates_)
            look_at(one);
        for (AdoptCandidate& one : repeatables_)
            look_at(one);
        decide();
        decide_repeatables();
        report_strays();
    }

    /// Throws when anything does not fit.
    void refuse_conflicts() const {
        std::vector<std::string> lines;
        for (const AdoptedFile& file : all())
            if (file.adoption == Adoption::conflict)
                lines.push_back(fmt::format("\"{}\": {}", file.file_name, file.reason));
        if (lines.empty()) return;
        const std::size_t more = lines.size() - std::min(lines.size(), shown_conflicts);
        lines.resize(lines.size() - more);
        if (more > 0) lines.push_back(fmt::format("and {} more", more));
        throw Error(ErrorKind::conflict, "nothing is adopted: " + join(lines, "; "))
            .hint("\"poststack database adopt --dry-run\" shows every file and what is wrong.");
    }

    /// `lock_sql` takes the work lock.
    void record(const std::string& lock_sql) {
        std::string sql;
        const Client client = current_client();
        for (const AdoptCandidate& one : candidates_) {
            if (one.report.adoption != Adoption::baseline) continue;
            sql += insert_sql({.file = &one.file,
                               .normalised_checksum = one.normalised,
                               .token_checksum = one.tokens,
                               .rollback_sql = one.down},
                              client) +
                   ";" + origin_sql(one);
        }
        for (const AdoptCandidate& one : repeatables_) {
            if (one.report.adoption != Adoption::baseline) continue;
            sql += record_repeatable_sql({.file = &one.file,
                                          .normalised_checksum = one.normalised,
                                          .token_checksum = one.tokens,
                                          .rollback_sql = {}},
                                         client,
                                         ledger_.place) +
                   fmt::format(
                       ";UPDATE poststack.repeatable_migrations SET applied_at = "
                       "{}::pg_catalog.timestamptz WHERE name = {};",
                       escape_literal(one.report.applied_at),
                       escape_literal(one.file.name));
        }
        if (sql.empty()) return;
        const sys::DeferStop defer;
        try {
            connection_.script("BEGIN;" + lock_sql + sql + "COMMIT");
        } catch (const Error&) {
            roll_back(connection_);
            throw;
        }
    }

    void write_files() const {
        if (in_place_) return;
        sys::make_directories(directory_);
        const sys::ReplaceOptions how{.mode = 0644, .owner = options_.owner};
        for (const AdoptCandidate& one : candidates_) {
            (void)sys::create_file(directory_ / one.file.file_name, one.up, how);
            if (one.down)
                (void)sys::create_file(directory_ / one.file.rollback_file, *one.down, how);
        }
        for (const AdoptCandidate& one : repeatables_)
            (void)sys::create_file(directory_ / one.file.file_name, one.up, how);
    }

    [[nodiscard]] AdoptReport report() {
        AdoptReport report;
        report.warnings = std::move(warnings_);
        if (history_) {
            report.tool = migrate::name(history_->tool);
            report.history = history_->table;
        }
        report.files = all();
        return report;
    }

  private:
    void choose_history() {
        if (options_.baseline) return;
        std::vector<ForeignHistory> found = find_histories(connection_);
        if (options_.tool)
            std::erase_if(found, [&](const auto& one) { return one.tool != *options_.tool; });
        if (found.size() > 1) refuse_several(found);
        if (!found.empty()) {
            history_ = std::move(found.front());
        } else if (!options_.dry_run) {
            throw Error(ErrorKind::not_found,
                        options_.tool
                            ? fmt::format("there is no history of {} in this database",
                                          migrate::name(*options_.tool))
                            : "no other tool has left a migration history in this database")
                .hint(
                    "For a schema made by hand give --baseline VERSION, the last file whose "
                    "changes it has; --dry-run shows what exists.");
        }
    }

    [[noreturn]] static void refuse_several(const std::vector<ForeignHistory>& found) {
        std::vector<std::string> names;
        for (const ForeignHistory& one : found)
            names.push_back(fmt::format("{} ({})", migrate::name(one.tool), one.table));
        throw Error(ErrorKind::usage,
                    "several tools have left a history in this database: " + join(names, ", "))
            .hint("Say with --from which one counts.");
    }

    void read_files() {
        const std::filesystem::path source = options_.source.empty() ? directory_ : options_.source;
        const Tool tool = history_        ? history_->tool
                          : options_.tool ? *options_.tool
                                          : guess_tool(source).value_or(Tool::poststack);
        std::error_code ignored;
        in_place_ = std::filesystem::equivalent(source, directory_, ignored);
        if (in_place_ && guess_tool(source).value_or(Tool::poststack) != Tool::poststack) {
            throw Error(ErrorKind::config,
                        fmt::format("\"{}\" holds the files of {}",
                                    source.string(),
                                    migrate::name(*guess_tool(source))))
                .hint(
                    "Move that directory aside and name it with --source; adopt writes the files "
                    "anew where poststack reads them.");
        }
        if (in_place_) {
            const MigrationSet own = read_migrations(directory_);
            warnings_ = own.warnings;
            candidates_ = own_candidates(own);
            return;
        }
        ForeignChain chain = read_foreign(tool, source);
        warnings_ = std::move(chain.warnings);
        repeatables_ = repeatable_candidates(std::move(chain.repeatables));
        candidates_ = foreign_candidates(std::move(chain));
    }

    void look_at(AdoptCandidate& one) {
        describe(one, connection_);
        if (!in_place_) check_target(one);
    }

    void check_target(AdoptCandidate& one) {
        const auto refuse_other = [&](const std::string& file, const std::string& text) {
            const auto there = sys::find_file(directory_ / file);
            if (there && *there != text)
                one.set_conflict(fmt::format("\"{}\" is there with another text", file));
        };
        refuse_other(one.file.file_name, one.up);
        if (one.down) refuse_other(one.file.rollback_file, *one.down);
        if (one.file.repeatable || !sys::find_info(directory_)) return;
        if (!existing_) existing_ = read_migrations(directory_);
        const MigrationFile* other = existing_->find(one.file.version);
        if (other != nullptr && other->file_name != one.file.file_name)
            one.set_conflict(fmt::format("\"{}\" has its version", other->file_name));
    }

    void decide() {
        if (options_.baseline) {
            decide_by_version(parse_version(*options_.baseline));
        } else if (history_) {
            decide_by_history();
        } else {
            mark_by_objects(candidates_);
        }
        bool later_applied = false;
        for (auto one = candidates_.rbegin(); one != candidates_.rend(); ++one) {
            check_ledger(*one);
            const Adoption adoption = one->report.adoption;
            if (adoption == Adoption::apply && later_applied)
                one->set_conflict("it is not applied although a later one is");
            if (adoption == Adoption::apply && !later_applied && one->report.existing > 0) {
                one->set_conflict(
                    fmt::format("it is not applied, but {} of the {} objects it makes are "
                                "there",
                                one->report.existing,
                                one->report.objects));
            }
            later_applied |= adoption == Adoption::baseline || adoption == Adoption::present;
        }
    }

    void decide_by_version(Version baseline) {
        const bool known =
            std::any_of(candidates_.begin(), candidates_.end(), [&](const auto& one) {
                return one.file.version == baseline;
            });
        if (!known) {
            throw Error(
                ErrorKind::not_found,
                fmt::format("there is no migration {} to be the baseline", *options_.baseline))
                .hint("\"poststack database adopt --dry-run\" lists the versions there are.");
        }
        for (AdoptCandidate& one : candidates_)
            if (one.file.version <= baseline) one.mark_applied();
    }

    void decide_by_history() {
        for (const ForeignRow& row : history_->rows) {
            const auto found = std::find_if(candidates_.begin(),
                                            candidates_.end(),
                                            [&](const auto& one) { return one.key == row.key; });
            if (found == candidates_.end()) {
                take_stray(row);
                continue;
            }
            if (row.failed) {
                found->set_conflict(
                    fmt::format("{} says that it failed; finish or undo it there first",
                                migrate::name(history_->tool)));
            }
            found->report.applied_at = row.applied_at;
            found->mark_applied();
            if (row.covers_older) {
                std::for_each(
                    candidates_.begin(), found, [](AdoptCandidate& one) { one.mark_applied(); });
            }
        }
    }

    /// What Flyway ran as it is now need not run again; all else runs with the next migrate.
    void decide_repeatables() {
        if (repeatables_.empty()) return;
        const std::vector<RepeatableRun> runs = read_repeatables(connection_, ledger_);
        for (AdoptCandidate& one : repeatables_) {
            const bool known = std::any_of(runs.begin(), runs.end(), [&](const auto& run) {
                return run.name == one.file.name && run.checksum == one.file.sha256;
            });
            if (known && one.report.adoption == Adoption::apply)
                one.report.adoption = Adoption::present;
            if (known || !history_) continue;
            for (const ForeignRepeatable& run : history_->repeatables) {
                if (run.script != one.key || run.checksum != flyway_checksum(one.up)) continue;
                one.report.applied_at = run.applied_at;
                one.mark_applied();
            }
        }
    }

    /// A row without a file. Flyway's baseline needs none: it says that all up to it is there.
    void take_stray(const ForeignRow& row) {
        const auto limit = parse_integer(row.key);
        if (history_->tool != Tool::flyway || !row.covers_older || !limit) {
            strays_.push_back(row);
            return;
        }
        for (AdoptCandidate& one : candidates_)
            if (parse_integer(one.key).value_or(*limit + 1) <= *limit) one.mark_applied();
    }

    void check_ledger(AdoptCandidate& one) const {
        const LedgerEntry* entry = ledger_.find(one.file.version);
        if (entry == nullptr) return;
        if (entry->checksum == one.file.sha256) {
            one.report.adoption = Adoption::present;
        } else {
            one.set_conflict("our ledger has its version with another text");
        }
    }

    /// What the history has and the directory has not.
    void report_strays() {
        for (const ForeignRow& row : strays_) {
            AdoptedFile file;
            file.file_name = row.key;
            file.applied_at = row.applied_at;
            file.adoption = Adoption::conflict;
            file.reason = fmt::format("{} has applied it, but there is no file for it",
                                      migrate::name(history_->tool));
            stray_files_.push_back(std::move(file));
        }
    }

    [[nodiscard]] std::vector<AdoptedFile> all() const {
        std::vector<AdoptedFile> files;
        for (const AdoptCandidate& one : candidates_)
            files.push_back(one.report);
        for (const AdoptCandidate& one : repeatables_)
            files.push_back(one.report);
        files.insert(files.end(), stray_files_.begin(), stray_files_.end());
        return files;
    }

    [[nodiscard]] std::string origin_sql(const AdoptCandidate& one) const {
        const std::string when =
            one.report.applied_at.empty()
                ? std::string("applied_at")
                : escape_literal(one.report.applied_at) + "::pg_catalog.timestamptz";
        return fmt::format(
            "UPDATE poststack.schema_migrations SET adopted_from = {}, applied_at = {} "
            "WHERE version = {};",
            escape_literal(history_ ? migrate::name(history_->tool) : "baseline"),
            when,
            one.file.version.number);
    }

    pg::Connection& connection_;
    const Ledger& ledger_;
    std::filesystem::path directory_;
    const AdoptOptions& options_;
    std::optional<ForeignHistory> history_;
    std::vector<AdoptCandidate> candidates_;
    std::vector<AdoptCandidate> repeatables_;
    std::vector<ForeignRow> strays_;
    std::vector<AdoptedFile> stray_files_;
    std::vector<std::string> warnings_;
    std::optional<MigrationSet> existing_;
    bool in_place_ = false;
};

}  // namespace

std::string_view name(Adoption adoption) noexcept {
    constexpr std::array<std::string_view, 4> names = {"baseline", "apply", "conflict", "present"};
    return names[static_cast<std::size_t>(adoption)];
}

std::size_t AdoptReport::count(Adoption adoption) const noexcept {
    return static_cast<std::size_t>(std::count_if(
        files.begin(), files.end(), [&](const auto& file) { return file.adoption == adoption; }));
}

AdoptReport adopt(const pg::ConnInfo& target,
                  const std::filesystem::path& directory,
                  const AdoptOptions& options) {
    if (options.dry_run) {
        pg::Connection connection(work_login(target));
        const Ledger ledger = read_ledger(connection);
        Adopting adopting(connection, ledger, directory, options);
        adopting.plan();
        return adopting.report();
    }
    RunOptions run_options;
    run_options.wait_limit = options.wait_limit;
    run_options.on_progress = options.on_progress;
    LockedRun run(target, pg::Connection(work_login(target)), run_options);
    Adopting adopting(run.connection(), run.ledger(), directory, options);
    adopting.plan();
    adopting.refuse_conflicts();
    run.prepare();
    adopting.record(run.lock().work_lock_sql());
    adopting.write_files();
    return adopting.report();
}

}  // namespace poststack::migrate
