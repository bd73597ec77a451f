#include "config/settings.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "sys/file.h"

namespace poststack::config {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SettingsTest : public ::testing::Test {
  protected:
    SettingsTest() : root_(fs::canonical(folder_.path())) { options_.current_directory = root_; }

    void write(const std::string& name, const std::string& text) {
        std::ofstream(root_ / name) << text;
        fs::permissions(root_ / name, fs::perms::owner_read | fs::perms::owner_write);
    }

    Configuration load() { return load_configuration(options_, flags_); }

    Error failure() {
        try {
            static_cast<void>(load());
        } catch (const Error& error) {
            return error;
        }
        return Error(ErrorKind::bug, "nothing was thrown");
    }

    sys::TempDir folder_;
    fs::path root_;
    LocateOptions options_;
    Flags flags_;
};

TEST_F(SettingsTest, HaveDefaults) {
    const Settings settings = load().settings;

    EXPECT_EQ(settings.find_text(key::runtime), std::nullopt);
    EXPECT_EQ(settings.text(key::layout), "separate");
    EXPECT_EQ(settings.number(key::db_pool_size), 20);
    EXPECT_EQ(settings.duration(key::db_retry_interval), milliseconds(500));
    EXPECT_TRUE(settings.boolean(key::db_pool_pre_ping));
    EXPECT_EQ(settings.path(key::log_dir), root_ / "logs");
    EXPECT_EQ(settings.source(key::log_dir), "default");
    EXPECT_FALSE(settings.is_set(key::log_dir));
}

TEST_F(SettingsTest, DefaultsPassTheirOwnChecks) {
    for (const KeySpec& spec : all_keys()) {
        if (spec.default_value.empty()) continue;
        const Settings settings =
            make_settings({{std::string(spec.name), std::string(spec.default_value)}});
        EXPECT_EQ(settings.entry(spec.name).value, spec.default_value);
    }
}

TEST_F(SettingsTest, TakeTheStrongestSourceAndSayWhich) {
    const auto check = [&](const char* value, const char* source) {
        const Settings settings = load().settings;
        EXPECT_EQ(settings.find_text(key::postgres_host_port), value);
        EXPECT_EQ(settings.source(key::postgres_host_port), source);
    };
    write("poststack.yaml", "# port\npostgres_host_port: 5001\n");
    check("5001", "poststack.yaml:2");
    write(".env", "\n\nPOSTSTACK_POSTGRES_HOST_PORT=5002\n");
    check("5002", ".env:3");
    options_.environment["POSTSTACK_POSTGRES_HOST_PORT"] = "5003";
    check("5003", "environment POSTSTACK_POSTGRES_HOST_PORT");
    flags_["postgres_host_port"] = {.option = "--postgres-port", .value = "5004"};
    check("5004", "flag --postgres-port");
}

TEST_F(SettingsTest, ReadThePoolUnderItsOwnNames) {
    write(".env", "DB_POOL_SIZE=7\n");
    options_.environment["DB_RETRY_INTERVAL"] = "0.25";

    const Settings settings = load().settings;

    EXPECT_EQ(settings.number(key::db_pool_size), 7);
    EXPECT_EQ(settings.source(key::db_pool_size), ".env:1");
    EXPECT_EQ(settings.duration(key::db_retry_interval), milliseconds(250));
}

TEST_F(SettingsTest, CountEmptyAsUnset) {
    write("poststack.yaml", "layout:\nlog_dir: here\n");
    options_.environment["POSTSTACK_LOG_DIR"] = "";

    const Settings settings = load().settings;

    EXPECT_EQ(settings.text(key::layout), "separate");
    EXPECT_EQ(settings.path(key::log_dir), root_ / "here");
}

TEST_F(SettingsTest, ReadListsFromYamlAndVariables) {
    write("poststack.yaml", "extensions: [pgcrypto, citext]\npostgres_settings: {work_mem: 8MB}\n");
    EXPECT_THAT(load().settings.list(key::extensions), ElementsAre("pgcrypto", "citext"));
    EXPECT_THAT(load().settings.list(key::postgres_settings), ElementsAre("work_mem=8MB"));

    options_.environment["POSTSTACK_EXTENSIONS"] = "hstore, ltree,";
    EXPECT_THAT(load().settings.list(key::extensions), ElementsAre("hstore", "ltree"));
}

TEST_F(SettingsTest, RefuseAMappingWhereNamesAreMeant) {
    write("poststack.yaml", "extensions: {a: 1}\n");

    const Error error = failure();

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_EQ(error.message(), "poststack.yaml:1: \"extensions\" is a mapping, but takes a list");
    EXPECT_EQ(error.hint(), "Write it as a list: extensions: [a, b].");
}

TEST_F(SettingsTest, RefuseANulByte) {
    for (const auto& [key, text] : {std::pair{"extensions", "extensions: [\"pg\\0x\"]\n"},
                                    {"database_name", "database_name: \"x\\0y\"\n"}}) {
        write("poststack.yaml", text);

        const Error error = failure();

        EXPECT_EQ(error.kind(), ErrorKind::config);
        EXPECT_EQ(error.message(),
                  std::string("poststack.yaml:1: \"") + key + "\" holds a NUL byte");
    }
}

TEST_F(SettingsTest, GoOnWithoutABrokenEnvFileWhereAsked) {
    write("poststack.yaml", "log_dir: here\n");
    for (const char* text : {"one line = 'without an end", "POSTSTACK_POSTGRES_HOST_PORT=0\n"}) {
        write(".env", text);
        options_.lenient_env = false;
        EXPECT_EQ(failure().kind(), ErrorKind::config);

        options_.lenient_env = true;
        const Configuration found = load();

        EXPECT_EQ(found.settings.path(key::log_dir), root_ / "here");
        ASSERT_EQ(found.notices.size(), 1U);
        EXPECT_TRUE(found.notices.front().ends_with("; going on without .env"));
    }
    write("poststack.yaml", "log_dri: here\n");
    EXPECT_EQ(failure().kind(), ErrorKind::config);
}

TEST_F(SettingsTest, AcceptTheOriginalsNames) {
    options_.environment["POSTSTACK_CONTAINER_RUNTIME"] = "Podman";

    EXPECT_EQ(load().settings.text(key::runtime), "podman");
}

TEST_F(SettingsTest, RefuseTwoNamesThatContradictEachOther) {
    write(".env", "DB_POOL_SIZE=7\nPOSTSTACK_DB_POOL_SIZE=8\n");

    const Error error = failure();

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_EQ(error.message(),
              ".env:2 (POSTSTACK_DB_POOL_SIZE) and .env:1 (DB_POOL_SIZE) set the same thing to "
              "different values");
}

TEST_F(SettingsTest, LetTwoSourcesDiffer) {
    write(".env", "DB_POOL_SIZE=7\n");
    options_.environment["POSTSTACK_DB_POOL_SIZE"] = "8";

    EXPECT_EQ(load().settings.number(key::db_pool_size), 8);
}

TEST_F(SettingsTest, NameTheUnknownKeyAndTheNearest) {
    write("poststack.yaml", "layout: unified\npostgres_hostport: 1\n");

    const Error error = failure();

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.message(),
                HasSubstr("poststack.yaml:2:1\": unknown key \"postgres_hostport\""));
    EXPECT_EQ(error.hint(), "Did you mean \"postgres_host_port\"?");
}

