#include "pg/conninfo.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace poststack::pg {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Property;
using ::testing::Throws;
using ::testing::ThrowsMessage;

ConnInfo parse(const std::string& url) {
    return ConnInfo::from_url(DatabaseUrl::parse(url, "test"), "DATABASE_URL");
}

TEST(ConnInfo, TakesEveryPartOfTheUrl) {
    const ConnInfo info = parse("postgresql://ann:s%40fe@db.example:5433/shop?sslmode=require");

    EXPECT_EQ(info.host, "db.example");
    EXPECT_EQ(info.port, 5433);
    EXPECT_EQ(info.user, "ann");
    EXPECT_EQ(info.password.reveal(), "s@fe");
    EXPECT_EQ(info.database, "shop");
    EXPECT_EQ(info.sslmode, "require");
}

TEST(ConnInfo, DatabaseDefaultsToTheRolesName) {
    EXPECT_EQ(parse("postgresql://ann@h").database, "ann");
    EXPECT_EQ(parse("postgresql://ann@h").port, 5432);
}

TEST(ConnInfo, AnEmptyHostIsTheLocalSocketDirectory) {
    EXPECT_TRUE(parse("postgresql:///shop").is_socket());
}

TEST(ConnInfo, UnderstandsOtherDriversSslParameter) {
    EXPECT_EQ(parse("postgresql+asyncpg://h/d?ssl=require").sslmode, "require");
    EXPECT_EQ(parse("postgresql://h/d?ssl=true").sslmode, "require");
}

TEST(ConnInfo, SuggestsTheParameterThatWasMeant) {
    EXPECT_THAT(
        [] { parse("postgresql://h/d?sslmod=require"); },
        ThrowsMessage<Error>(HasSubstr("DATABASE_URL has an unknown parameter \"sslmod\"")));
    EXPECT_THAT([] { parse("postgresql://h/d?sslmod=require"); },
                Throws<Error>(AllOf(Property(&Error::kind, ErrorKind::config))));
}

TEST(ConnInfo, RefusesAServiceBecauseItHidesTheTarget) {
    EXPECT_THAT([] { parse("postgresql://h/d?service=x"); },
                Throws<Error>(Property(&Error::kind, ErrorKind::config)));
}

TEST(ConnInfo, RefusesTwoParametersThatContradictEachOther) {
    EXPECT_THAT([] { parse("postgresql://h/d?sslmode=disable&ssl=true"); },
                ThrowsMessage<Error>(HasSubstr("two different values for \"sslmode\"")));
}

TEST(ConnInfo, NeverShowsAPassword) {
    EXPECT_THAT([] { parse("postgresql://ann:top1@h/d?password=top2"); },
                ThrowsMessage<Error>(AllOf(Not(HasSubstr("top1")), Not(HasSubstr("top2")))));
}

TEST(ConnInfo, RefusesATimeoutThatIsNoNumber) {
    EXPECT_THAT([] { parse("postgresql://h/d?connect_timeout=soon"); },
                ThrowsMessage<Error>(HasSubstr("connect_timeout=soon")));
}

TEST(ConnInfo, RefusesAnSslmodeThatIsNone) {
    for (const char* url : {"postgresql://h/d?sslmode=bogus", "postgresql://h/d?ssl=bogus"}) {
        try {
            (void)parse(url);
            ADD_FAILURE() << url;
        } catch (const Error& error) {
            EXPECT_EQ(exit_code(error), 3);
            EXPECT_THAT(error.message(), HasSubstr("\"sslmode=bogus\", which is no such mode"));
            EXPECT_EQ(error.hint(),
                      "Use disable, allow, prefer, require, verify-ca or verify-full.");
        }
    }
}

TEST(ConnInfo, AddressNamesThePlace) {
    ConnInfo info;
    info.host = "::1";
    EXPECT_EQ(info.address(), "\"[::1]:5432\"");
    info.host = "/run/x";
    EXPECT_EQ(info.address(), "\"/run/x/.s.PGSQL.5432\"");
}

TEST(ClientEnvironment, NamesTheWholeLogin) {
    const auto variables = client_environment(
        parse("postgresql://ann:pw@h:5433/shop?sslmode=require&sslrootcert=/ca&keepalives=0"));

    using ::testing::ElementsAre;
    using ::testing::Pair;
    EXPECT_THAT(variables,
                ElementsAre(Pair("PGHOST", "h"),
                            Pair("PGPORT", "5433"),
                            Pair("PGUSER", "ann"),
                            Pair("PGDATABASE", "shop"),
                            Pair("PGPASSWORD", "pw"),
                            Pair("PGSSLMODE", "require"),
                            Pair("PGSSLROOTCERT", "/ca")));
}

TEST(ForgetEnvironment, RemovesWhatCouldMoveTheTargetAlone) {
    ::setenv("PGSERVICE", "elsewhere", 1);  // NOLINT(concurrency-mt-unsafe)
    ::setenv("PGSSLMODE", "require", 1);    // NOLINT(concurrency-mt-unsafe)

    forget_environment();

    EXPECT_EQ(std::getenv("PGSERVICE"), nullptr);
    EXPECT_NE(std::getenv("PGSSLMODE"), nullptr);
    ::unsetenv("PGSSLMODE");  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace
}  // namespace poststack::pg
