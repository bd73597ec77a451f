#include "config/interpolate.h"

#include <cstddef>

#include <fmt/format.h>

#include "base/error.h"

namespace poststack::config {

namespace {

constexpr int max_depth = 32;

bool begins_name(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

bool continues_name(char c) {
    return begins_name(c) || (c >= '0' && c <= '9');
}

/// One pass over a value; braces recurse through replace().
class Interpolation {
  public:
    Interpolation(const Lookup& lookup, std::string_view origin)
        : lookup_(lookup), origin_(origin) {}

    std::string replace(std::string_view text, int depth) {
        if (depth > max_depth) fail("variables are nested too deeply");
        std::string out;
        std::size_t at = 0;
        while (at < text.size()) {
            if (text[at] != '$') {
                out += text[at++];
                continue;
            }
            at += replace_one(text.substr(at), depth, out);
        }
        return out;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw Error(ErrorKind::config, fmt::format("cannot read \"{}\": {}", origin_, what));
    }

    /// Appends what stands for the "$..." that `text` begins with; returns how long that is.
    std::size_t replace_one(std::string_view text, int depth, std::string& out) {
        const char next = text.size() > 1 ? text[1] : '\0';
        if (next == '$') {
            out += '$';
            return 2;
        }
        if (next == '{') {
            const std::size_t close = closing_brace(text);
            out += braced(text.substr(2, close - 2), depth);
            return close + 1;
        }
        if (!begins_name(next)) {
            throw Error(ErrorKind::config,
                        fmt::format("cannot read \"{}\": a lone \"$\" in the value", origin_))
                .hint("Write $$ for a dollar sign, or put the value in single quotes.");
        }
        std::size_t end = 1;
        while (end < text.size() && continues_name(text[end]))
            ++end;
        out += lookup_(text.substr(1, end - 1)).value_or("");
        return end;
    }

    std::size_t closing_brace(std::string_view text) const {
        int open = 0;
        for (std::size_t at = 1; at < text.size(); ++at) {
            if (text[at] == '{' && text[at - 1] == '$') ++open;
            if (text[at] == '}' && --open == 0) return at;
        }
        fail("\"${\" is not closed by \"}\"");
    }

    std::string braced(std::string_view inside, int depth) {
        std::size_t end = 0;
        while (end < inside.size() && continues_name(inside[end]))
            ++end;
        const std::string_view name = inside.substr(0, end);
        if (name.empty() || !begins_name(name.front())) fail("\"${\" is not followed by a name");
        std::string_view rest = inside.substr(end);
        const std::optional<std::string> value = lookup_(name);
        if (rest.empty()) return value.value_or("");

        const bool empty_counts_as_unset = rest.front() == ':';
        if (empty_counts_as_unset) rest.remove_prefix(1);
        const char operation = rest.empty() ? '\0' : rest.front();
        if (!rest.empty()) rest.remove_prefix(1);
        const bool is_set = value && !(empty_counts_as_unset && value->empty());
        switch (operation) {
            case '-': return is_set ? *value : replace(rest, depth + 1);
            case '+': return is_set ? replace(rest, depth + 1) : "";
            case '?':
                if (is_set) return *value;
                fail(fmt::format("variable \"{}\" is not set{}{}",
                                 name,
                                 rest.empty() ? "" : ": ",
                                 rest.empty() ? "" : replace(rest, depth + 1)));
            default: fail(fmt::format("unknown operator behind \"${{{}\"", name));
        }
    }

    const Lookup& lookup_;
    std::string_view origin_;
};

}  // namespace

std::string interpolate(std::string_view text, const Lookup& lookup, std::string_view origin) {
    return Interpolation(lookup, origin).replace(text, 0);
}

}  // namespace poststack::config
