#include "supervise/section.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace poststack::supervise {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::pair<std::string_view, int>, 22> signals{{
    {"HUP", SIGHUP},   {"INT", SIGINT},     {"QUIT", SIGQUIT}, {"ILL", SIGILL},   {"TRAP", SIGTRAP},
    {"ABRT", SIGABRT}, {"BUS", SIGBUS},     {"FPE", SIGFPE},   {"KILL", SIGKILL}, {"USR1", SIGUSR1},
    {"SEGV", SIGSEGV}, {"USR2", SIGUSR2},   {"PIPE", SIGPIPE}, {"ALRM", SIGALRM}, {"TERM", SIGTERM},
    {"CHLD", SIGCHLD}, {"CONT", SIGCONT},   {"STOP", SIGSTOP}, {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN},
    {"TTOU", SIGTTOU}, {"WINCH", SIGWINCH},
}};

std::optional<std::uint64_t> find_bytes(std::string_view text) {
    const std::string word = to_lower(trim(text));
    std::string_view digits = word;
    unsigned shift = 0;
    for (const auto& [unit, bits] :
         {std::pair{"kb", 10U}, std::pair{"mb", 20U}, std::pair{"gb", 30U}}) {
        if (!digits.ends_with(unit)) continue;
        digits.remove_suffix(2);
        shift = bits;
        break;
    }
    const auto number = parse_integer(trim(digits));
    constexpr std::int64_t most = std::int64_t{1} << 32;
    if (!number || *number < 0 || *number > most) return std::nullopt;
    return static_cast<std::uint64_t>(*number) << shift;
}

}  // namespace

std::optional<int> find_signal(std::string_view text) {
    const std::string word = to_upper(trim(text));
    if (const auto number = parse_integer(word)) {
        const bool is_known = *number >= 1 && *number < NSIG;
        return is_known ? std::optional(static_cast<int>(*number)) : std::nullopt;
    }
    const std::string_view bare = std::string_view(word).substr(word.starts_with("SIG") ? 3 : 0);
    const auto* found = std::ranges::find(signals, bare, &std::pair<std::string_view, int>::first);
    return found == signals.end() ? std::nullopt : std::optional(found->second);
}

std::string signal_name(int number) {
    const auto* found =
        std::ranges::find(signals, number, &std::pair<std::string_view, int>::second);
    return found == signals.end() ? std::to_string(number) : std::string(found->first);
}

std::optional<bool> find_boolean(std::string_view text) {
    constexpr std::array<std::string_view, 5> yes{"yes", "true", "on", "1", "y"};
    constexpr std::array<std::string_view, 5> no{"no", "false", "off", "0", "n"};
    const std::string word = to_lower(trim(text));
    if (std::ranges::find(yes, word) != yes.end() || word == "t") return true;
    if (std::ranges::find(no, word) != no.end() || word == "f") return false;
    return std::nullopt;
}

std::optional<milliseconds> find_duration(std::string_view text) {
    const std::string word = to_lower(trim(text));
    // By hand: the C++ library's reader of floating-point numbers is larger than all of this.
    std::size_t end = std::min(word.find_first_not_of("0123456789"), word.size());
    const auto whole = parse_integer(std::string_view(word).substr(0, end));
    constexpr std::int64_t longest = 1'000'000'000;  // seconds
    if (!whole || *whole > longest) return std::nullopt;
    std::int64_t thousandths = *whole * 1000;
    if (end < word.size() && word[end] == '.') {
        std::int64_t weight = 100;
        for (++end; end < word.size() && word[end] >= '0' && word[end] <= '9'; ++end, weight /= 10)
            thousandths += weight * (word[end] - '0');
    }
    const std::string_view unit = trim(std::string_view(word).substr(end));
    if (unit.empty() || unit == "s") return milliseconds(thousandths);
    if (unit == "ms") return milliseconds(thousandths / 1000);
    if (unit == "m" || unit == "min") return milliseconds(thousandths * 60);
    if (unit == "h") return milliseconds(thousandths * 3600);
    return std::nullopt;
}

Section::Section(const IniSection& section, Expansions names)
    : section_(&section), names_(std::move(names)) {}

const Place& Section::place_of(std::string_view key) const noexcept {
    const IniEntry* entry = section_->find(key);
    return entry == nullptr ? section_->place : entry->place;
}

bool Section::has(std::string_view key) const noexcept {
    return section_->find(key) != nullptr;
}

void Section::add_name(const std::string& name, std::string value) {
    names_[name] = std::move(value);
}

std::optional<std::string> Section::find(std::string_view key) const {
    const IniEntry* entry = section_->find(key);
    if (entry == nullptr) return std::nullopt;
    // %(here)s is the directory of the file that says it, also of an included one.
    const std::string& file = entry->place.file;
    const std::size_t slash = file.rfind('/');
    Expansions names = names_;
    names["here"] = slash == std::string::npos ? "." : file.substr(0, std::max(slash, 1UL));
    return expand(entry->value, names, key, entry->place);
}

std::string Section::text(std::string_view key, std::string_view otherwise) const {
    return find(key).value_or(std::string(otherwise));
}

bool Section::boolean(std::string_view key, bool otherwise) const {
    const auto value = find(key);
    if (!value) return otherwise;
    const auto answer = find_boolean(*value);
    if (!answer) refuse(key, fmt::format("is \"{}\", neither true nor false", *value));
    return *answer;
}

std::int64_t Section::integer(std::string_view key,
                              std::int64_t otherwise,
                              IntegerRange range) const {
    const auto value = find(key);
    if (!value) return otherwise;
    const auto number = parse_integer(trim(*value));
    if (!number) refuse(key, fmt::format("is \"{}\", not a whole number", *value));
    if (*number < range.least || *number > range.most) {
        refuse(key, fmt::format("is {}, not between {} and {}", *number, range.least, range.most));
    }
    return *number;
}

std::uint64_t Section::bytes(std::string_view key, std::uint64_t otherwise) const {
    const auto value = find(key);
    if (!value) return otherwise;
    const auto number = find_bytes(*value);
    if (!number) refuse(key, fmt::format("is \"{}\", not a size such as 512KB or 50MB", *value));
    return *number;
}

std::optional<mode_t> Section::octal(std::string_view key) const {
    const auto value = find(key);
    if (!value) return std::nullopt;
    std::string_view digits = trim(*value);
    if (digits.starts_with("0o")) digits.remove_prefix(2);
    unsigned number = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number, 8);
    if (error != std::errc() || end != digits.data() + digits.size() || number > 07777) {
        refuse(key, fmt::format("is \"{}\", not an octal mode such as 022", *value));
    }
    return number;
}

milliseconds Section::duration(std::string_view key, milliseconds otherwise) const {
    const auto value = find(key);
    if (!value) return otherwise;
    const auto length = find_duration(*value);
    if (!length) refuse(key, fmt::format("is \"{}\", not a duration such as 500ms or 10s", *value));
    return *length;
}

Variables Section::variables(std::string_view key) const {
    const auto value = find(key);
    if (!value) return {};
    auto parsed = split_variables(*value);
    if (!parsed) {
        // The value may hold a password: it is not repeated.
        refuse(key, "is not of the form KEY=\"value\",KEY2=\"value\"");
    }
    return std::move(*parsed);
}

void Section::refuse(std::string_view key, const std::string& problem, std::string hint) const {
    throw_at(place_of(key), fmt::format("\"{}\" {}", key, problem), std::move(hint));
}

}  // namespace poststack::supervise
