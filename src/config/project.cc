#include "config/project.h"

#include <algorithm>
#include <fcntl.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "config/compose_file.h"
#include "config/interpolate.h"
#include "config/yaml_file.h"
#include "sys/private_file.h"
#include "sys/random.h"
#include "sys/user.h"

namespace poststack::config {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view settings_name = "poststack.yaml";
constexpr std::string_view state_name = ".poststack";

bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(fs::symlink_status(path, ignored));
}

std::optional<fs::path> find_compose_file(const fs::path& directory) {
    const std::vector<fs::path> files = find_compose_files(directory);
    if (files.empty()) return std::nullopt;
    return files.front();
}

/// True for a directory that is somebody's project without doubt.
bool is_project(const fs::path& directory) {
    return is_there(directory / settings_name) || is_there(directory / state_name) ||
           find_compose_file(directory).has_value();
}

/// True for a directory in which a command may work without looking further up.
bool may_be_project(const fs::path& directory) {
    return is_project(directory) || is_there(directory / ".env") ||
           is_there(directory / "migrations");
}

/// True unless `parent` is a place where other accounts may put a project for us to find.
bool is_trusted_parent(const fs::path& parent, const fs::path& child) {
    const auto above = sys::find_info(parent, true);
    const auto below = sys::find_info(child, true);
    return above && below && above->uid == below->uid && (above->mode & 0002U) == 0;
}

fs::path search_upwards(const fs::path& start, const Environment& environment) {
    if (may_be_project(start)) return start;
    const auto home = environment.find("HOME");
    const fs::path stop = home == environment.end() ? fs::path() : fs::path(home->second);
    fs::path at = start;
    while (at != at.root_path() && at != stop) {
        const fs::path parent = at.parent_path();
        if (parent == parent.root_path() || parent == stop) break;
        if (!is_trusted_parent(parent, at)) break;
        if (is_project(parent)) return parent;
        at = parent;
    }
    return start;
}

fs::path existing_directory(const fs::path& path,
                            const fs::path& current,
                            std::string_view option) {
    std::error_code code;
    const fs::path found = fs::canonical(current / path, code);
    if (code || !fs::is_directory(found, code)) {
        throw Error(
            ErrorKind::not_found,
            fmt::format("cannot use {} \"{}\": there is no such directory", option, path.native()));
    }
    return found;
}

fs::path existing_file(const fs::path& path, const fs::path& current, std::string_view option) {
    std::error_code code;
    const fs::path found = fs::canonical(current / path, code);
    if (code) {
        throw Error(
            ErrorKind::not_found,
            fmt::format("cannot use {} \"{}\": there is no such file", option, path.native()));
    }
    if (!fs::is_regular_file(found, code)) {
        throw Error(
            ErrorKind::config,
            fmt::format("cannot use {} \"{}\": it is no regular file", option, path.native()));
    }
    return found;
}

std::optional<std::string> variable(const Environment& environment, const std::string& name) {
    const auto found = environment.find(name);
    if (found == environment.end() || found->second.empty()) return std::nullopt;
    return found->second;
}

struct Name {
    std::string text;
    std::string source;
};

void check_name(const Name& name) {
    if (normalise_name(name.text) == name.text && !name.text.empty()) return;
    throw Error(ErrorKind::config,
                fmt::format("project name \"{}\" in {} is not valid", name.text, name.source))
        .hint("Use lower-case letters, digits, \"-\" and \"_\", and begin with a letter or digit.");
}

std::optional<Name> compose_name(const Project& project,
                                 const fs::path& file,
                                 const EnvFile& env,
                                 const Environment& environment) {
    const auto found = read_compose_name(sys::read_file(file), file);
    if (!found || found->text.empty()) return std::nullopt;
    const Lookup lookup = [&](std::string_view name) -> std::optional<std::string> {
        const auto outer = environment.find(std::string(name));
        return outer != environment.end() ? std::optional(outer->second) : env.find(name);
    };
    const std::string source = fmt::format("{}:{}", project.display(file), found->line);
    Name name{interpolate(found->text, lookup, source), source};
    check_name(name);
    return name;
}

/// The name without -f: compose file, COMPOSE_PROJECT_NAME, directory.
Name default_name(const Project& project, const EnvFile& env, const Environment& environment) {
    if (const auto file = find_compose_file(project.directory)) {
        if (auto name = compose_name(project, *file, env, environment)) return *name;
    }
    if (const auto text = variable(environment, "COMPOSE_PROJECT_NAME")) {
        Name name{*text, "environment COMPOSE_PROJECT_NAME"};
        check_name(name);
        return name;
    }
    if (const auto text = env.find("COMPOSE_PROJECT_NAME"); text && !text->empty()) {
        Name name{*text, env.where("COMPOSE_PROJECT_NAME")};
        check_name(name);
        return name;
    }
    Name name{normalise_name(project.directory.filename().native()), "the directory's name"};
    if (name.text.empty()) {
        throw Error(ErrorKind::config,
                    fmt::format("cannot name the project after its directory \"{}\"",
                                project.directory.native()))
            .hint("Set COMPOSE_PROJECT_NAME in .env to a name of letters and digits.");
    }
    return name;
}

