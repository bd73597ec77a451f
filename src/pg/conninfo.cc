#include "pg/conninfo.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/user.h"

namespace poststack::pg {

namespace {

/// Where Debian's libpq looks for a socket when no host is given, else the upstream default.
std::string default_socket_directory() {
    std::error_code ignored;
    return std::filesystem::is_directory("/var/run/postgresql", ignored) ? "/var/run/postgresql"
                                                                         : "/tmp";
}

struct OptionsFree {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

std::vector<std::string> libpq_keywords() {
    const std::unique_ptr<PQconninfoOption, OptionsFree> options(PQconndefaults());
    std::vector<std::string> keywords;
    for (const PQconninfoOption* option = options.get();
         option != nullptr && option->keyword != nullptr;
         ++option) {
        keywords.emplace_back(option->keyword);
    }
    return keywords;
}

std::string from_where(std::string_view origin) {
    return origin.empty() ? std::string("the database URL") : std::string(origin);
}

[[noreturn]] void refuse_parameter(const std::string& key, std::string_view origin) {
    std::vector<std::string> keywords = libpq_keywords();
    std::erase(keywords, "service");
    Error error(ErrorKind::config,
                fmt::format("{} has an unknown parameter \"{}\"", from_where(origin), key));
    if (const auto near = nearest(key, keywords)) {
        error.set_hint(fmt::format("Did you mean \"{}\"?", *near));
    } else {
        error.set_hint("Allowed are libpq's connection parameters, e.g. sslmode, connect_timeout.");
    }
    throw error;
}

/// Takes `value` for a part the URL leaves out; refuses a second, different one.
void take(std::string& part,
          const std::string& key,
          const std::string& value,
          std::string_view origin) {
    if (!part.empty() && part != value) {
        throw Error(
            ErrorKind::config,
            fmt::format("{} names two different values for \"{}\"", from_where(origin), key))
            .hint("Remove the parameter or the part of the URL that is wrong.");
    }
    part = value;
}

std::int64_t parse_seconds(const std::string& value, std::string_view origin) {
    const auto number = parse_integer(value);
    if (number && *number >= 0 && *number <= 86'400) return *number;
    throw Error(ErrorKind::config,
                fmt::format("{} has \"connect_timeout={}\", which is no number of seconds",
                            from_where(origin),
                            value));
}

/// The spellings of other drivers for sslmode: JDBC's ssl=true, asyncpg's ssl=MODE.
std::string ssl_to_sslmode(const std::string& value) {
    const std::string word = to_lower(value);
    if (word == "true" || word == "1") return "require";
    if (word == "false" || word == "0") return "disable";
    return word;
}

void check_sslmode(const std::string& mode, std::string_view origin) {
    static constexpr std::array words = {
        "disable", "allow", "prefer", "require", "verify-ca", "verify-full"};
    if (mode.empty() || std::find(words.begin(), words.end(), mode) != words.end()) return;
    throw Error(
        ErrorKind::config,
        fmt::format("{} has \"sslmode={}\", which is no such mode", from_where(origin), mode))
        .hint("Use disable, allow, prefer, require, verify-ca or verify-full.");
}

/// DatabaseUrl has taken host, port, user, password and dbname.
void apply_parameter(ConnInfo& info,
                     const std::string& key,
                     const std::string& value,
                     std::string_view origin) {
    if (key == "sslmode") return take(info.sslmode, key, value, origin);
    if (key == "ssl") return take(info.sslmode, "sslmode", ssl_to_sslmode(value), origin);
    if (key == "options") return take(info.options, key, value, origin);
    if (key == "application_name") {
        info.application_name = value;
        return;
    }
    if (key == "connect_timeout") {
        const std::int64_t seconds = parse_seconds(value, origin);
        if (seconds > 0) info.connect_timeout = std::chrono::seconds(seconds);
        return;
    }
    const std::vector<std::string> keywords = libpq_keywords();
    const bool known = std::find(keywords.begin(), keywords.end(), key) != keywords.end();
    if (!known || key == "service" || key == "hostaddr") refuse_parameter(key, origin);
    info.extra.emplace_back(key, value);
}

}  // namespace

ConnInfo ConnInfo::from_url(const DatabaseUrl& url, std::string_view origin) {
    ConnInfo info;
    info.host = url.host;
    info.database = url.database;
    info.user = url.user;
    info.password = url.password.clone();
    info.port = url.port.value_or(5432);
    for (const auto& [key, value] : url.parameters)
        apply_parameter(info, key, value, origin);
    check_sslmode(info.sslmode, origin);
    if (info.host.empty()) info.host = default_socket_directory();
    if (info.user.empty()) info.user = sys::current_account().name;
    if (info.database.empty()) info.database = info.user;
    return info;
}

ConnInfo ConnInfo::clone() const {
    ConnInfo copy;
    copy.host = host;
    copy.port = port;
    copy.database = database;
    copy.user = user;
    copy.password = password.clone();
    copy.application_name = application_name;
    copy.sslmode = sslmode;
    copy.options = options;
    copy.connect_timeout = connect_timeout;
    copy.extra = extra;
    return copy;
}

ConnInfo ConnInfo::with_database(std::string name) const {
    ConnInfo copy = clone();
    copy.database = std::move(name);
    return copy;
}

std::string ConnInfo::address() const {
    if (is_socket()) return fmt::format("\"{}/.s.PGSQL.{}\"", host, port);
    if (host.find(':') != std::string::npos) return fmt::format("\"[{}]:{}\"", host, port);
    return fmt::format("\"{}:{}\"", host, port);
}

std::vector<std::string> environment_to_forget() {
    // Not "everything that begins with PG": PGP_HOME and the like belong to others. PGPASSWORD and
    // PGSSL* stay: they do not move the target.
    return {"PGHOST",
            "PGHOSTADDR",
            "PGPORT",
            "PGDATABASE",
            "PGUSER",
            "PGPASSFILE",
            "PGSERVICE",
            "PGSERVICEFILE",
            "PGSYSCONFDIR",
            "PGOPTIONS",
            "PGAPPNAME",
            "PGREALM",
            "PGREQUIREPEER",
            "PGREQUIREAUTH",
            "PGCONNECT_TIMEOUT",
            "PGCLIENTENCODING",
            "PGCHANNELBINDING",
            "PGTARGETSESSIONATTRS",
            "PGDATESTYLE",
            "PGLOADBALANCEHOSTS",
            "PGTZ",
            "PGGEQO",
            "PGGSSENCMODE",
            "PGKRBSRVNAME",
            "PGGSSLIB",
            "PGGSSDELEGATION"};
}

void forget_environment() {
    for (const std::string& variable : environment_to_forget()) {
        ::unsetenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe)
    }
}

std::vector<std::pair<std::string, std::string>> client_environment(const ConnInfo& info) {
    std::vector<std::pair<std::string, std::string>> variables = {
        {"PGHOST", info.host},
        {"PGPORT", std::to_string(info.port)},
        {"PGUSER", info.user},
        {"PGDATABASE", info.database},
    };
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) variables.emplace_back(name, value);
    };
    add("PGPASSWORD", info.password.reveal());
    add("PGSSLMODE", info.sslmode);
    add("PGOPTIONS", info.options);
    if (info.connect_timeout) {
        add("PGCONNECT_TIMEOUT", std::to_string(info.connect_timeout->count()));
    }
    const std::unique_ptr<PQconninfoOption, OptionsFree> options(PQconndefaults());
    for (const auto& [key, value] : info.extra) {
        for (const PQconninfoOption* option = options.get();
             option != nullptr && option->keyword != nullptr;
             ++option) {
            if (option->keyword == key && option->envvar != nullptr) add(option->envvar, value);
        }
    }
    return variables;
}

}  // namespace poststack::pg
