#include "workflow/init.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "instance/credentials.h"
#include "sys/file.h"
#include "sys/private_file.h"

namespace poststack::workflow {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view first_migration =
    "-- Description: notes, the first table\n"
    "CREATE TABLE notes (\n"
    "    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
    "    body       text NOT NULL,\n"
    "    created_at timestamptz NOT NULL DEFAULT now()\n"
    ");\n";
constexpr std::string_view first_rollback = "DROP TABLE notes;\n";

std::string settings_text(const InitPlan& plan) {
    const auto line = [](bool set, std::string_view key, std::string_view value) {
        return fmt::format("{}{}: {}\n", set ? "" : "# ", key, value);
    };
    std::string text =
        "# Settings of this project; poststack config-show lists all of them.\n"
        "# Stronger: a flag, the environment (POSTSTACK_<KEY>), .env.\n";
    text += line(plan.runtime.has_value(), "runtime", plan.runtime.value_or("native"));
    text +=
        line(plan.port.has_value(), "postgres_host_port", std::to_string(plan.port.value_or(5432)));
    const bool extensions = !plan.extensions.empty();
    text += line(extensions,
                 "extensions",
                 fmt::format("[{}]", extensions ? join(plan.extensions, ", ") : "pgcrypto"));
    text +=
        line(plan.credentials.has_value(), "credentials", plan.credentials.value_or("postgres"));
    return text;
}

/// .env.example says which variables there are, with values that count as not set.
std::string example_text(const instance::CredentialNames& names) {
    std::string text =
        "# Copy to .env, or let poststack make one with random credentials: poststack init\n";
    const auto add = [&](const std::string& name, std::string_view value) {
        if (!name.empty()) text += fmt::format("{}={}\n", name, value);
    };
    add(names.user, "");
    add(names.password, "change-me");
    add(names.database, "");
    add(names.host, "localhost");
    add(names.port, std::to_string(names.default_port));
    add(names.api_key, "change-me");
    text += fmt::format("# {}={}://USER:PASSWORD@localhost:{}/DATABASE\n",
                        names.url,
                        names.url_scheme,
                        names.default_port);
    return text;
}

class Init {
  public:
    explicit Init(const InitPlan& plan) : plan_(plan) {}

    InitResult run() {
        config::check_directory_name(plan_.directory);
        make_root();
        add_file(config_file(), settings_text(plan_));
        config::Configuration configuration = config::load_configuration(locate_options());
        result_.project = configuration.project;
        result_.notices = configuration.notices;
        note_ignored_choices(configuration.settings);
        add_folder(configuration.project.migrations);
        add_folder(configuration.settings.path(config::key::seeds_path));
        add_first_migration(configuration.project.migrations);
        add_file(plan_.directory / ".env.example",
                 example_text(instance::credential_names(configuration.settings)));
        ignore_secrets();
        add_credentials(configuration);
        return std::move(result_);
    }

  private:
    void make_root() {
        owner_project_.directory = plan_.directory.parent_path();
        make_folder(plan_.directory, config::file_owner(owner_project_));
        owner_project_.directory = plan_.directory;
        owner_ = config::file_owner(owner_project_);
    }

    /// A link to a folder is as good as a folder.
    static void make_folder(const fs::path& path, const std::optional<sys::Owner>& owner) {
        const auto found = sys::find_info(path, true);
        if (found && found->type == sys::FileType::directory) return;
        sys::make_private_directory(path, owner, 0755);
    }

    [[nodiscard]] config::LocateOptions locate_options() const {
        config::LocateOptions options;
        options.current_directory = plan_.directory;
        options.project_directory = plan_.directory;
        options.config_file = plan_.config_file;
        options.environment = plan_.environment;
        return options;
    }

    [[nodiscard]] fs::path config_file() const {
        return plan_.config_file ? *plan_.config_file : plan_.directory / "poststack.yaml";
    }

    [[nodiscard]] std::string shown(const fs::path& path) const {
        return owner_project_.display(path);
    }

    void add_file(const fs::path& path, std::string_view content) {
        const bool made = sys::create_file(path, content, {.mode = 0644, .owner = owner_});
        (made ? result_.created : result_.kept).push_back(shown(path));
    }

    void add_folder(const fs::path& path) {
        const bool there = sys::find_info(path).has_value();
        make_folder(path, owner_);
        (there ? result_.kept : result_.created).push_back(shown(path) + "/");
    }

    void add_first_migration(const fs::path& folder) {
        const auto names = sys::list_directory(folder);
        const bool any = std::any_of(names.begin(), names.end(), [](const std::string& name) {
            return name.ends_with(".sql");
        });
        // One of the pair may be missing after a kill; a chain of one's own gets nothing added.
        const bool ours = std::all_of(names.begin(), names.end(), [](const std::string& name) {
            return name == "001_notes.sql" || name == "001_notes.rollback.sql" ||
                   !name.ends_with(".sql");
        });
        if (any && !ours) return;
        add_file(folder / "001_notes.rollback.sql", first_rollback);
        add_file(folder / "001_notes.sql", first_migration);
    }

    /// A .gitignore line for .env, unless there is one.
    void ignore_secrets() {
        constexpr std::string_view lines = "/.env\n/.env.draft-*\n/logs/\n";
        const fs::path path = plan_.directory / ".gitignore";
        const auto content = sys::find_file(path);
        if (!content) {
            add_file(path, lines);
            return;
        }
        for (const std::string_view line : split(*content, '\n')) {
            const std::string_view rule = trim(line);
            if (rule == ".env" || rule == "/.env" || rule == ".env*" || rule == "*.env" ||
                rule == ".env.*" || rule == "**/.env") {
                result_.kept.push_back(".gitignore");
                return;
            }
        }
        const auto info = sys::find_info(path);
        const bool open_line = !content->empty() && content->back() != '\n';
        sys::replace_file(path,
                          fmt::format("{}{}{}", *content, open_line ? "\n" : "", lines),
                          {.mode = info->mode, .owner = owner_});
        result_.changed.push_back(".gitignore");
    }

    void add_credentials(config::Configuration& configuration) {
        const bool there = configuration.env.exists();
        const auto ensured = instance::ensure_credentials(
            configuration.project, configuration.settings, plan_.environment);
        for (const std::string& notice : ensured.notices)
            result_.notices.push_back(notice);
        auto& list = !there ? result_.created : ensured.created ? result_.changed : result_.kept;
        list.push_back(shown(configuration.project.env_file));
        config::ensure_state(result_.project);
    }

    /// An existing poststack.yaml is not changed, so a choice may have no effect.
    void note_ignored_choices(const config::Settings& settings) {
        const auto check = [&](std::string_view key, const std::optional<std::string>& chosen) {
            if (!chosen || settings.find_text(key) == chosen) return;
            result_.notices.push_back(fmt::format("{} stays \"{}\" ({}); {} was not written",
                                                  key,
                                                  settings.find_text(key).value_or(""),
                                                  settings.source(key),
                                                  *chosen));
        };
        check(config::key::runtime, plan_.runtime);
        check(config::key::postgres_host_port,
              plan_.port ? std::optional(std::to_string(*plan_.port)) : std::nullopt);
        check(config::key::credentials, plan_.credentials);
    }

    const InitPlan& plan_;
    config::Project owner_project_;  ///< only its directory is set
    std::optional<sys::Owner> owner_;
    InitResult result_;
};

}  // namespace

InitResult init(const InitPlan& plan) {
    return Init(plan).run();
}

}  // namespace poststack::workflow
