#include "workflow/scratch_server.h"

#include <chrono>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "instance/launcher.h"
#include "instance/native_spec.h"
#include "instance/port.h"
#include "instance/server.h"
#include "pg/connection.h"
#include "sys/file.h"
#include "sys/random.h"
#include "sys/signal.h"

namespace poststack::workflow {

namespace {

namespace fs = std::filesystem;

constexpr std::uint16_t first_port = 15432;
constexpr std::chrono::minutes lock_limit{10};
constexpr std::string_view nobody = "00000000-0000-4000-8000-000000000000";

const fs::path memory = "/dev/shm";
constexpr std::uintmax_t memory_wanted = std::uintmax_t{512} << 20U;  ///< a cluster is 60 MiB

bool has_memory() {
    std::error_code failed;
    const fs::space_info space = fs::space(memory, failed);
    return !failed && space.available >= memory_wanted;
}

instance::ServerSpec make_spec(const StackRequest& request,
                               const ScratchServerPlan& plan,
                               ScratchPlace where) {
    config::Project project = request.project;
    if (project.id.empty()) project.id = nobody;  // no `init` yet: the address came from elsewhere
    instance::ServerSpec spec =
        instance::make_server_spec(project, request.settings, request.environment);
    instance::Place& place = spec.place;
    if (where == ScratchPlace::memory) {
        place.base = memory / fmt::format("poststack-{}-{}-scratch", place.account.uid, project.id);
    } else {
        place.base += "-scratch";
    }
    place.data = place.base / "data";
    place.log_directory = place.base / "log";
    spec.binaries.major = plan.major;
    spec.listen_addresses = "127.0.0.1";
    spec.extra_settings.insert(
        spec.extra_settings.end(), plan.settings.begin(), plan.settings.end());
    spec.extra_settings.insert(spec.extra_settings.end(),
                               {{"fsync", "off"},
                                {"full_page_writes", "off"},
                                {"synchronous_commit", "off"},
                                {"autovacuum", "off"}});
    return spec;
}

/// A server at one place.
struct Candidate {
    Candidate(const StackRequest& request, const ScratchServerPlan& plan, ScratchPlace place)
        : where(place),
          launcher(instance::make_plain_launcher(request.log_writer)),
          server(make_spec(request, plan, place), *launcher),
          view(server.look()) {}

    ScratchPlace where;
    std::unique_ptr<instance::Launcher> launcher;
    instance::NativeServer server;
    instance::ServerView view;

    /// True when there was something.
    bool remove() {
        (void)server.stop();
        std::error_code gone;
        if (view.pid_file) fs::remove_all(view.pid_file->socket_directory, gone);
        return fs::remove_all(server.spec().place.base, gone) > 0;
    }

    void start() {
        std::optional<instance::PortReservation> reservation;
        view = server
                   .start({.choose_port =
                               [&](bool) {
                                   reservation = instance::PortReservation::first_free(first_port);
                                   return reservation->port();
                               },
                           .on_template = {}})
                   .view;
    }
};

}  // namespace

struct ScratchServer::State {
    explicit State(const StackRequest& request)
        : lock(sys::FileLock::acquire(request.project.state_dir / "scratch-server.lock",
                                      lock_limit,
                                      "the scratch server")) {}

    sys::FileLock lock;
    std::unique_ptr<Candidate> chosen;
    bool found_leftover = false;

    /// Whatever a killed run left is removed first.
    void start(const StackRequest& request, const ScratchServerPlan& plan) {
        auto in_memory = std::make_unique<Candidate>(request, plan, ScratchPlace::memory);
        auto on_disk = std::make_unique<Candidate>(request, plan, ScratchPlace::disk);
        for (const auto& candidate : {&in_memory, &on_disk})
            found_leftover = (*candidate)->remove() || found_leftover;
        if (plan.place == ScratchPlace::memory && has_memory() && !try_start(in_memory)) return;
        if (const std::optional<Error> failure = try_start(on_disk)) throw Error(*failure);
    }

    /// Why it did not work.
    std::optional<Error> try_start(std::unique_ptr<Candidate>& candidate) {
        try {
            candidate->start();
        } catch (const Error& error) {
            (void)candidate->remove();
            if (error.kind() == ErrorKind::interrupted) throw;
            return error;
        }
        chosen = std::move(candidate);
        return std::nullopt;
    }
};

ScratchServer::ScratchServer(const StackRequest& request, const ScratchServerPlan& plan) {
    fs::create_directories(request.project.state_dir);
    state_ = std::make_unique<State>(request);
    const sys::DeferStop defer;
    state_->start(request, plan);
}

ScratchServer::~ScratchServer() {
    const sys::DeferStop defer;
    try {
        (void)state_->chosen->remove();
    } catch (const Error&) {
        // Deliberately quiet: the next run removes it.
    }
}

bool ScratchServer::is_in_memory() const noexcept {
    return state_->chosen->where == ScratchPlace::memory;
}

bool ScratchServer::found_leftover() const noexcept {
    return state_->found_leftover;
}

pg::ConnInfo ScratchServer::superuser() const {
    return state_->chosen->server.superuser_login(state_->chosen->view).with_database("postgres");
}

pg::ConnInfo ScratchServer::make_role(const std::string& name) const {
    pg::ConnInfo login = superuser();
    if (name == login.user) return login;
    pg::Connection session(login);
    Secret password = sys::random_alphanumeric(32);
    const Secret verifier = pg::scram_verifier(session, name, password);
    const bool exists = session.query("SELECT FROM pg_roles WHERE rolname = $1", {name}).rows() > 0;
    session.script(fmt::format("{} ROLE {} LOGIN PASSWORD {}",
                               exists ? "ALTER" : "CREATE",
                               session.quote_identifier(name),
                               session.quote_literal(verifier.reveal())));
    login.user = name;
    login.password = std::move(password);
    return login;
}

}  // namespace poststack::workflow
