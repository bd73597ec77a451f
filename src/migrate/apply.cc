#include "migrate/apply.h"

#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "migrate/file_source.h"
#include "migrate/plan.h"
#include "migrate/preflight.h"
#include "migrate/session.h"

namespace poststack::migrate {
namespace {

MigrationStep step_of(const MigrationFile& file, std::chrono::nanoseconds duration = {}) {
    return {file.digits, file.name, file.description, duration, !file.rollback_file.empty()};
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
                       names.empty() ? "nothing" : join(names, ", "));
}

/// One call of apply().
class Application {
  public:
    Application(const MigrationSet& set, const ApplyOptions& options)
        : set_(set), options_(options) {}

    void run(LockedRun& run, const std::vector<CheckedFile>& files, ApplyResult& result) {
        for (std::size_t i = 0; i < files.size(); ++i) {
            const MigrationFile& file = *files[i].file;
            tell(ProgressEvent::Kind::started, file, i, files.size());
            try {
                if (run.is_over()) throw lost_session();
                result.steps.push_back(step_of(file, apply_file(run, files[i])));
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
        FileSource source(path);
        RunRequest request;
        request.source = &source;
        request.name = path.string();
        request.plan = checked.plan;
        request.ledger_sql = [&](std::chrono::nanoseconds duration) {
            if (source.finish() != file.sha256) {
                throw Error(ErrorKind::conflict,
                            fmt::format("\"{}\" was changed while it ran", path.string()))
                    .hint("It was rolled back. Run the command again.");
            }
            return insert_sql({&file,
                               checked.normalised_checksum,
                               checked.plan.token_checksum,
                               duration,
                               read_rollback(set_, file)},
                              client_);
        };
        return run.run(request, file.version, true);
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
        if (!options_.on_progress) return;
        options_.on_progress({kind, file.file_name, index + 1, total, duration});
    }

    const MigrationSet& set_;
    const ApplyOptions& options_;
    const Client client_ = current_client();
};

}  // namespace

ApplyResult apply(const pg::ConnInfo& target,
                  const std::filesystem::path& directory,
                  const ApplyOptions& options) {
    std::future<MigrationSet> reading = start_reading(directory);
    pg::Connection connection(work_login(target));
    const Ledger seen = read_ledger(connection);
    const MigrationSet set = reading.get();
    const std::optional<Version> last = find_target(options, set);

    ApplyResult result;
    result.dry_run = options.dry_run;
    result.warnings = set.warnings;
    Plan plan = make_plan(set, seen, last);
    refuse_unsound(plan);
    std::vector<CheckedFile> files =
        check_files(set, plan.pending, has_standard_strings(connection));
    if (!files.empty() && !options.dry_run) {
        LockedRun run(target, connection, options.wait_limit, options.on_progress);
        plan = make_plan(set, run.ledger(), last);
        refuse_unsound(plan);
        run.prepare();
        files = check_files(set, plan.pending, has_standard_strings(connection));
        Application(set, options).run(run, files, result);
    }
    if (options.dry_run) {
        for (const CheckedFile& checked : files)
            result.steps.push_back(step_of(*checked.file));
    }
    result.already_applied = plan.applied;
    result.left_pending = plan.left;
    result.warnings.insert(result.warnings.end(), plan.warnings.begin(), plan.warnings.end());
    return result;
}

}  // namespace poststack::migrate
