#include "instance/rotate.h"

#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "instance/credential_sources.h"
#include "pg/connection.h"
#include "pg/login_failure.h"
#include "sys/file.h"
#include "sys/hash.h"
#include "sys/private_file.h"
#include "sys/random.h"
#include "sys/signal.h"

namespace poststack::instance {

namespace key = config::key;

namespace {

constexpr std::size_t password_length = 24;

std::filesystem::path journal_path(const config::Project& project) {
    return project.state_dir / "rotate.journal";
}

/// Both passwords, and what .env was when the rotation began.
struct Journal {
    std::string user;
    Secret old_password;
    Secret new_password;
    std::string env_hash;
};

void save(const Journal& journal, const config::Project& project) {
    const Json document = {{"version", 1},
                           {"user", journal.user},
                           {"old_password", journal.old_password.reveal()},
                           {"new_password", journal.new_password.reveal()},
                           {"env_sha256", journal.env_hash}};
    sys::replace_file(journal_path(project),
                      document.dump() + "\n",
                      {.mode = 0600, .owner = config::file_owner(project)});
}

std::optional<Journal> find_journal(const config::Project& project) {
    const auto file = sys::find_private_file(journal_path(project));
    if (!file) return std::nullopt;
    try {
        const Json document = Json::parse(file->content);
        return Journal{document.at("user"),
                       Secret(document.at("old_password")),
                       Secret(document.at("new_password")),
                       document.at("env_sha256")};
    } catch (const Json::exception&) {
        // Its text may hold a password, so the reason stays unsaid.
        throw Error(
            ErrorKind::config,
            fmt::format("cannot read \"{}\": it is damaged", journal_path(project).native()))
            .hint("Move it away, then type poststack credentials check.");
    }
}

void remove_journal(const config::Project& project) {
    sys::remove_file(journal_path(project));
    sys::sync_directory(project.state_dir);
}

/// Work on one project's credentials under their lock.
class Rotation {
  public:
    explicit Rotation(const RotateQuery& query)
        : query_(query),
          names_(credential_names(query.settings)),
          lock_(lock_credentials(query.project, query.settings)) {}

    Recovery recover() {
        const auto journal = find_journal(query_.project);
        if (!journal) return Recovery::none;
        load();
        const bool knows_new = try_login(journal->user, journal->new_password);
        if (!knows_new && !try_login(journal->user, journal->old_password)) {
            throw Error(ErrorKind::denied,
                        fmt::format("a rotation was cut off, and the server knows neither the new "
                                    "nor the old password of role \"{}\"",
                                    journal->user))
                .hint(
                    "Type poststack credentials rotate --repair to give the role the password "
                    "in .env.");
        }
        const Secret& right = knows_new ? journal->new_password : journal->old_password;
        const Secret& wrong = knows_new ? journal->old_password : journal->new_password;
        const std::string held = file_password();
        if (held == wrong.reveal()) {
            put_password(right);
            env_.save();
        } else if (held != right.reveal()) {
            throw Error(ErrorKind::conflict,
                        fmt::format("a rotation was cut off, and \"{}\" was changed since: its "
                                    "password is neither the old nor the new one",
                                    query_.project.env_file.native()))
                .hint(
                    "Type poststack credentials rotate --repair to give the role the password "
                    "in .env.");
        }
        remove_journal(query_.project);
        return knows_new ? Recovery::completed : Recovery::undone;
    }

    RotateResult rotate() {
        RotateResult result;
        result.recovered = recover();
        load();
        refuse_environment();
        Journal journal;
        journal.old_password = Secret(file_password());
        journal.user = user();
        result.user = journal.user;
        if (journal.old_password.empty()) refuse_missing();
        pg::Connection connection = log_in(journal.user, journal.old_password);
        journal.new_password = sys::random_alphanumeric(password_length);
        const Secret verifier = pg::scram_verifier(connection, journal.user, journal.new_password);
        journal.env_hash = sys::sha256(env_.text());
        result.written = put_password(journal.new_password);

        const sys::DeferStop whole;  // Ctrl-C between the two changes would leave a journal behind
        save(journal, query_.project);
        try {
            refuse_changed_file(journal);
            set_password(connection, journal.user, verifier);
        } catch (...) {
            undo_if_unchanged(journal);
            throw;
        }
        replace_file(journal, connection);
        static_cast<void>(log_in(journal.user, journal.new_password));
        remove_journal(query_.project);
        result.notices = std::move(notices_);
        return result;
    }

