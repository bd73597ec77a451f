// Every reason for which a login fails: its message, its advice and its exit code.
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "caught.h"
#include "listener.h"
#include "pg/connection.h"
#include "pg/login_failure.h"
#include "require_tool.h"
#include "server.h"
#include "sys/file.h"
#include "sys/user.h"

namespace poststack::pg {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::caught;
using ::testing::HasSubstr;
using ::testing::Not;

struct Outcome {
    LoginFailure failure = LoginFailure::other;
    Error error;
};

Outcome fail_to_log_in(const ConnInfo& info, milliseconds limit = seconds(60)) {
    LoginFailure failure = LoginFailure::other;
    ConnectOptions options;
    options.limit = limit;
    options.on_failure = [&](LoginFailure found) { failure = found; };
    Error error = caught([&] { const Connection session(info, options); });
    return {failure, std::move(error)};
}

/// A login that gets no further than the network.
ConnInfo somewhere(int port, const std::string& host = "127.0.0.1") {
    ConnInfo info;
    info.host = host;
    info.port = port;
    info.user = "ann";
    info.database = "shop";
    info.password = Secret("s3cret-word");
    return info;
}

void expect(const Outcome& outcome, LoginFailure failure, int code, const std::string& message) {
    EXPECT_EQ(name(outcome.failure), name(failure)) << outcome.error.message();
    EXPECT_EQ(exit_code(outcome.error), code) << outcome.error.message();
    EXPECT_THAT(outcome.error.message(), HasSubstr(message));
    EXPECT_NE(outcome.error.hint(), "");
    EXPECT_THAT(outcome.error.message() + outcome.error.hint(), Not(HasSubstr("s3cret-word")));
}

TEST(Login, AHostNameWithoutAddress) {
    expect(fail_to_log_in(somewhere(5432, "no-such-host.invalid")),
           LoginFailure::unresolved,
           7,
           "host \"no-such-host.invalid\" has no address");
}

TEST(Login, AClosedPort) {
    const test::ClosedPort closed;
    const Outcome outcome = fail_to_log_in(somewhere(closed.port()));

    expect(outcome, LoginFailure::refused, 7, "the port is closed");
    EXPECT_TRUE(outcome.error.is_retryable());
}

TEST(Login, AMissingSocket) {
    const sys::TempDir directory;

    expect(fail_to_log_in(somewhere(5432, directory.path().string())),
           LoginFailure::socket_missing,
           7,
           "no server is behind the socket");
}

TEST(Login, AServerThatIsStarting) {
    const test::Listener server(
        test::refuse_login("57P03", "le système de bases de données se lance"));
    const Outcome outcome = fail_to_log_in(somewhere(server.port()));

    expect(outcome, LoginFailure::starting, 7, "accepts no sessions now: le système");
    EXPECT_TRUE(outcome.error.is_retryable());
    EXPECT_EQ(outcome.error.sqlstate(), "57P03");
}

TEST(Login, SomethingThatSpeaksHttp) {
    const test::Listener server(test::answer("HTTP/1.1 400 Bad Request\r\n\r\n"));

    for (const char* mode : {"disable", "prefer", "require"}) {
        ConnInfo info = somewhere(server.port());
        info.sslmode = mode;
        expect(fail_to_log_in(info), LoginFailure::not_postgres, 3, "is not PostgreSQL");
    }
}

TEST(Login, SomethingThatNeverAnswers) {
    const test::Listener server(test::keep_silent());
    const Outcome outcome = fail_to_log_in(somewhere(server.port()), milliseconds(200));

    expect(outcome, LoginFailure::timed_out, 7, "no answer from");
    EXPECT_TRUE(outcome.error.is_retryable());
}

TEST(Login, SomethingThatHangsUp) {
    const test::Listener server([](int) {});

    expect(fail_to_log_in(somewhere(server.port())),
           LoginFailure::closed,
           7,
           "closed the connection during the login");
}

TEST(Login, TheUrlsOwnTimeoutWins) {
    const test::Listener server(test::keep_silent());
    ConnInfo info = somewhere(server.port());
    info.connect_timeout = seconds(1);

    EXPECT_EQ(fail_to_log_in(info, seconds(3600)).failure, LoginFailure::timed_out);
}

TEST(Login, ReportsItsStagesInOrder) {
    const test::Listener server(test::refuse_login("57P03", "starting"));
    std::vector<ConnectStage> stages;
    ConnectOptions options;
    options.on_stage = [&](ConnectStage stage) { stages.push_back(stage); };

    (void)caught([&] { const Connection session(somewhere(server.port()), options); });

    using enum ConnectStage;
    EXPECT_EQ(stages, (std::vector{resolve, connect, tls, login}));
}

class ServerLogin : public ::testing::Test {
  protected:
    void SetUp() override { POSTSTACK_REQUIRE_TOOL("postgres"); }
};

TEST_F(ServerLogin, AWrongPassword) {
    ConnInfo info = test::shared_server().fresh_role();
    info.password = Secret("s3cret-word");
    const Outcome outcome = fail_to_log_in(info);

    expect(outcome, LoginFailure::wrong_password, 6, "wrong password for role \"" + info.user);
    EXPECT_EQ(outcome.error.sqlstate(), "28P01");
    EXPECT_FALSE(outcome.error.is_retryable());
}

TEST_F(ServerLogin, NoPassword) {
    ConnInfo info = test::shared_server().fresh_role();
    info.password = Secret();

    expect(fail_to_log_in(info), LoginFailure::no_password, 6, "wants a password for role");
}

TEST_F(ServerLogin, NoPasswordIsTakenFromHome) {
    ConnInfo info = test::shared_server().fresh_role();
    const sys::TempDir home;
    sys::replace_file(home.path() / ".pgpass", "*:*:*:*:" + info.password.reveal() + "\n");
    ::setenv("HOME", home.path().c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    info.password = Secret();

    EXPECT_EQ(fail_to_log_in(info).failure, LoginFailure::no_password);
}

TEST_F(ServerLogin, AMissingDatabase) {
    ConnInfo info = test::shared_server().fresh_role();
    info.database = "nothing";

    expect(fail_to_log_in(info), LoginFailure::no_database, 4, "no database \"nothing\"");
}

TEST_F(ServerLogin, AMissingRole) {
    ConnInfo info = test::shared_server().superuser();
    info.user = "nobody_of_that_name";

    expect(fail_to_log_in(info), LoginFailure::role_missing, 6, "does not exist");
}

TEST_F(ServerLogin, ARoleWithoutTheConnectPrivilege) {
    const ConnInfo role = test::shared_server().fresh_role();
    ConnInfo info = test::shared_server().fresh_database();
    Connection owner(info, seconds(60));
    (void)owner.query("revoke connect on database " + quote_identifier(info.database) +
                      " from public");
    info.user = role.user;

    expect(fail_to_log_in(info), LoginFailure::no_privilege, 6, "may not connect to database");
}

TEST_F(ServerLogin, TooManyConnections) {
    const ConnInfo info = test::shared_server().fresh_role();
    Connection super(test::shared_server().superuser(), seconds(60));
    (void)super.query("alter role " + quote_identifier(info.user) + " connection limit 1");
    const Connection first(info, seconds(60));
    const Outcome outcome = fail_to_log_in(info);

    expect(outcome, LoginFailure::too_many, 9, "has no connection left");
    EXPECT_EQ(outcome.error.sqlstate(), "53300");
    EXPECT_TRUE(outcome.error.is_retryable());
}

TEST_F(ServerLogin, TlsThatTheServerDoesNotOffer) {
    ConnInfo info = test::shared_server().fresh_role();
    info.sslmode = "require";

    expect(fail_to_log_in(info), LoginFailure::tls_not_offered, 3, "offers none");
}

TEST_F(ServerLogin, PgHbaThatLetsNobodyIn) {
    test::ServerOptions options;
    options.hba = {"host all ann 127.0.0.1/32 reject"};
    const test::Server server(options);
    ConnInfo info = somewhere(server.port());
    info.database = "postgres";

    expect(fail_to_log_in(info), LoginFailure::rejected, 6, "does not admit role \"ann\"");
}

TEST_F(ServerLogin, TlsThatTheServerRequires) {
    POSTSTACK_REQUIRE_TOOL("openssl");
    test::ServerOptions options;
    options.hba = {"hostssl all all 127.0.0.1/32 scram-sha-256", "host all all all reject"};
    options.tls = true;
    test::Server server(options);
    ConnInfo info = server.fresh_role();

    info.sslmode = "disable";
    expect(fail_to_log_in(info), LoginFailure::tls_required, 3, "only with TLS");
    info.sslmode = "require";
    EXPECT_THAT(Connection(info, seconds(60)).tls_version(), HasSubstr("TLSv1"));
    info.sslmode = "prefer";
    info.password = Secret("s3cret-word");
    expect(fail_to_log_in(info), LoginFailure::wrong_password, 6, "wrong password");
    info.sslmode = "verify-full";
    info.extra = {{"sslrootcert", (server.data() / "server.key").string()}};
    expect(fail_to_log_in(info), LoginFailure::tls_failed, 3, "TLS with");
}

TEST_F(ServerLogin, AnAccountThatIsNotTheRoles) {
    test::ServerOptions options;
    options.hba = {"local all ann peer"};
    const test::Server server(options);
    ConnInfo info = server.superuser();
    info.user = "ann";

    expect(fail_to_log_in(info), LoginFailure::identity, 6, "does not take this account");
}

TEST_F(ServerLogin, OptionsOfTheEnvironmentHaveNoEffect) {
    ::setenv("PGOPTIONS", "-c work_mem=1234kB", 1);  // NOLINT(concurrency-mt-unsafe)
    ::setenv("PGHOST", "no-such-host.invalid", 1);   // NOLINT(concurrency-mt-unsafe)
    ::setenv("PGDATABASE", "nothing", 1);            // NOLINT(concurrency-mt-unsafe)
    Connection session(test::shared_server().superuser(), seconds(60));

    EXPECT_NE(session.query("show work_mem").value(0, 0), "1234kB");
    EXPECT_EQ(session.query("select current_database()").value(0, 0), "postgres");
    for (const char* name : {"PGOPTIONS", "PGHOST", "PGDATABASE"}) {
        ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
    }
}

}  // namespace
}  // namespace poststack::pg
