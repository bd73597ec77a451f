#include <gtest/gtest.h>

#include "base/text.h"

namespace poststack {
namespace {

struct Case {
    const char* name;
    const char* text;
    const char* masked;
};

class MaskSecrets : public testing::TestWithParam<Case> {};

TEST_P(MaskSecrets, HidesPasswordsAndNothingElse) {
    EXPECT_EQ(mask_secrets(GetParam().text), GetParam().masked);
}

constexpr Case urls[] = {
    {"Postgres", "postgres://u:pw@h/db", "postgres://u:***@h/db"},
    {"Postgresql", "postgresql://u:pw@h:5432/db?a=b", "postgresql://u:***@h:5432/db?a=b"},
    {"Psycopg", "postgresql+psycopg://u:pw@h/db", "postgresql+psycopg://u:***@h/db"},
    {"Psycopg2", "postgresql+psycopg2://u:pw@h/db", "postgresql+psycopg2://u:***@h/db"},
    {"Asyncpg", "postgresql+asyncpg://u:pw@h/db", "postgresql+asyncpg://u:***@h/db"},
    {"Jdbc",
     "jdbc:postgresql://h:5432/db?user=u&password=pw&ssl=true",
     "jdbc:postgresql://h:5432/db?user=u&password=***&ssl=true"},
    {"JdbcFirst",
     "jdbc:postgresql://h/db?password=p@w&user=u",
     "jdbc:postgresql://h/db?password=***&user=u"},
    {"Redis", "redis://:pw@h:6379/0", "redis://:***@h:6379/0"},
    {"Amqp", "amqp://guest:pw@h//vhost", "amqp://guest:***@h//vhost"},
    {"Https", "https://me:token@example.org/x.git", "https://me:***@example.org/x.git"},
    {"UpperCase", "POSTGRES://U:PW@H/DB", "POSTGRES://U:***@H/DB"},
    {"AtInPassword", "postgres://u:p@w@h/db", "postgres://u:***@h/db"},
    {"ColonInPassword", "postgres://u:p:w@h/db", "postgres://u:***@h/db"},
    {"SlashInPassword", "postgres://u:p/w@h/db", "postgres://u:***@h/db"},
    {"PercentInPassword", "postgres://u:p%w@h/db", "postgres://u:***@h/db"},
    {"EncodedPassword", "postgres://u:p%40w%2F@h/db", "postgres://u:***@h/db"},
    {"AllInPassword", "postgres://u:@:/%@h/db", "postgres://u:***@h/db"},
    {"QuestionMarkInPassword", "postgres://u:p?w#x@h/db", "postgres://u:***@h/db"},
    {"QuoteInPassword", "postgres://u:it's@h/db", "postgres://u:***@h/db"},
    {"Ipv6", "postgres://u:pw@[::1]:5432/db", "postgres://u:***@[::1]:5432/db"},
    {"Socket", "postgres://u:pw@%2Frun%2Fpg/db", "postgres://u:***@%2Frun%2Fpg/db"},
    {"InQuotes", "url \"postgres://u:pw@h/db\" is set", "url \"postgres://u:***@h/db\" is set"},
    {"TwoBlank",
     "from postgres://a:b@h/x to redis://c:d@g/1",
     "from postgres://a:***@h/x to redis://c:***@g/1"},
    {"TwoComma", "postgres://a:b@h/x,redis://c:d@g/1", "postgres://a:***@h/x,redis://c:***@g/1"},
    {"SeveralLines",
     "postgres://a:b@h/x\npostgres://c:d@h/y\n",
     "postgres://a:***@h/x\npostgres://c:***@h/y\n"},
    {"NoPassword", "postgres://u@h:5432/db", "postgres://u@h:5432/db"},
    {"EmptyPassword", "postgres://u:@h/db", "postgres://u:@h/db"},
    {"NoUser", "http://127.0.0.1:8080/health", "http://127.0.0.1:8080/health"},
    {"BareSeparator", "://", "://"},
    {"MaskedAlready", "postgres://u:***@h/db", "postgres://u:***@h/db"},
};

constexpr Case assignments[] = {
    {"Conninfo", "host=h password=pw user=u", "host=h password=*** user=u"},
    {"ConninfoQuoted", "host=h password='a b' user=u", "host=h password='***' user=u"},
    {"ConninfoEscapedQuote", "password='a\\' b' user=u", "password='***' user=u"},
    {"ConninfoBlanks", "password = pw user=u", "password = *** user=u"},
    {"ConninfoEscapedBlank", "password=a\\ b user=u", "password=*** user=u"},
    {"ConninfoAmpersand", "password=a&b user=u", "password=*** user=u"},
    {"ConninfoOpenQuote", "password='a b", "password='***"},
    {"ConninfoInQuotes", "bad \"host=h password=pw\" here", "bad \"host=h password=***\" here"},
    {"Environment", "POSTGRES_PASSWORD=pw PGPASSWORD=pw2", "POSTGRES_PASSWORD=*** PGPASSWORD=***"},
    {"ApiKey", "HIVE_API_KEY=hive_abc", "HIVE_API_KEY=***"},
    {"LogField", "login password=\"a b\" user=u", "login password=\"***\" user=u"},
    {"SslKey", "sslpassword=pw sslmode=require", "sslpassword=*** sslmode=require"},
    {"MixedCase", "Password=pw", "Password=***"},
    {"Json", "{\"password\": \"pw\", \"user\": \"u\"}", "{\"password\": \"***\", \"user\": \"u\"}"},
    {"Yaml", "POSTGRES_PASSWORD: pw", "POSTGRES_PASSWORD: ***"},
    {"Sql", "ALTER ROLE u PASSWORD 'p''w' VALID", "ALTER ROLE u PASSWORD '***' VALID"},
    {"QueryEnd", "postgres://h/db?sslmode=x&password=pw", "postgres://h/db?sslmode=x&password=***"},
    {"Prose", "wrong password: the server said no", "wrong password: the server said no"},
    {"ServerMessage",
     "password authentication failed for user \"u\"",
     "password authentication failed for user \"u\""},
    {"File", "password_file=/run/secrets/x", "password_file=/run/secrets/x"},
    {"EmptyValue", "password=", "password="},
    {"EmptyQuoted", "password='' user=u", "password='' user=u"},
    {"Nothing", "", ""},
};

INSTANTIATE_TEST_SUITE_P(Urls, MaskSecrets, testing::ValuesIn(urls), [](const auto& test) {
    return std::string(test.param.name);
});
INSTANTIATE_TEST_SUITE_P(Assignments,
                         MaskSecrets,
                         testing::ValuesIn(assignments),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(MaskSecretsSweep, NeverShowsAnyPartOfAnyPassword) {
    const std::string marks = "@:/%?#&=+,;!$*()[]{}~^|\\";
    for (const char first : marks) {
        for (const char second : marks) {
            const std::string password = std::string("LEFT") + first + "MID" + second + "RIGHT";
            const std::string masked =
                mask_secrets("connect postgresql+asyncpg://me:" + password + "@host:5432/db now");
            for (const char* part : {"LEFT", "MID", "RIGHT"}) {
                EXPECT_EQ(masked.find(part), std::string::npos) << password << " -> " << masked;
            }
        }
    }
}

}  // namespace
}  // namespace poststack
