#include "pg/login_failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace poststack::pg {
namespace {

using ::testing::HasSubstr;

constexpr const char* at = "connection to server at \"127.0.0.1\", port 5432 failed: ";

LoginFailure judge(const std::string& text) {
    return diagnose({text, false}).failure;
}

TEST(Diagnose, ReadsTheSqlstateWhateverTheLanguage) {
    const LoginDiagnosis found = diagnose(
        {std::string(at) + "FATAL:  28P01: Passwort-Authentifizierung für »x« fehlgeschlagen\n"
                           "LOCATION:  auth_failed, auth.c:334\n",
         false});

    EXPECT_EQ(found.failure, LoginFailure::wrong_password);
    EXPECT_EQ(found.sqlstate, "28P01");
    EXPECT_EQ(found.reason, "Passwort-Authentifizierung für »x« fehlgeschlagen");
}

TEST(Diagnose, KnowsEachSqlstate) {
    const std::pair<const char*, LoginFailure> cases[] = {
        {"3D000", LoginFailure::no_database},
        {"57P03", LoginFailure::starting},
        {"53300", LoginFailure::too_many},
        {"42501", LoginFailure::no_privilege},
        {"XX000", LoginFailure::server},
    };
    for (const auto& [code, failure] : cases) {
        EXPECT_EQ(judge(std::string(at) + "FATAL:  " + code + ": text\n"), failure) << code;
    }
}

TEST(Diagnose, TellsTheReasonsOf28000ApartByTheFunctionThatRaisedIt) {
    const std::pair<const char*, LoginFailure> cases[] = {
        {"ClientAuthentication", LoginFailure::rejected},
        {"auth_failed", LoginFailure::identity},
        {"InitializeSessionUserId", LoginFailure::role_missing},
    };
    for (const auto& [function, failure] : cases) {
        EXPECT_EQ(
            judge(std::string(at) + "FATAL:  28000: text\nLOCATION:  " + function + ", x.c:1\n"),
            failure)
            << function;
    }
}

TEST(Diagnose, PrefersWhatTheOtherOfTwoAttemptsMet) {
    const std::string rejected =
        std::string(at) + "FATAL:  28000: no entry\nLOCATION:  ClientAuthentication, auth.c:1\n";
    const std::string wrong =
        std::string(at) + "FATAL:  28P01: wrong\nLOCATION:  auth_failed, auth.c:1\n";

    EXPECT_EQ(judge(rejected + wrong), LoginFailure::wrong_password);
    EXPECT_EQ(judge(wrong + rejected), LoginFailure::wrong_password);
}

TEST(Diagnose, KnowsWhatLibpqAndTheKernelSay) {
    const std::pair<const char*, LoginFailure> cases[] = {
        {"connection to server at \"h\", port 1 failed: Connection refused\n\tIs the server ...\n",
         LoginFailure::refused},
        {"connection to server at \"h\", port 1 failed: No route to host\n",
         LoginFailure::no_route},
        {"connection to server on socket \"/x/.s.PGSQL.1\" failed: No such file or directory\n",
         LoginFailure::socket_missing},
        {"connection to server on socket \"/x/.s.PGSQL.1\" failed: Permission denied\n",
         LoginFailure::socket_denied},
        {"could not translate host name \"h\" to address: Name or service not known\n",
         LoginFailure::unresolved},
        {"connection to server at \"h\", port 1 failed: server does not support SSL, but SSL was "
         "required\n",
         LoginFailure::tls_not_offered},
        {"connection to server at \"h\", port 1 failed: SSL error: certificate verify failed\n",
         LoginFailure::tls_failed},
        {"connection to server at \"h\", port 1 failed: received invalid response to SSL "
         "negotiation: H\n",
         LoginFailure::not_postgres},
        {"connection to server at \"h\", port 1 failed: SSL SYSCALL error: EOF detected\n"
         "connection to server at \"h\", port 1 failed: expected authentication request from "
         "server, but received S\n",
         LoginFailure::not_postgres},
        {"connection to server at \"h\", port 1 failed: server closed the connection "
         "unexpectedly\n\tThis probably means ...\n",
         LoginFailure::closed},
    };
    for (const auto& [text, failure] : cases)
        EXPECT_EQ(judge(text), failure) << text;
}

TEST(Diagnose, AMissingPasswordIsNotAWrongOne) {
    const LoginReport report{std::string(at) + "fe_sendauth: no password supplied\n", true};

    EXPECT_EQ(diagnose(report).failure, LoginFailure::no_password);
}

TEST(LoginError, EachFailureHasItsKindAndItsAdvice) {
    ConnInfo info;
    info.host = "127.0.0.1";
    info.user = "ann";
    info.database = "shop";
    const std::tuple<LoginFailure, ErrorKind, bool> cases[] = {
        {LoginFailure::unresolved, ErrorKind::timeout, false},
        {LoginFailure::refused, ErrorKind::timeout, true},
        {LoginFailure::starting, ErrorKind::timeout, true},
        {LoginFailure::wrong_password, ErrorKind::denied, false},
        {LoginFailure::rejected, ErrorKind::denied, false},
        {LoginFailure::no_database, ErrorKind::not_found, false},
        {LoginFailure::too_many, ErrorKind::database, true},
        {LoginFailure::tls_required, ErrorKind::config, false},
        {LoginFailure::not_postgres, ErrorKind::config, false},
        {LoginFailure::timed_out, ErrorKind::timeout, true},
    };
    for (const auto& [failure, kind, retryable] : cases) {
        const Error error = login_error({failure, {}, "reason"}, info);
        EXPECT_EQ(error.kind(), kind) << name(failure);
        EXPECT_EQ(error.is_retryable(), retryable) << name(failure);
        EXPECT_NE(error.hint(), "") << name(failure);
    }
}

TEST(LoginError, NamesRoleAndPlace) {
    ConnInfo info;
    info.host = "db.example";
    info.user = "ann";

    EXPECT_THAT(login_error({LoginFailure::wrong_password, "28P01", {}}, info).message(),
                HasSubstr("role \"ann\" at \"db.example:5432\""));
}

}  // namespace
}  // namespace poststack::pg
