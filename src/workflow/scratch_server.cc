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

instance::ServerSpec make_spec(const StackRequest& request, int major) {
    config::Project project = request.project;
    if (project.id.empty()) project.id = nobody;  // no `init` yet: the address came from elsewhere
    instance::ServerSpec spec =
        instance::make_server_spec(project, request.settings, request.environment);
    instance::Place& place = spec.place;
    place.base += "-scratch";
    place.data = place.base / "data";
    place.log_directory = place.base / "log";
    spec.binaries.major = major;
    spec.listen_addresses = "127.0.0.1";
    spec.extra_settings.insert(
        spec.extra_settings.end(),
        {{"fsync", "off"}, {"full_page_writes", "off"}, {"synchronous_commit", "off"}});
    return spec;
}

}  // namespace

struct ScratchServer::State {
    State(const StackRequest& request, int major)
        : launcher(instance::make_plain_launcher(request.log_writer)),
          server(make_spec(request, major), *launcher),
          lock(sys::FileLock::acquire(request.project.state_dir / "scratch-server.lock",
                                      lock_limit,
                                      "the scratch server")) {}

    std::unique_ptr<instance::Launcher> launcher;
    instance::NativeServer server;
    sys::FileLock lock;
    instance::ServerView view;

    void remove() {
        (void)server.stop();
        std::error_code gone;
        if (view.pid_file) fs::remove_all(view.pid_file->socket_directory, gone);
        fs::remove_all(server.spec().place.base, gone);
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

ScratchServer::ScratchServer(const StackRequest& request, int major) {
    fs::create_directories(request.project.state_dir);
    state_ = std::make_unique<State>(request, major);
    const sys::DeferStop defer;
    state_->view = state_->server.look();
    state_->remove();  // what a killed run left
    try {
        state_->start();
    } catch (const Error&) {
        state_->remove();
        throw;
    }
}

ScratchServer::~ScratchServer() {
    const sys::DeferStop defer;
    try {
        state_->remove();
    } catch (const Error&) {
        // Deliberately quiet: the next run removes it.
    }
}

pg::ConnInfo ScratchServer::superuser() const {
    return state_->server.superuser_login(state_->view).with_database("postgres");
}

pg::ConnInfo ScratchServer::make_role(const std::string& name) const {
    pg::ConnInfo login = superuser();
    pg::Connection session(login);
    Secret password = sys::random_alphanumeric(32);
    const Secret verifier = pg::scram_verifier(session, name, password);
    session.script(fmt::format("CREATE ROLE {} LOGIN PASSWORD {}",
                               session.quote_identifier(name),
                               session.quote_literal(verifier.reveal())));
    login.user = name;
    login.password = std::move(password);
    return login;
}

}  // namespace poststack::workflow
