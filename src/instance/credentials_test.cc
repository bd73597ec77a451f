#include "instance/credentials.h"

#include <fstream>
#include <future>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "config/settings.h"
#include "sys/file.h"

namespace poststack::instance {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;

class CredentialsTest : public ::testing::Test {
  protected:
    CredentialsTest() : root_(fs::canonical(folder_.path()) / "shop") {
        fs::create_directory(root_);
    }

    void write(const std::string& name, const std::string& text) {
        std::ofstream(root_ / name) << text;
        fs::permissions(root_ / name, fs::perms::owner_read | fs::perms::owner_write);
    }

    config::Configuration load() {
        config::LocateOptions options;
        options.current_directory = root_;
        options.environment = environment_;
        return config::load_configuration(options);
    }

    EnsuredCredentials ensure() {
        const auto configuration = load();
        return ensure_credentials(configuration.project, configuration.settings, environment_);
    }

    std::optional<Credentials> find() {
        const auto configuration = load();
        return find_credentials(
            configuration.env, configuration.project, configuration.settings, environment_);
    }

    bool record(std::uint16_t port) {
        const auto configuration = load();
        return record_port(configuration.project, configuration.settings, environment_, port);
    }

    Error failure() {
        try {
            static_cast<void>(ensure());
        } catch (const Error& error) {
            return error;
        }
        return Error(ErrorKind::bug, "nothing was thrown");
    }

    std::string env_text() { return sys::find_file(root_ / ".env").value_or("none"); }

    std::string value(const std::string& name) { return load().env.find(name).value_or("none"); }

    sys::TempDir folder_;
    fs::path root_;
    config::Environment environment_;
};

TEST_F(CredentialsTest, AreMadeOnceAndReused) {
    const auto first = ensure();
    const auto second = ensure();

    EXPECT_TRUE(first.created);
    EXPECT_FALSE(second.created);
    EXPECT_EQ(first.credentials.user, "shop");
    EXPECT_EQ(first.credentials.database, "shop");
    EXPECT_THAT(first.credentials.password.reveal(), MatchesRegex("[A-Za-z0-9]+"));
    EXPECT_GE(first.credentials.password.reveal().size(), 24U);
    EXPECT_EQ(first.credentials.password.reveal(), second.credentials.password.reveal());
    EXPECT_EQ(second.credentials.password_source, ".env:3");
    EXPECT_EQ(sys::find_info(root_ / ".env")->mode, 0600U);
    EXPECT_EQ(value("DATABASE_URL"), "none");
}

TEST_F(CredentialsTest, AreFoundOnlyOnceMade) {
    EXPECT_FALSE(find().has_value());

    static_cast<void>(ensure());

    EXPECT_TRUE(find().has_value());
}

TEST_F(CredentialsTest, RefuseANameThatPostgresqlWouldCut) {
    const std::string name(64, 'n');
    const auto refused = [&](const std::string& what, const std::string& source) {
        const Error error = failure();
        EXPECT_EQ(error.kind(), ErrorKind::config);
        EXPECT_EQ(error.message(),
                  "the " + what + "'s name from " + source +
                      " has 64 bytes, but PostgreSQL takes at most 63");
        EXPECT_THROW(static_cast<void>(find()), Error);
    };
    write("poststack.yaml", "database_name: " + name + "\n");
    refused("database", "poststack.yaml:1");
    write("poststack.yaml", "role_name: " + name.substr(1) + "\n");
    write(".env", "POSTGRES_USER=" + name + "\n");
    refused("role", ".env:1");
    write(".env", "");
    EXPECT_EQ(ensure().credentials.user, name.substr(1));
}

TEST_F(CredentialsTest, KeepWhatTheUserSet) {
    write(".env",
          "# mine\nPOSTGRES_PASSWORD='a long enough password'\nPOSTGRES_USER=me\nOTHER=1\n");

    const auto made = ensure();

    EXPECT_EQ(made.credentials.user, "me");
    EXPECT_EQ(made.credentials.password.reveal(), "a long enough password");
    EXPECT_THAT(made.written, ElementsAre("POSTGRES_DB"));
    EXPECT_THAT(made.notices, IsEmpty());
    EXPECT_THAT(env_text(), HasSubstr("# mine\nPOSTGRES_PASSWORD='a long enough password'\n"));
}

TEST_F(CredentialsTest, WarnOfAShortPassword) {
    write(".env", "POSTGRES_PASSWORD=short1\n");

    EXPECT_THAT(ensure().notices,
                ElementsAre("the password from POSTGRES_PASSWORD in .env:1 has fewer than 12 "
                            "characters"));
}

TEST_F(CredentialsTest, ReplaceAPlaceholderAndNameIt) {
    write(".env", "POSTGRES_PASSWORD=your-secure-password-here\n");

    const auto made = ensure();

    EXPECT_THAT(made.notices,
                ElementsAre("POSTGRES_PASSWORD in .env:1 is a placeholder of a sample file; it "
                            "counts as not set"));
    EXPECT_NE(value("POSTGRES_PASSWORD"), "your-secure-password-here");
    EXPECT_EQ(value("POSTGRES_PASSWORD"), made.credentials.password.reveal());
}

TEST_F(CredentialsTest, ReplaceAPlaceholderInsideTheUrl) {
    write(".env", "DATABASE_URL=postgresql://shop:change-me@localhost:5433/shop\n");
    write("poststack.yaml", "postgres_host_port: 5433\n");

    const auto made = ensure();

    EXPECT_THAT(made.notices, Contains(HasSubstr("DATABASE_URL in .env:1 is a placeholder")));
    EXPECT_EQ(value("DATABASE_URL"),
              "postgresql://shop:" + made.credentials.password.reveal() + "@localhost:5433/shop");
}

TEST_F(CredentialsTest, AreTakenFromAnOwnUrl) {
    write(".env",
          "DATABASE_URL=postgres://me:p%40ss-and-more@127.0.0.1:5444/mine?sslmode=disable\n");

    const auto made = ensure();

    EXPECT_EQ(made.credentials.user, "me");
    EXPECT_EQ(made.credentials.password.reveal(), "p@ss-and-more");
    EXPECT_EQ(made.credentials.database, "mine");
    EXPECT_EQ(made.credentials.port, 5444);
    EXPECT_EQ(value("POSTGRES_PASSWORD"), "p@ss-and-more");
    EXPECT_EQ(value("DATABASE_URL"),
              "postgres://me:p%40ss-and-more@127.0.0.1:5444/mine?sslmode=disable");
}

TEST_F(CredentialsTest, RefuseAUrlThatSaysSomethingElse) {
    write(".env",
          "POSTGRES_PASSWORD=first-secret-word\n"
          "DATABASE_URL=postgresql://shop:other-secret-word@localhost/shop\n");

    const Error error = failure();

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_EQ(error.message(),
              "DATABASE_URL in .env:2 and POSTGRES_PASSWORD in .env:1 name different passwords");
    EXPECT_THAT(error.message() + error.hint(), Not(HasSubstr("secret")));
}

TEST_F(CredentialsTest, RefuseAnEnvironmentThatContradictsTheUrl) {
    static_cast<void>(ensure());
    EXPECT_TRUE(record(5433));
    environment_["POSTGRES_PASSWORD"] = "another-password";

    EXPECT_THAT(failure().message(),
                HasSubstr("and environment POSTGRES_PASSWORD name different passwords"));
}

TEST_F(CredentialsTest, RefuseAUrlOfAnotherMachine) {
    write(".env", "DATABASE_URL=postgresql://a:b-b-b-b-b-b-b@db.example.com/x\n");

    const Error error = failure();

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.message(),
                HasSubstr("DATABASE_URL in .env:1 names the server "
                          "\"db.example.com\""));
}

