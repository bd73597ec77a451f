#include "engine/ignore.h"

#include <algorithm>
#include <span>

#include "base/text.h"

namespace poststack::engine {
namespace {

using Parts = std::span<const std::string>;

/// The parts of a path without empty ones and "."; ".." takes one away.
std::vector<std::string> clean(std::string_view path) {
    std::vector<std::string> parts;
    for (const std::string_view part : split(path, '/')) {
        if (part.empty() || part == ".") continue;
        if (part == "..") {
            if (!parts.empty()) parts.pop_back();
            continue;
        }
        parts.emplace_back(part);
    }
    return parts;
}

/// One letter of `set` ("a-z]" and what follows); moves `pattern` behind it.
bool matches_set(std::string_view& pattern, char letter) {
    bool negated = false;
    if (pattern.starts_with('^')) {
        negated = true;
        pattern.remove_prefix(1);
    }
    const auto take = [&]() -> char {
        if (pattern.starts_with('\\') && pattern.size() > 1) pattern.remove_prefix(1);
        const char first = pattern.empty() ? '\0' : pattern.front();
        if (!pattern.empty()) pattern.remove_prefix(1);
        return first;
    };
    bool found = false;
    while (!pattern.empty() && pattern.front() != ']') {
        const char low = take();
        char high = low;
        if (pattern.starts_with('-') && pattern.size() > 1 && pattern[1] != ']') {
            pattern.remove_prefix(1);
            high = take();
        }
        found = found || (low <= letter && letter <= high);
    }
    if (!pattern.empty()) pattern.remove_prefix(1);  // the "]"
    return found != negated;
}

bool matches_name(std::string_view pattern, std::string_view name) {
    while (!pattern.empty()) {
        const char first = pattern.front();
        if (first == '*') {
            while (pattern.starts_with('*'))
                pattern.remove_prefix(1);
            for (std::size_t skip = 0; skip <= name.size(); ++skip) {
                if (matches_name(pattern, name.substr(skip))) return true;
            }
            return false;
        }
        if (name.empty()) return false;
        pattern.remove_prefix(1);
        if (first == '[') {
            if (!matches_set(pattern, name.front())) return false;
        } else if (first != '?') {
            char wanted = first;
            if (first == '\\' && !pattern.empty()) {
                wanted = pattern.front();
                pattern.remove_prefix(1);
            }
            if (name.front() != wanted) return false;
        }
        name.remove_prefix(1);
    }
    return name.empty();
}

/// True when the rule is the path or a directory above it.
bool matches(Parts rule, Parts path) {
    if (rule.empty()) return true;
    if (rule.front() == "**") {
        for (std::size_t skip = 0; skip <= path.size(); ++skip) {
            // "dir/**" is what is in the directory, not the directory.
            if (rule.size() == 1) return !path.empty();
            if (matches(rule.subspan(1), path.subspan(skip))) return true;
        }
        return false;
    }
    if (path.empty() || !matches_name(rule.front(), path.front())) return false;
    return matches(rule.subspan(1), path.subspan(1));
}

}  // namespace

IgnoreList::IgnoreList(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    for (std::string_view line : split(text, '\n')) {
        if (line.starts_with('#')) continue;
        line = trim(line);
        Rule rule;
        if (line.starts_with('!')) {
            rule.excludes = false;
            line = trim(line.substr(1));
        }
        if (line.empty()) continue;
        rule.parts = clean(line);
        if (rule.parts.empty()) continue;  // "." or "/": docker passes it over
        brings_back_ = brings_back_ || !rule.excludes;
        rules_.push_back(std::move(rule));
    }
}

bool IgnoreList::excludes(std::string_view path) const {
    const std::vector<std::string> parts = clean(path);
    if (parts.empty()) return false;
    const auto last = std::find_if(rules_.rbegin(), rules_.rend(), [&](const Rule& rule) {
        return matches(rule.parts, parts);
    });
    return last != rules_.rend() && last->excludes;
}

bool is_private(std::string_view path) {
    const std::vector<std::string> parts = clean(path);
    if (parts.empty()) return false;
    if (parts.front() == "backups") return true;
    return std::any_of(parts.begin(), parts.end(), [](const std::string& part) {
        return part == ".env" || part == ".poststack" || part.starts_with(".env.draft-") ||
               part.starts_with(".env.new");
    });
}

}  // namespace poststack::engine
