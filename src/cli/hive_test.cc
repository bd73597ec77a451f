#include "cli/hive.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "support/caught.h"
#include "sys/file.h"

namespace poststack::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;
using Words = std::vector<std::string>;

class HiveCommand : public ::testing::Test {
  protected:
    void write(const char* name) const { (void)sys::create_file(folder_.path() / name, "\n"); }

    [[nodiscard]] std::string workspace() const { return folder_.path().string(); }

    sys::TempDir folder_;
};

TEST_F(HiveCommand, IsNothingForOurOwnCommandLines) {
    EXPECT_FALSE(find_hive_command(Words{"up", "--postgres-port", "5433"}));
    EXPECT_FALSE(find_hive_command(Words{"shell", "--", "--postgres-status"}));
    EXPECT_FALSE(find_hive_command(Words{}));
}

TEST_F(HiveCommand, BecomesOursWithItsWorkspace) {
    write(".env");
    write("docker-compose.yml");

    EXPECT_THAT(find_hive_command(Words{"--postgres-start", workspace()}),
                Optional(ElementsAre("container", "start", "--project", workspace())));
    EXPECT_THAT(find_hive_command(Words{"--postgres-logs=" + workspace(), "--tail", "5"}),
                Optional(ElementsAre("logs", "--tail", "5", "--project", workspace())));
    EXPECT_THAT(find_hive_command(Words{"--json", "--postgres-health", workspace()}),
                Optional(ElementsAre("health", "--json", "--project", workspace())));
}

TEST_F(HiveCommand, IsOneAtATime) {
    const Error error =
        test::caught([] { (void)find_hive_command(Words{"--postgres-stop", "--postgres-start"}); });
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_EQ(error.message(), "--postgres-stop and --postgres-start cannot be done at once");
}

TEST_F(HiveCommand, NamesWhatIsMissingInItsWorkspace) {
    const auto look = [&](const std::string& workspace) {
        return test::caught(
            [&] { (void)find_hive_command(Words{"--postgres-status", workspace}); });
    };
    EXPECT_EQ(look(workspace() + "/none").message(),
              "workspace \"" + workspace() + "/none\" is not a directory");
    Error error = look(workspace());
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_THAT(error.message(), HasSubstr("has no .env"));
    EXPECT_THAT(error.hint(), HasSubstr("poststack init --project"));
    write(".env");
    error = look(workspace());
    EXPECT_THAT(error.message(), HasSubstr("has no compose file"));
    EXPECT_THAT(error.hint(), HasSubstr("poststack compose render"));
}

}  // namespace
}  // namespace poststack::cli
