#include "pg/login_failure.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace poststack::pg {

namespace {

/// One refusal by a server inside PQerrorMessage: "FATAL:  28P01: text", "LOCATION:  function,
/// ...".
struct Refusal {
    std::string sqlstate;
    std::string message;
    std::string function;
};

bool is_sqlstate(std::string_view text) noexcept {
    return text.size() == 5 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
           });
}

/// Finds ":  CODE: " in a line; the word before it is translated by the server, the code is not.
bool read_refusal(std::string_view line, Refusal& refusal) {
    constexpr std::string_view mark = ":  ";
    for (std::size_t at = line.find(mark); at != std::string_view::npos;
         at = line.find(mark, at + 1)) {
        const std::string_view rest = line.substr(at + mark.size());
        if (rest.size() < 7 || !is_sqlstate(rest.substr(0, 5)) || rest.substr(5, 2) != ": ") {
            continue;
        }
        refusal = {std::string(rest.substr(0, 5)), std::string(rest.substr(7)), {}};
        return true;
    }
    return false;
}

std::vector<Refusal> find_refusals(std::string_view text) {
    std::vector<Refusal> refusals;
    for (const std::string_view line : split(text, '\n')) {
        constexpr std::string_view location = "LOCATION:  ";  // libpq's word, C locale
        Refusal refusal;
        if (read_refusal(line, refusal)) {
            refusals.push_back(std::move(refusal));
        } else if (line.starts_with(location) && !refusals.empty()) {
            const std::string_view where = line.substr(location.size());
            refusals.back().function = std::string(where.substr(0, where.find(',')));
        }
    }
    return refusals;
}

/// libpq may try with and without TLS and reports both refusals. "No rule for this kind of
/// connection" (28000) from one of them says less than what the other one met.
const Refusal& most_telling(const std::vector<Refusal>& refusals) {
    const auto found = std::find_if(refusals.rbegin(), refusals.rend(), [](const Refusal& refusal) {
        return refusal.sqlstate != "28000";
    });
    return found != refusals.rend() ? *found : refusals.front();
}

LoginFailure judge(const Refusal& refusal) {
    if (refusal.sqlstate == "28P01") return LoginFailure::wrong_password;
    if (refusal.sqlstate == "3D000") return LoginFailure::no_database;
    if (refusal.sqlstate == "57P03") return LoginFailure::starting;
    if (refusal.sqlstate == "53300") return LoginFailure::too_many;
    if (refusal.sqlstate == "42501") return LoginFailure::no_privilege;
    if (refusal.sqlstate != "28000") return LoginFailure::server;
    // Source: src/backend/libpq/auth.c and utils/init/miscinit.c, unchanged from 13 to 18.
    if (refusal.function.starts_with("InitializeSessionUserId")) return LoginFailure::role_missing;
    if (refusal.function == "auth_failed") return LoginFailure::identity;
    return LoginFailure::rejected;
}

bool has(std::string_view text, std::string_view part) noexcept {
    return text.find(part) != std::string_view::npos;
}

bool has_errno(std::string_view text, int code) {
    return has(text, std::strerror(code));  // NOLINT(concurrency-mt-unsafe): glibc's is per thread
}

/// What the kernel said, as libpq passes it on.
LoginFailure judge_kernel(std::string_view text) {
    const bool socket = has(text, "connection to server on socket");
    if (socket && (has_errno(text, ENOENT) || has_errno(text, ECONNREFUSED))) {
        return LoginFailure::socket_missing;
    }
    if (socket && has_errno(text, EACCES)) return LoginFailure::socket_denied;
    if (has_errno(text, ECONNREFUSED)) return LoginFailure::refused;
    for (const int code : {EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL, EHOSTDOWN, ENETDOWN}) {
        if (has_errno(text, code)) return LoginFailure::no_route;
    }
    if (has_errno(text, ETIMEDOUT)) return LoginFailure::timed_out;
    return LoginFailure::other;
}

/// What libpq itself found wrong. Source: libpq's fe-connect.c and fe-secure-openssl.c, 13 to 18.
LoginFailure judge_client(std::string_view text) {
    if (has(text, "could not translate host name")) return LoginFailure::unresolved;
    if (has(text, "received invalid response to SSL negotiation") ||
        has(text, "expected authentication request from server") ||
        has(text, "received invalid authentication request") ||
        has(text, "received unencrypted data after SSL response")) {
        return LoginFailure::not_postgres;
    }
    if (has(text, "server does not support SSL")) return LoginFailure::tls_not_offered;
    if (has(text, "SSL error") || has(text, "certificate") || has(text, "SSL SYSCALL error")) {
        return LoginFailure::tls_failed;
    }
    const LoginFailure kernel = judge_kernel(text);
    if (kernel != LoginFailure::other) return kernel;
    if (has(text, "server closed the connection unexpectedly") || has_errno(text, ECONNRESET) ||
        has_errno(text, EPIPE)) {
        return LoginFailure::closed;
    }
    return LoginFailure::other;
}

/// The last line that is not one of libpq's questions, without its "... failed: " prefix.
std::string reason_of(std::string_view text) {
    std::string reason;
    for (const std::string_view line : split(text, '\n')) {
        if (line.empty() || line.front() == '\t' || line.starts_with("This may indicate")) continue;
        constexpr std::string_view mark = " failed: ";
        const std::size_t at =
            line.starts_with("connection to server") ? line.find(mark) : std::string_view::npos;
        reason = at == std::string_view::npos ? line : line.substr(at + mark.size());
    }
    return reason;
}

}  // namespace

std::string_view name(LoginFailure failure) noexcept {
    switch (failure) {
        case LoginFailure::unresolved: return "unresolved";
        case LoginFailure::no_route: return "no_route";
        case LoginFailure::refused: return "refused";
        case LoginFailure::socket_missing: return "socket_missing";
        case LoginFailure::socket_denied: return "socket_denied";
        case LoginFailure::starting: return "starting";
        case LoginFailure::wrong_password: return "wrong_password";
        case LoginFailure::no_password: return "no_password";
        case LoginFailure::rejected: return "rejected";
        case LoginFailure::identity: return "identity";
        case LoginFailure::role_missing: return "role_missing";
        case LoginFailure::no_privilege: return "no_privilege";
        case LoginFailure::no_database: return "no_database";
        case LoginFailure::too_many: return "too_many";
        case LoginFailure::tls_required: return "tls_required";
        case LoginFailure::tls_not_offered: return "tls_not_offered";
        case LoginFailure::tls_failed: return "tls_failed";
        case LoginFailure::not_postgres: return "not_postgres";
        case LoginFailure::timed_out: return "timed_out";
        case LoginFailure::closed: return "closed";
        case LoginFailure::server: return "server";
        case LoginFailure::other: return "other";
    }
    return "other";
}

LoginDiagnosis diagnose(const LoginReport& report) {
    const std::vector<Refusal> refusals = find_refusals(report.text);
    if (!refusals.empty()) {
        const Refusal& refusal = most_telling(refusals);
        return {judge(refusal), refusal.sqlstate, refusal.message};
    }
    if (report.needs_password) return {LoginFailure::no_password, {}, reason_of(report.text)};
    return {judge_client(report.text), {}, reason_of(report.text)};
}

}  // namespace poststack::pg
