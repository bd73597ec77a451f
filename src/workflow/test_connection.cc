#include "workflow/test_connection.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "client/backoff.h"
#include "client/pool_core.h"
#include "config/keys.h"
#include "pg/connection.h"

namespace poststack::workflow {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
namespace key = config::key;

std::string step_name(pg::ConnectStage stage) {
    switch (stage) {
        case pg::ConnectStage::resolve: return "resolve";
        case pg::ConnectStage::connect: return "connect";
        case pg::ConnectStage::tls: return "tls";
        case pg::ConnectStage::login: return "login";
    }
    return "login";
}

/// Times the stages of one login; a stage ends where the next begins.
class StageTimer {
  public:
    explicit StageTimer(const sys::Clock& clock) : clock_(clock) {}

    void begin(pg::ConnectStage stage) {
        end();
        current_ = step_name(stage);
        since_ = clock_.now();
    }

    void end() {
        if (!current_.empty()) steps_.push_back({current_, clock_.now() - since_, {}});
        current_.clear();
    }

    [[nodiscard]] const std::string& current() const noexcept { return current_; }

    [[nodiscard]] std::vector<ConnectionStep>& steps() noexcept { return steps_; }

  private:
    const sys::Clock& clock_;
    std::string current_;
    std::chrono::steady_clock::time_point since_;
    std::vector<ConnectionStep> steps_;
};

/// One run of the test: what every step works with.
class Probe {
  public:
    Probe(const pg::ConnInfo& info,
          const TestConnectionOptions& options,
          sys::Clock& clock,
          ConnectionReport& report)
        : info_(info), options_(options), clock_(clock), report_(report) {}

    void run() {
        use_one_session();  // ends before the pool opens as many as the server may have
        if (options_.pool_size > 0) step("pool", [&] { return open_pool(); });
    }

  private:
    void use_one_session() {
        pg::Connection session = log_in();
        report_.server_version = session.parameter_status("server_version");
        report_.tls = session.tls_version();
        step("select", [&] { return select_one(session); });
        step("temporary table", [&] { return use_temporary_table(session); });
        step("round trip", [&] { return measure(session); });
    }

    template <class Body>
    void step(const std::string& name, Body&& body) {
        const auto start = clock_.now();
        std::string detail =
            with_context([&] { return "testing: " + name; }, std::forward<Body>(body));
        report_.steps.push_back({name, clock_.now() - start, std::move(detail)});
    }

    pg::Connection log_in() {
        for (int failures = 0;;) {
            try {
                return log_in_once();
            } catch (const Error& error) {
                if (!error.is_retryable() || ++failures > options_.settings.retry_limit) throw;
                const milliseconds wait = backoff(options_.settings.retry_interval, failures);
                if (options_.on_retry) options_.on_retry(error, wait, failures);
                clock_.sleep(wait);
            }
            ++report_.attempts;
        }
    }

    pg::Connection log_in_once() {
        StageTimer timer(clock_);
        pg::ConnectOptions connect;
        connect.limit = options_.settings.connect_timeout;
        connect.on_stage = [&](pg::ConnectStage stage) { timer.begin(stage); };
        try {
            pg::Connection session(info_, connect);
            timer.end();
            // libpq asks for TLS before it knows that the server offers none.
            if (session.tls_version().empty()) {
                std::erase_if(timer.steps(), [](const auto& item) { return item.name == "tls"; });
            }
            report_.steps = std::move(timer.steps());
            return session;
        } catch (Error& error) {
            report_.steps = std::move(timer.steps());
            const std::string current = timer.current().empty() ? "connect" : timer.current();
            error.add_context(
                report_.attempts == 1
                    ? fmt::format("testing: {}", current)
                    : fmt::format("testing: {} (attempt {})", current, report_.attempts));
            throw;
        }
    }

    static std::string select_one(pg::Connection& session) {
        if (session.query("select 1").value(0, 0) != "1") {
            throw Error(ErrorKind::database, "the server answered something else to SELECT 1");
        }
        return {};
    }

    static std::string use_temporary_table(pg::Connection& session) {
        (void)session.query("create temporary table poststack_probe (id int, word text)");
        (void)session.query("insert into poststack_probe values (1, $1), (2, $2)", {"a", "b"});
        const pg::Result rows =
            session.query("select count(*), sum(id), max(word) from poststack_probe");
        if (rows.value(0, 0) != "2" || rows.value(0, 1) != "3" || rows.value(0, 2) != "b") {
            throw Error(ErrorKind::database, "a temporary table lost what was written to it");
        }
        (void)session.query("drop table poststack_probe");
        return "created, filled, read, dropped";
    }

    std::string measure(pg::Connection& session) {
        std::vector<nanoseconds> times;
        for (int i = 0; i < std::max(options_.round_trips, 1); ++i) {
            const auto start = clock_.now();
            (void)session.query("select 1");
            times.push_back(clock_.now() - start);
        }
        std::sort(times.begin(), times.end());
        report_.round_trip_min = times.front();
        report_.round_trip_median = times[times.size() / 2];
        report_.round_trip_max = times.back();
        return fmt::format("{} times SELECT 1", times.size());
    }

    std::string open_pool() {
        PoolSettings settings = options_.settings;
        settings.size = options_.pool_size;
        PoolCore pool(info_.clone(), settings);
        std::vector<PoolCore::ItemPtr> loans;
        try {
            for (int i = 0; i < options_.pool_size; ++i)
                loans.push_back(pool.acquire());
            for (const auto& loan : loans)
                (void)loan->connection.query("select 1");
        } catch (Error& error) {
            error.add_context(fmt::format(
                "opening connection {} of {}",
                std::min(loans.size() + 1, static_cast<std::size_t>(options_.pool_size)),
                options_.pool_size));
            throw;
        }
        report_.pool_size = options_.pool_size;
        return fmt::format("{} connections opened and pinged", options_.pool_size);
    }

    const pg::ConnInfo& info_;
    const TestConnectionOptions& options_;
    sys::Clock& clock_;
    ConnectionReport& report_;
};

}  // namespace

PoolSettings pool_settings(const config::Settings& settings) {
    PoolSettings pool;
    pool.size = static_cast<int>(settings.number(key::db_pool_size));
    pool.max_overflow = static_cast<int>(settings.number(key::db_max_overflow));
    pool.timeout = settings.duration(key::db_pool_timeout);
    pool.recycle = settings.duration(key::db_pool_recycle);
    pool.pre_ping = settings.boolean(key::db_pool_pre_ping);
    pool.query_timeout = settings.duration(key::db_query_timeout);
    pool.lock_timeout = settings.duration(key::db_lock_timeout);
    pool.idle_timeout = settings.duration(key::db_idle_timeout);
    pool.retry_limit = static_cast<int>(settings.number(key::db_retry_limit));
    pool.retry_interval = settings.duration(key::db_retry_interval);
    return pool;
}

void test_connection(const pg::ConnInfo& info,
                     const TestConnectionOptions& options,
                     sys::Clock& clock,
                     ConnectionReport& report) {
    const std::string quoted = info.address();
    report.address = quoted.substr(1, quoted.size() - 2);
    report.database = info.database;
    report.user = info.user;
    Probe(info, options, clock, report).run();
}

}  // namespace poststack::workflow