TEST_F(SettingsTest, WarnOfUnknownVariables) {
    options_.environment["POSTSTACK_LOGDIR"] = "x";
    options_.environment["OTHER_LOGDIR"] = "x";
    options_.environment["POSTSTACK_REQUIRE_TOOLS"] = "1";
    write(".env", "POSTSTACK_RUNTIM=native\n");

    EXPECT_THAT(load().notices,
                ElementsAre("environment variable POSTSTACK_LOGDIR is no setting; did you mean "
                            "POSTSTACK_LOG_DIR?",
                            "POSTSTACK_RUNTIM in .env:1 is no setting; did you mean "
                            "POSTSTACK_RUNTIME?"));
}

struct BadValue {
    const char* yaml;
    const char* message;
};

class BadSetting : public SettingsTest, public ::testing::WithParamInterface<BadValue> {};

TEST_P(BadSetting, NamesSourceKeyAndWhatIsAllowed) {
    write("poststack.yaml", GetParam().yaml);

    const Error error = failure();

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_EQ(error.message(), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Values,
    BadSetting,
    ::testing::Values(
        BadValue{
            "postgres_host_port: 70000",
            "poststack.yaml:1: \"postgres_host_port\" is \"70000\", but must be a whole number "
            "from 1 to 65535"},
        BadValue{
            "\nruntime: dokcer",
            "poststack.yaml:2: \"runtime\" is \"dokcer\", but must be podman, docker or native"},
        BadValue{"random_role: maybe",
                 "poststack.yaml:1: \"random_role\" is \"maybe\", but must be yes or no"},
        BadValue{"start_timeout: soon",
                 "poststack.yaml:1: \"start_timeout\" is \"soon\", but must be a duration such as "
                 "30s, 500ms, 2min or 1h"},
        BadValue{
            "memory_limit: 1MB",
            "poststack.yaml:1: \"memory_limit\" is \"1MB\", but must be a size of at least 64 MB "
            "such as 512MB or 2G"},
        BadValue{
            "postgres_version: 12",
            "poststack.yaml:1: \"postgres_version\" is \"12\", but must be a whole number from "
            "13 to 99"},
        BadValue{"cpu_limit: 0",
                 "poststack.yaml:1: \"cpu_limit\" is \"0\", but must be a number above 0, at most "
                 "4096"},
        BadValue{"layout: [unified]",
                 "poststack.yaml:1: \"layout\" is a list, but takes separate or unified"}));

TEST_F(SettingsTest, CallABadFlagAUsageError) {
    flags_["postgres_host_port"] = {.option = "--postgres-port", .value = "x"};

    const Error error = failure();

    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.message(),
                HasSubstr("flag --postgres-port: \"postgres_host_port\" is \"x\""));
}

TEST_F(SettingsTest, ReadAnotherSettingsFile) {
    write("other.yaml", "layout: unified\n");
    options_.config_file = "other.yaml";
    EXPECT_EQ(load().settings.source(key::layout), "other.yaml:1");

    options_.config_file = "missing.yaml";
    const Error error = failure();
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_EQ(error.message(), "cannot use --config-file \"missing.yaml\": there is no such file");
}

TEST_F(SettingsTest, TakeAFlagsFolderFromWhereTheUserStands) {
    write("poststack.yaml", "");
    fs::create_directory(root_ / "sub");
    options_.current_directory = root_ / "sub";
    flags_["log_dir"] = {.option = "--log-dir", .value = "logs"};

    EXPECT_EQ(load().settings.path(key::log_dir), root_ / "sub/logs");
}

TEST(MakeSettings, ReadsNothingButItsArguments) {
    const Settings settings = make_settings({{"postgres_host_port", "5433"}}, "/p");

    EXPECT_EQ(settings.number(key::postgres_host_port), 5433);
    EXPECT_EQ(settings.path(key::migrations_path), "/p/migrations");
}

}  // namespace
}  // namespace poststack::config
