#include "poststack/pool_settings.h"

#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace poststack {

namespace {

using std::chrono::milliseconds;
using Find = std::function<std::optional<std::string>(const std::string&)>;

[[noreturn]] void refuse(std::string_view name, std::string_view text, std::string_view wanted) {
    throw Error(ErrorKind::config, fmt::format("{} is \"{}\", not {}", name, text, wanted))
        .hint(fmt::format("Correct or unset {}.", name));
}

void read_count(const Find& find, const std::string& name, int& value) {
    const auto text = find(name);
    if (!text || trim(*text).empty()) return;
    const auto number = parse_integer(trim(*text));
    if (!number || *number < 0 || *number > 100'000) {
        refuse(name, *text, "a number from 0 to 100000");
    }
    value = static_cast<int>(*number);
}

/// "30" and "0.5": digits with at most one point.
std::optional<double> parse_seconds(std::string_view text) {
    bool point = false;
    for (const char c : text) {
        if (c == '.' && !point) {
            point = true;
        } else if (c < '0' || c > '9') {
            return std::nullopt;
        }
    }
    if (text.empty() || text == ".") return std::nullopt;
    double value = 0;
    double scale = 1;
    bool after = false;
    for (const char c : text) {
        if (c == '.') {
            after = true;
            continue;
        }
        value = value * 10 + (c - '0');
        if (after) scale *= 10;
    }
    return value / scale;
}

void read_seconds(const Find& find, const std::string& name, milliseconds& value) {
    const auto text = find(name);
    if (!text || trim(*text).empty()) return;
    constexpr double most = 365.0 * 24 * 3600;
    const auto seconds = parse_seconds(trim(*text));
    if (!seconds || *seconds > most) refuse(name, *text, "a number of seconds");
    value = milliseconds(std::llround(*seconds * 1000));
}

void read_flag(const Find& find, const std::string& name, bool& value) {
    const auto text = find(name);
    if (!text || trim(*text).empty()) return;
    const std::string word = to_lower(trim(*text));
    if (word == "true" || word == "1" || word == "yes" || word == "on") {
        value = true;
    } else if (word == "false" || word == "0" || word == "no" || word == "off") {
        value = false;
    } else {
        refuse(name, *text, "true or false");
    }
}

void require(bool holds, std::string_view name, std::string_view rule) {
    if (!holds) throw Error(ErrorKind::config, fmt::format("pool setting {} {}", name, rule));
}

}  // namespace

PoolSettings PoolSettings::from_values(const Find& find) {
    PoolSettings settings;
    read_count(find, "DB_POOL_SIZE", settings.size);
    read_count(find, "DB_MAX_OVERFLOW", settings.max_overflow);
    read_seconds(find, "DB_POOL_TIMEOUT", settings.timeout);
    read_seconds(find, "DB_POOL_RECYCLE", settings.recycle);
    read_flag(find, "DB_POOL_PRE_PING", settings.pre_ping);
    read_seconds(find, "DB_QUERY_TIMEOUT", settings.query_timeout);
    read_seconds(find, "DB_LOCK_TIMEOUT", settings.lock_timeout);
    read_seconds(find, "DB_IDLE_TIMEOUT", settings.idle_timeout);
    read_count(find, "DB_RETRY_LIMIT", settings.retry_limit);
    read_seconds(find, "DB_RETRY_INTERVAL", settings.retry_interval);
    settings.validate();
    return settings;
}

PoolSettings PoolSettings::from_environment() {
    return from_values([](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
        if (value == nullptr) return std::nullopt;
        return value;
    });
}

void PoolSettings::validate() const {
    require(size >= 1, "DB_POOL_SIZE", "must be at least 1");
    require(max_overflow >= 0, "DB_MAX_OVERFLOW", "must not be negative");
    require(retry_limit >= 0, "DB_RETRY_LIMIT", "must not be negative");
    require(connect_timeout.count() > 0, "connect_timeout", "must be more than 0");
    for (const milliseconds time : {timeout,
                                    recycle,
                                    ping_after,
                                    query_timeout,
                                    lock_timeout,
                                    idle_timeout,
                                    retry_interval}) {
        require(time.count() >= 0, "times", "must not be negative");
    }
}

}  // namespace poststack
