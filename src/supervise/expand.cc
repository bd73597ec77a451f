#include "supervise/expand.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace poststack::supervise {
namespace {

constexpr std::size_t widest = 1000;  // of a field such as %(process_num)05d

/// One "%(name)05d": what stands between ")" and the letter, and the letter.
struct Field {
    std::string_view name;
    std::string_view flags;
    char kind = 's';
    std::size_t length = 0;  ///< of the whole, from "%" on
};

/// Reads a field at the start of `text`; nothing when it is none.
std::optional<Field> read_field(std::string_view text) {
    if (!text.starts_with("%(")) return std::nullopt;
    const std::size_t name_end = text.find(')');
    if (name_end == std::string_view::npos) return std::nullopt;
    const std::size_t kind_at = text.find_first_not_of("0123456789-+ #.", name_end + 1);
    if (kind_at == std::string_view::npos) return std::nullopt;
    return Field{.name = text.substr(2, name_end - 2),
                 .flags = text.substr(name_end + 1, kind_at - name_end - 1),
                 .kind = text[kind_at],
                 .length = kind_at + 1};
}

std::string pad(std::string text, std::string_view flags) {
    const bool is_left = flags.find('-') != std::string_view::npos;
    const std::size_t digits = std::min(flags.find_first_of("123456789"), flags.size());
    const bool is_zero = !is_left && flags.substr(0, digits).find('0') != std::string_view::npos;
    const auto width = static_cast<std::size_t>(
        std::clamp<std::int64_t>(parse_integer(flags.substr(digits)).value_or(0), 0, widest));
    if (text.size() >= width) return text;
    const std::size_t missing = width - text.size();
    if (is_left) return text.append(missing, ' ');
    const std::size_t sign = is_zero && text.starts_with('-') ? 1 : 0;
    return text.insert(sign, missing, is_zero ? '0' : ' ');
}

std::vector<std::string> known_names(const Expansions& names) {
    std::vector<std::string> known;
    for (const auto& [name, value] : names)
        known.push_back(name);
    return known;
}

[[noreturn]] void refuse_name(std::string_view name,
                              const Expansions& names,
                              std::string_view key,
                              const Place& place) {
    std::string hint;
    if (name.starts_with("ENV_")) {
        hint = fmt::format("Set {} in the environment that starts this program.", name.substr(4));
    }
    if (const auto close = nearest(name, known_names(names))) {
        hint = fmt::format("Did you mean %({})s?", *close);
    }
    throw_at(place, fmt::format("\"{}\" uses %({})s, which is not set", key, name), hint);
}

std::string fill(const Field& field, const std::string& value) {
    if (std::string_view("diu").find(field.kind) != std::string_view::npos) {
        const auto number = parse_integer(value);
        return pad(number ? std::to_string(*number) : value, field.flags);
    }
    // %(x)05s pads with blanks in Python too: "0" is for numbers alone.
    std::string flags(field.flags);
    const std::size_t first = flags.find_first_not_of('0');
    flags.erase(0, std::min(first, flags.size()));
    return pad(value, flags);
}

}  // namespace

std::string expand(std::string_view value,
                   const Expansions& names,
                   std::string_view key,
                   const Place& place) {
    std::string result;
    while (!value.empty()) {
        const std::size_t mark = std::min(value.find('%'), value.size());
        result += value.substr(0, mark);
        value.remove_prefix(mark);
        if (value.empty()) break;
        if (const auto field = read_field(value)) {
            if (std::string_view("sdiur").find(field->kind) == std::string_view::npos) {
                throw_at(place,
                         fmt::format("\"{}\" uses %({}){}: only s and d may end it",
                                     key,
                                     field->name,
                                     field->kind));
            }
            const auto found = names.find(std::string(field->name));
            if (found == names.end()) refuse_name(field->name, names, key, place);
            result += fill(*field, found->second);
            value.remove_prefix(field->length);
        } else if (value.starts_with("%(")) {
            throw_at(place, fmt::format("\"{}\" holds an unfinished %(name)s", key));
        } else {
            result += '%';
            value.remove_prefix(value.starts_with("%%") ? 2 : 1);
        }
    }
    return result;
}

}  // namespace poststack::supervise
