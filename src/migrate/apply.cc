#include "migrate/apply.h"

#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "migrate/change.h"
#include "migrate/file_source.h"
#include "migrate/plan.h"
#include "migrate/preflight.h"
#include "migrate/session.h"

namespace poststack::migrate {
namespace {

MigrationStep step_of(const CheckedFile& checked, std::chrono::nanoseconds duration = {}) {
    const MigrationFile& file = *checked.file;
    return {file.digits,
            file.name,
            file.description,
            duration,
            !file.rollback_file.empty(),
            file.file_name,
            checked.plan.statements,
            checked.plan.no_transaction};
}

std::optional<Version> find_target(const ApplyOptions& options, const MigrationSet& set) {
    if (!options.target) return std::nullopt;
    const Version target = parse_version(*options.target);
    if (set.find(target) != nullptr) return target;
    throw Error(
        ErrorKind::not_found,
        fmt::format("there is no migration {} in \"{}\"", *options.target, set.directory.string()))
        .hint("\"poststack database migration-status\" lists the versions there are.");
}

bool has_standard_strings(const pg::Connection& connection) {
    return connection.parameter_status("standard_conforming_strings") != "off";
}

/// The plan, or the Error that names everything that stands against it.
Plan make_sound_plan(pg::Connection& connection,
                     const MigrationSet& set,
                     const Ledger& ledger,
                     std::optional<Version> target,
                     const OrderPolicy& order) {
    Plan plan = make_plan(set, ledger, target, order);
    judge_changes(connection, set, ledger, plan);
    refuse_unsound(plan);
    return plan;
}

/// What is applied and what is not, as one line of an Error.
std::string standing(const std::vector<CheckedFile>& files, std::size_t done) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < done; ++i)
        names.push_back(files[i].file->file_name);
    const std::size_t rest = files.size() - done - 1;
    return fmt::format("applying \"{}\" ({} of {}): it is not applied{}; applied by this run: {}",
                       files[done].file->file_name,
                       done + 1,
                       files.size(),
                       rest == 0 ? "" : fmt::format(", nor {} after it", rest),
                       list_files(names));
}

/// One call of apply().
class Application {
  public:
    Application(const MigrationSet& set, const ApplyOptions& options)
        : set_(set), options_(options) {}

    void run(LockedRun& run, const std::vector<CheckedFile>& files, ApplyResult& result) {
        if (!run.ledger().entries.empty()) newest_ = run.ledger().entries.back().version;
        for (std::size_t i = 0; i < files.size(); ++i) {
            const MigrationFile& file = *files[i].file;
            tell(ProgressEvent::Kind::started, file, i, files.size());
            try {
                if (run.is_over()) throw lost_session();
                result.steps.push_back(step_of(files[i], apply_file(run, files[i])));
            } catch (Error& error) {
                error.add_context(standing(files, i));
                throw;
            }
            tell(
                ProgressEvent::Kind::finished, file, i, files.size(), result.steps.back().duration);
        }
    }

  private:
    std::chrono::nanoseconds apply_file(LockedRun& run, const CheckedFile& checked) {
        const MigrationFile& file = *checked.file;
        const std::filesystem::path path = set_.path(file.file_name);
        std::optional<FileSource> source;
        RunRequest request;
        request.open = [&]() -> ByteSource& { return source.emplace(path); };
        request.name = path.string();
        request.plan = checked.plan;
        request.version = file.version;
        request.file_name = file.file_name;
        request.lock_timeout = file.lock_timeout.value_or(options_.run.lock_timeout);
        request.max_lock = file.max_lock;
        request.ledger_sql = [&](std::chrono::nanoseconds duration) {
            if (source->finish() != file.sha256) {
                throw Error(ErrorKind::conflict,
                            fmt::format("\"{}\" was changed while it ran", path.string()))
                    .hint("It was rolled back. Run the command again.");
            }
            return insert_sql({&file,
                               checked.normalised_checksum,
                               checked.plan.token_checksum,
                               duration,
                               read_rollback(set_, file),
                               newest_ && file.version < *newest_},
                              client_);
        };
        return run.run(request, true);
    }

    static Error lost_session() {
        return Error(ErrorKind::timeout, "the session with the server was lost")
            .hint("Run the command again; it goes on where this run stopped.")
            .retryable();
    }

    void tell(ProgressEvent::Kind kind,
              const MigrationFile& file,
              std::size_t index,
              std::size_t total,
              std::chrono::nanoseconds duration = {}) const {
        if (!options_.run.on_progress) return;
        options_.run.on_progress({kind, file.file_name, index + 1, total, duration});
    }

    const MigrationSet& set_;
    const ApplyOptions& options_;
    const Client client_ = current_client();
    std::optional<Version> newest_;  ///< applied before this run
};

}  // namespace

ApplyResult apply(const pg::ConnInfo& target,
                  const std::filesystem::path& directory,
                  const ApplyOptions& options) {
    std::future<MigrationSet> reading = start_reading(directory);
    pg::Connection connection(work_login(target));
    const Ledger seen = read_ledger(connection);
    MigrationSet set = reading.get();
    set.variables = options.run.variables;
    const std::optional<Version> last = find_target(options, set);

    ApplyResult result;
    result.dry_run = options.dry_run;
    result.warnings = set.warnings;
    Plan plan = make_sound_plan(connection, set, seen, last, options.order);
    std::vector<CheckedFile> files =
        check_files(set, plan.pending, has_standard_strings(connection));
    if (!files.empty() && !options.dry_run) {
        LockedRun run(target, std::move(connection), options.run);
        plan = make_sound_plan(run.connection(), set, run.ledger(), last, options.order);
        run.refuse_unfinished(
            Direction::up,
            plan.pending.empty() ? std::nullopt : std::optional(plan.pending.front()->version));
        run.prepare();
        files = check_files(set, plan.pending, has_standard_strings(run.connection()));
        if (options.approve) options.approve(run.connection(), set, plan.pending);
        Application(set, options).run(run, files, result);
    }
    if (options.dry_run) {
        for (const CheckedFile& checked : files)
            result.steps.push_back(step_of(checked));
    }
    for (const CheckedFile& checked : files)
        result.warnings.insert(
            result.warnings.end(), checked.warnings.begin(), checked.warnings.end());
    result.already_applied = plan.applied;
    result.left_pending = plan.left;
    result.warnings.insert(result.warnings.end(), plan.warnings.begin(), plan.warnings.end());
    return result;
}

}  // namespace poststack::migrate
