#include <memory>

#include <fmt/format.h>

#include "base/error.h"
#include "pg/connection_state.h"

namespace poststack::pg {

namespace {

struct MemoryFree {
    void operator()(char* text) const noexcept { PQfreemem(text); }
};

using PqText = std::unique_ptr<char, MemoryFree>;

void require_no_nul(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) {
        throw Error(ErrorKind::bug, "a name or text for SQL holds a NUL character");
    }
}

std::string doubled(std::string_view text, char quote) {
    std::string result;
    result.reserve(text.size() + 2);
    result += quote;
    for (const char c : text) {
        if (c == quote) result += c;
        result += c;
    }
    result += quote;
    return result;
}

std::string checked(const PqText& quoted, const Connection& connection) {
    if (quoted) return quoted.get();
    throw Error(
        ErrorKind::bug,
        fmt::format("cannot quote for SQL: {}", PQerrorMessage(connection.state().conn.get())));
}

}  // namespace

std::string Connection::quote_identifier(std::string_view name) const {
    require_no_nul(name);
    return checked(PqText(PQescapeIdentifier(get(), name.data(), name.size())), *this);
}

std::string Connection::quote_literal(std::string_view text) const {
    require_no_nul(text);
    return checked(PqText(PQescapeLiteral(get(), text.data(), text.size())), *this);
}

std::string quote_identifier(std::string_view name) {
    require_no_nul(name);
    return doubled(name, '"');
}

std::string quote_literal(std::string_view text) {
    require_no_nul(text);
    std::string quoted = doubled(text, '\'');
    if (text.find('\\') == std::string_view::npos) return quoted;
    // E'..' means the same whatever standard_conforming_strings says.
    std::string escaped = "E";
    for (const char c : quoted) {
        if (c == '\\') escaped += c;
        escaped += c;
    }
    return escaped;
}

Secret scram_verifier(Connection& connection, const std::string& user, const Secret& password) {
    const PqText verifier(PQencryptPasswordConn(
        connection.state().conn.get(), password.reveal().c_str(), user.c_str(), nullptr));
    if (!verifier) {
        throw Error(ErrorKind::database,
                    fmt::format("cannot compute the password verifier of role \"{}\"", user));
    }
    return Secret(verifier.get());
}

}  // namespace poststack::pg