TEST_F(CredentialsTest, RecordThePortAndTheUrlFollows) {
    static_cast<void>(ensure());

    EXPECT_TRUE(record(5433));
    EXPECT_FALSE(record(5433));
    const std::string before = value("DATABASE_URL");
    EXPECT_TRUE(record(5434));

    EXPECT_THAT(before, MatchesRegex("postgresql://shop:.*@localhost:5433/shop"));
    EXPECT_THAT(value("DATABASE_URL"), MatchesRegex("postgresql://shop:.*@localhost:5434/shop"));
    EXPECT_EQ(value("POSTSTACK_POSTGRES_HOST_PORT"), "5434");
    EXPECT_EQ(find()->port, 5434);
}

TEST_F(CredentialsTest, LeaveAPortOfTheSettingsFileThere) {
    write("poststack.yaml", "postgres_host_port: 5433\n");
    static_cast<void>(ensure());

    static_cast<void>(record(5433));

    EXPECT_EQ(value("POSTSTACK_POSTGRES_HOST_PORT"), "none");
    EXPECT_THAT(value("DATABASE_URL"), HasSubstr("@localhost:5433/"));
}

TEST_F(CredentialsTest, LeaveAUrlMadeOfVariablesAsItIs) {
    const std::string line =
        "DATABASE_URL=postgresql://${POSTGRES_USER}:${POSTGRES_PASSWORD}@localhost:5433/shop\n";
    write(".env",
          "POSTGRES_USER=shop\nPOSTGRES_PASSWORD=long-enough-word\nPOSTGRES_DB=shop\n" + line);
    write("poststack.yaml", "postgres_host_port: 5433\n");

    static_cast<void>(ensure());

    EXPECT_THAT(env_text(), HasSubstr(line));
}

