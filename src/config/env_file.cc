#include "config/env_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "config/env_parser.h"
#include "sys/file.h"
#include "sys/private_file.h"
#include "sys/user.h"

namespace poststack::config {

namespace {

bool is_harmless(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./:@%+=,~").find(c) != std::string_view::npos;
}

std::string in_double_quotes(std::string_view value) {
    std::string quoted = "\"";
    for (const char c : value) {
        switch (c) {
            case '\n': quoted += "\\n"; break;
            case '\r': quoted += "\\r"; break;
            case '\t': quoted += "\\t"; break;
            case '"':
            case '\\':
            case '$':
                quoted += '\\';
                quoted += c;
                break;
            default: quoted += c;
        }
    }
    quoted += '"';
    return quoted;
}

/// The owner that a file written in `path`'s place must have; nothing when it is ours anyway.
std::optional<sys::Owner> owner_to_keep(const std::filesystem::path& path) {
    if (!sys::is_root()) return std::nullopt;
    auto found = sys::find_info(path);
    if (!found) found = sys::find_info(path.parent_path(), true);
    if (!found) return std::nullopt;
    return sys::Owner{found->uid, found->gid};
}

}  // namespace

std::string quote_env_value(std::string_view value) {
    if (value.empty()) return {};
    if (std::all_of(value.begin(), value.end(), is_harmless)) return std::string(value);
    // Single quotes are what a shell and compose agree on, but they cannot hold everything.
    if (value.find_first_of("'\\\n\r") == std::string_view::npos) return fmt::format("'{}'", value);
    return in_double_quotes(value);
}

EnvFile EnvFile::parse(std::string text, std::filesystem::path path, Environment environment) {
    EnvFile file;
    file.path_ = std::move(path);
    file.environment_ = std::move(environment);
    file.text_ = std::move(text);
    file.loaded_ = file.text_;
    file.exists_ = true;
    file.assignments_ = EnvParser(file).parse();
    return file;
}

EnvFile EnvFile::load(const std::filesystem::path& path,
                      const Environment& environment,
                      std::vector<std::string>& notices) {
    auto found = sys::find_private_file(path);
    if (!found) {
        EnvFile file;
        file.path_ = path;
        file.environment_ = environment;
        return file;
    }
    if (found->narrowed) {
        notices.push_back(
            fmt::format("\"{}\" could be used by others (mode {:04o}); it has mode 0600 now",
                        path.native(),
                        found->info.mode));
    }
    return parse(std::move(found->content), path, environment);
}

const EnvFile::Assignment* EnvFile::last(std::string_view name) const {
    const auto found = std::find_if(assignments_.rbegin(),
                                    assignments_.rend(),
                                    [&](const Assignment& one) { return one.name == name; });
    return found == assignments_.rend() ? nullptr : &*found;
}

std::optional<std::string> EnvFile::find(std::string_view name) const {
    const Assignment* found = last(name);
    if (found == nullptr || !found->is_set) return std::nullopt;
    return found->value;
}

int EnvFile::line(std::string_view name) const {
    const Assignment* found = last(name);
    return found == nullptr ? 0 : found->line;
}

std::string EnvFile::where(std::string_view name) const {
    return fmt::format("{}:{}", path_.filename().native(), line(name));
}

std::vector<std::string> EnvFile::names() const {
    std::vector<std::string> names;
    for (const Assignment& one : assignments_) {
        if (std::find(names.begin(), names.end(), one.name) == names.end()) {
            names.push_back(one.name);
        }
    }
    return names;
}

void EnvFile::set(std::string_view name, std::string_view value) {
    const std::string quoted = quote_env_value(value);
    std::string text = text_;
    if (const Assignment* found = last(name)) {
        text.replace(found->value_begin,
                     found->value_end - found->value_begin,
                     found->has_value ? quoted : "=" + quoted);
    } else {
        append_line(text, fmt::format("{}={}", name, quoted));
    }
    assign(std::move(text));
}

void EnvFile::append_comment(std::string_view text) {
    std::string changed = text_;
    append_line(changed, fmt::format("# {}", text));
    assign(std::move(changed));
}

void EnvFile::append_line(std::string& text, std::string_view line) {
    const std::string_view line_end = text.find("\r\n") != std::string::npos ? "\r\n" : "\n";
    if (!text.empty() && text.back() == '\r') {
        text += '\n';  // half a line end: the "\r" is not the last value's
    } else if (!text.empty() && text.back() != '\n') {
        text += line_end;
    }
    text += line;
    text += line_end;
}

void EnvFile::assign(std::string text) {
    // Values that refer to the changed one change with it, so everything is read again.
    EnvFile changed;
    changed.path_ = path_;
    changed.environment_ = environment_;
    changed.text_ = std::move(text);
    changed.assignments_ = EnvParser(changed).parse();
    text_ = std::move(changed.text_);
    assignments_ = std::move(changed.assignments_);
}

void EnvFile::save() {
    const std::string current = sys::find_file(path_).value_or("");
    if (current != loaded_) {
        throw Error(ErrorKind::conflict,
                    fmt::format("cannot write \"{}\": it was changed meanwhile", path_.native()))
            .hint("Run the command again; it will use the new content.");
    }
    sys::replace_file(path_, text_, {.mode = 0600, .owner = owner_to_keep(path_)});
    loaded_ = text_;
    exists_ = true;
}

}  // namespace poststack::config
