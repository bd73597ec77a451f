#include "instance/credentials.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "instance/credential_sources.h"
#include "sys/file.h"
#include "sys/private_file.h"
#include "sys/random.h"
#include "sys/user.h"

namespace poststack::instance {

namespace key = config::key;

namespace {

constexpr std::size_t secret_length = 24;
constexpr std::size_t short_password = 12;
constexpr std::size_t api_key_length = 43;
constexpr const char* port_variable = "POSTSTACK_POSTGRES_HOST_PORT";

std::string random_role() {
    // A role should be typeable without quotes: lower case, and no digit in front.
    return "u" + to_lower(sys::random_alphanumeric(secret_length).reveal());
}

std::optional<std::uint16_t> to_port(const std::optional<FoundValue>& value) {
    if (!value) return std::nullopt;
    return static_cast<std::uint16_t>(parse_integer(value->text).value_or(0));
}

/// The place of `value`, short enough for a table: ".env:4", "environment POSTGRES_USER".
std::string short_source(const FoundValue& value) {
    const std::size_t at = value.source.find(" in ");
    return at == std::string::npos ? value.source : value.source.substr(at + 4);
}

/// PostgreSQL cuts longer names and goes on: the login would be to another name than is said here.
void refuse_long_name(std::string_view what, const FoundValue& name) {
    constexpr std::size_t limit = 63;  // NAMEDATALEN - 1
    if (name.text.size() <= limit) return;
    throw Error(ErrorKind::config,
                fmt::format("the {}'s name from {} has {} bytes, but PostgreSQL takes at most {}",
                            what,
                            name.source,
                            name.text.size(),
                            limit))
        .hint("Choose a shorter one.");
}

Credentials to_credentials(const KnownCredentials& known, const CredentialQuery& query) {
    const auto or_default = [&](const std::optional<FoundValue>& value, std::string_view setting) {
        if (value) return FoundValue{value->text, short_source(*value)};
        if (const auto text = query.settings.find_text(setting)) {
            return FoundValue{*text, query.settings.source(setting)};
        }
        return FoundValue{default_identifier(query.project.name), "the project's name"};
    };
    Credentials result;
    const FoundValue user = or_default(known.user, key::role_name);
    const FoundValue database = or_default(known.database, key::database_name);
    refuse_long_name("role", user);
    refuse_long_name("database", database);
    result.user = user.text;
    result.user_source = user.source;
    result.database = database.text;
    result.database_source = database.source;
    if (known.password) {
        result.password = Secret(known.password->text);
        result.password_source = short_source(*known.password);
    }
    result.host = known.host;
    result.port = to_port(known.port);
    return result;
}

/// Changes an .env file and remembers what it set.
class EnvEditor {
  public:
    explicit EnvEditor(config::EnvFile& env) : env_(env) {}

    void set(const std::string& name, const std::string& value) {
        if (env_.find(name) == value) return;
        if (env_.line(name) == 0) introduce();
        env_.set(name, value);
        written_.push_back(name);
    }

    /// Sets `name` unless it has a value that is no placeholder.
    void set_default(const std::string& name, const std::string& value) {
        const auto found = env_.find(name);
        if (!found || found->empty() || is_placeholder(*found)) set(name, value);
    }

    [[nodiscard]] std::vector<std::string> take_written() { return std::move(written_); }

  private:
    void introduce() {
        if (introduced_) return;
        introduced_ = true;
        env_.append_comment(env_.text().empty()
                                ? "Made by poststack. Keep this file out of version control."
                                : "Added by poststack");
    }

    config::EnvFile& env_;
    std::vector<std::string> written_;
    bool introduced_ = false;
};

/// One change of the credentials in .env, made under the project's lock.
class CredentialWriter {
  public:
    CredentialWriter(const config::Project& project,
                     const config::Settings& settings,
                     const config::Environment& environment)
        : settings_(settings),
          environment_(environment),
          names_(credential_names(settings)),
          project_(with_state(project)),
          lock_(lock_credentials(project_, settings)),
          env_(config::EnvFile::load(project_.env_file, environment, notices_)),
          editor_(env_) {}

    EnsuredCredentials ensure() {
        KnownCredentials known = find_known(query(), names_);
        for (const std::string& source : known.placeholders) {
            notices_.push_back(
                fmt::format("{} is a placeholder of a sample file; it counts as not set", source));
        }
        if (!known.password) {
            known.password = FoundValue{sys::random_alphanumeric(secret_length).reveal(), "new"};
        } else if (known.password->text.size() < short_password) {
            notices_.push_back(fmt::format("the password from {} has fewer than {} characters",
                                           known.password->source,
                                           short_password));
        }
        if (!known.user && settings_.boolean(key::random_role) &&
            !settings_.is_set(key::role_name)) {
            known.user = FoundValue{random_role(), "new"};
        }
        write(to_credentials(known, query()));
        return finish();
    }

    bool record(std::uint16_t port) {
        if (port == 0) throw Error(ErrorKind::bug, "port 0 is to be recorded");
        const KnownCredentials known = find_known(query(), names_);
        if (!known.password) {
            throw Error(ErrorKind::bug, "a port is recorded before there are credentials");
        }
        Credentials credentials = to_credentials(known, query());
        credentials.port = port;
        const std::string& source = settings_.source(key::postgres_host_port);
        // What the environment or poststack.yaml says is not copied: the copy would outlive it.
        if (!settings_.is_set(key::postgres_host_port) || source.starts_with("flag ") ||
            env_.line(port_variable) != 0) {
            editor_.set(port_variable, std::to_string(port));
        }
        if (!names_.port.empty()) editor_.set(names_.port, std::to_string(port));
        write_url(credentials);
        const bool changed = env_.is_changed();
        if (changed) env_.save();
        return changed;
    }

