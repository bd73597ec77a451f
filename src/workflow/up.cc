#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "config/keys.h"
#include "instance/native_spec.h"
#include "instance/own_server.h"
#include "instance/port.h"
#include "instance/provision.h"
#include "instance/rotate.h"
#include "instance/template_cache.h"
#include "pg/connection.h"
#include "pg/login_failure.h"
#include "pgfiles/startup_probe.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/random.h"
#include "workflow/engine_access.h"
#include "workflow/stack.h"
#include "workflow/stack_server.h"
#include "workflow/steps.h"
#include "workflow/up_migrations.h"

namespace poststack::workflow {
namespace {

namespace key = config::key;
using instance::Credentials;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// How often a server that ends under us is started again, before its death is the answer.
constexpr int start_attempts = 3;

/// What a session is told, or finds, when its server crashes or is about to accept sessions.
bool is_lost_server(const Error& error) {
    if (!error.is_retryable()) return false;
    return error.kind() == ErrorKind::timeout || error.sqlstate().starts_with("57P");
}

/// One run of up.
class Up {
  public:
    explicit Up(const StackRequest& request)
        : request_(request), project_(request.project), steps_(request.on_step) {}

    UpResult run(bool with_migrations);

  private:
    void notice(std::string_view sentence) const {
        if (request_.on_notice) request_.on_notice(sentence);
    }

    void settle_project_id();
    [[nodiscard]] std::optional<std::filesystem::path> find_original() const;
    void refuse_other_port() const;
    void ensure_credentials();
    void start_server();
    [[nodiscard]] std::string whereabouts() const;
    instance::PortReservation choose_port(bool is_copy);
    void recover_rotation();
    void bring_up();
    [[nodiscard]] bool may_try_again(const Error& error, milliseconds limit) const;
    void ensure_login();
    std::optional<pg::LoginFailure> try_login();
    void provision();
    [[noreturn]] void throw_other_password();
    void ensure_extensions();
    void finish_template();

