#include "server.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "base/url.h"
#include "pg/connection.h"
#include "sys/errno_error.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/net.h"
#include "sys/process.h"
#include "sys/random.h"
#include "sys/user.h"

namespace poststack::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// PostgreSQL refuses root.
std::optional<sys::Account> server_account() {
    if (!sys::is_root()) return std::nullopt;
    if (auto account = sys::find_account(std::string("postgres"))) return account;
    return sys::find_account(std::string("nobody"));
}

std::string random_name(std::string_view prefix) {
    return fmt::format("{}_{}", prefix, to_lower(sys::random_alphanumeric(10).reveal()));
}

/// A script that outlives a killed test program: when the pipe on its stdin closes, it ends the
/// server and removes its directory.
sys::ChildProcess start_guardian(const std::filesystem::path& directory, sys::UniqueFd& hold) {
    constexpr const char* script =
        "read -r ignored; pid=$(head -n 1 \"$1/data/postmaster.pid\" 2>/dev/null)\n"
        "if [ -n \"$pid\" ]; then kill -QUIT \"$pid\" 2>/dev/null; n=0\n"
        "while kill -0 \"$pid\" 2>/dev/null && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done\n"
        "fi; rm -rf \"$1\"";
    sys::Pipe pipe = sys::make_pipe();
    sys::ProcessPlan plan;
    plan.argv = {"/bin/sh", "-c", script, "guardian", directory.string()};
    plan.stdin_fd = pipe.read_end.get();
    plan.new_session = true;
    hold = std::move(pipe.write_end);
    return sys::spawn(plan);
}

}  // namespace

std::optional<std::filesystem::path> find_server_bin() {
    if (const char* wanted = std::getenv("POSTSTACK_TEST_PG_BIN")) return wanted;
    const std::filesystem::path root = "/usr/lib/postgresql";
    std::optional<std::filesystem::path> newest;
    std::int64_t newest_major = 0;
    std::error_code absent;
    for (const auto& entry : std::filesystem::directory_iterator(root, absent)) {
        const auto major = parse_integer(entry.path().filename().string());
        if (!major || *major <= newest_major) continue;
        if (!std::filesystem::exists(entry.path() / "bin" / "postgres")) continue;
        newest_major = *major;
        newest = entry.path() / "bin";
    }
    return newest;
}

struct Server::State {
    std::filesystem::path bin;
    std::optional<sys::Account> account = server_account();
    sys::TempDir directory{"/tmp"};  // short: a socket path has 107 bytes
    std::uint16_t port = 0;
    sys::UniqueFd hold;  ///< its end of the guardian's pipe
    std::optional<sys::ChildProcess> guardian;
    std::optional<sys::ChildProcess> postmaster;

    [[nodiscard]] std::filesystem::path data() const { return directory.path() / "data"; }

    [[nodiscard]] std::filesystem::path log_file() const { return directory.path() / "log"; }