/// Every byte that a terminal might take for a command, or nobody can read, as \xNN.
std::string to_ascii(std::string_view text) {
    std::string shown;
    for (const char letter : text) {
        const auto code = static_cast<unsigned char>(letter);
        if (code < 0x20 || code >= 0x7f) {
            shown += fmt::format("\\x{:02x}", code);
        } else {
            shown += letter;
        }
    }
    return shown;
}

std::string read_id(const fs::path& state_dir) {
    const auto content = sys::find_file(state_dir / "id", 4096);
    if (!content) return {};
    const std::string id{trim(*content)};
    const bool valid =
        id.size() == 36 && id.find_first_not_of("0123456789abcdef-") == std::string::npos;
    if (!valid) {
        throw Error(
            ErrorKind::config,
            fmt::format("\"{}\" does not hold the project's id", (state_dir / "id").native()))
            .hint("It was written by poststack as one UUID; restore it from a backup.");
    }
    return id;
}

}  // namespace

std::string Project::display(const fs::path& path) const {
    const fs::path relative = path.lexically_relative(directory);
    if (relative.empty() || *relative.begin() == "..") return path.native();
    return relative.native();
}

void check_directory_name(const fs::path& directory) {
    const std::string& name = directory.native();
    const auto is_control = [](char letter) {
        const auto code = static_cast<unsigned char>(letter);
        return code < 0x20 || code == 0x7f;
    };
    std::string_view reason;
    if (std::any_of(name.begin(), name.end(), is_control)) {
        reason = "its path holds a control character, such as a line end";
    } else if (find_invalid_utf8(name)) {
        reason = "its path is not valid UTF-8";
    } else {
        return;
    }
    throw Error(ErrorKind::config,
                fmt::format("cannot use directory \"{}\" as a project: {}", to_ascii(name), reason))
        .hint("Rename the directory, or the one above it that is named so.");
}

Project locate_project(const LocateOptions& options) {
    Project project;
    const fs::path& current = options.current_directory;
    std::optional<fs::path> wanted = options.project_directory;
    std::string option = "--project";
    if (!wanted) {
        if (const auto text = variable(options.environment, "POSTSTACK_PROJECT")) {
            wanted = *text;
            option = "POSTSTACK_PROJECT";
        }
    }
    for (const fs::path& file : options.compose_files)
        project.compose_files.push_back(existing_file(file, current, "-f"));
    if (!project.compose_files.empty()) project.compose_file = project.compose_files.front();
    if (wanted) {
        project.directory = existing_directory(*wanted, current, option);
    } else if (project.compose_file) {
        project.directory = project.compose_file->parent_path();
    } else {
        project.directory =
            search_upwards(existing_directory(current, "/", "directory"), options.environment);
    }
    check_directory_name(project.directory);
    if (!project.compose_file) {
        project.compose_files = find_compose_files(project.directory);
        if (!project.compose_files.empty()) project.compose_file = project.compose_files.front();
    }
    project.env_file = project.directory / ".env";
    project.state_dir = project.directory / state_name;
    project.config_file = project.directory / settings_name;
    if (options.config_file) {
        project.config_file = existing_file(*options.config_file, current, "--config-file");
    } else if (const auto text = variable(options.environment, "POSTSTACK_CONFIG_FILE")) {
        project.config_file = existing_file(*text, current, "POSTSTACK_CONFIG_FILE");
    }
    return project;
}

void identify_project(Project& project, const EnvFile& env, const Environment& environment) {
    Name name = default_name(project, env, environment);
    if (project.compose_file && project.compose_file != find_compose_file(project.directory)) {
        const auto own = compose_name(project, *project.compose_file, env, environment);
        if (own && own->text != name.text) {
            name = *own;
            project.state_dir = project.directory / state_name / "stacks" / name.text;
            project.env_file = project.state_dir / ".env";
        }
    }
    project.name = std::move(name.text);
    project.name_source = std::move(name.source);
    project.id = read_id(project.state_dir);
}

std::string normalise_name(std::string_view name) {
    std::string result;
    for (const char c : to_lower(name)) {
        const bool letter_or_digit = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (letter_or_digit || (!result.empty() && (c == '-' || c == '_'))) result += c;
    }
    return result;
}

void ensure_state(Project& project) {
    const auto owner = file_owner(project);
    const fs::path state = project.directory / state_name;
    sys::make_private_directory(state, owner);
    static_cast<void>(sys::create_file(
        state / ".gitignore", "*\n", {.mode = 0600, .owner = owner, .sync = false}));
    if (project.state_dir != state) {
        sys::make_private_directory(state / "stacks", owner);
        sys::make_private_directory(project.state_dir, owner);
    }
    project.id = read_id(project.state_dir);
    if (!project.id.empty()) return;
    static_cast<void>(sys::create_file(
        project.state_dir / "id", sys::random_uuid() + "\n", {.mode = 0600, .owner = owner}));
    project.id = read_id(project.state_dir);  // of two at once, the first one's
}

std::optional<sys::Owner> file_owner(const Project& project) {
    if (!sys::is_root()) return std::nullopt;
    const auto directory = sys::find_info(project.directory, true);
    if (!directory || directory->uid == 0) return std::nullopt;
    return sys::Owner{directory->uid, directory->gid};
}

}  // namespace poststack::config
