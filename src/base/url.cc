#include "base/url.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace poststack {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view encode_hint =
    "Percent-encode special characters in the user and password (@ is %40, : is %3A, / is %2F, "
    "% is %25).";

/// Cuts one URL into a DatabaseUrl. Every error names the part and the origin, never the value: a
/// mistyped URL may hold the password anywhere.
class UrlParser {
  public:
    UrlParser(std::string_view text, std::string_view origin) : rest_(text), origin_(origin) {}

    DatabaseUrl parse() {
        parse_scheme();
        std::string_view query;
        if (const std::size_t at = rest_.find('?'); at != npos) {
            query = rest_.substr(at + 1);
            rest_ = rest_.substr(0, at);
        }
        if (rest_.starts_with("//")) {
            rest_.remove_prefix(2);
            const std::size_t slash = rest_.find('/');
            parse_authority(rest_.substr(0, slash), query);
            if (slash != npos) url_.database = decode(rest_.substr(slash + 1), "database");
        } else {
            url_.database = decode(rest_ == "/" ? "" : rest_, "database");  // jdbc:postgresql:name
        }
        parse_query(query);
        return std::move(url_);
    }

  private:
    [[noreturn]] void fail(std::string_view problem, std::string_view advice = encode_hint) const {
        throw Error(ErrorKind::config, fmt::format("{} {}", origin_, problem))
            .hint(std::string(advice));
    }

    std::string decode(std::string_view text, std::string_view part) const {
        std::optional<std::string> decoded = percent_decode(text);
        if (!decoded) fail(fmt::format("has a broken percent escape in its {}", part));
        return std::move(*decoded);
    }

    void parse_scheme() {
        const std::string advice = fmt::format(
            "Write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE; known schemes: {}.",
            join(url_schemes(), ", "));
        const bool jdbc = to_lower(rest_.substr(0, 5)) == "jdbc:";
        if (jdbc) rest_.remove_prefix(5);
        const std::size_t colon = rest_.find(':');
        if (colon == npos || (!jdbc && rest_.substr(colon, 3) != "://")) {
            fail("is not a database URL", advice);
        }
        const std::string scheme = to_lower(rest_.substr(0, colon));
        const std::string_view base = std::string_view(scheme).substr(0, scheme.find('+'));
        if (base != "postgresql" && base != "postgres") {
            fail("is a URL, but not one of PostgreSQL", advice);
        }
        url_.scheme = jdbc ? "jdbc" : scheme;
        jdbc_ = jdbc;
        rest_.remove_prefix(colon + 1);
    }

    void parse_authority(std::string_view authority, std::string_view query) {
        // The last @: people forget to encode the one in their password.
        const std::size_t at = authority.rfind('@');
        if (at != npos) {
            const std::string_view login = authority.substr(0, at);
            const std::size_t colon = login.find(':');
            url_.user = decode(login.substr(0, colon), "user");
            if (colon != npos) url_.password = Secret(decode(login.substr(colon + 1), "password"));
            authority.remove_prefix(at + 1);
        } else if (rest_.find('@') != npos || (authority.find(':') != npos && has_at(query))) {
            fail("has an @ after its first / or ?");  // "user:pa/ss@host"
        }
        if (authority.starts_with('[')) {
            const std::size_t end = authority.find(']');
            if (end == npos) fail("has no ] after its IPv6 address", "Write [::1]:5432.");
            url_.host = std::string(authority.substr(1, end - 1));
            authority.remove_prefix(end + 1);
            if (!authority.empty() && authority.front() != ':') fail("has text after its ]");
        } else {
            const std::size_t colon = authority.find(':');
            url_.host = decode(authority.substr(0, colon), "host");
            authority.remove_prefix(colon == npos ? authority.size() : colon);
            if (url_.host.find(',') != std::string::npos) fail_many_hosts();
        }
        if (authority.size() > 1) url_.port = parse_port(authority.substr(1));
    }

    /// True when the query starts like the rest of a password, not like "name=value".
    static bool has_at(std::string_view query) noexcept {
        return query.find('@') < query.find('=');
    }

    [[noreturn]] void fail_many_hosts() const {
        fail("names more than one host", "Name the one server that poststack is to work with.");
    }

    int parse_port(std::string_view text) const {
        if (text.find(',') != npos) fail_many_hosts();
        const std::optional<std::int64_t> number = parse_integer(text);
        if (!number) fail("has a port that is not a number");
        if (*number < 1 || *number > 65535) {
            fail("has a port out of range", "Use a port from 1 to 65535.");
        }
        return static_cast<int>(*number);
    }

    std::string decode_parameter(std::string_view text, std::string_view part) const {
        std::string plain(text);
        if (jdbc_) std::ranges::replace(plain, '+', ' ');  // JDBC reads form encoding
        return decode(plain, part);
    }

    void parse_query(std::string_view query) {
        if (query.empty()) return;
        for (const std::string_view item : split(query, '&')) {
            const std::size_t equals = item.find('=');
            if (item.empty()) continue;
            if (equals == npos) fail("has a parameter without \"=\"");
            const std::string key = decode_parameter(item.substr(0, equals), "parameters");
            take_parameter(key, decode_parameter(item.substr(equals + 1), "parameters"));
        }
    }

