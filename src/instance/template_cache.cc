#include "instance/template_cache.h"

#include <algorithm>
#include <locale.h>
#include <sys/stat.h>

#include <fmt/format.h>
#include <gnu/libc-version.h>

#include "base/error.h"
#include "base/text.h"
#include "instance/clone_tree.h"
#include "pgfiles/access.h"
#include "pgfiles/control_file.h"
#include "pgfiles/server_conf.h"
#include "sys/act_as.h"
#include "sys/file.h"
#include "sys/hash.h"
#include "sys/process.h"
#include "sys/random.h"

namespace poststack::instance {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Raise it when a template made by an older poststack must not be used any more.
constexpr int template_format = 1;
constexpr auto initdb_limit = 5min;

bool is_locale(const std::string& name) {
    const locale_t found = ::newlocale(LC_ALL_MASK, name.c_str(), nullptr);
    if (found == nullptr) return false;
    ::freelocale(found);
    return true;
}

/// The wanted locale when this machine has it, else C, which is built in.
std::string usable_locale(const std::string& wanted) {
    for (const std::string& name : {wanted, std::string("C.UTF-8")}) {
        if (!name.empty() && is_locale(name)) return name;
    }
    return "C";
}

/// The ICU libraries that a server here could be using. Their version decides sort order.
std::string icu_versions() {
    std::vector<std::string> names;
    std::error_code error;
    for (const char* directory : {"/usr/lib",
                                  "/usr/lib/x86_64-linux-gnu",
                                  "/usr/lib/aarch64-linux-gnu",
                                  "/usr/lib64",
                                  "/usr/local/lib"}) {
        for (const auto& entry : fs::directory_iterator(directory, error)) {
            std::string name = entry.path().filename().string();
            if (name.starts_with("libicui18n.so.")) names.push_back(std::move(name));
        }
    }
    std::sort(names.begin(), names.end());
    return join(names, " ");
}

sys::ProcessPlan as_account(const Place& place, std::vector<std::string> argv) {
    sys::ProcessPlan plan;
    plan.argv = std::move(argv);
    plan.clean_environment = true;
    plan.directory = "/";  // ours may be one that the account cannot enter
    if (place.switch_account) plan.account = place.account;
    return plan;
}

void run_initdb(const Binaries& binaries,
                const InitdbPlan& plan,
                const Place& place,
                const fs::path& target) {
    std::vector<std::string> argv{binaries.initdb().string()};
    argv.insert(argv.end(), plan.options.begin(), plan.options.end());
    argv.insert(argv.end(), {"-D", target.string()});
    sys::ProcessPlan process = as_account(place, std::move(argv));
    process.environment = {{"TZ", plan.timezone}};  // else initdb compares every zone there is
    try {
        (void)sys::run_checked(process, initdb_limit);
    } catch (Error& error) {
        error.add_context("making a data directory with initdb");
        throw;
    }
}

/// The same single-user session that initdb itself uses to make database postgres.
void add_spare_database(const Binaries& binaries, const Place& place, const fs::path& target) {
    // FILE_COPY leaves no WAL behind; before 15 it is the only way and has no name.
    const std::string strategy = binaries.major >= 15 ? " STRATEGY file_copy" : "";
    const auto process = as_account(
        place,
        {binaries.postgres().string(), "--single", "-F", "-D", target.string(), "template1"});
    const std::string statement = fmt::format("CREATE DATABASE {}{};\n", spare_database, strategy);
    const auto result = sys::run_tool(process, initdb_limit, statement);
    if (!result.status.ok() || result.errors.find("ERROR") != std::string::npos ||
        result.errors.find("FATAL") != std::string::npos) {
        throw Error(ErrorKind::tool,
                    fmt::format("cannot prepare a new data directory: postgres --single ended with "
                                "{}: {}",
                                result.status.to_text(),
                                trim(result.errors)));
    }
}

bool is_complete(const fs::path& directory) {
    return sys::find_info(directory / "PG_VERSION").has_value();
}

/// What a killed run left behind. Only under the template's lock.
void remove_leftovers(const fs::path& parent, const std::string& prefix) {
    for (const std::string& name : sys::list_directory(parent)) {
        if (name.starts_with(prefix)) sys::remove_tree(parent / name);
    }
}

}  // namespace

