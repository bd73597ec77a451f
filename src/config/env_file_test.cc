#include "config/env_file.h"

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "sys/file.h"

namespace poststack::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

EnvFile parse(std::string text, Environment environment = {}) {
    return EnvFile::parse(std::move(text), "/p/.env", std::move(environment));
}

Error failure(const std::string& text) {
    try {
        static_cast<void>(parse(text));
    } catch (const Error& error) {
        return error;
    }
    return Error(ErrorKind::bug, "nothing was thrown for: " + text);
}

struct ValueCase {
    const char* text;
    const char* value;
};

class EnvValue : public ::testing::TestWithParam<ValueCase> {};

TEST_P(EnvValue, IsReadAsComposeDoes) {
    EXPECT_EQ(parse(GetParam().text).find("A"), GetParam().value) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(Forms,
                         EnvValue,
                         ::testing::Values(ValueCase{"A=b", "b"},
                                           ValueCase{"A=", ""},
                                           ValueCase{"A= b c  ", "b c"},
                                           ValueCase{"  A =b", "b"},
                                           ValueCase{"A: b", "b"},
                                           ValueCase{"export A=b", "b"},
                                           ValueCase{"export\tA=b", "b"},
                                           ValueCase{"A=b # comment", "b"},
                                           ValueCase{"A=b\t# comment", "b"},
                                           ValueCase{"A=b#no comment", "b#no comment"},
                                           ValueCase{"A=#no", "#no"},
                                           ValueCase{"A= # comment", ""},
                                           ValueCase{"A='b # c'", "b # c"},
                                           ValueCase{"A='$X ${X}'", "$X ${X}"},
                                           ValueCase{"A='it\\'s'", "it's"},
                                           ValueCase{"A='a\\\\b\\n'", "a\\\\b\\n"},
                                           ValueCase{"A=\"a\\nb\\t\\\"c\\\\\"", "a\nb\t\"c\\"},
                                           ValueCase{"A=\"\\$X\"", "$X"},
                                           ValueCase{"A=\"b\" # comment", "b"},
                                           ValueCase{"A=\"one\ntwo\"\nB=c", "one\ntwo"},
                                           ValueCase{"A='one\ntwo'", "one\ntwo"},
                                           ValueCase{"A=\"one\r\ntwo\"\r\n", "one\ntwo"},
                                           ValueCase{"A=b\r\nB=c\r\n", "b"},
                                           ValueCase{"\xEF\xBB\xBF"
                                                     "A=b",
                                                     "b"},
                                           ValueCase{"A=b\nA=c", "c"},
                                           ValueCase{"X=1\nA=${X}2", "12"},
                                           ValueCase{"X=1\nA=\"${X}2\"", "12"},
                                           ValueCase{"A=${X:-d}", "d"},
                                           ValueCase{"A=$$x", "$x"},
                                           ValueCase{"A=p%40:/?=b", "p%40:/?=b"}));

TEST(EnvFile, PrefersTheEnvironmentInsideValues) {
    const EnvFile file = parse("X=below\nA=${X}\n", {{"X", "above"}});

    EXPECT_EQ(file.find("A"), "above");
    EXPECT_EQ(file.find("X"), "below");
}

TEST(EnvFile, TakesABareNameFromTheEnvironment) {
    const EnvFile file = parse("A\nB\n", {{"A", "outer"}});

    EXPECT_EQ(file.find("A"), "outer");
    EXPECT_EQ(file.find("B"), std::nullopt);
}

TEST(EnvFile, KnowsLinesAndOrder) {
    const EnvFile file = parse("# top\nB=\"1\n2\"\n\nA=3\nB=4\n");

    EXPECT_EQ(file.where("A"), ".env:5");
    EXPECT_EQ(file.where("B"), ".env:6");
    EXPECT_THAT(file.names(), ElementsAre("B", "A"));
}

TEST(EnvFile, NamesTheBrokenLineButNotTheValue) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"OK=1\nA=\"secret\n\n", "/p/.env:2\": the closing double quote is missing"},
        {"A='secret", "/p/.env:1\": the closing single quote is missing"},
        {"A='secret'x", "/p/.env:1\": there is text behind the closing quote"},
        {"A=\"secret\"#x", "/p/.env:1\": there is text behind the closing quote"},
        {"secret words", "/p/.env:1\": a name is followed by \"=\""},
        {"=secret", "/p/.env:1\": a name holds only letters"},
        {"9A=secret", "/p/.env:1\": a name may not begin with a digit"},
        {"A=1\nB=${secret", "/p/.env:2\": \"${\" is not closed"},
        {"A=1\nB=\"\n${:secret}\"", "/p/.env:2\": \"${\" is not followed by a name"},
        {std::string("A=1\nB=\0secret", 13), "/p/.env:2\": there is a NUL byte"},
    };
    for (const auto& [text, expected] : cases) {
        const Error error = failure(text);
        EXPECT_EQ(error.kind(), ErrorKind::config) << text;
        EXPECT_THAT(error.message(), HasSubstr(expected));
        EXPECT_THAT(error.message(), Not(HasSubstr("secret")));
    }
}

TEST(EnvFile, KeepsEveryOtherByteWhenAValueIsSet) {
    EnvFile file =
        parse("# top\r\n\r\nexport A = 'old'   # why\r\nB=\"x\ny\"\r\nodd:  1\r\nlast=z");

    file.set("A", "new");
    file.set("odd", "two words");
    file.set("C", "added");

    EXPECT_EQ(file.text(),
              "# top\r\n\r\nexport A = new   # why\r\nB=\"x\ny\"\r\nodd:  'two words'\r\nlast=z\r\n"
              "C=added\r\n");
}