    [[nodiscard]] sys::ProcessPlan plan(std::vector<std::string> argv) const {
        sys::ProcessPlan result;
        result.argv = std::move(argv);
        result.account = account;
        result.directory = "/";
        result.environment = {{"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}};
        return result;
    }

    void initialise(const ServerOptions& options);
    void make_certificate() const;
    void launch();
    bool wait_ready(milliseconds limit);
};

void Server::State::initialise(const ServerOptions& options) {
    if (account && ::chown(directory.path().c_str(), account->uid, account->gid) != 0) {
        sys::throw_errno("give away", directory.path());
    }
    // The tests' own processes of other accounts must reach the socket.
    if (::chmod(directory.path().c_str(), 0755) != 0) sys::throw_errno("open", directory.path());
    (void)sys::run_checked(plan({bin / "initdb",
                                 "--no-sync",
                                 "--no-instructions",
                                 "--auth-local=trust",
                                 "--auth-host=scram-sha-256",
                                 "--username=postgres",
                                 "--encoding=UTF8",
                                 "--locale=C.UTF-8",
                                 "--pgdata",
                                 data().string()}),
                           seconds(120));
    std::vector<std::string> lines = {
        "fsync = off",
        "full_page_writes = off",
        "synchronous_commit = off",
        "max_wal_senders = 0",
        "wal_level = minimal",
        "shared_buffers = '16MB'",
        "max_connections = 100",
        "password_encryption = 'scram-sha-256'",
        "listen_addresses = '127.0.0.1'",
        "lc_messages = 'C'",
        "log_min_messages = warning",
        fmt::format("unix_socket_directories = '{}'", directory.path().string())};
    if (options.tls) {
        make_certificate();
        lines.emplace_back("ssl = on");
    }
    lines.insert(lines.end(), options.settings.begin(), options.settings.end());
    const std::filesystem::path conf = data() / "postgresql.conf";
    const std::filesystem::path hba = data() / "pg_hba.conf";
    const sys::ReplaceOptions owned{
        .mode = 0600,
        .owner = account ? std::optional(sys::Owner{account->uid, account->gid}) : std::nullopt};
    sys::replace_file(conf, sys::read_file(conf) + "\n" + join(lines, "\n") + "\n", owned);
    sys::replace_file(hba, join(options.hba, "\n") + "\n" + sys::read_file(hba), owned);
}

void Server::State::make_certificate() const {
    (void)sys::run_checked(plan({"openssl",
                                 "req",
                                 "-new",
                                 "-x509",
                                 "-nodes",
                                 "-days",
                                 "2",
                                 "-newkey",
                                 "rsa:2048",
                                 "-subj",
                                 "/CN=localhost",
                                 "-addext",
                                 "subjectAltName=DNS:localhost",
                                 "-keyout",
                                 data() / "server.key",
                                 "-out",
                                 data() / "server.crt"}),
                           seconds(120));
}

void Server::State::launch() {
    const sys::UniqueFd log(
        ::open(log_file().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!log) sys::throw_errno("open", log_file());
    sys::ProcessPlan start =
        plan({bin / "postgres", "-D", data().string(), "-c", fmt::format("port={}", port)});
    start.new_session = true;
    start.stdout_fd = log.get();
    start.stderr_fd = log.get();
    postmaster.emplace(sys::spawn(start));
}

bool Server::State::wait_ready(milliseconds limit) {
    pg::ConnInfo info;
    info.host = directory.path().string();
    info.port = port;
    info.user = "postgres";
    info.database = "postgres";
    const auto deadline = steady_clock::now() + limit;
    while (steady_clock::now() < deadline) {
        if (postmaster->try_wait()) return false;
        try {
            const pg::Connection session(info, seconds(10));
            return true;
        } catch (const Error& error) {
            if (!error.is_retryable()) throw;
        }
        std::this_thread::sleep_for(milliseconds(20));
    }
    return false;
}

Server::Server(const ServerOptions& options) : state_(std::make_unique<State>()) {
    const auto found = find_server_bin();
    if (!found) throw Error(ErrorKind::not_found, "no PostgreSQL server programs are installed");
    state_->bin = *found;
    state_->guardian.emplace(start_guardian(state_->directory.path(), state_->hold));
    state_->initialise(options);
    start();
}

Server::~Server() {
    try {
        stop(StopMode::immediate);
        state_->hold = sys::UniqueFd();
        (void)state_->guardian->wait_for(seconds(30));
    } catch (const std::exception& error) {
        fmt::print(stderr, "test server: {}\n", error.what());
    }
}

void Server::start() {
    // A port found free may be taken before the server binds it; one that was ours is kept.
    for (int tries = 0; tries < 10; ++tries) {
        if (state_->port == 0) {
            const auto seed = static_cast<std::uint16_t>(20'000 + sys::random_u64() % 10'000);
            state_->port = sys::find_free_port(seed).value_or(0);
        }
        state_->launch();
        if (state_->wait_ready(seconds(60))) return;
        stop(StopMode::immediate);
        if (log().find("Address already in use") == std::string::npos) break;
        state_->port = 0;
    }
    throw Error(ErrorKind::timeout, fmt::format("the test server did not start:\n{}", log()));
}

void Server::stop(StopMode mode) {
    if (!state_->postmaster) return;
    const int number = mode == StopMode::smart  ? SIGTERM
                       : mode == StopMode::fast ? SIGINT
                                                : SIGQUIT;
    state_->postmaster->send_signal(number);
    if (!state_->postmaster->wait_for(seconds(60))) state_->postmaster->send_signal(SIGKILL);
    state_->postmaster.reset();
}

void Server::restart(StopMode mode) {
    stop(mode);
    start();
}

void Server::configure(const std::vector<std::string>& settings) {
    const std::filesystem::path conf = data() / "postgresql.conf";
    const auto& account = state_->account;
    const sys::ReplaceOptions owned{
        .mode = 0600,
        .owner = account ? std::optional(sys::Owner{account->uid, account->gid}) : std::nullopt};
    sys::replace_file(conf, sys::read_file(conf) + join(settings, "\n") + "\n", owned);
}

pid_t Server::pid() const noexcept {
    return state_->postmaster ? state_->postmaster->pid() : -1;
}

int Server::port() const noexcept {
    return state_->port;
}

std::filesystem::path Server::bin() const {
    return state_->bin;
}

std::filesystem::path Server::data() const {
    return state_->data();
}

std::filesystem::path Server::sockets() const {
    return state_->directory.path();
}

std::string Server::log() const {
    return sys::find_file(state_->log_file()).value_or("");
}

pg::ConnInfo Server::superuser(std::string database) const {
    pg::ConnInfo info;
    info.host = sockets().string();
    info.port = state_->port;
    info.user = "postgres";
    info.database = std::move(database);
    return info;
}

pg::ConnInfo Server::tcp(std::string user, Secret password, std::string database) const {
    pg::ConnInfo info;
    info.host = "127.0.0.1";
    info.port = state_->port;
    info.user = std::move(user);
    info.password = std::move(password);
    info.database = std::move(database);
    return info;
}

pg::ConnInfo Server::fresh_database() {
    const std::string name = random_name("db");
    pg::Connection session(superuser(), seconds(30));
    (void)session.query("create database " + pg::quote_identifier(name));
    return superuser(name);
}

pg::ConnInfo Server::fresh_role() {
    const std::string name = random_name("role");
    Secret password = sys::random_alphanumeric(24);
    pg::Connection session(superuser(), seconds(30));
    (void)session.query(fmt::format("create role {} login password {}",
                                    pg::quote_identifier(name),
                                    pg::quote_literal(password.reveal())));
    (void)session.query(fmt::format("create database {0} owner {0}", pg::quote_identifier(name)));
    return tcp(name, std::move(password), name);
}

Server& shared_server() {
    // The one static of the test support: gtest has no place to hand a fixture to every test.
    static Server server;
    return server;
}

std::string url_of(const pg::ConnInfo& info) {
    DatabaseUrl url;
    url.user = info.user;
    url.password = info.password.clone();
    url.host = info.host;
    url.port = info.port;
    url.database = info.database;
    if (!info.sslmode.empty()) url.parameters.emplace_back("sslmode", info.sslmode);
    return url.to_text("postgresql").reveal();
}

}  // namespace poststack::test