    /// The parts of the address may stand in the query too, as libpq allows (and JDBC requires).
    void take_parameter(const std::string& key, std::string value) {
        const auto take = [&](std::string& part) {
            if (!part.empty() && part != value) fail_twice(key);
            part = std::move(value);
        };
        if (key == "user") {
            take(url_.user);
        } else if (key == "host") {
            take(url_.host);
            if (url_.host.find(',') != std::string::npos) fail_many_hosts();
        } else if (key == "dbname") {
            take(url_.database);
        } else if (key == "password") {
            if (!url_.password.empty() && url_.password.reveal() != value) fail_twice(key);
            url_.password = Secret(std::move(value));
        } else if (key == "port") {
            const int port = parse_port(value);
            if (url_.port && *url_.port != port) fail_twice(key);
            url_.port = port;
        } else {
            url_.parameters.emplace_back(key, std::move(value));
        }
    }

    [[noreturn]] void fail_twice(std::string_view part) const {
        fail(fmt::format("gives its {} twice, and not the same", part), "Keep one of the two.");
    }

    std::string_view rest_;
    std::string_view origin_;
    DatabaseUrl url_;
    bool jdbc_ = false;
};

bool is_socket_directory(std::string_view host) noexcept {
    return host.starts_with('/') || host.starts_with('@');
}

std::string host_text(const std::string& host) {
    return host.find(':') == std::string::npos ? percent_encode(host) : '[' + host + ']';
}

/// Joins the parts; `password` is encoded already (or masked).
class UrlWriter {
  public:
    UrlWriter(const DatabaseUrl& url, std::string_view scheme, bool masked)
        : url_(url), scheme_(scheme), masked_(masked) {
        const auto& known = url_schemes();
        if (std::ranges::find(known, scheme) == known.end()) {
            throw Error(ErrorKind::usage, fmt::format("there is no URL scheme \"{}\"", scheme))
                .hint(fmt::format("Use one of {}.", join(known, ", ")));
        }
    }

    std::string write() {
        if (scheme_ == "jdbc") return write_jdbc();
        std::string text = fmt::format("{}://", scheme_);
        if (!url_.user.empty() || !url_.password.empty()) text += percent_encode(url_.user);
        if (!url_.password.empty()) text += ':' + password();
        if (!url_.user.empty() || !url_.password.empty()) text += '@';
        // SQLAlchemy does not decode the host: a socket directory goes into the query.
        const bool host_in_query =
            is_socket_directory(url_.host) && scheme_.find('+') != std::string_view::npos;
        if (!host_in_query) text += host_text(url_.host);
        if (url_.port) text += fmt::format(":{}", *url_.port);
        text += '/' + percent_encode(url_.database);
        if (host_in_query) add("host", percent_encode(url_.host));
        add_parameters();
        return text + query_;
    }

  private:
    std::string write_jdbc() {
        if (is_socket_directory(url_.host)) {
            throw Error(ErrorKind::config, "a JDBC URL cannot name a socket directory")
                .hint("Give the server a TCP port, or choose another scheme.");
        }
        std::string text = "jdbc:postgresql://";
        text += url_.host.empty() ? "localhost" : host_text(url_.host);
        if (url_.port) text += fmt::format(":{}", *url_.port);
        text += '/' + percent_encode(url_.database);
        if (!url_.user.empty()) add("user", percent_encode(url_.user));
        if (!url_.password.empty()) add("password", password());
        add_parameters();
        return text + query_;
    }

    [[nodiscard]] std::string password() const {
        return masked_ ? "***" : percent_encode(url_.password.reveal());
    }

    void add_parameters() {
        for (const auto& [key, value] : url_.parameters) {
            const bool secret = to_lower(key).ends_with("password");
            add(key, masked_ && secret ? "***" : percent_encode(value));
        }
    }

    void add(std::string_view key, std::string_view encoded) {
        query_ += fmt::format("{}{}={}", query_.empty() ? '?' : '&', percent_encode(key), encoded);
    }

    const DatabaseUrl& url_;
    std::string_view scheme_;
    bool masked_;
    std::string query_;
};

}  // namespace

DatabaseUrl DatabaseUrl::parse(std::string_view text, std::string_view origin) {
    return UrlParser(trim(text), origin).parse();
}

DatabaseUrl DatabaseUrl::clone() const {
    return {scheme, user, password.clone(), host, port, database, parameters};
}

Secret DatabaseUrl::to_text(std::string_view as_scheme) const {
    return Secret(UrlWriter(*this, as_scheme, false).write());
}

std::string DatabaseUrl::to_masked_text(std::string_view as_scheme) const {
    return UrlWriter(*this, as_scheme, true).write();
}

const std::vector<std::string>& url_schemes() {
    static const std::vector<std::string> schemes{"postgresql",
                                                  "postgres",
                                                  "postgresql+psycopg",
                                                  "postgresql+psycopg2",
                                                  "postgresql+asyncpg",
                                                  "jdbc"};
    return schemes;
}

}  // namespace poststack
