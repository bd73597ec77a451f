// The moves of a squash, and finishing one that was killed.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "support/caught.h"
#include "sys/file.h"
#include "workflow/squash.h"

namespace poststack::workflow {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class SquashFiles : public ::testing::Test {
  protected:
    void SetUp() override {
        for (const char* name :
             {"001_a.sql", "001_a.rollback.sql", "002_b.sql", "003_c.sql", "003_c.rollback.sql"})
            std::ofstream(folder_.path() / name) << "SELECT 1;\n";
    }

    [[nodiscard]] bool has(const std::string& name) const {
        return fs::exists(folder_.path() / name);
    }

    sys::TempDir folder_;
};

TEST_F(SquashFiles, TakesThePlaceOfWhatItStandsFor) {
    const auto set = migrate::read_migrations(folder_.path());

    EXPECT_EQ(put_baseline(set, migrate::Version{2}, "SELECT 2;\n"), "002_baseline.sql");

    EXPECT_EQ(sys::read_file(folder_.path() / "002_baseline.sql"), "SELECT 2;\n");
    EXPECT_TRUE(has("squashed-002/001_a.sql") && has("squashed-002/001_a.rollback.sql"));
    EXPECT_TRUE(has("squashed-002/002_b.sql") && has("003_c.sql") && !has("001_a.sql"));
    EXPECT_FALSE(finish_squash(folder_.path()));
}

TEST_F(SquashFiles, IsFinishedAfterAKillAtAnyMove) {
    const auto set = migrate::read_migrations(folder_.path());
    std::ofstream(folder_.path() / ".squash-pending")
        << "squashed-002\n002_baseline.sql\n001_a.sql\n001_a.rollback.sql\n002_b.sql\n\n"
           "SELECT 2;\n\nSELECT 3;\n";
    fs::create_directory(folder_.path() / "squashed-002");
    fs::rename(folder_.path() / "001_a.sql", folder_.path() / "squashed-002/001_a.sql");

    const Error error = test::caught([&] { (void)migrate::read_migrations(folder_.path()); });
    EXPECT_EQ(error.kind(), ErrorKind::conflict);
    EXPECT_THAT(error.hint(), HasSubstr("database squash"));

    EXPECT_EQ(finish_squash(folder_.path()), "002_baseline.sql");

    EXPECT_EQ(sys::read_file(folder_.path() / "002_baseline.sql"), "SELECT 2;\n\nSELECT 3;\n");
    EXPECT_TRUE(has("squashed-002/001_a.sql") && has("squashed-002/002_b.sql"));
    EXPECT_FALSE(has(".squash-pending") || has("002_b.sql"));
    EXPECT_EQ(migrate::read_migrations(folder_.path()).files.size(), 2U);
}

TEST_F(SquashFiles, SweepsAwayWhatAKillBeforeTheDecisionLeft) {
    std::ofstream(folder_.path() / ".squash-pending.draft-1") << "squashed-002\n";

    EXPECT_FALSE(finish_squash(folder_.path()));

    EXPECT_FALSE(has(".squash-pending.draft-1"));
    EXPECT_TRUE(has("001_a.sql") && !has("squashed-002"));
}

TEST_F(SquashFiles, LeavesAnEarlierSquashAlone) {
    const auto set = migrate::read_migrations(folder_.path());
    fs::create_directory(folder_.path() / "squashed-002");

    const Error error =
        test::caught([&] { (void)put_baseline(set, migrate::Version{2}, "SELECT 2;\n"); });

    EXPECT_EQ(error.kind(), ErrorKind::conflict);
    EXPECT_THAT(error.message(), HasSubstr("squashed-002"));
    EXPECT_TRUE(has("001_a.sql"));
}

}  // namespace
}  // namespace poststack::workflow