    void repair(const pg::ConnInfo& superuser) {
        load();
        refuse_environment();
        const Secret password(file_password());
        if (password.empty()) refuse_missing();
        pg::Connection connection(superuser, limit());
        set_password(connection, user(), pg::scram_verifier(connection, user(), password));
        static_cast<void>(log_in(user(), password));
        // Both passwords of a rotation that was cut off are history now.
        if (has_unfinished_rotation(query_.project)) remove_journal(query_.project);
    }

  private:
    void load() {
        env_ = config::EnvFile::load(query_.project.env_file, query_.environment, notices_);
    }

    [[nodiscard]] CredentialQuery credential_query() const {
        return {env_, query_.project, query_.settings, query_.environment};
    }

    [[nodiscard]] Credentials credentials() const {
        auto found = find_credentials(env_, query_.project, query_.settings, query_.environment);
        if (!found) refuse_missing();
        return std::move(*found);
    }

    [[noreturn]] void refuse_missing() const {
        throw Error(ErrorKind::not_found,
                    fmt::format("\"{}\" holds no password", query_.project.env_file.native()))
            .hint("Type poststack up; it makes the credentials and the database.");
    }

    /// Rotating the file would change nothing for a program that reads the environment.
    void refuse_environment() const {
        for (const std::string& name : {names_.password, names_.url}) {
            const auto outer = query_.environment.find(name);
            if (outer == query_.environment.end() || outer->second.empty()) continue;
            throw Error(ErrorKind::config,
                        fmt::format("cannot rotate the password: {} is set in the environment, "
                                    "which wins over .env",
                                    name))
                .hint(fmt::format("Type unset {} and run the command again.", name));
        }
    }

    [[nodiscard]] std::string user() const { return credentials().user; }

    /// The password as .env says it, in its own variable or in the URL.
    [[nodiscard]] std::string file_password() const {
        const Variables variables(env_, query_.environment);
        if (const auto found = variables.in_file(names_.password)) return found->text;
        if (const auto found = variables.url_in_file(names_.url)) {
            return found->url.password.clone().reveal();
        }
        return {};
    }

    /// Sets the password in `env_` wherever it stands; returns the names that changed.
    std::vector<std::string> put_password(const Secret& password) {
        std::vector<std::string> written;
        const Variables before(env_, query_.environment);
        auto url = before.url_in_file(names_.url);
        if (env_.find(names_.password) || !url) {
            env_.set(names_.password, password.reveal());
            written.push_back(names_.password);
        }
        if (!url) return written;
        // A URL made of ${VARIABLES} has followed already.
        const auto now = before.url_in_file(names_.url);
        if (now && now->url.password.reveal() == password.reveal()) return written;
        url->url.password = password.clone();
        env_.set(names_.url, url->url.to_text(url->url.scheme).reveal());
        written.push_back(names_.url);
        return written;
    }

    [[nodiscard]] std::chrono::milliseconds limit() const {
        return query_.settings.duration(key::connect_timeout);
    }

    [[nodiscard]] pg::ConnInfo login(const std::string& role, const Secret& password) const {
        // The address and database of .env; its password is not looked at, it may be in between.
        const KnownCredentials known = find_known(credential_query(), names_);
        DatabaseUrl url;
        url.user = role;
        url.password = password.clone();
        url.host = known.host;
        url.port = names_.default_port;
        if (known.port) url.port = std::stoi(known.port->text);
        if (query_.port && is_local_host(known.host)) url.port = *query_.port;
        url.database = credentials().database;
        pg::ConnInfo info = pg::ConnInfo::from_url(url, "the project's own stack");
        if (is_local_host(url.host)) info.sslmode = "prefer";  // as in to_login()
        return info;
    }

