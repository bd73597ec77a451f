// Rotation against a real server, and what a journal of each step leads to.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "caught.h"
#include "instance/rotate.h"
#include "pg/connection.h"
#include "server.h"
#include "sys/file.h"
#include "sys/hash.h"

namespace poststack::instance {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* new_password = "NewPasswordOfTheRotation";

class RotateTest : public ::testing::Test {
  protected:
    RotateTest() : login_(test::shared_server().fresh_role()) {
        old_password_ = login_.password.clone().reveal();
        write_env(old_password_);
        std::ofstream(folder_.path() / "poststack.yaml") << "connect_timeout: 120s\n";
        fs::create_directory(state());
    }

    void write_env(const std::string& password) {
        std::ofstream(env_path()) << "# kept\nPOSTGRES_USER=" << login_.user
                                  << "\nPOSTGRES_PASSWORD=" << password
                                  << "\nPOSTGRES_DB=" << login_.database
                                  << "\nDATABASE_URL=postgresql://" << login_.user << ":"
                                  << password << "@127.0.0.1:" << login_.port << "/"
                                  << login_.database << "\n";
        fs::permissions(env_path(), fs::perms::owner_read | fs::perms::owner_write);
    }

    void write_journal(const std::string& env_hash) {
        std::ofstream(journal()) << R"({"version":1,"user":")" << login_.user
                                 << R"(","old_password":")" << old_password_
                                 << R"(","new_password":")" << new_password << R"(","env_sha256":")"
                                 << env_hash << "\"}\n";
        fs::permissions(journal(), fs::perms::owner_read | fs::perms::owner_write);
    }

    void set_role_password(const std::string& password) const {
        pg::Connection superuser(test::shared_server().superuser(), std::chrono::seconds(60));
        superuser.script("ALTER ROLE " + superuser.quote_identifier(login_.user) + " PASSWORD " +
                         superuser.quote_literal(password));
    }

    [[nodiscard]] bool opens(const std::string& password) const {
        pg::ConnInfo info = login_.clone();
        info.password = Secret(password);
        try {
            const pg::Connection connection(info, std::chrono::seconds(60));
            return true;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::denied);
            return false;
        }
    }

    config::Configuration load() {
        config::LocateOptions options;
        options.current_directory = folder_.path();
        options.environment = environment_;
        return config::load_configuration(options);
    }

    RotateResult rotate() {
        const auto loaded = load();
        return rotate_password({loaded.project, loaded.settings, environment_});
    }

    Recovery recover() {
        const auto loaded = load();
        return recover_rotation({loaded.project, loaded.settings, environment_});
    }

    std::string value(const std::string& name) { return load().env.find(name).value_or("none"); }

    [[nodiscard]] fs::path env_path() const { return folder_.path() / ".env"; }

    [[nodiscard]] fs::path state() const { return folder_.path() / ".poststack"; }

    [[nodiscard]] fs::path journal() const { return state() / "rotate.journal"; }

    sys::TempDir folder_;
    pg::ConnInfo login_;
    std::string old_password_;
    config::Environment environment_;
};

TEST_F(RotateTest, ChangesRoleAndFile) {
    const RotateResult result = rotate();

    const std::string password = value("POSTGRES_PASSWORD");
    EXPECT_THAT(result.written, ElementsAre("POSTGRES_PASSWORD", "DATABASE_URL"));
    EXPECT_NE(password, old_password_);
    EXPECT_GE(password.size(), 24U);
    EXPECT_TRUE(opens(password));
    EXPECT_FALSE(opens(old_password_));
    EXPECT_THAT(value("DATABASE_URL"), HasSubstr(":" + password + "@"));
    EXPECT_THAT(sys::read_file(env_path()), HasSubstr("# kept\n"));
    EXPECT_FALSE(fs::exists(journal()));
    EXPECT_THAT(test::shared_server().log(), Not(HasSubstr(password)));
}

TEST_F(RotateTest, RefusesWhileTheEnvironmentWins) {
    environment_["POSTGRES_PASSWORD"] = old_password_;

    const Error error = test::caught([&] { static_cast<void>(rotate()); });

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.message(), HasSubstr("POSTGRES_PASSWORD is set in the environment"));
    EXPECT_TRUE(opens(old_password_));
}

