// libpq, loaded at its first use instead of at the start of the process.
//
// libpq brings some twenty-five libraries along (Kerberos, LDAP, two TLS libraries), which cost the
// dynamic loader 5 ms: more than most commands need altogether, and many never connect. So the
// programs of this project are not linked with it. They are linked with libpq_calls.cc, which
// defines the functions of <libpq-fe.h> that src/pg uses: each goes through the table below. The
// compiler checks every definition against the header's declaration, and the linker that none is
// missing. The public library (src/client) is linked with libpq as usual.
#pragma once

#include <libpq-fe.h>

namespace poststack::pg {

// The only list of the functions; the table's members and what is looked up are made from it.
// clang-format off
#define POSTSTACK_LIBPQ_FUNCTIONS(X) \
    X(PQbackendPID) X(PQcancel) X(PQclear) X(PQcmdStatus) X(PQcmdTuples) X(PQconndefaults) \
    X(PQconnectionNeedsPassword) X(PQconnectPoll) X(PQconnectStartParams) X(PQconninfoFree) \
    X(PQconsumeInput) X(PQencryptPasswordConn) X(PQenterPipelineMode) X(PQerrorMessage) \
    X(PQescapeIdentifier) X(PQescapeLiteral) X(PQexitPipelineMode) X(PQfinish) X(PQflush) \
    X(PQfname) X(PQfreeCancel) X(PQfreemem) X(PQgetCancel) X(PQgetCopyData) X(PQgetisnull) \
    X(PQgetlength) X(PQgetResult) X(PQgetvalue) X(PQisBusy) X(PQlibVersion) X(PQnfields) \
    X(PQntuples) X(PQparameterStatus) X(PQpipelineStatus) X(PQpipelineSync) \
    X(PQputCopyData) X(PQputCopyEnd) X(PQresultErrorField) X(PQresultErrorMessage) \
    X(PQresultStatus) X(PQsendPrepare) X(PQsendQuery) X(PQsendQueryParams) \
    X(PQsendQueryPrepared) X(PQserverVersion) X(PQsetErrorVerbosity) X(PQsetnonblocking) X(PQsetNoticeReceiver) X(PQsocket) \
    X(PQsslAttribute) X(PQsslInUse) X(PQstatus) X(PQtrace) X(PQtransactionStatus) X(PQuntrace)
// clang-format on

/// The functions of the loaded library, under their own names and types.
struct LibpqTable {
#define POSTSTACK_MEMBER(name) decltype(&::name) name;
    POSTSTACK_LIBPQ_FUNCTIONS(POSTSTACK_MEMBER)
#undef POSTSTACK_MEMBER
};

/// The table, filled at the first call. Thread safe; the library stays until the process ends.
///
/// Errors: not_found when this machine has no libpq, or one older than 14.
[[nodiscard]] const LibpqTable& libpq();

}  // namespace poststack::pg
