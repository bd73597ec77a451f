// `database test-connection`: everything an application needs from its database, step by step.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/settings.h"
#include "pg/conninfo.h"
#include "poststack/pool_settings.h"
#include "sys/clock.h"

namespace poststack::workflow {

/// The pool settings of a project (db_pool_size, ...).
[[nodiscard]] PoolSettings pool_settings(const config::Settings& settings);

struct TestConnectionOptions {
    int pool_size = 20;     ///< connections opened and pinged at once; 0 leaves the step out
    PoolSettings settings;  ///< retries and limits
    int round_trips = 20;
    /// Told before each wait for another attempt: what failed, the wait, and how many were made.
    std::function<void(const Error&, std::chrono::milliseconds, int)> on_retry;
};

/// One step that succeeded.
struct ConnectionStep {
    std::string
        name;  ///< "resolve", "connect", "tls", "login", "select", "temporary table", "pool"
    std::chrono::nanoseconds took{0};
    std::string detail;
};

struct ConnectionReport {
    std::string address;  ///< without quotes: "127.0.0.1:5432"
    std::string database;
    std::string user;
    std::string server_version;  ///< "15.20"
    std::string tls;             ///< "TLSv1.3", empty without
    int attempts = 1;            ///< logins tried
    std::vector<ConnectionStep> steps;
    std::chrono::nanoseconds round_trip_min{0};
    std::chrono::nanoseconds round_trip_median{0};
    std::chrono::nanoseconds round_trip_max{0};
    int pool_size = 0;
};

/// Connects, works and measures; fills `report` as it goes, so that it holds the steps that
/// succeeded when an Error is thrown.
///
/// Only failures that another attempt may overcome are retried, settings.retry_limit times.
/// Errors: the step's own, naming the step; interrupted.
void test_connection(const pg::ConnInfo& info,
                     const TestConnectionOptions& options,
                     sys::Clock& clock,
                     ConnectionReport& report);

}  // namespace poststack::workflow
