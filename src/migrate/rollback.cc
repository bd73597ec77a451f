#include "migrate/rollback.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "migrate/ledger.h"
#include "migrate/preflight.h"
#include "migrate/session.h"

namespace poststack::migrate {
namespace {

/// One migration to undo. Its text is read from the ledger when its turn comes.
struct Undo {
    const LedgerEntry* entry = nullptr;
    const MigrationFile* file = nullptr;  ///< nothing when the migration's file is gone
    bool from_ledger = true;
    CheckedRollback checked;
};

std::string digits_of(const LedgerEntry& entry) {
    return entry.file_name.substr(0, entry.file_name.find('_'));
}

std::string name_of(const LedgerEntry& entry) {
    std::string stem = entry.file_name.substr(0, entry.file_name.rfind(".sql"));
    return stem.substr(std::min(stem.find('_') + 1, stem.size()));
}

MigrationStep step_of(const Undo& undo, std::chrono::nanoseconds duration = {}) {
    return {digits_of(*undo.entry),
            name_of(*undo.entry),
            undo.file == nullptr ? "" : undo.file->description,
            duration,
            true,
            undo.entry->file_name,
            undo.checked.plan.statements,
            undo.checked.plan.no_transaction};
}

/// How many of the newest entries the options ask for.
std::size_t count_to_undo(const Ledger& ledger, const RollbackOptions& options) {
    if (!options.target) return std::min<std::size_t>(1, ledger.entries.size());
    const Version target = parse_version(*options.target);
    if (target.number != 0 && ledger.find(target) == nullptr) {
        throw Error(ErrorKind::not_found, fmt::format("version {} is not applied", *options.target))
            .hint(
                "Name an applied version to keep, or 0 to undo everything; \"poststack database "
                "migration-status\" lists them.");
    }
    const auto newer =
        std::find_if(ledger.entries.begin(), ledger.entries.end(), [&](const LedgerEntry& entry) {
            return entry.version > target;
        });
    return static_cast<std::size_t>(ledger.entries.end() - newer);
}

/// The rollback recorded for `version`; nothing when the migration was applied without one.
std::optional<std::string> recorded_text(pg::Connection& connection,
                                         const LedgerPlace& place,
                                         Version version) {
    const pg::Result row =
        connection.script(fmt::format("SELECT rollback_sql FROM {} WHERE version = {}",
                                      place.table("schema_migrations"),
                                      version.number));
    return row.rows() == 0 ? std::nullopt : row.find_text(0, 0);
}

/// One call of rollback().
class Undoing {
  public:
    Undoing(pg::Connection& connection, const MigrationSet& set, const RollbackOptions& options)
        : connection_(connection), set_(set), options_(options) {}

    /// Decides where each text comes from and checks all of them.
    std::vector<Undo> prepare(const Ledger& ledger, std::vector<std::string>& warnings) {
        std::vector<Undo> undos;
        std::vector<std::string> without;
        const std::size_t count = count_to_undo(ledger, options_);
        for (std::size_t i = 0; i < count; ++i) {
            Undo undo;
            undo.entry = &ledger.entries[ledger.entries.size() - 1 - i];
            undo.file = set_.find(undo.entry->version);
            const auto text = choose(undo, warnings);
            if (text) {
                undo.checked =
                    check_rollback(*text, text_name(undo), standard_strings(), set_.variables);
                warnings.insert(
                    warnings.end(), undo.checked.plan.notes.begin(), undo.checked.plan.notes.end());
                undos.push_back(undo);
            } else {
                without.push_back(fmt::format("\"{}\"", undo.entry->file_name));
            }
        }
        if (without.empty()) return undos;
        throw Error(ErrorKind::conflict,
                    fmt::format("there is no rollback for {}", join(without, ", ")))
            .hint(
                "Nothing was undone. Write NNN_name.rollback.sql beside each of them, then run the "
                "command again.");
    }

    void run(LockedRun& run, const std::vector<Undo>& undos, RollbackResult& result) {
        for (std::size_t i = 0; i < undos.size(); ++i) {
            tell(ProgressEvent::Kind::started, undos[i], {i + 1, undos.size()}, {});
            try {
                result.steps.push_back(step_of(undos[i], undo_one(run, undos[i])));
            } catch (Error& error) {
                error.add_context(standing(undos, i));
                throw;
            }
            tell(ProgressEvent::Kind::finished,
                 undos[i],
                 {i + 1, undos.size()},
                 result.steps.back().duration);
        }
    }

  private:
    struct Place {
        std::size_t index;
        std::size_t total;
    };

    [[nodiscard]] bool standard_strings() const {
        return connection_.parameter_status("standard_conforming_strings") != "off";
    }

