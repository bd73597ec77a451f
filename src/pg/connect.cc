// Logging in: one attempt an address, one deadline for all of them, every wait interruptible.
#include <algorithm>
#include <clocale>
#include <cstdlib>

#include <fmt/format.h>

#include "base/text.h"
#include "pg/connection_state.h"
#include "pg/login_failure.h"
#include "sys/resolve.h"
#include "sys/signal.h"

namespace poststack::pg {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Time = steady_clock::time_point;

/// libpq and strerror speak English on this thread for as long as it lives: diagnose() compares.
class EnglishScope {
  public:
    EnglishScope() : plain_(::newlocale(LC_ALL_MASK, "C", nullptr)) {
        if (plain_ != nullptr) before_ = ::uselocale(plain_);
    }

    EnglishScope(const EnglishScope&) = delete;
    EnglishScope& operator=(const EnglishScope&) = delete;

    ~EnglishScope() {
        if (plain_ == nullptr) return;
        ::uselocale(before_);
        ::freelocale(plain_);
    }

  private:
    locale_t plain_;
    locale_t before_ = nullptr;
};

/// Keys and values for PQconnectStartParams; the values are borrowed from the ConnInfo.
class Parameters {
  public:
    Parameters(const ConnInfo& info, const std::string& address, const char* sslmode)
        : port_(std::to_string(info.port)) {
        add("host", info.host);
        add("hostaddr", address);
        add("port", port_);
        add("user", info.user);
        add("dbname", info.database);
        add("application_name", info.application_name);
        // Without a password libpq would read ~/.pgpass. It warns about a file that is none (such
        // as /dev/null), so it gets a path that cannot exist.
        add_text(info.password.empty() ? "passfile" : "password",
                 info.password.empty() ? "/dev/null/none" : info.password.reveal().c_str());
        add_text("gssencmode", "disable");
        add_text("target_session_attrs", "any");
        add("options", info.options);
        // A blank is the only way to say "no options" over PGOPTIONS.
        if (info.options.empty() && std::getenv("PGOPTIONS") != nullptr) add_text("options", " ");
        add("sslmode", info.sslmode);
        for (const auto& [key, value] : info.extra)
            add_text(key.c_str(), value.c_str());
        add_text("client_encoding", "UTF8");
        if (sslmode != nullptr) add_text("sslmode", sslmode);
        keys_.push_back(nullptr);
        values_.push_back(nullptr);
    }

    Parameters(const Parameters&) = delete;
    Parameters& operator=(const Parameters&) = delete;
    ~Parameters() = default;

    [[nodiscard]] const char* const* keys() const { return keys_.data(); }

    [[nodiscard]] const char* const* values() const { return values_.data(); }

  private:
    void add(const char* key, const std::string& value) {
        if (!value.empty()) add_text(key, value.c_str());
    }

    void add_text(const char* key, const char* value) {
        keys_.push_back(key);
        values_.push_back(value);
    }

    std::string port_;
    std::vector<const char*> keys_;
    std::vector<const char*> values_;
};

/// Reports each stage once, in order.
class StageReport {
  public:
    explicit StageReport(const ConnectOptions& options) : options_(options) {}

    void reached(ConnectStage stage) {
        if (static_cast<int>(stage) <= last_) return;
        last_ = static_cast<int>(stage);
        if (options_.on_stage) options_.on_stage(stage);
    }

    [[nodiscard]] bool tried_tls() const noexcept { return tried_tls_; }

    void reached(ConnStatusType status) {
        if (status == CONNECTION_STARTED) reached(ConnectStage::connect);
        if (status == CONNECTION_SSL_STARTUP) {
            tried_tls_ = true;
            reached(ConnectStage::tls);
        }
        if (status == CONNECTION_AWAITING_RESPONSE || status == CONNECTION_AUTH_OK) {
            reached(ConnectStage::login);
        }
    }

  private:
    const ConnectOptions& options_;
    int last_ = -1;  // no stage yet; an optional here makes g++ 12 see uninitialised memory
    bool tried_tls_ = false;
};

milliseconds left_until(Time deadline) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    return std::max(left, milliseconds(0));
}

