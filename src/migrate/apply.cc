#include "migrate/apply.h"

#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "migrate/change.h"
#include "migrate/file_source.h"
#include "migrate/hooks.h"
#include "migrate/plan.h"
#include "migrate/preflight.h"
#include "migrate/repeatable.h"
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

/// What one run has to do.
struct Work {
    std::vector<CheckedFile> files;  ///< versioned ones, then repeatable ones
    Hooks hooks;
};

/// Checks all of it. Repeatable files wait while versioned ones stay pending behind a target: they
/// may be written for those.
Work plan_work(pg::Connection& connection,
               const MigrationSet& set,
               const Ledger& ledger,
               const Plan& plan) {
    std::vector<const MigrationFile*> files = plan.pending;
    if (plan.left == 0) {
        const auto due = find_due_repeatables(connection, set, ledger);
        files.insert(files.end(), due.begin(), due.end());
    }
    Work work;
    if (files.empty()) return work;
    work.files = check_files(set, files, has_standard_strings(connection));
    work.hooks = read_hooks(set, has_standard_strings(connection));
    return work;
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
    Application(const MigrationSet& set, const ApplyOptions& options, const Hooks& hooks)
        : set_(set), options_(options), hooks_(hooks) {}

    void run(LockedRun& run, const std::vector<CheckedFile>& files, ApplyResult& result) {
        if (!run.ledger().entries.empty()) newest_ = run.ledger().entries.back().version;
        run_alone(run, hooks_.before_migrate, "nothing is applied", result);
        run_files(run, files, result);
        if (!hooks_.after_migrate) return;
        std::vector<std::string> names;
        for (const MigrationStep& step : result.steps)
            names.push_back(step.file_name);
        run_alone(run, hooks_.after_migrate, "applied by this run: " + list_files(names), result);
    }

  private:
    void run_files(LockedRun& run, const std::vector<CheckedFile>& files, ApplyResult& result) {
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

    /// A hook in a transaction of its own.
    void run_alone(LockedRun& run,
                   const std::optional<HookScript>& hook,
                   const std::string& standing,
                   ApplyResult& result) {
        if (!hook) return;
        std::optional<TextSource> source;
        RunRequest request;
        request.open = [&]() -> ByteSource& { return source.emplace(hook->text); };
        request.name = hook->name;
        request.plan = hook->plan;
        request.file_name = hook->file_name;
        request.lock_timeout = hook->lock_timeout.value_or(options_.run.lock_timeout);
        request.ledger_sql = [](std::chrono::nanoseconds) { return std::string("SELECT 1"); };
        request.setting_sql = hook_setting_sql(hook->file_name);
        try {
            if (run.is_over()) throw lost_session();
            const std::chrono::nanoseconds duration = run.run(request);
            result.hooks.push_back(hook->file_name);
            if (!options_.run.on_progress) return;
            options_.run.on_progress(
                {.kind = ProgressEvent::Kind::notice,
                 .text = fmt::format("ran {} ({})", hook->file_name, human_duration(duration))});
        } catch (Error& error) {
            error.add_context(fmt::format("running \"{}\": {}", hook->file_name, standing));
            throw;
        }
    }

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
            const LedgerRecord record{&file,
                                      checked.normalised_checksum,
                                      checked.plan.token_checksum,
                                      duration,
                                      read_rollback(set_, file),
                                      newest_ && file.version < *newest_};
            return file.repeatable ? record_repeatable_sql(record, client_, place_)
                                   : insert_sql(record, client_, place_);
        };
        request.settled_sql = file.repeatable
                                  ? repeatable_ran_sql(file, place_)
                                  : fmt::format("SELECT EXISTS (SELECT FROM {} WHERE version = {})",
                                                place_.table("schema_migrations"),
                                                file.version.number);
        if (hooks_.wraps_files()) request.hooks = &hooks_;
        return run.run(request);
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
    const Hooks& hooks_;
    const LedgerPlace place_{options_.run.schema};
    const Client client_ = current_client();
    std::optional<Version> newest_;  ///< applied before this run
};

}  // namespace

std::string stem_of(const MigrationStep& step) {
    return step.file_name.substr(0, step.file_name.rfind(".sql"));
}

ApplyResult apply(const pg::ConnInfo& target,
                  const std::filesystem::path& directory,
                  const ApplyOptions& options) {
    std::future<MigrationSet> reading = start_reading(directory);
    const LedgerPlace place(options.run.schema);
    pg::Connection connection(work_login(target, place));
    const Ledger seen = read_ledger(connection, place);
    MigrationSet set = reading.get();
    set.variables = with_schema(options.run.variables, options.run.schema);
    const std::optional<Version> last = find_target(options, set);

    ApplyResult result;
    result.dry_run = options.dry_run;
    result.warnings = set.warnings;
    Plan plan = make_sound_plan(connection, set, seen, last, options.order);
    Work work = plan_work(connection, set, seen, plan);
    if (!work.files.empty() && !options.dry_run) {
        LockedRun run(target, std::move(connection), options.run);
        plan = make_sound_plan(run.connection(), set, run.ledger(), last, options.order);
        run.refuse_unfinished(
            Direction::up,
            plan.pending.empty() ? std::nullopt : std::optional(plan.pending.front()->version));
        run.prepare();
        work = plan_work(run.connection(), set, run.ledger(), plan);
        if (options.approve) options.approve(run.connection(), set, plan.pending);
        if (!work.files.empty()) Application(set, options, work.hooks).run(run, work.files, result);
        result.notices = run.take_notices();
    }
    if (options.dry_run) {
        for (const CheckedFile& checked : work.files)
            result.steps.push_back(step_of(checked));
    }
    const auto warn = [&](const std::vector<std::string>& warnings) {
        result.warnings.insert(result.warnings.end(), warnings.begin(), warnings.end());
    };
    for (const CheckedFile& checked : work.files)
        warn(checked.warnings);
    warn(work.hooks.warnings);
    warn(plan.warnings);
    result.already_applied = plan.applied;
    result.left_pending = plan.left;
    return result;
}

}  // namespace poststack::migrate