TEST_F(CredentialsTest, MakeTheHiveSet) {
    write("poststack.yaml", "credentials: hive\n");
    const auto made = ensure();
    static_cast<void>(record(5532));

    EXPECT_THAT(value("HIVE_API_KEY"), MatchesRegex("hive_[A-Za-z0-9_-]+"));
    EXPECT_EQ(value("HIVE_API_KEY").size(), 5U + 43U);
    EXPECT_EQ(value("HIVE_API_PORT"), "8886");
    EXPECT_EQ(value("HIVE_POSTGRES_PORT"), "5532");
    EXPECT_EQ(
        value("HIVE_DATABASE_URL"),
        "postgresql+psycopg://shop:" + made.credentials.password.reveal() + "@localhost:5532/shop");
    EXPECT_EQ(value("DATABASE_URL"), "none");
    // PostgreSQL refuses root, so root's project names the account that hive's sample names.
    const std::string uid = ::geteuid() == 0 ? "1000" : std::to_string(::geteuid());
    const std::string gid = ::geteuid() == 0 ? "1000" : std::to_string(::getegid());
    EXPECT_EQ(value("POSTGRES_UID"), uid);
    EXPECT_EQ(value("POSTGRES_GID"), gid);
    EXPECT_EQ(credential_names(load().settings).default_port, 5532);
}

TEST_F(CredentialsTest, MakeTheSemantikSet) {
    write("poststack.yaml", "credentials: semantik\ndb_pool_size: 5\n");
    static_cast<void>(ensure());
    static_cast<void>(record(5433));

    EXPECT_EQ(value("POSTGRES_HOST"), "localhost");
    EXPECT_EQ(value("POSTGRES_PORT"), "5433");
    EXPECT_EQ(value("DB_POOL_SIZE"), "5");
    EXPECT_EQ(value("DB_MAX_OVERFLOW"), "40");
    EXPECT_EQ(value("DB_POOL_PRE_PING"), "true");
    EXPECT_THAT(value("DATABASE_URL"), HasSubstr("@localhost:5433/shop"));
}

TEST_F(CredentialsTest, UseOtherNamesWhenAsked) {
    write("poststack.yaml",
          "url_variable: APP_DB\nurl_scheme: postgresql+asyncpg\npassword_variable: APP_PASS\n"
          "postgres_host_port: 5433\n");
    static_cast<void>(ensure());

    EXPECT_THAT(value("APP_DB"), HasSubstr("postgresql+asyncpg://shop:"));
    EXPECT_NE(value("APP_PASS"), "none");
    EXPECT_EQ(value("POSTGRES_PASSWORD"), "none");
}

TEST_F(CredentialsTest, RefuseOneVariableForTwoThings) {
    write("poststack.yaml", "user_variable: X\npassword_variable: X\n");
    EXPECT_THAT(failure().message(),
                HasSubstr("\"user_variable\" and \"password_variable\" are both \"X\""));

    write("poststack.yaml", "user_variable: a-b\n");
    EXPECT_THAT(failure().message(), HasSubstr("which is no name of a variable"));
}

TEST_F(CredentialsTest, MakeARandomRoleOnce) {
    write("poststack.yaml", "random_role: yes\n");

    const std::string first = ensure().credentials.user;

    EXPECT_THAT(first, MatchesRegex("u[a-z0-9]+"));
    EXPECT_GE(first.size(), 24U);
    EXPECT_EQ(ensure().credentials.user, first);
}

TEST_F(CredentialsTest, AvoidNamesThatPostgresKeeps) {
    for (const auto& [project, role] :
         {std::pair{"postgres", "app_postgres"}, {"pg_tools", "app_pg_tools"}, {"shop", "shop"}}) {
        write(".env", std::string("COMPOSE_PROJECT_NAME=") + project + "\n");
        EXPECT_EQ(ensure().credentials.user, role);
    }
}

TEST_F(CredentialsTest, AgreeWhenTwoMakeThemAtOnce) {
    std::vector<std::future<std::string>> makers;
    for (int maker = 0; maker < 8; ++maker) {
        makers.push_back(std::async(
            std::launch::async, [this] { return ensure().credentials.password.clone().reveal(); }));
    }
    std::vector<std::string> passwords;
    for (auto& maker : makers)
        passwords.push_back(maker.get());

    EXPECT_THAT(passwords, ::testing::Each(passwords.front()));
    EXPECT_EQ(value("POSTGRES_PASSWORD"), passwords.front());
}

TEST(IsPlaceholder, KnowsSampleFiles) {
    for (const char* text : {"your-secure-password-here",
                             "change-me",
                             "changeme",
                             "CHANGE_ME_NOW",
                             "placeholder",
                             "<password>",
                             "poststack_dev",
                             "xxxx",
                             "password"}) {
        EXPECT_TRUE(is_placeholder(text)) << text;
    }
    for (const char* text : {"", "xx", "passwords", "s3cr3t", "yourself", "<half"})
        EXPECT_FALSE(is_placeholder(text)) << text;
}

}  // namespace
}  // namespace poststack::instance
