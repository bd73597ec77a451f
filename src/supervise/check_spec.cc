#include "supervise/check_spec.h"

#include <arpa/inet.h>
#include <cstddef>
#include <netinet/in.h>

#include <fmt/format.h>

#include "base/text.h"
#include "supervise/words.h"

namespace poststack::supervise {
namespace {

bool is_address(const std::string& host) {
    in6_addr bytes{};
    return ::inet_pton(AF_INET, host.c_str(), &bytes) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), &bytes) == 1;
}

/// Reads "host:port", "[v6]:port" or "port"; `fallback` stands for a missing port.
bool take_address(std::string_view text, std::int64_t fallback, Check& check) {
    const std::size_t colon = text.rfind(':');
    const bool has_v6 = text.starts_with('[');
    std::string_view host;
    std::string_view port;
    if (has_v6) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return false;
        host = text.substr(1, end - 1);
        port = text.substr(end + 1);
        if (port.starts_with(':')) port.remove_prefix(1);
    } else if (colon != std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
    } else if (fallback == 0) {
        port = text;
    } else {
        host = text;
    }
    check.host = host.empty() || host == "localhost" ? "127.0.0.1" : std::string(host);
    const auto number = port.empty() ? fallback : parse_integer(port).value_or(0);
    if (number < 1 || number > 65535) return false;
    check.port = static_cast<std::uint16_t>(number);
    return is_address(check.host);
}

bool take_http(std::string_view text, Check& check) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    check.kind = Check::Kind::http;
    check.path = slash < text.size() ? std::string(text.substr(slash)) : "/";
    for (const char letter : check.path) {
        if (static_cast<unsigned char>(letter) <= ' ' || letter == '\x7f') return false;
    }
    return take_address(text.substr(0, slash), 80, check);
}

bool take_exec(std::string_view text, Check& check) {
    check.kind = Check::Kind::exec;
    auto words = split_command(text);
    if (!words || words->empty()) return false;
    check.argv = std::move(*words);
    return true;
}

}  // namespace

std::optional<Check> parse_check(const std::string& text, std::string& problem) {
    Check check;
    check.text = text;
    const std::string_view word = trim(text);
    bool fits = true;
    if (word.empty() || word == "none") {
        check.text.clear();
    } else if (word == "postgres") {
        check.kind = Check::Kind::postgres;
    } else if (word == "notify") {
        check.kind = Check::Kind::notify;
    } else if (word.starts_with("http://")) {
        fits = take_http(word.substr(7), check);
    } else if (word.starts_with("tcp:")) {
        check.kind = Check::Kind::tcp;
        std::string_view rest = word.substr(4);
        if (rest.starts_with("//")) rest.remove_prefix(2);
        fits = take_address(rest, 0, check);
    } else if (word.starts_with("exec:")) {
        fits = take_exec(word.substr(5), check);
    } else if (word.starts_with("file:/")) {
        check.kind = Check::Kind::file;
        check.path = word.substr(5);
    } else {
        problem = fmt::format(
            "is \"{}\", none of postgres, notify, http://ADDRESS:PORT/PATH, tcp:PORT, "
            "exec:COMMAND, file:/PATH",
            text);
        return std::nullopt;
    }
    if (!fits) {
        problem = fmt::format(
            "is \"{}\": after \"{}\" stands {}",
            text,
            text.substr(0, text.find(':') + 1),
            check.kind == Check::Kind::exec ? "a command" : "a literal address and a port");
        return std::nullopt;
    }
    return check;
}

}  // namespace poststack::supervise
