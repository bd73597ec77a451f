#include "migrate/foreign_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace poststack::migrate {
namespace {

/// The text behind "--" and blanks, in lower case; nothing for a line that is no comment.
std::optional<std::string> comment_of(std::string_view line) {
    const std::string_view content = trim(line);
    if (!content.starts_with("--")) return std::nullopt;
    return to_lower(trim(content.substr(2)));
}

/// Calls `each` with every line, its line end included.
template <class Each>
void for_each_line(std::string_view text, const Each& each) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    while (!text.empty()) {
        const std::size_t newline = text.find('\n');
        const std::size_t size = newline == std::string_view::npos ? text.size() : newline + 1;
        each(text.substr(0, size));
        text.remove_prefix(size);
    }
}

/// Collects lines into the part that a mark has opened.
class Parts {
  public:
    /// What stands above the first mark belongs to no part.
    enum class Part { none, up, down };

    void open(Part part) {
        part_ = part;
        if (part == Part::down && !text_.down) text_.down.emplace();
    }

    void add(std::string_view line) {
        if (part_ == Part::up) text_.up += line;
        if (part_ == Part::down) *text_.down += line;
    }

    void forbid_transaction() { text_.no_transaction = true; }

    [[nodiscard]] ForeignText finish() {
        // "Nothing to undo" is written as an empty part.
        if (text_.down && trim(*text_.down).empty()) text_.down.reset();
        return std::move(text_);
    }

  private:
    ForeignText text_;
    Part part_ = Part::none;
};

[[noreturn]] void refuse(std::string_view name, std::string_view what) {
    throw Error(ErrorKind::config, fmt::format("cannot take over \"{}\": {}", name, what))
        .hint("Write this one by hand as NNN_name.sql and adopt the rest.");
}

}  // namespace

ForeignText cut_dbmate(std::string_view text) {
    Parts parts;
    for_each_line(text, [&](std::string_view line) {
        const std::string comment = comment_of(line).value_or("");
        const bool up = comment.starts_with("migrate:up");
        if (!up && !comment.starts_with("migrate:down")) {
            parts.add(line);
            return;
        }
        parts.open(up ? Parts::Part::up : Parts::Part::down);
        if (up && comment.find("transaction:false") != std::string::npos)
            parts.forbid_transaction();
    });
    return parts.finish();
}

ForeignText cut_goose(std::string_view text, std::string_view name) {
    Parts parts;
    for_each_line(text, [&](std::string_view line) {
        const std::string comment = comment_of(line).value_or("");
        if (!comment.starts_with("+goose")) {
            parts.add(line);
            return;
        }
        const std::string_view word = trim(std::string_view(comment).substr(6));
        if (word == "up") parts.open(Parts::Part::up);
        if (word == "down") parts.open(Parts::Part::down);
        if (word == "no transaction") parts.forbid_transaction();
        if (word.starts_with("envsub on")) refuse(name, "goose puts variables into it (ENVSUB)");
    });
    return parts.finish();
}

ForeignText cut_node_pg_migrate(std::string_view text) {
    Parts parts;
    parts.open(Parts::Part::up);
    for_each_line(text, [&](std::string_view line) {
        const std::string comment = comment_of(line).value_or("");
        if (comment.starts_with("up migration")) {
            parts.open(Parts::Part::up);
        } else if (comment.starts_with("down migration")) {
            parts.open(Parts::Part::down);
        } else {
            parts.add(line);
        }
    });
    return parts.finish();
}

namespace {

/// "author:id attribute:value ..." as it stands behind "--changeset".
Changeset parse_changeset(std::string_view words, std::string_view name) {
    const std::size_t blank = std::min(words.find_first_of(" \t"), words.size());
    const std::string_view head = words.substr(0, blank);
    const std::size_t colon = head.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == head.size())
        refuse(name, "a changeset without author:id");
    Changeset changeset;
    changeset.author = head.substr(0, colon);
    changeset.id = head.substr(colon + 1);
    const std::string attributes = to_lower(words.substr(blank));
    changeset.text.no_transaction = attributes.find("runintransaction:false") != std::string::npos;
    const auto says = [&](std::string_view word) {
        return attributes.find(word) != std::string::npos;
    };
    const std::string who = fmt::format("changeset {}:{}", changeset.author, changeset.id);
    if (says("enddelimiter:")) refuse(name, who + " has a delimiter of its own (endDelimiter)");
    if (says("dbms:") && !says("postgresql")) refuse(name, who + " is for another database (dbms)");
    return changeset;
}

/// The rest of `line` behind "--" and `label`, in its own case.
std::optional<std::string_view> behind(std::string_view line, std::string_view label) {
    const std::string_view content = trim(line);
    if (!content.starts_with("--")) return std::nullopt;
    const std::string_view comment = trim(content.substr(2));
    if (!to_lower(comment).starts_with(label)) return std::nullopt;
    return trim(comment.substr(label.size()));
}

}  // namespace

std::vector<Changeset> cut_liquibase(std::string_view text, std::string_view name) {
    std::vector<Changeset> found;
    bool formatted = false;
    for_each_line(text, [&](std::string_view line) {
        if (behind(line, "liquibase formatted sql")) {
            formatted = true;
        } else if (const auto words = behind(line, "changeset ")) {
            found.push_back(parse_changeset(*words, name));
        } else if (found.empty()) {
            return;
        } else if (const auto undo = behind(line, "rollback")) {
            std::optional<std::string>& down = found.back().text.down;
            if (to_lower(*undo) == "empty" || to_lower(*undo).starts_with("not required")) return;
            if (!down) down.emplace();
            *down += std::string(*undo) + "\n";
        } else if (behind(line, "preconditions") || behind(line, "precondition-")) {
            refuse(name, "a changeset with preconditions");
        } else if (to_lower(line).find("/* liquibase rollback") != std::string::npos) {
            refuse(name, "a changeset with a rollback block");
        } else {
            found.back().text.up += line;
        }
    });
    if (!formatted) refuse(name, "it does not begin with \"--liquibase formatted sql\"");
    return found;
}

}  // namespace poststack::migrate
