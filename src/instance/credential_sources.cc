#include "instance/credential_sources.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace poststack::instance {

namespace {

std::string env_source(const config::EnvFile& env, const std::string& name) {
    return fmt::format("{} in {}", name, env.where(name));
}

std::optional<FoundValue> usable(FoundValue value) {
    if (value.text.empty() || is_placeholder(value.text)) return std::nullopt;
    return value;
}

std::optional<FoundUrl> to_url(const std::optional<FoundValue>& value) {
    if (!value) return std::nullopt;
    FoundUrl found{DatabaseUrl::parse(value->text, value->source), value->source};
    if (is_placeholder(found.url.password.reveal())) return std::nullopt;
    return found;
}

/// The part of `url` that stands for user, password, database or port; empty when left out.
std::string part_of(const DatabaseUrl& url, std::string_view part) {
    if (part == "user") return url.user;
    if (part == "password") return url.password.reveal();
    if (part == "database") return url.database;
    if (part == "host") return url.host;
    return url.port ? std::to_string(*url.port) : "";
}

/// Fills what no variable gave from a URL.
void adopt(KnownCredentials& known, const FoundUrl& found) {
    const auto take = [&](std::optional<FoundValue>& value, std::string_view part) {
        std::string text = part_of(found.url, part);
        if (!value && !text.empty()) value = FoundValue{std::move(text), found.source};
    };
    take(known.user, "user");
    take(known.password, "password");
    take(known.database, "database");
    take(known.port, "port");
}

[[noreturn]] void refuse_foreign_host(const std::string& source, const std::string& host) {
    throw Error(
        ErrorKind::config,
        fmt::format(
            "{} names the server \"{}\", but the stack's own runs on this machine", source, host))
        .hint(
            "Set the host to localhost; or give that database's URL another variable, and name "
            "it with --url when you want to work with it.");
}

std::optional<FoundValue> find_port(const CredentialQuery& query,
                                    const CredentialNames& names,
                                    const Variables& variables) {
    const auto& settings = query.settings;
    std::optional<FoundValue> port;
    if (const auto number = settings.find_number(config::key::postgres_host_port)) {
        port =
            FoundValue{std::to_string(*number), settings.source(config::key::postgres_host_port)};
    }
    if (names.port.empty()) return port;
    const auto named = variables.find(names.port);
    if (!named) return port;
    const auto number = parse_integer(named->text);
    if (!number || *number < 1 || *number > 65535) {
        throw Error(ErrorKind::config,
                    fmt::format("{} is \"{}\", but must be a whole number from 1 to 65535",
                                named->source,
                                named->text));
    }
    // A flag or the environment may well override .env; two lines of .env may not differ.
    if (port && port->source.starts_with(".env:") && port->text != named->text) {
        throw Error(ErrorKind::config,
                    fmt::format("postgres_host_port in {} is {}, but {} is {}",
                                port->source,
                                port->text,
                                named->source,
                                named->text))
            .hint("Set both to the port you want.");
    }
    return port ? port : named;
}

}  // namespace

std::optional<FoundValue> Variables::find(const std::string& name) const {
    auto found = in_environment(name);
    return found ? found : in_file(name);
}

std::optional<FoundValue> Variables::in_environment(const std::string& name) const {
    const auto found = environment_.find(name);
    if (found == environment_.end()) return std::nullopt;
    return usable({found->second, "environment " + name});
}

std::optional<FoundValue> Variables::in_file(const std::string& name) const {
    const auto found = env_.find(name);
    if (!found) return std::nullopt;
    return usable({*found, env_source(env_, name)});
}

std::optional<FoundUrl> Variables::url_in_environment(const std::string& name) const {
    return to_url(in_environment(name));
}

std::optional<FoundUrl> Variables::url_in_file(const std::string& name) const {
    return to_url(in_file(name));
}

std::optional<std::string> Variables::placeholder_source(const std::string& name) const {
    const auto is_one = [&](const std::string& text, const std::string& source) {
        if (is_placeholder(text)) return true;
        if (text.find("://") == std::string::npos) return false;
        return is_placeholder(DatabaseUrl::parse(text, source).password.reveal());
    };
    if (const auto found = env_.find(name); found && is_one(*found, env_source(env_, name))) {
        return env_source(env_, name);
    }
    const auto outer = environment_.find(name);
    if (outer != environment_.end() && is_one(outer->second, "environment " + name)) {
        return "environment " + name;
    }
    return std::nullopt;
}

bool is_local_host(std::string_view host) noexcept {
    return host.empty() || host == "localhost" || host == "::1" || host.starts_with("127.") ||
           host.starts_with('/');
}

void refuse_contradiction(const std::string& url_part,
                          const FoundUrl& url,
                          const std::optional<FoundValue>& value) {
    const std::string part = part_of(url.url, url_part);
    if (!value || part.empty() || part == value->text || value->source == url.source) return;
    throw Error(ErrorKind::config,
                fmt::format("{} and {} name different {}s", url.source, value->source, url_part))
        .hint("Correct one of the two, or remove the URL: poststack writes it anew.");
}

KnownCredentials find_known(const CredentialQuery& query, const CredentialNames& names) {
    const Variables variables(query.env, query.environment);
    KnownCredentials known;
    for (const std::string& name : {names.user, names.password, names.database, names.url}) {
        if (const auto source = variables.placeholder_source(name)) {
            known.placeholders.push_back(*source);
        }
    }
    known.user = variables.find(names.user);
    known.password = variables.find(names.password);
    known.database = variables.find(names.database);
    known.port = find_port(query, names, variables);
    if (!names.host.empty()) {
        if (const auto host = variables.find(names.host)) {
            if (!is_local_host(host->text)) refuse_foreign_host(host->source, host->text);
            known.host = host->text;
        }
    }
    known.file_url = variables.url_in_file(names.url);
    if (known.file_url) {
        const FoundUrl& found = *known.file_url;
        if (!is_local_host(found.url.host)) refuse_foreign_host(found.source, found.url.host);
        refuse_contradiction("user", found, known.user);
        refuse_contradiction("password", found, known.password);
        refuse_contradiction("database", found, known.database);
        adopt(known, found);
    }
    if (!known.password) {
        // A CI job may export nothing but the URL.
        const auto outer = variables.url_in_environment(names.url);
        if (outer && is_local_host(outer->url.host)) adopt(known, *outer);
    }
    return known;
}

std::string default_identifier(const std::string& project_name) {
    constexpr std::size_t limit = 63;  // NAMEDATALEN - 1
    constexpr std::array taken = {"postgres", "template0", "template1", "public", "none", "user"};
    const bool reserved = std::find(taken.begin(), taken.end(), project_name) != taken.end() ||
                          project_name.starts_with("pg_");
    return (reserved ? "app_" + project_name : project_name).substr(0, limit);
}

}  // namespace poststack::instance