    /// The text to run for `undo`; where it comes from is noted in it.
    std::optional<std::string> choose(Undo& undo, std::vector<std::string>& warnings) const {
        std::optional<std::string> recorded =
            recorded_text(connection_, place_, undo.entry->version);
        std::optional<std::string> current =
            undo.file == nullptr ? std::nullopt : read_rollback(set_, *undo.file);
        undo.from_ledger = recorded.has_value() && !(options_.use_files && current);
        if (undo.from_ledger) {
            if (current && *current != *recorded) {
                warnings.push_back(
                    fmt::format("\"{}\" was changed after the migration was applied: the text "
                                "recorded then is used (--use-files uses the file)",
                                undo.file->rollback_file));
            }
            return recorded;
        }
        if (current && !recorded) {
            warnings.push_back(fmt::format(
                "\"{}\" was not there when the migration was applied: the file is used as it is",
                undo.file->rollback_file));
        }
        return current;
    }

    /// What errors call the text: the file when it is the text.
    [[nodiscard]] std::string text_name(const Undo& undo) const {
        if (!undo.from_ledger) return set_.path(undo.file->rollback_file).string();
        return fmt::format("rollback of {} (as recorded)", undo.entry->file_name);
    }

    std::chrono::nanoseconds undo_one(LockedRun& run, const Undo& undo) {
        if (run.is_over()) {
            throw Error(ErrorKind::timeout, "the session with the server was lost")
                .hint("Run the command again; it goes on where this run stopped.")
                .retryable();
        }
        const Version version = undo.entry->version;
        const std::optional<std::string> text = undo.from_ledger
                                                    ? recorded_text(connection_, place_, version)
                                                    : read_rollback(set_, *undo.file);
        if (!text) throw Error(ErrorKind::conflict, "the rollback vanished while it was needed");
        RunRequest request;
        std::optional<TextSource> source;
        request.open = [&]() -> ByteSource& { return source.emplace(*text); };
        request.name = text_name(undo);
        request.plan = undo.checked.plan;
        request.version = version;
        request.direction = Direction::down;
        request.file_name = undo.entry->file_name;
        request.lock_timeout = undo.checked.header.lock_timeout.value_or(options_.run.lock_timeout);
        request.max_lock = undo.checked.header.max_lock;
        request.ledger_sql = [&](std::chrono::nanoseconds) { return delete_sql(version, place_); };
        request.settled_sql = fmt::format("SELECT NOT EXISTS (SELECT FROM {} WHERE version = {})",
                                          place_.table("schema_migrations"),
                                          version.number);
        return run.run(request);
    }

    static std::string standing(const std::vector<Undo>& undos, std::size_t done) {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < done; ++i)
            names.push_back(undos[i].entry->file_name);
        return fmt::format("undoing \"{}\" ({} of {}): it is still applied; undone by this run: {}",
                           undos[done].entry->file_name,
                           done + 1,
                           undos.size(),
                           list_files(names));
    }

    void tell(ProgressEvent::Kind kind,
              const Undo& undo,
              Place place,
              std::chrono::nanoseconds duration) const {
        if (!options_.run.on_progress) return;
        options_.run.on_progress({kind, undo.entry->file_name, place.index, place.total, duration});
    }

    pg::Connection& connection_;
    const MigrationSet& set_;
    const RollbackOptions& options_;
    const LedgerPlace place_{options_.run.schema};
};

}  // namespace

RollbackResult rollback(const pg::ConnInfo& target,
                        const std::filesystem::path& directory,
                        const RollbackOptions& options) {
    std::future<MigrationSet> reading = start_reading(directory);
    const LedgerPlace place(options.run.schema);
    pg::Connection connection(work_login(target, place));
    const Ledger seen = read_ledger(connection, place);
    MigrationSet set = reading.get();
    set.variables = with_schema(options.run.variables, options.run.schema);

    RollbackResult result;
    result.dry_run = options.dry_run;
    Undoing undoing(connection, set, options);
    const std::size_t count = count_to_undo(seen, options);
    if (options.dry_run) {
        for (const Undo& undo : undoing.prepare(seen, result.warnings))
            result.steps.push_back(step_of(undo));
        result.left_applied = seen.entries.size() - count;
        return result;
    }
    result.left_applied = seen.entries.size() - count;
    if (count == 0) return result;
    LockedRun run(target, std::move(connection), options.run);
    Undoing locked(run.connection(), set, options);
    const std::vector<Undo> undos = locked.prepare(run.ledger(), result.warnings);
    run.refuse_unfinished(
        Direction::down,
        undos.empty() ? std::nullopt : std::optional(undos.front().entry->version));
    run.prepare();
    locked.run(run, undos, result);
    result.notices = run.take_notices();
    result.left_applied = run.ledger().entries.size() - undos.size();
    return result;
}

}  // namespace poststack::migrate