TEST_F(RotateTest, NamesTheWayOutWhenTheServerKnowsAnotherPassword) {
    write_env("some-other-password");

    const Error error = test::caught([&] { static_cast<void>(rotate()); });

    EXPECT_EQ(error.kind(), ErrorKind::denied);
    EXPECT_THAT(error.hint(), HasSubstr("credentials rotate --repair"));
    EXPECT_FALSE(fs::exists(journal()));
}

TEST_F(RotateTest, RepairsThatAsTheSuperuser) {
    write_env("some-other-password");
    const auto loaded = load();

    repair_password({loaded.project, loaded.settings, environment_},
                    test::shared_server().superuser());

    EXPECT_TRUE(opens("some-other-password"));
    EXPECT_EQ(value("POSTGRES_PASSWORD"), "some-other-password");
}

// What a kill leaves behind, step by step.

TEST_F(RotateTest, UndoesAJournalWithoutAChange) {
    write_journal(sys::sha256(sys::read_file(env_path())));

    EXPECT_EQ(recover(), Recovery::undone);

    EXPECT_TRUE(opens(old_password_));
    EXPECT_EQ(value("POSTGRES_PASSWORD"), old_password_);
    EXPECT_FALSE(fs::exists(journal()));
    EXPECT_EQ(recover(), Recovery::none);
}

TEST_F(RotateTest, CompletesAfterTheRoleWasChanged) {
    write_journal(sys::sha256(sys::read_file(env_path())));
    set_role_password(new_password);

    EXPECT_EQ(recover(), Recovery::completed);

    EXPECT_EQ(value("POSTGRES_PASSWORD"), new_password);
    EXPECT_THAT(value("DATABASE_URL"), HasSubstr(new_password));
    EXPECT_FALSE(fs::exists(journal()));
}

TEST_F(RotateTest, CompletesAfterTheFileWasReplaced) {
    write_journal(sys::sha256(sys::read_file(env_path())));
    set_role_password(new_password);
    write_env(new_password);

    EXPECT_EQ(recover(), Recovery::completed);

    EXPECT_EQ(value("POSTGRES_PASSWORD"), new_password);
    EXPECT_FALSE(fs::exists(journal()));
}

TEST_F(RotateTest, RecoversBeforeItRotatesAgain) {
    write_journal(sys::sha256(sys::read_file(env_path())));
    set_role_password(new_password);

    const RotateResult result = rotate();

    EXPECT_EQ(result.recovered, Recovery::completed);
    EXPECT_NE(value("POSTGRES_PASSWORD"), new_password);
    EXPECT_TRUE(opens(value("POSTGRES_PASSWORD")));
}

TEST_F(RotateTest, KeepsTheJournalWhenNeitherPasswordWorks) {
    write_journal("x");
    set_role_password("a third password");

    const Error error = test::caught([&] { static_cast<void>(recover()); });

    EXPECT_EQ(error.kind(), ErrorKind::denied);
    EXPECT_THAT(error.message(), HasSubstr("knows neither the new nor the old password"));
    EXPECT_TRUE(fs::exists(journal()));
}

TEST_F(RotateTest, RefusesAFileThatHoldsAThirdPassword) {
    write_journal("x");
    set_role_password(new_password);
    write_env("edited-by-hand-since");

    const Error error = test::caught([&] { static_cast<void>(recover()); });

    EXPECT_EQ(error.kind(), ErrorKind::conflict);
    EXPECT_TRUE(fs::exists(journal()));
    EXPECT_EQ(value("POSTGRES_PASSWORD"), "edited-by-hand-since");
}

TEST_F(RotateTest, SaysThatAJournalIsDamagedWithoutShowingIt) {
    std::ofstream(journal()) << "{\"old_password\": \"do-not-show\"";
    fs::permissions(journal(), fs::perms::owner_read | fs::perms::owner_write);

    const Error error = test::caught([&] { static_cast<void>(recover()); });

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.message() + error.hint(), Not(HasSubstr("do-not-show")));
}

TEST_F(RotateTest, TellsADeadServerFromAWrongPassword) {
    write_journal("x");
    std::ofstream(env_path()) << "POSTGRES_USER=u\nPOSTGRES_PASSWORD=" << old_password_
                              << "\nPOSTGRES_DB=d\nPOSTSTACK_POSTGRES_HOST_PORT=1\n";

    const Error error = test::caught([&] { static_cast<void>(recover()); });

    EXPECT_EQ(error.kind(), ErrorKind::timeout);
    EXPECT_TRUE(fs::exists(journal()));
}

}  // namespace
}  // namespace poststack::instance