InitdbPlan plan_initdb(const Binaries& binaries, const InitdbChoice& choice) {
    InitdbPlan plan;
    plan.locale = usable_locale(choice.locale);
    plan.timezone = choice.timezone;
    plan.options = {
        fmt::format("--username={}", superuser),
        "--encoding=UTF8",
        fmt::format("--locale={}", plan.locale),
        "--data-checksums",
        "--auth-local=peer",
        "--auth-host=reject",  // scram would want a password; access.h has the last word
        "--no-sync"};
    plan.description = fmt::format(
        "format {}\nprogram {}\nversion {}\noptions {}\ntime zone {}\n"
        "libc {}\nicu {}\n",
        template_format,
        binaries.directory.string(),
        binaries.version_text,
        join(plan.options, " "),
        plan.timezone,
        ::gnu_get_libc_version(),
        icu_versions());
    plan.key = sys::sha256(plan.description).substr(0, 24);
    return plan;
}

void make_data_directory(const Binaries& binaries,
                         const InitdbPlan& plan,
                         const Place& place,
                         const fs::path& target) {
    run_initdb(binaries, plan, place, target);
    const sys::ActAs as(place.account);
    const sys::ReplaceOptions unsynced{.sync = false};  // as all the rest here
    std::vector<std::string> accounts{"root"};
    if (place.account.name != "root") accounts.push_back(place.account.name);
    sys::replace_file(target / "pg_hba.conf", pgfiles::render_hba(superuser), unsynced);
    sys::replace_file(
        target / "pg_ident.conf", pgfiles::render_ident(superuser, accounts), unsynced);
    const std::string conf = sys::read_file(target / "postgresql.conf");
    sys::replace_file(target / "postgresql.conf", pgfiles::with_include(conf), unsynced);
}

NewTemplate::NewTemplate(
    Binaries binaries, InitdbPlan plan, Place place, fs::path draft, sys::FileLock lock)
    : binaries_(std::move(binaries)),
      plan_(std::move(plan)),
      place_(std::move(place)),
      draft_(std::move(draft)),
      lock_(std::move(lock)) {}

NewTemplate::~NewTemplate() {
    if (thread_.joinable()) thread_.join();
    try {
        const sys::ActAs as(place_.account);
        sys::remove_tree(draft_);      // not there any more when all went well
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the next maker removes it
    }
}

void NewTemplate::complete() {
    thread_ = std::thread([this] {
        try {
            finish();
        } catch (...) {
            failure_ = std::current_exception();
        }
    });
}

void NewTemplate::finish() const {
    const sys::ActAs as(place_.account);
    add_spare_database(binaries_, place_, draft_);
    sync_tree(draft_, place_.account);
    const fs::path parent = draft_.parent_path();
    // For people alone, so nothing waits for it.
    sys::replace_file(parent / (plan_.key + ".about"), plan_.description, {.sync = false});
    sys::rename_synced(draft_, parent / plan_.key);
}

void NewTemplate::wait() {
    if (thread_.joinable()) thread_.join();
    if (failure_) std::rethrow_exception(failure_);
}

std::optional<TemplateSource> ensure_template(const Binaries& binaries,
                                              const InitdbPlan& plan,
                                              const Place& place,
                                              const std::function<void()>& on_make) {
    const sys::ActAs as(place.account);
    const fs::path parent = place.cache / "templates";
    const fs::path ready = parent / plan.key;
    const fs::path unclonable = parent / (plan.key + ".unclonable");
    if (is_complete(ready)) return TemplateSource{ready, nullptr};
    if (sys::find_info(unclonable)) return std::nullopt;

    sys::make_directories(parent, 0700);
    sys::FileLock lock =
        sys::FileLock::acquire(parent / (plan.key + ".lock"), initdb_limit, "template");
    if (is_complete(ready)) return TemplateSource{ready, nullptr};
    if (on_make) on_make();
    remove_leftovers(parent, plan.key + ".new-");
    const fs::path draft = parent / fmt::format("{}.new-{:016x}", plan.key, sys::random_u64());
    auto made = std::make_unique<NewTemplate>(binaries, plan, place, draft, std::move(lock));
    make_data_directory(binaries, plan, place, draft);
    if (!pgfiles::has_known_layout(draft)) {
        sys::replace_file(unclonable, plan.description);
        return std::nullopt;
    }
    return TemplateSource{draft, std::move(made)};
}

}  // namespace poststack::instance
