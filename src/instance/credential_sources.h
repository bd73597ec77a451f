// Credentials as they stand in the environment and .env, before anything is made.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/url.h"
#include "config/env_file.h"
#include "config/project.h"
#include "config/settings.h"
#include "instance/credentials.h"

namespace poststack::instance {

/// A value and the place it was found in.
struct FoundValue {
    std::string text;
    std::string source;  ///< "environment POSTGRES_USER", "POSTGRES_USER in .env:4"
};

/// A URL that was found.
struct FoundUrl {
    DatabaseUrl url;
    std::string source;
};

/// The two places of variables. Empty values and placeholders count as not set.
class Variables {
  public:
    Variables(const config::EnvFile& env, const config::Environment& environment)
        : env_(env), environment_(environment) {}

    /// The environment's value, else .env's.
    [[nodiscard]] std::optional<FoundValue> find(const std::string& name) const;
    [[nodiscard]] std::optional<FoundValue> in_environment(const std::string& name) const;
    [[nodiscard]] std::optional<FoundValue> in_file(const std::string& name) const;

    // The same for URLs; one whose password is a placeholder counts as not set. Errors: config.
    [[nodiscard]] std::optional<FoundUrl> url_in_environment(const std::string& name) const;
    [[nodiscard]] std::optional<FoundUrl> url_in_file(const std::string& name) const;

    /// True when .env or the environment holds a placeholder under `name` (also in a URL).
    [[nodiscard]] std::optional<std::string> placeholder_source(const std::string& name) const;

  private:
    const config::EnvFile& env_;
    const config::Environment& environment_;
};

/// True for a host that means this machine: "", localhost, 127.x, ::1, a socket directory.
[[nodiscard]] bool is_local_host(std::string_view host) noexcept;

/// What is known of the stack's own credentials.
struct KnownCredentials {
    std::optional<FoundValue> user;
    std::optional<FoundValue> password;
    std::optional<FoundValue> database;
    std::optional<FoundValue> port;
    std::string host = "localhost";
    std::optional<FoundUrl> file_url;       ///< the URL in .env, when it is the stack's own
    std::vector<std::string> placeholders;  ///< where values stood that count as not set
};

/// Everything a search for credentials needs.
struct CredentialQuery {
    const config::EnvFile& env;
    const config::Project& project;
    const config::Settings& settings;
    const config::Environment& environment;
};

/// Finds them. Errors: config, both places named, when the URL in .env says something else than
/// the single variables, or when either is about another machine.
[[nodiscard]] KnownCredentials find_known(const CredentialQuery& query,
                                          const CredentialNames& names);

/// Refuses a `url` and a value of one of its parts that differ. Never tells the values.
void refuse_contradiction(const std::string& url_part,
                          const FoundUrl& url,
                          const std::optional<FoundValue>& value);

/// The role or database a project's name stands for: at most 63 bytes and never one that
/// PostgreSQL keeps for itself.
[[nodiscard]] std::string default_identifier(const std::string& project_name);

}  // namespace poststack::instance
