#include "instance/target.h"

#include <chrono>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "instance/credential_sources.h"
#include "instance/credentials.h"
#include "sys/file.h"

namespace poststack::instance {

namespace key = config::key;

namespace {

constexpr const char* own_variable = "POSTSTACK_DATABASE_URL";
constexpr const char* common_variable = "DATABASE_URL";

/// Refuses two URLs of one source that lead to different places.
void refuse_different(const FoundUrl& first, const FoundUrl& second) {
    const auto differ = [&](std::string_view what) {
        throw Error(ErrorKind::config,
                    fmt::format("{} and {} name different {}s", first.source, second.source, what))
            .hint("Correct or remove one of the two, or say which database you mean with --url.");
    };
    const auto host = [](const DatabaseUrl& url) {
        return is_local_host(url.host) ? std::string("localhost") : url.host;
    };
    if (host(first.url) != host(second.url)) differ("host");
    if (first.url.port.value_or(5432) != second.url.port.value_or(5432)) differ("port");
    if (first.url.database != second.url.database) differ("database");
    if (first.url.user != second.url.user) differ("user");
    if (first.url.password.reveal() != second.url.password.reveal()) differ("password");
}

class Search {
  public:
    Search(const TargetQuery& query, CredentialNames names)
        : query_(query),
          names_(std::move(names)),
          variables_(query.env, query.environment),
          url_names_{own_variable, common_variable} {
        if (names_.url != common_variable && names_.url != own_variable) {
            url_names_.push_back(names_.url);
        }
    }

    Target run() {
        if (query_.url_flag) {
            return finish({DatabaseUrl::parse(*query_.url_flag, "--url"), "--url"});
        }
        refuse_contradictions();
        for (const std::string& name : url_names_) {
            if (auto found = variables_.url_in_environment(name)) return finish(std::move(*found));
            if (auto found = variables_.url_in_file(name)) return finish(std::move(*found));
            if (name == own_variable) {
                if (auto found = from_settings_file()) return finish(std::move(*found));
            }
        }
        if (auto found = from_parts()) return finish(std::move(*found));
        return from_stack();
    }

  private:
    /// Within the environment, and within .env, everything must agree.
    void refuse_contradictions() const {
        refuse_in([this](const std::string& name) { return variables_.url_in_environment(name); },
                  [this](const std::string& name) { return variables_.in_environment(name); });
        refuse_in([this](const std::string& name) { return variables_.url_in_file(name); },
                  [this](const std::string& name) { return variables_.in_file(name); });
    }

    template <class FindUrl, class FindValue>
    void refuse_in(const FindUrl& find_url, const FindValue& find_value) const {
        std::optional<FoundUrl> first;
        for (const std::string& name : url_names_) {
            auto found = find_url(name);
            if (!found) continue;
            if (first) {
                refuse_different(*first, *found);
                continue;
            }
            refuse_contradiction("user", *found, find_value(names_.user));
            refuse_contradiction("password", *found, find_value(names_.password));
            refuse_contradiction("database", *found, find_value(names_.database));
            refuse_contradiction("host", *found, find_value(host_name()));
            refuse_contradiction("port", *found, find_value(port_name()));
            first = std::move(found);
        }
    }

    [[nodiscard]] std::string host_name() const {
        return names_.host.empty() ? "POSTGRES_HOST" : names_.host;
    }

    [[nodiscard]] std::string port_name() const {
        return names_.port.empty() ? "POSTGRES_PORT" : names_.port;
    }

    /// `database_url` in poststack.yaml.
    [[nodiscard]] std::optional<FoundUrl> from_settings_file() const {
        const auto text = query_.settings.find_text(key::database_url);
        if (!text || is_placeholder(*text)) return std::nullopt;
        const std::string source =
            fmt::format("database_url in {}", query_.settings.source(key::database_url));
        return FoundUrl{DatabaseUrl::parse(*text, source), source};
    }

    /// POSTGRES_HOST or POSTGRES_PORT with the rest; the login alone is the stack's own.
    [[nodiscard]] std::optional<FoundUrl> from_parts() const {
        const auto host = variables_.find(host_name());
        const auto port = variables_.find(port_name());
        if (!host || is_local_host(host->text)) return std::nullopt;
        FoundUrl found;
        found.source = host->source;
        found.url.host = host->text;
        if (port) {
            const auto number = parse_integer(port->text);
            if (!number || *number < 1 || *number > 65535) {
                throw Error(ErrorKind::config,
                            fmt::format("{} is \"{}\", but must be a whole number from 1 to 65535",
                                        port->source,
                                        port->text));
            }
            found.url.port = static_cast<int>(*number);
        }
        const std::string fallback = default_identifier(query_.project.name);
        const auto text = [&](const std::string& name) {
            const auto value = variables_.find(name);
            return value ? value->text : fallback;
        };
        found.url.user = text(names_.user);
        found.url.database = text(names_.database);
        if (const auto password = variables_.find(names_.password)) {
            found.url.password = Secret(password->text);
        }
        return found;
    }

    [[nodiscard]] Target from_stack() const {
        const auto credentials = own_credentials();
        // Without a port there was no up yet; to name the default one would be a guess.
        if (!credentials || !credentials->port) {
            refuse_lost_credentials();
            throw Error(ErrorKind::not_found,
                        fmt::format("project \"{}\" in \"{}\" has no database yet",
                                    query_.project.name,
                                    query_.project.directory.native()))
                .hint("Type poststack up to make one, or name another with --url.");
        }
        return {credentials->url(), "the project's own stack", true};
    }

    /// Once there was an up, "no database yet" would be a lie: it is .env that is gone.
    void refuse_lost_credentials() const {
        if (!sys::find_info(query_.project.state_dir / "runtime")) return;
        throw Error(ErrorKind::not_found,
                    fmt::format("project \"{}\" has a database, but \"{}\" does not say how to "
                                "log in to it",
                                query_.project.name,
                                query_.project.env_file.native()))
            .hint(
                "Put the file back from a backup. Without one type poststack up, which makes new "
                "credentials, and then poststack credentials rotate --repair.");
    }

    [[nodiscard]] std::optional<Credentials> own_credentials() const {
        return find_credentials(query_.env, query_.project, query_.settings, query_.environment);
    }

    [[nodiscard]] bool is_own(const DatabaseUrl& url) const {
        if (!is_local_host(url.host)) return false;
        try {
            const auto own = own_credentials();
            return own && own->user == url.user && own->database == url.database && own->port &&
                   *own->port == url.port.value_or(5432);
        } catch (const Error&) {
            return false;  // .env is about another machine: there is no stack here
        }
    }

    [[nodiscard]] Target finish(FoundUrl found) const {
        const bool own = is_own(found.url);
        return {std::move(found.url), std::move(found.source), own};
    }

    const TargetQuery& query_;
    CredentialNames names_;
    Variables variables_;
    std::vector<std::string> url_names_;
};

}  // namespace

Target find_target(const TargetQuery& query) {
    return Search(query, credential_names(query.settings)).run();
}

pg::ConnInfo to_login(const Target& target, const config::Settings& settings) {
    pg::ConnInfo login = pg::ConnInfo::from_url(target.url, target.origin);
    // PGSSLMODE is about databases elsewhere: the stack's own server listens on this machine only.
    if (target.is_own_stack && login.sslmode.empty()) login.sslmode = "prefer";
    if (!login.connect_timeout) {
        login.connect_timeout =
            std::chrono::ceil<std::chrono::seconds>(settings.duration(key::connect_timeout));
    }
    return login;
}

}  // namespace poststack::instance