  private:
    static config::Project with_state(config::Project project) {
        config::ensure_state(project);
        return project;
    }

    [[nodiscard]] CredentialQuery query() const {
        return {env_, project_, settings_, environment_};
    }

    void write(const Credentials& credentials) {
        editor_.set_default(names_.user, credentials.user);
        editor_.set_default(names_.password, credentials.password.reveal());
        editor_.set_default(names_.database, credentials.database);
        write_set(credentials);
        if (credentials.port) write_url(credentials);
    }

    /// What a set has besides the login.
    void write_set(const Credentials& credentials) {
        if (!names_.host.empty()) editor_.set_default(names_.host, credentials.host);
        if (!names_.port.empty() && credentials.port) {
            editor_.set_default(names_.port, std::to_string(*credentials.port));
        }
        if (!names_.api_key.empty()) {
            const std::string prefix = names_.set == "hive" ? "hive_" : "";
            editor_.set_default(names_.api_key,
                                prefix + sys::random_token(api_key_length).reveal());
        }
        if (names_.set == "hive") {
            const sys::Owner owner = service_owner();
            editor_.set_default("HIVE_API_PORT", settings_.text(key::api_port));
            editor_.set_default("POSTGRES_UID", std::to_string(owner.uid));
            editor_.set_default("POSTGRES_GID", std::to_string(owner.gid));
        } else if (names_.set == "semantik") {
            for (const auto& [name, setting] : {std::pair{"DB_POOL_SIZE", key::db_pool_size},
                                                {"DB_MAX_OVERFLOW", key::db_max_overflow},
                                                {"DB_POOL_TIMEOUT", key::db_pool_timeout},
                                                {"DB_POOL_RECYCLE", key::db_pool_recycle},
                                                {"DB_POOL_PRE_PING", key::db_pool_pre_ping}}) {
                editor_.set_default(name, settings_.text(setting));
            }
        }
    }

    /// Whom POSTGRES_UID and POSTGRES_GID name: PostgreSQL refuses to run as root.
    [[nodiscard]] sys::Owner service_owner() const {
        constexpr id_t first_person = 1000;  // what hive's own .env.example has
        if (const auto owner = config::file_owner(project_)) return *owner;
        if (sys::is_root()) return {first_person, first_person};
        const sys::Account account = sys::current_account();
        return {account.uid, account.gid};
    }

    /// Brings the URL in line; one that says the same already keeps its form.
    void write_url(const Credentials& credentials) {
        const Variables variables(env_, environment_);
        std::string scheme = names_.url_scheme;
        DatabaseUrl wanted = credentials.url();
        if (auto found = variables.url_in_file(names_.url)) {
            const bool same = found->url.port.value_or(5432) == wanted.port.value_or(5432) &&
                              found->url.user == wanted.user &&
                              found->url.database == wanted.database &&
                              found->url.password.reveal() == wanted.password.reveal();
            if (same) return;
            scheme = found->url.scheme;
            wanted.host = found->url.host;
            wanted.parameters = std::move(found->url.parameters);
        }
        editor_.set(names_.url, wanted.to_text(scheme).reveal());
    }

    EnsuredCredentials finish() {
        EnsuredCredentials result;
        result.created = env_.is_changed();
        if (result.created) env_.save();
        result.credentials = to_credentials(find_known(query(), names_), query());
        result.written = editor_.take_written();
        result.notices = std::move(notices_);
        return result;
    }

    const config::Settings& settings_;
    const config::Environment& environment_;
    CredentialNames names_;
    config::Project project_;
    sys::FileLock lock_;
    std::vector<std::string> notices_;
    config::EnvFile env_;
    EnvEditor editor_;
};

}  // namespace

sys::FileLock lock_credentials(const config::Project& project, const config::Settings& settings) {
    auto lock = sys::FileLock::acquire(project.state_dir / "credentials.lock",
                                       settings.duration(key::lock_wait),
                                       "the project's credentials");
    if (const auto owner = config::file_owner(project)) sys::give_away(lock.fd(), *owner);
    return lock;
}

Credentials Credentials::clone() const {
    Credentials copy;
    copy.user = user;
    copy.password = password.clone();
    copy.database = database;
    copy.host = host;
    copy.port = port;
    copy.user_source = user_source;
    copy.password_source = password_source;
    copy.database_source = database_source;
    return copy;
}

DatabaseUrl Credentials::url() const {
    DatabaseUrl url;
    url.user = user;
    url.password = password.clone();
    url.host = host;
    if (port) url.port = *port;
    url.database = database;
    return url;
}

EnsuredCredentials ensure_credentials(const config::Project& project,
                                      const config::Settings& settings,
                                      const config::Environment& environment) {
    return CredentialWriter(project, settings, environment).ensure();
}

std::optional<Credentials> find_credentials(const config::EnvFile& env,
                                            const config::Project& project,
                                            const config::Settings& settings,
                                            const config::Environment& environment) {
    const CredentialQuery query{env, project, settings, environment};
    const KnownCredentials known = find_known(query, credential_names(settings));
    Credentials credentials = to_credentials(known, query);
    if (!known.password) return std::nullopt;
    return credentials;
}

bool record_port(const config::Project& project,
                 const config::Settings& settings,
                 const config::Environment& environment,
                 std::uint16_t port) {
    return CredentialWriter(project, settings, environment).record(port);
}

}  // namespace poststack::instance