TEST(EnvFile, FinishesHalfALineEndBeforeItAppends) {
    // Found by tests/fuzz: "\r" alone ends the last line, "\r\r\n" would make it part of the value.
    EnvFile file = parse("A=1\r\nB=2\r");

    file.set("C", "3");

    EXPECT_EQ(file.text(), "A=1\r\nB=2\r\nC=3\r\n");
    EXPECT_EQ(file.find("B"), "2");
}

TEST(EnvFile, SetsTheAssignmentThatCounts) {
    EnvFile file = parse("A=1\nA=2\nB=${A}\nbare\nempty= # note\n");

    file.set("A", "3");
    file.set("bare", "4");
    file.set("empty", "5");

    EXPECT_EQ(file.text(), "A=1\nA=3\nB=${A}\nbare=4\nempty=5 # note\n");
    EXPECT_EQ(file.find("B"), "3");
}

TEST(EnvFile, ReadsBackWhateverItWrites) {
    const std::vector<std::string> values = {
        "",       "plain",       "two words", "it's",        "#x",     "a$b",    "${X}", "a\nb",
        "tab\t",  "back\\slash", "end\\",     "\"q\"",       "'",      "\\'",    "$$",   " lead",
        "trail ", "a#b # c",     "\r\n",      "p@ss:w/rd?%", "\\n\\t", "ünïcode"};
    for (const std::string& value : values) {
        EnvFile file = parse("B=1 # note\nA=old # note\n");
        file.set("A", value);
        file.set("NEW", value);

        EXPECT_EQ(file.find("A"), value) << file.text();
        EXPECT_EQ(parse(file.text()).find("NEW"), value) << file.text();
    }
}

class EnvFileOnDisk : public ::testing::Test {
  protected:
    std::filesystem::path write(const std::string& text, mode_t mode = 0600) {
        const auto path = folder_.path() / ".env";
        std::ofstream(path) << text;
        EXPECT_EQ(::chmod(path.c_str(), mode), 0);
        return path;
    }

    EnvFile load() { return EnvFile::load(folder_.path() / ".env", {}, notices_); }

    Error refusal() {
        try {
            static_cast<void>(load());
        } catch (const Error& error) {
            return error;
        }
        return Error(ErrorKind::bug, "nothing was thrown");
    }

    static mode_t mode(const std::filesystem::path& path) { return sys::find_info(path)->mode; }

    sys::TempDir folder_;
    std::vector<std::string> notices_;
};

TEST_F(EnvFileOnDisk, IsEmptyWhenMissing) {
    EnvFile file = load();

    EXPECT_FALSE(file.exists());
    file.set("A", "1");
    file.save();

    EXPECT_EQ(load().find("A"), "1");
    EXPECT_EQ(mode(file.path()), 0600U);
}

TEST_F(EnvFileOnDisk, NarrowsAnOwnFileAndSaysSo) {
    const auto path = write("A=1\n", 0644);

    EXPECT_EQ(load().find("A"), "1");

    EXPECT_EQ(mode(path), 0600U);
    EXPECT_THAT(notices_, ElementsAre(HasSubstr("(mode 0644); it has mode 0600 now")));
    notices_.clear();
    static_cast<void>(load());
    EXPECT_THAT(notices_, IsEmpty());
}

TEST_F(EnvFileOnDisk, RefusesASymlink) {
    std::ofstream(folder_.path() / "elsewhere") << "A=1\n";
    std::filesystem::create_symlink("elsewhere", folder_.path() / ".env");

    const Error error = refusal();

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.message(), HasSubstr("it is a symbolic link"));
    EXPECT_THAT(error.hint(), HasSubstr("cp --remove-destination"));
}

TEST_F(EnvFileOnDisk, RefusesADirectory) {
    std::filesystem::create_directory(folder_.path() / ".env");

    EXPECT_THAT(refusal().message(), HasSubstr("it is a directory"));
}

TEST_F(EnvFileOnDisk, RefusesAFifoWithoutWaiting) {
    ASSERT_EQ(::mkfifo((folder_.path() / ".env").c_str(), 0600), 0);

    EXPECT_THAT(refusal().message(), HasSubstr("it is no regular file"));
}

TEST_F(EnvFileOnDisk, RefusesAnotherAccountsFile) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can make another account's file";
    const auto path = write("A=1\n");
    ASSERT_EQ(::chown(path.c_str(), 12345, 12345), 0);

    const Error error = refusal();

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.message(), HasSubstr("it belongs to another account (uid 12345)"));
}

TEST_F(EnvFileOnDisk, LetsRootWorkForTheFoldersOwnerAndKeepsIt) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can make another account's file";
    const auto path = write("A=1\n");
    ASSERT_EQ(::chown(path.c_str(), 12345, 12346), 0);
    ASSERT_EQ(::chown(folder_.path().c_str(), 12345, 12346), 0);

    EnvFile file = load();
    file.set("A", "2");
    file.save();

    const auto info = sys::find_info(path);
    EXPECT_EQ(info->uid, 12345U);
    EXPECT_EQ(info->gid, 12346U);
    EXPECT_EQ(load().find("A"), "2");
}

TEST_F(EnvFileOnDisk, RefusesToOverwriteAChange) {
    write("A=1\n");
    EnvFile file = load();
    file.set("A", "2");
    write("A=3\n");

    try {
        file.save();
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::conflict);
        EXPECT_THAT(error.message(), HasSubstr("it was changed meanwhile"));
    }
    EXPECT_EQ(load().find("A"), "3");
}

}  // namespace
}  // namespace poststack::config
