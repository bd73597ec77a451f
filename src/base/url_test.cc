#include "base/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace poststack {
namespace {

using testing::HasSubstr;
using testing::Not;

DatabaseUrl parse(std::string_view text) {
    return DatabaseUrl::parse(text, "DATABASE_URL in .env");
}

TEST(DatabaseUrl, ReadsAllParts) {
    const DatabaseUrl url =
        parse("postgresql://me:pw@db.example:5433/orders?sslmode=require&a=b%20c");

    EXPECT_EQ(url.scheme, "postgresql");
    EXPECT_EQ(url.user, "me");
    EXPECT_EQ(url.password.reveal(), "pw");
    EXPECT_EQ(url.host, "db.example");
    EXPECT_EQ(url.port, 5433);
    EXPECT_EQ(url.database, "orders");
    EXPECT_EQ(
        url.parameters,
        (std::vector<std::pair<std::string, std::string>>{{"sslmode", "require"}, {"a", "b c"}}));
}

TEST(DatabaseUrl, AcceptsEverySchemeInUse) {
    for (const std::string scheme : {"postgres",
                                     "postgresql",
                                     "postgresql+psycopg",
                                     "postgresql+psycopg2",
                                     "postgresql+asyncpg",
                                     "postgresql+pg8000"}) {
        EXPECT_EQ(parse(scheme + "://u:p@h/d").scheme, scheme);
    }
    EXPECT_EQ(parse("POSTGRESQL://u:p@h/d").scheme, "postgresql");
}

TEST(DatabaseUrl, ReadsJdbc) {
    const DatabaseUrl url = parse("jdbc:postgresql://h:5432/d?user=me&password=a+b%2B&ssl=true");

    EXPECT_EQ(url.scheme, "jdbc");
    EXPECT_EQ(url.user, "me");
    EXPECT_EQ(url.password.reveal(), "a b+") << "JDBC reads a plus as a blank";
    EXPECT_EQ(url.parameters.size(), 1U);
    EXPECT_EQ(parse("jdbc:postgresql:orders").database, "orders");
}

TEST(DatabaseUrl, LeavesOutPartsThatAreNotThere) {
    const DatabaseUrl url = parse("postgresql://");

    EXPECT_EQ(url.user, "");
    EXPECT_TRUE(url.password.empty());
    EXPECT_EQ(url.host, "");
    EXPECT_EQ(url.port, std::nullopt);
    EXPECT_EQ(url.database, "");
    EXPECT_EQ(parse("postgresql://h:/d").port, std::nullopt);
    EXPECT_EQ(parse("postgresql://u@:5432/d").port, 5432);
}

TEST(DatabaseUrl, ReadsEveryKindOfHost) {
    EXPECT_EQ(parse("postgresql://u@[::1]:5432/d").host, "::1");
    EXPECT_EQ(parse("postgresql://u@[::1]:5432/d").port, 5432);
    EXPECT_EQ(parse("postgresql://u@[fe80::1]/d").host, "fe80::1");
    EXPECT_EQ(parse("postgresql://u@%2Fvar%2Frun/d").host, "/var/run");
    EXPECT_EQ(parse("postgresql:///d?host=/var/run&port=5433").host, "/var/run");
    EXPECT_EQ(parse("postgresql:///d?host=/var/run&port=5433").port, 5433);
}

TEST(DatabaseUrl, DecodesAndForgivesAnUnencodedAt) {
    EXPECT_EQ(parse("postgresql://u:p%40%3A%2F%25@h/d").password.reveal(), "p@:/%");
    EXPECT_EQ(parse("postgresql://u:p@q@h/d").password.reveal(), "p@q");
    EXPECT_EQ(parse("postgresql://u:p:q@h/d").password.reveal(), "p:q");
    EXPECT_EQ(parse("postgresql://u:p#q@h/d").password.reveal(), "p#q");
    EXPECT_EQ(parse("postgresql://u%40x:p@h/d%2Fe").user, "u@x");
    EXPECT_EQ(parse("postgresql://u%40x:p@h/d%2Fe").database, "d/e");
}

struct Bad {
    const char* name;
    const char* text;
    const char* problem;
};

class BadDatabaseUrl : public testing::TestWithParam<Bad> {};

TEST_P(BadDatabaseUrl, IsRefusedWithoutShowingIt) {
    try {
        [[maybe_unused]] const DatabaseUrl url = parse(GetParam().text);
        FAIL() << "accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::config);
        EXPECT_EQ(error.message(), std::string("DATABASE_URL in .env ") + GetParam().problem);
        EXPECT_THAT(error.message(), Not(HasSubstr("TOP")));
        EXPECT_THAT(error.hint(), Not(HasSubstr("TOP")));
        EXPECT_FALSE(error.hint().empty());
    }
}

constexpr Bad bad_urls[] = {
    {"Empty", "", "is not a database URL"},
    {"NoScheme", "u:TOP@h/d", "is not a database URL"},
    {"OneSlash", "postgresql:/u:TOP@h/d", "is not a database URL"},
    {"OtherDatabase", "mysql://u:TOP@h/d", "is a URL, but not one of PostgreSQL"},
    {"Http", "http://u:TOP@h/d", "is a URL, but not one of PostgreSQL"},
    {"JdbcOther", "jdbc:mysql://h/d?password=TOP", "is a URL, but not one of PostgreSQL"},
    {"PortWord", "postgresql://u:TOP@h:TOP/d", "has a port that is not a number"},
    {"PortZero", "postgresql://u:TOP@h:0/d", "has a port out of range"},
    {"PortLarge", "postgresql://u:TOP@h:65536/d", "has a port out of range"},
    {"PortInQuery", "postgresql://u:TOP@h/d?port=x", "has a port that is not a number"},
    {"BrokenEscape", "postgresql://u:TOP%zz@h/d", "has a broken percent escape in its password"},
    {"NulEscape", "postgresql://u:TOP%00@h/d", "has a broken percent escape in its password"},
    {"BrokenDatabase", "postgresql://u:TOP@h/%", "has a broken percent escape in its database"},
    {"SlashInPassword", "postgresql://u:TO/P@h/d", "has an @ after its first / or ?"},
    {"NumberAndSlash", "postgresql://u:12/TOP@h/d", "has an @ after its first / or ?"},
    {"MarkInPassword", "postgresql://u:TO?P@h/d", "has an @ after its first / or ?"},
    {"OpenBracket", "postgresql://u:TOP@[::1/d", "has no ] after its IPv6 address"},
    {"AfterBracket", "postgresql://u:TOP@[::1]x/d", "has text after its ]"},
    {"ManyHosts", "postgresql://u:TOP@h,g/d", "names more than one host"},
    {"ManyHostsPorts", "postgresql://u:TOP@h:1,g:2/d", "names more than one host"},
    {"NoEquals", "postgresql://u:TOP@h/d?sslmode", "has a parameter without \"=\""},
    {"TwoUsers", "postgresql://u:TOP@h/d?user=v", "gives its user twice, and not the same"},
    {"TwoPasswords",
     "postgresql://u:TOP@h/d?password=TOP2",
     "gives its password twice, and not the same"},
    {"TwoPorts", "postgresql://u:TOP@h:1/d?port=2", "gives its port twice, and not the same"},
};

INSTANTIATE_TEST_SUITE_P(Each, BadDatabaseUrl, testing::ValuesIn(bad_urls), [](const auto& test) {
    return std::string(test.param.name);
});

TEST(DatabaseUrlText, EncodesEveryPart) {
    const DatabaseUrl url = parse("postgresql://u%40x:p%40%3A%2F%25@[::1]:5432/d%2Fe?k=v%26w");

    EXPECT_EQ(url.to_text("postgresql").reveal(),
              "postgresql://u%40x:p%40%3A%2F%25@[::1]:5432/d%2Fe?k=v%26w");
    EXPECT_EQ(url.to_text("jdbc").reveal(),
              "jdbc:postgresql://[::1]:5432/d%2Fe?user=u%40x&password=p%40%3A%2F%25&k=v%26w");
    EXPECT_EQ(url.to_masked_text("postgresql+asyncpg"),
              "postgresql+asyncpg://u%40x:***@[::1]:5432/d%2Fe?k=v%26w");
    EXPECT_EQ(url.to_masked_text("jdbc"),
              "jdbc:postgresql://[::1]:5432/d%2Fe?user=u%40x&password=***&k=v%26w");
}

TEST(DatabaseUrlText, ComesBackTheSameFromEveryScheme) {
    DatabaseUrl url;
    url.user = "us er@:/%+";
    url.password = Secret("p@s:s/w%o?r#d&=+ \u00e4");
    url.host = "db.example";
    url.port = 6000;
    url.database = "da/ta b@se";
    url.parameters = {{"application_name", "a b+c"}};

    for (const std::string& scheme : url_schemes()) {
        const DatabaseUrl back = parse(url.to_text(scheme).reveal());
        EXPECT_EQ(back.user, url.user) << scheme;
        EXPECT_EQ(back.password.reveal(), url.password.reveal()) << scheme;
        EXPECT_EQ(back.host, url.host) << scheme;
        EXPECT_EQ(back.port, url.port) << scheme;
        EXPECT_EQ(back.database, url.database) << scheme;
        EXPECT_EQ(back.parameters, url.parameters) << scheme;
    }
}

TEST(DatabaseUrlText, WritesSocketDirectoriesWhereEachSchemeReadsThem) {
    const DatabaseUrl url = parse("postgresql://u@%2Frun%2Fpg:5433/d");

    EXPECT_EQ(url.to_masked_text("postgresql"), "postgresql://u@%2Frun%2Fpg:5433/d");
    EXPECT_EQ(url.to_masked_text("postgresql+psycopg"),
              "postgresql+psycopg://u@:5433/d?host=%2Frun%2Fpg");
    EXPECT_THROW((void)url.to_masked_text("jdbc"), Error);
}

TEST(DatabaseUrlText, MasksPasswordParameters) {
    const DatabaseUrl url = parse("postgresql://u@h/d?sslpassword=pw");

    EXPECT_EQ(url.to_masked_text("postgresql"), "postgresql://u@h/d?sslpassword=***");
}

TEST(DatabaseUrlText, RefusesUnknownSchemes) {
    try {
        (void)parse("postgresql://h/d").to_text("postgresql+pyscopg");
        FAIL() << "accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::usage);
        EXPECT_EQ(error.message(), "there is no URL scheme \"postgresql+pyscopg\"");
        EXPECT_THAT(error.hint(), HasSubstr("postgresql+psycopg2"));
    }
}

TEST(DatabaseUrl, CloneHasThePasswordToo) {
    const DatabaseUrl url = parse("postgresql://u:p@h:1/d?a=b");

    const DatabaseUrl copy = url.clone();

    EXPECT_EQ(copy.to_text("postgresql").reveal(), url.to_text("postgresql").reveal());
    EXPECT_EQ(copy.password.reveal(), "p");
}

}  // namespace
}  // namespace poststack
