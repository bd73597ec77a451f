// Asks a server the cheapest question there is: a startup packet, and what comes back.
//
// It proves that a server accepts sessions, never that a login works (originals.md, 1.13): only the
// authenticated SELECT 1 is called ready.
// Source: PostgreSQL manual, 55.2.1 (start-up) and 55.7 (message formats).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace poststack::pgfiles {

enum class ProbeAnswer {
    accepting,     ///< it asks for a password or lets us in
    starting,      ///< SQLSTATE 57P03: starting up, shutting down or in recovery
    too_many,      ///< 53300: no connection slot
    refused,       ///< any other error message: the server lives
    no_listener,   ///< nothing listens there
    no_answer,     ///< connected, but silent until the limit
    not_postgres,  ///< something else answered
};

[[nodiscard]] std::string_view name(ProbeAnswer answer) noexcept;

struct ProbeResult {
    ProbeAnswer answer = ProbeAnswer::no_listener;
    std::string sqlstate;  ///< of an error message
    std::string message;
};

/// Where to knock: a unix socket (DIRECTORY/.s.PGSQL.PORT) when `socket_directory` is set, else TCP
/// `address` (a numeric IPv4 or IPv6 address).
struct ProbeTarget {
    std::filesystem::path socket_directory;
    std::string address = "127.0.0.1";
    std::uint16_t port = 5432;
};

/// Knocks once. Errors: interrupted; everything else is an answer.
[[nodiscard]] ProbeResult probe(const ProbeTarget& target,
                                std::string_view user,
                                std::string_view database,
                                std::chrono::milliseconds limit);

/// The bytes of the question, for who waits for the answer in a loop of their own.
[[nodiscard]] std::string startup_packet(std::string_view user, std::string_view database);

/// Decides as soon as enough of the answer has come; nothing while more is needed.
[[nodiscard]] std::optional<ProbeResult> judge_answer(std::string_view received, bool is_at_end);

}  // namespace poststack::pgfiles