    [[nodiscard]] pg::Connection log_in(const std::string& role, const Secret& password) const {
        bool wrong = false;
        pg::ConnectOptions options;
        options.limit = limit();
        options.on_failure = [&](pg::LoginFailure failure) {
            wrong = failure == pg::LoginFailure::wrong_password;
        };
        try {
            return pg::Connection(login(role, password), options);
        } catch (Error& error) {
            if (wrong) {
                error.set_hint(
                    "The server knows another password than .env. Type poststack "
                    "credentials rotate --repair to give the role the one in .env.");
            }
            throw;
        }
    }

    /// False for a wrong password alone; every other failure throws.
    [[nodiscard]] bool try_login(const std::string& role, const Secret& password) const {
        bool wrong = false;
        pg::ConnectOptions options;
        options.limit = limit();
        options.on_failure = [&](pg::LoginFailure failure) {
            wrong = failure == pg::LoginFailure::wrong_password;
        };
        try {
            const pg::Connection connection(login(role, password), options);
            return true;
        } catch (const Error&) {
            if (wrong) return false;
            throw;
        }
    }

    static void set_password(pg::Connection& connection,
                             const std::string& role,
                             const Secret& verifier) {
        connection.script("SET synchronous_commit = on");
        connection.script(fmt::format("ALTER ROLE {} PASSWORD {}",
                                      connection.quote_identifier(role),
                                      connection.quote_literal(verifier.reveal())));
    }

    void refuse_changed_file(const Journal& journal) const {
        const std::string now = sys::find_file(query_.project.env_file).value_or("");
        if (sys::sha256(now) == journal.env_hash) return;
        throw Error(ErrorKind::conflict,
                    fmt::format("cannot rotate the password: \"{}\" was changed meanwhile",
                                query_.project.env_file.native()))
            .hint("Nothing was changed. Run the command again.");
    }

    /// After a failure that may have come before or after the role was changed.
    void undo_if_unchanged(const Journal& journal) const noexcept {
        try {
            if (try_login(journal.user, journal.old_password)) remove_journal(query_.project);
        } catch (const std::exception&) {
            // Deliberately quiet: the journal stays, and the next command settles it.
        }
    }

    /// Replaces .env; when that fails the role gets its old password back. A failure may come after
    /// the rename (the folder's fsync): then the new file is there, perhaps not for good, and the
    /// journal stays for the next command to settle.
    void replace_file(const Journal& journal, pg::Connection& connection) {
        try {
            env_.save();
        } catch (...) {
            const std::string now = sys::find_file(query_.project.env_file).value_or("");
            if (now == env_.text()) throw;
            set_password(connection,
                         journal.user,
                         pg::scram_verifier(connection, journal.user, journal.old_password));
            undo_if_unchanged(journal);
            throw;
        }
    }

    const RotateQuery& query_;
    CredentialNames names_;
    sys::FileLock lock_;
    config::EnvFile env_;
    std::vector<std::string> notices_;
};

}  // namespace

RotateResult rotate_password(const RotateQuery& query) {
    return Rotation(query).rotate();
}

void repair_password(const RotateQuery& query, const pg::ConnInfo& superuser) {
    Rotation(query).repair(superuser);
}

bool has_unfinished_rotation(const config::Project& project) {
    return sys::find_info(journal_path(project)).has_value();
}

Recovery recover_rotation(const RotateQuery& query) {
    if (!has_unfinished_rotation(query.project)) return Recovery::none;
    return Rotation(query).recover();
}

std::string describe(Recovery recovery) {
    switch (recovery) {
        case Recovery::none: return {};
        case Recovery::completed:
            return "a password rotation had been cut off; it is completed: the role and .env have "
                   "the new password";
        case Recovery::undone:
            return "a password rotation had been cut off; it is undone: the role and .env have the "
                   "old password";
    }
    return {};
}

}  // namespace poststack::instance
