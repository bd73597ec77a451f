#include "instance/target.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "sys/file.h"

namespace poststack::instance {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class TargetTest : public ::testing::Test {
  protected:
    TargetTest() : root_(fs::canonical(folder_.path()) / "shop") { fs::create_directory(root_); }

    void write(const std::string& name, const std::string& text) {
        std::ofstream(root_ / name) << text;
        fs::permissions(root_ / name, fs::perms::owner_read | fs::perms::owner_write);
    }

    Target find() {
        config::LocateOptions options;
        options.current_directory = root_;
        options.environment = environment_;
        const auto loaded = config::load_configuration(options);
        return find_target({.project = loaded.project,
                            .settings = loaded.settings,
                            .env = loaded.env,
                            .environment = environment_,
                            .url_flag = flag_});
    }

    Error failure() {
        try {
            static_cast<void>(find());
        } catch (const Error& error) {
            return error;
        }
        return Error(ErrorKind::bug, "nothing was thrown");
    }

    sys::TempDir folder_;
    fs::path root_;
    config::Environment environment_;
    std::optional<std::string> flag_;
};

constexpr const char* own_login =
    "POSTGRES_USER=shop\nPOSTGRES_PASSWORD=long-enough-word\nPOSTGRES_DB=shop\n"
    "POSTSTACK_POSTGRES_HOST_PORT=5433\n";

TEST_F(TargetTest, IsTheFirstThatIsSet) {
    write("poststack.yaml", "credentials: hive\n");
    write(".env", own_login);
    EXPECT_EQ(find().origin, "the project's own stack");
    EXPECT_EQ(find().url.port, 5433);

    environment_["POSTGRES_HOST"] = "db.example.com";
    EXPECT_EQ(find().origin, "environment POSTGRES_HOST");
    EXPECT_EQ(find().url.user, "shop");

    environment_.clear();
    environment_["HIVE_DATABASE_URL"] = "postgresql+psycopg://h@h.example.com/h";
    EXPECT_EQ(find().origin, "environment HIVE_DATABASE_URL");

    write(".env", std::string(own_login) + "DATABASE_URL=postgres://shop@d.example.com/shop\n");
    EXPECT_EQ(find().origin, "DATABASE_URL in .env:5");

    write("poststack.yaml", "database_url: postgres://y@y.example.com/y\n");
    EXPECT_EQ(find().origin, "database_url in poststack.yaml:1");

    environment_["POSTSTACK_DATABASE_URL"] = "postgres://p@p.example.com/p";
    EXPECT_EQ(find().origin, "environment POSTSTACK_DATABASE_URL");

    flag_ = "postgres://f@f.example.com/f";
    EXPECT_EQ(find().origin, "--url");
    EXPECT_EQ(find().url.host, "f.example.com");
}

TEST_F(TargetTest, KnowsItsOwnStack) {
    write(".env",
          std::string(own_login) +
              "DATABASE_URL=postgresql://shop:long-enough-word@localhost:5433/shop\n");
    EXPECT_TRUE(find().is_own_stack);
    EXPECT_EQ(find().origin, "DATABASE_URL in .env:5");

    flag_ = "postgresql://shop@127.0.0.1:5433/shop";
    EXPECT_TRUE(find().is_own_stack);

    flag_ = "postgresql://shop@localhost:5434/shop";
    EXPECT_FALSE(find().is_own_stack);

    flag_ = "postgresql://shop@db.example.com:5433/shop";
    EXPECT_FALSE(find().is_own_stack);
}

TEST_F(TargetTest, RefusesTwoThatContradictEachOther) {
    environment_["POSTSTACK_DATABASE_URL"] = "postgres://a:one-secret@localhost/x";
    environment_["DATABASE_URL"] = "postgres://a:two-secret@localhost/x";

    const Error error = failure();

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_EQ(error.message(),
              "environment POSTSTACK_DATABASE_URL and environment DATABASE_URL name different "
              "passwords");
    EXPECT_THAT(error.hint(), HasSubstr("--url"));
}

TEST_F(TargetTest, RefusesAUrlThatContradictsTheParts) {
    write(".env",
          "POSTGRES_HOST=db.example.com\nDATABASE_URL=postgres://shop@other.example.com/shop\n");

    EXPECT_EQ(failure().message(),
              "DATABASE_URL in .env:2 and POSTGRES_HOST in .env:1 name different hosts");
}

TEST_F(TargetTest, LetsTheFlagSettleAContradiction) {
    environment_["POSTSTACK_DATABASE_URL"] = "postgres://a@one.example.com/x";
    environment_["DATABASE_URL"] = "postgres://a@two.example.com/x";
    flag_ = "postgres://a@two.example.com/x";

    EXPECT_EQ(find().url.host, "two.example.com");
}

TEST_F(TargetTest, LetsTheEnvironmentDifferFromTheFile) {
    write(".env",
          std::string(own_login) +
              "DATABASE_URL=postgresql://shop:long-enough-word@localhost:5433/shop\n");
    environment_["DATABASE_URL"] = "postgres://a@two.example.com/x";

    EXPECT_EQ(find().origin, "environment DATABASE_URL");
    EXPECT_FALSE(find().is_own_stack);
}

TEST_F(TargetTest, SaysSoWhenThereIsNone) {
    const Error error = failure();

    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_THAT(error.message(), HasSubstr("project \"shop\" in "));
    EXPECT_THAT(error.message(), HasSubstr("has no database yet"));
    EXPECT_THAT(error.hint(), HasSubstr("poststack up"));
}

TEST_F(TargetTest, SaysSoWhenOnlyTheCredentialsAreLost) {
    fs::create_directory(root_ / ".poststack");
    write(".poststack/runtime", "native\n");

    const Error error = failure();

    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_THAT(error.message(), HasSubstr("has a database, but "));
    EXPECT_THAT(error.message(), HasSubstr("shop/.env\" does not say how to log in to it"));
    EXPECT_THAT(error.hint(), HasSubstr("then poststack credentials rotate --repair"));
}

TEST_F(TargetTest, NamesTheVariableOfABrokenUrlButNotItsValue) {
    environment_["DATABASE_URL"] = "open-sesame";

    const Error error = failure();

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.message(), HasSubstr("environment DATABASE_URL is not a database URL"));
}

TEST_F(TargetTest, BecomesALogin) {
    flag_ = "postgresql://u:p%40@h.example.com:5433/d?connect_timeout=3";
    const pg::ConnInfo login =
        to_login(find(), config::make_settings({{"connect_timeout", "1500ms"}}));
    EXPECT_EQ(login.host, "h.example.com");
    EXPECT_EQ(login.password.reveal(), "p@");
    EXPECT_EQ(login.connect_timeout, std::chrono::seconds(3));

    flag_ = "postgresql://u@h.example.com/d";
    EXPECT_EQ(
        to_login(find(), config::make_settings({{"connect_timeout", "1500ms"}})).connect_timeout,
        std::chrono::seconds(2));
}

}  // namespace
}  // namespace poststack::instance