    const StackRequest& request_;
    config::Project project_;
    std::string runtime_;
    Steps steps_;
    std::unique_ptr<StackServer> stack_;
    Credentials credentials_;
    instance::StartResult started_;
    std::optional<pg::Connection> session_;  ///< as the project's own role: proves readiness
    bool has_recreated_ = false;
    bool is_copy_ = false;  ///< of a project whose data lies outside of it
    std::size_t migrations_applied_ = 0;
};

std::optional<std::filesystem::path> Up::find_original() const {
    if (project_.id.empty()) return std::nullopt;
    if (runtime_ == "native") {
        return instance::find_original(
            project_,
            instance::make_server_spec(project_, request_.settings, request_.environment));
    }
    const instance::ContainerServer& server = *stack_->container();
    auto original = server.find_original();
    if (original) (void)server.find();  // refuses a name that is the original's still
    return original;
}

/// Data outside of the project is found by the project's id, and a copied project brought the
/// other's id along. It gets one of its own, and with it an empty database.
void Up::settle_project_id() {
    if (!find_original()) return;
    project_.id = sys::random_uuid();
    sys::replace_file(project_.state_dir / "id",
                      project_.id + "\n",
                      {.mode = 0600, .owner = config::file_owner(project_)});
    is_copy_ = true;
    stack_ = std::make_unique<StackServer>(request_, project_);
}

/// .env must never name a port that nothing of ours listens at.
void Up::refuse_other_port() const {
    const auto set = request_.settings.find_number(key::postgres_host_port);
    const auto running = stack_->server().look().pid_file;
    if (!set || !running || running->port == 0 || *set == running->port) return;
    const std::string source = request_.settings.source(key::postgres_host_port);
    throw Error(
        ErrorKind::conflict,
        fmt::format("the server runs on port {}, not on {} ({})", running->port, *set, source))
        .hint(source.starts_with("flag ")
                  ? "Type poststack down, then the same command again to move it."
                  : "Type poststack restart to move it.");
}

void Up::ensure_credentials() {
    auto ensured = instance::ensure_credentials(project_, request_.settings, request_.environment);
    for (const std::string& sentence : ensured.notices)
        notice(sentence);
    credentials_ = std::move(ensured.credentials);
    steps_.done("credentials",
                ensured.created ? fmt::format("written to {}: {}",
                                              project_.display(project_.env_file),
                                              join(ensured.written, ", "))
                                : "kept",
                ensured.created);
}

instance::PortReservation Up::choose_port(bool is_copy) {
    const auto set = request_.settings.find_number(key::postgres_host_port);
    const std::optional<std::uint16_t> fixed =
        set ? std::optional(static_cast<std::uint16_t>(*set)) : credentials_.port;
    if (!fixed) {
        const auto names = instance::credential_names(request_.settings);
        return instance::PortReservation::first_free(names.default_port);
    }
    // A copied project brought the other's port along in its .env.
    const bool is_others =
        is_copy && (!set || request_.settings.source(key::postgres_host_port).starts_with(".env"));
    if (is_others && *fixed < 65535) return instance::PortReservation::first_free(*fixed + 1);
    if (auto reserved = instance::PortReservation::try_reserve(*fixed)) return std::move(*reserved);
    throw instance::port_taken(*fixed);
}

void Up::start_server() {
    std::optional<instance::PortReservation> reservation;
    started_ = stack_->server().start(
        {.choose_port =
             [&](bool is_copy) {
                 reservation = choose_port(is_copy || is_copy_);
                 return reservation->port();
             },
         .on_template =
             [&] {
                 notice("Making a template for new databases with initdb, once on this machine.");
             },
         .on_set_aside =
             [&](const std::filesystem::path& aside) {
                 notice(
                     fmt::format("The machine went down before the first up had ended. What it "
                                 "had made lies in \"{}\"; a new database takes its place.",
                                 aside.native()));
             },
         .on_notice = [&](std::string_view sentence) { notice(sentence); },
         .recreate = request_.recreate && !has_recreated_});
    has_recreated_ = true;
    const auto& pid_file = started_.view.pid_file;
    if (!pid_file) throw Error(ErrorKind::bug, "a started server that does not run");
    // Also for one that runs already: the `up` that started it may have been killed before this.
    if (started_.started || credentials_.port != pid_file->port) {
        credentials_.port = pid_file->port;
        (void)instance::record_port(
            project_, request_.settings, request_.environment, pid_file->port);
    }
    const char* how = !started_.started  ? "already running"
                      : started_.created ? "created and started"
                                         : "started";
    steps_.done("server",
                fmt::format("{} on port {} ({})", how, pid_file->port, whereabouts()),
                started_.started);
}

/// "pid 4312", "container shop-postgres of podman 4.3.1".
std::string Up::whereabouts() const {
    const auto* container = stack_->container();
    if (container == nullptr) return fmt::format("pid {}", started_.view.pid_file->pid);
    return fmt::format("container {} of {} {}",
                       container->spec().container,
                       container->runtime(),
                       container->client().version());
}

std::optional<pg::LoginFailure> Up::try_login() {
    std::optional<pg::LoginFailure> failure;
    try {
        session_.emplace(
            own_login(request_, credentials_, started_.view),
            pg::ConnectOptions{.limit = request_.settings.duration(key::connect_timeout),
                               .on_stage = {},
                               .on_failure = [&](pg::LoginFailure found) { failure = found; }});
        return std::nullopt;
    } catch (const Error&) {
        using enum pg::LoginFailure;
        const bool can_be_made =
            failure && (*failure == wrong_password || *failure == role_missing ||
                        *failure == no_database || *failure == rejected);
        if (!can_be_made) throw;
        return failure;
    }
}

void Up::provision() {
    const auto result = instance::provision(stack_->server().superuser_login(started_.view),
                                            {.role = credentials_.user,
                                             .password = credentials_.password.clone(),
                                             .database = credentials_.database,
                                             .extensions = request_.settings.list(key::extensions),
                                             .may_set_password = started_.created});
    std::vector<std::string> made;
    if (result.role_created) made.push_back(fmt::format("role {}", credentials_.user));
    if (result.database_created) made.push_back(fmt::format("database {}", credentials_.database));
    for (const std::string& extension : result.extensions_created) {
        made.push_back(fmt::format("extension {}", extension));
    }
    steps_.done("role and database",
                made.empty() ? "kept" : fmt::format("created {}", join(made, ", ")),
                result.changed());
}

void Up::throw_other_password() {
    throw Error(ErrorKind::denied,
                fmt::format("role \"{}\" has another password in the data directory than in {}",
                            credentials_.user,
                            credentials_.password_source))
        .hint(
            "Put the old password back, or give the role a new one: poststack credentials rotate "
            "--repair");
}

/// A `credentials rotate` that was killed left a journal: the server or .env may be a step behind.
void Up::recover_rotation() {
    const auto recovered = instance::recover_rotation(
        {project_, request_.settings, request_.environment, started_.view.pid_file->port});
    if (recovered == instance::Recovery::none) return;
    credentials_ =
        instance::ensure_credentials(project_, request_.settings, request_.environment).credentials;
    steps_.done("credentials", instance::describe(recovered), true);
}

/// Role, database and login. An existing server is first asked the cheap way: does the login work?
void Up::ensure_login() {
    recover_rotation();
    if (!started_.created && !try_login()) {
        ensure_extensions();
        return;
    }
    provision();
    if (const auto failure = try_login()) {
        if (*failure == pg::LoginFailure::wrong_password) throw_other_password();
        session_.emplace(own_login(request_, credentials_, started_.view));  // throws, and says why
    }
}

/// Waits until the server that did not let us in accepts sessions, or is gone and can be started
/// again. False: it lives and does neither.
///
/// A server that crashed keeps "ready" in its pid file all through its recovery, and when that
/// fails (no room on the disk) it ends only then.
bool Up::may_try_again(const Error& error, milliseconds limit) const {
    if (!is_lost_server(error)) return false;
    const auto& began_with = started_.view.pid_file;
    const auto began = sys::system_clock().now();
    do {
        sys::system_clock().sleep(20ms);
        const instance::ServerView view = stack_->server().look();
        if (!view.pid_file || view.pid_file->pid != began_with->pid) return true;
        // A container's server is reached by its published port alone.
        const auto answer = pgfiles::probe({.socket_directory = view.pid_file->socket_directory,
                                            .port = view.pid_file->port},
                                           instance::superuser,
                                           "postgres",
                                           1s)
                                .answer;
        if (answer == pgfiles::ProbeAnswer::accepting) return true;
    } while (sys::system_clock().now() - began < limit);
    return false;
}

/// The server with a login that works. One that dies meanwhile is started again.
void Up::bring_up() {
    for (int attempt = 1;; ++attempt) {
        const bool created = started_.created;
        start_server();
        started_.created = started_.created || created;
        try {
            ensure_login();
            return;
        } catch (const Error& error) {
            if (attempt == start_attempts ||
                !may_try_again(error, request_.settings.duration(key::start_timeout)))
                throw;
        }
    }
}

void Up::ensure_extensions() {
    const auto wanted = request_.settings.list(key::extensions);
    bool missing = false;
    for (const std::string& extension : wanted) {
        missing =
            missing ||
            session_->query("SELECT 1 FROM pg_catalog.pg_extension WHERE extname = $1", {extension})
                    .rows() == 0;
    }
    if (missing) {
        provision();
    } else {
        steps_.done("role and database", "kept", false);
    }
}

void Up::finish_template() {
    try {
        stack_->server().finish_template();
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) throw;
        notice(
            fmt::format("The template for new databases could not be kept, so the "
                        "next one is slow as well: {}.",
                        error.message()));
    }
}

UpResult Up::run(bool with_migrations) {
    config::ensure_state(project_);
    const sys::FileLock lock = lock_project(request_, project_);
    runtime_ = find_runtime(request_, project_);
    if (request_.recreate) require_container_runtime(request_, "recreate");
    stack_ = std::make_unique<StackServer>(request_, project_);
    settle_project_id();
    refuse_other_port();
    ensure_credentials();
    // Before there is data at an engine: an `up` without the flag must not look elsewhere.
    if (runtime_ != "native") record_runtime(project_, runtime_);
    bring_up();
    if (with_migrations) {
        migrations_applied_ = apply_pending(request_,
                                            project_.migrations,
                                            own_login(request_, credentials_, started_.view),
                                            steps_);
    }
    // Ready is said after both: what a power failure would take away is on the disk, and the
    // project's own role gets an answer from its own database by the address the user gets.
    record_runtime(project_, runtime_);
    stack_->server().finish_sync();
    (void)session_->query("SELECT 1");
    finish_template();
    steps_.done("ready", fmt::format("answers as {}", credentials_.user), false);

    UpResult result;
    result.endpoint = endpoint_of(credentials_, started_.view);
    result.changed = steps_.changed();
    result.migrations_applied = migrations_applied_;
    result.took = steps_.total();
    return result;
}

}  // namespace

UpResult up(const StackRequest& request) {
    return Up(request).run(true);
}

UpResult start_server(const StackRequest& request) {
    return Up(request).run(false);
}

}  // namespace poststack::workflow
