// The functions of <libpq-fe.h> for programs that load libpq late; see libpq_table.h.
#include "pg/libpq_table.h"

using poststack::pg::libpq;

int PQbackendPID(const PGconn* conn) {
    return libpq().PQbackendPID(conn);
}

int PQcancel(PGcancel* cancel, char* errbuf, int errbufsize) {
    return libpq().PQcancel(cancel, errbuf, errbufsize);
}

void PQclear(PGresult* result) {
    return libpq().PQclear(result);
}

char* PQcmdStatus(PGresult* result) {
    return libpq().PQcmdStatus(result);
}

char* PQcmdTuples(PGresult* result) {
    return libpq().PQcmdTuples(result);
}

PQconninfoOption* PQconndefaults() {
    return libpq().PQconndefaults();
}

int PQconnectionNeedsPassword(const PGconn* conn) {
    return libpq().PQconnectionNeedsPassword(conn);
}

PostgresPollingStatusType PQconnectPoll(PGconn* conn) {
    return libpq().PQconnectPoll(conn);
}

PGconn* PQconnectStartParams(const char* const* keywords,
                             const char* const* values,
                             int expand_dbname) {
    return libpq().PQconnectStartParams(keywords, values, expand_dbname);
}

void PQconninfoFree(PQconninfoOption* conn_options) {
    return libpq().PQconninfoFree(conn_options);
}

int PQconsumeInput(PGconn* conn) {
    return libpq().PQconsumeInput(conn);
}

char* PQencryptPasswordConn(PGconn* conn,
                            const char* passwd,
                            const char* user,
                            const char* algorithm) {
    return libpq().PQencryptPasswordConn(conn, passwd, user, algorithm);
}

int PQenterPipelineMode(PGconn* conn) {
    return libpq().PQenterPipelineMode(conn);
}

char* PQerrorMessage(const PGconn* conn) {
    return libpq().PQerrorMessage(conn);
}

char* PQescapeIdentifier(PGconn* conn, const char* text, size_t length) {
    return libpq().PQescapeIdentifier(conn, text, length);
}

char* PQescapeLiteral(PGconn* conn, const char* text, size_t length) {
    return libpq().PQescapeLiteral(conn, text, length);
}

int PQexitPipelineMode(PGconn* conn) {
    return libpq().PQexitPipelineMode(conn);
}

void PQfinish(PGconn* conn) {
    return libpq().PQfinish(conn);
}

int PQflush(PGconn* conn) {
    return libpq().PQflush(conn);
}

char* PQfname(const PGresult* result, int field_num) {
    return libpq().PQfname(result, field_num);
}

void PQfreeCancel(PGcancel* cancel) {
    return libpq().PQfreeCancel(cancel);
}

void PQfreemem(void* memory) {
    return libpq().PQfreemem(memory);
}

PGcancel* PQgetCancel(PGconn* conn) {
    return libpq().PQgetCancel(conn);
}

int PQgetCopyData(PGconn* conn, char** buffer, int async) {
    return libpq().PQgetCopyData(conn, buffer, async);
}

int PQgetisnull(const PGresult* result, int tup_num, int field_num) {
    return libpq().PQgetisnull(result, tup_num, field_num);
}

int PQgetlength(const PGresult* result, int tup_num, int field_num) {
    return libpq().PQgetlength(result, tup_num, field_num);
}

PGresult* PQgetResult(PGconn* conn) {
    return libpq().PQgetResult(conn);
}

char* PQgetvalue(const PGresult* result, int tup_num, int field_num) {
    return libpq().PQgetvalue(result, tup_num, field_num);
}

int PQisBusy(PGconn* conn) {
    return libpq().PQisBusy(conn);
}

int PQlibVersion() {
    return libpq().PQlibVersion();
}

int PQnfields(const PGresult* result) {
    return libpq().PQnfields(result);
}

int PQntuples(const PGresult* result) {
    return libpq().PQntuples(result);
}

const char* PQparameterStatus(const PGconn* conn, const char* param_name) {
    return libpq().PQparameterStatus(conn, param_name);
}

PGpipelineStatus PQpipelineStatus(const PGconn* conn) {
    return libpq().PQpipelineStatus(conn);
}

int PQpipelineSync(PGconn* conn) {
    return libpq().PQpipelineSync(conn);
}

int PQputCopyData(PGconn* conn, const char* buffer, int nbytes) {
    return libpq().PQputCopyData(conn, buffer, nbytes);
}

int PQputCopyEnd(PGconn* conn, const char* errormsg) {
    return libpq().PQputCopyEnd(conn, errormsg);
}

char* PQresultErrorField(const PGresult* result, int fieldcode) {
    return libpq().PQresultErrorField(result, fieldcode);
}

char* PQresultErrorMessage(const PGresult* result) {
    return libpq().PQresultErrorMessage(result);
}

ExecStatusType PQresultStatus(const PGresult* result) {
    return libpq().PQresultStatus(result);
}

int PQsendPrepare(
    PGconn* conn, const char* stmt_name, const char* query, int n_params, const Oid* param_types) {
    return libpq().PQsendPrepare(conn, stmt_name, query, n_params, param_types);
}

int PQsendQuery(PGconn* conn, const char* query) {
    return libpq().PQsendQuery(conn, query);
}

// NOLINTNEXTLINE(readability-function-size): libpq's own parameters
int PQsendQueryParams(PGconn* conn,
                      const char* command,
                      int n_params,
                      const Oid* param_types,
                      const char* const* param_values,
                      const int* param_lengths,
                      const int* param_formats,
                      int result_format) {
    return libpq().PQsendQueryParams(conn,
                                     command,
                                     n_params,
                                     param_types,
                                     param_values,
                                     param_lengths,
                                     param_formats,
                                     result_format);
}

// NOLINTNEXTLINE(readability-function-size): libpq's own parameters
int PQsendQueryPrepared(PGconn* conn,
                        const char* stmt_name,
                        int n_params,
                        const char* const* param_values,
                        const int* param_lengths,
                        const int* param_formats,
                        int result_format) {
    return libpq().PQsendQueryPrepared(
        conn, stmt_name, n_params, param_values, param_lengths, param_formats, result_format);
}

int PQserverVersion(const PGconn* conn) {
    return libpq().PQserverVersion(conn);
}

PGVerbosity PQsetErrorVerbosity(PGconn* conn, PGVerbosity verbosity) {
    return libpq().PQsetErrorVerbosity(conn, verbosity);
}

int PQsetnonblocking(PGconn* conn, int argument) {
    return libpq().PQsetnonblocking(conn, argument);
}

PQnoticeReceiver PQsetNoticeReceiver(PGconn* conn, PQnoticeReceiver receiver, void* argument) {
    return libpq().PQsetNoticeReceiver(conn, receiver, argument);
}

int PQsocket(const PGconn* conn) {
    return libpq().PQsocket(conn);
}

const char* PQsslAttribute(PGconn* conn, const char* attribute_name) {
    return libpq().PQsslAttribute(conn, attribute_name);
}

int PQsslInUse(PGconn* conn) {
    return libpq().PQsslInUse(conn);
}

ConnStatusType PQstatus(const PGconn* conn) {
    return libpq().PQstatus(conn);
}

void PQtrace(PGconn* conn, FILE* debug_port) {
    return libpq().PQtrace(conn, debug_port);
}

PGTransactionStatusType PQtransactionStatus(const PGconn* conn) {
    return libpq().PQtransactionStatus(conn);
}

void PQuntrace(PGconn* conn) {
    return libpq().PQuntrace(conn);
}
