// Turning libpq's results into Error and Notice.
#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include "base/text.h"
#include "pg/connection_state.h"

namespace poststack::pg {

namespace {

std::string field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? std::string{} : text;
}

/// Failures that the same statement may not meet again: conflicts with other sessions and lost
/// sessions. Source: PostgreSQL manual, appendix A.
bool can_retry(std::string_view sqlstate) {
    if (sqlstate.starts_with("08")) return true;
    static constexpr std::array<std::string_view, 7> codes = {
        "40001", "40P01", "53300", "55P03", "57P01", "57P02", "57P03"};
    return std::find(codes.begin(), codes.end(), sqlstate) != codes.end();
}

std::string detail_of(const PGresult* result) {
    std::string detail = field(result, PG_DIAG_MESSAGE_DETAIL);
    const std::string where = field(result, PG_DIAG_CONTEXT);
    if (where.empty()) return detail;
    if (!detail.empty()) detail += '\n';
    return detail + where;
}

}  // namespace

std::string first_line(const PGconn* conn) {
    const std::string_view text = PQerrorMessage(conn);
    return std::string(trim(text.substr(0, text.find('\n'))));
}

Error lost_error(std::string_view reason) {
    return Error(ErrorKind::timeout,
                 reason.empty() ? std::string("the session with the server is lost")
                                : fmt::format("the session with the server is lost: {}", reason))
        .hint("Look into the server's log: it was stopped, it crashed, or the network failed.")
        .sqlstate("08006")
        .retryable();
}

Error server_error(const PGresult* result, const PGconn* conn) {
    const std::string sqlstate = field(result, PG_DIAG_SQLSTATE);
    if (sqlstate.empty()) {
        if (PQstatus(conn) == CONNECTION_BAD) return lost_error(first_line(conn));
        const std::string_view text =
            result == nullptr ? PQerrorMessage(conn) : PQresultErrorMessage(result);
        return Error(ErrorKind::database, std::string(trim(text)));
    }
    Error error = Error(ErrorKind::database, field(result, PG_DIAG_MESSAGE_PRIMARY))
                      .hint(field(result, PG_DIAG_MESSAGE_HINT))
                      .sqlstate(sqlstate)
                      .detail(detail_of(result));
    const auto position = parse_integer(field(result, PG_DIAG_STATEMENT_POSITION));
    if (position) error = std::move(error).position(static_cast<int>(*position));
    if (can_retry(sqlstate)) error = std::move(error).retryable();
    return error;
}

void receive_notice(void* state, const PGresult* result) {
    auto& session = *static_cast<Connection::State*>(state);
    Notice notice{field(result, PG_DIAG_SEVERITY_NONLOCALIZED),
                  field(result, PG_DIAG_SQLSTATE),
                  field(result, PG_DIAG_MESSAGE_PRIMARY),
                  field(result, PG_DIAG_MESSAGE_DETAIL),
                  field(result, PG_DIAG_MESSAGE_HINT),
                  session.count == nullptr ? 0 : session.count->completed()};
    if (session.handler) return session.handler(notice);
    constexpr std::size_t kept = 1000;
    if (session.notices.size() == kept) session.notices.pop_front();
    session.notices.push_back(std::move(notice));
}

}  // namespace poststack::pg