/// Drives a started connection to its end. Nothing: it is open.
std::optional<LoginDiagnosis> drive(PGconn* conn, Time deadline, StageReport& stages) {
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next != PGRES_POLLING_OK && next != PGRES_POLLING_FAILED) {
        if (PQstatus(conn) == CONNECTION_BAD) break;
        stages.reached(PQstatus(conn));
        const milliseconds limit = left_until(deadline);
        const int fd = PQsocket(conn);
        const auto result = next == PGRES_POLLING_READING ? sys::wait_readable(fd, limit)
                                                          : sys::wait_writable(fd, limit);
        if (result == sys::WaitResult::timeout) {
            return LoginDiagnosis{LoginFailure::timed_out, {}, "timeout expired"};
        }
        next = PQconnectPoll(conn);
    }
    if (PQstatus(conn) == CONNECTION_OK) return std::nullopt;
    return diagnose({PQerrorMessage(conn), PQconnectionNeedsPassword(conn) != 0});
}

using ConnOwner = std::unique_ptr<PGconn, ConnFree>;

/// Starts one attempt; on success `state` owns the session.
std::optional<LoginDiagnosis> attempt(const Parameters& parameters,
                                      Time deadline,
                                      StageReport& stages,
                                      Connection::State& state) {
    ConnOwner conn(PQconnectStartParams(parameters.keys(), parameters.values(), 0));
    if (!conn) throw std::bad_alloc();
    PQsetErrorVerbosity(conn.get(), PQERRORS_VERBOSE);
    PQsetNoticeReceiver(conn.get(), receive_notice, &state);
    auto failed = drive(conn.get(), deadline, stages);
    if (failed) return failed;
    PQsetErrorVerbosity(conn.get(), PQERRORS_DEFAULT);
    PQsetnonblocking(conn.get(), 1);
    state.conn = std::move(conn);
    return std::nullopt;
}

/// True when the server that has just refused an unencrypted login would take an encrypted one:
/// asked with TLS and without a password, it gets past pg_hba.conf.
bool takes_tls_only(const ConnInfo& info, const std::string& address, Time deadline) {
    ConnInfo probe = info.clone();
    probe.password = Secret();
    Connection::State unused;
    const ConnectOptions silent;
    StageReport stages(silent);
    const auto failed = attempt(Parameters(probe, address, "require"), deadline, stages, unused);
    if (!failed) return true;
    return failed->failure == LoginFailure::no_password ||
           failed->failure == LoginFailure::wrong_password;
}

/// A failure that another address of the same host may not meet.
bool may_try_next(LoginFailure failure) {
    return failure == LoginFailure::refused || failure == LoginFailure::no_route ||
           failure == LoginFailure::timed_out || failure == LoginFailure::closed ||
           failure == LoginFailure::not_postgres;
}

std::vector<std::string> find_addresses(const ConnInfo& info,
                                        Time deadline,
                                        StageReport& stages,
                                        std::optional<LoginDiagnosis>& failed) {
    if (info.is_socket()) return {std::string()};
    stages.reached(ConnectStage::resolve);
    sys::Resolution found = sys::resolve_host(info.host, left_until(deadline));
    if (found.addresses.empty()) {
        failed = LoginDiagnosis{LoginFailure::unresolved, {}, found.reason};
    }
    return found.addresses;
}

}  // namespace

Connection::Connection(const ConnInfo& info, std::chrono::milliseconds limit)
    : Connection(info, ConnectOptions{limit, {}, {}}) {}

Connection::Connection(const ConnInfo& info, const ConnectOptions& options)
    : state_(std::make_unique<State>()) {
    const EnglishScope english;
    const milliseconds limit = info.connect_timeout ? *info.connect_timeout : options.limit;
    const Time deadline = steady_clock::now() + limit;
    StageReport stages(options);
    std::optional<LoginDiagnosis> failed;
    const std::vector<std::string> addresses = find_addresses(info, deadline, stages, failed);
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        // A silent first address leaves time for the others.
        const auto share = left_until(deadline) / static_cast<int>(addresses.size() - i);
        failed = attempt(
            Parameters(info, addresses[i], nullptr), steady_clock::now() + share, stages, *state_);
        if (!failed) return;
        if (failed->failure == LoginFailure::rejected && !info.is_socket() && !stages.tried_tls() &&
            takes_tls_only(info, addresses[i], deadline)) {
            failed->failure = LoginFailure::tls_required;
        }
        if (!may_try_next(failed->failure)) break;
    }
    if (options.on_failure) options.on_failure(failed->failure);
    throw login_error(*failed, info);
}

}  // namespace poststack::pg
