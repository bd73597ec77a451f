#include "instance/binaries.h"

#include <sys/stat.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "support/caught.h"
#include "sys/file.h"

namespace poststack::instance {
namespace {

namespace fs = std::filesystem;
using test::caught;
using testing::HasSubstr;

class FindBinaries : public testing::Test {
  protected:
    FindBinaries() { query.versioned_root = root(); }

    [[nodiscard]] fs::path at(const std::string& name) const { return folder.path() / name; }

    [[nodiscard]] fs::path root() const { return at("versions"); }

    /// A PostgreSQL that can do no more than tell its version. Each call of it adds a line to
    /// "calls".
    fs::path install(const std::string& name, const std::string& version) const {
        const fs::path directory = at(name);
        sys::make_directories(directory);
        for (const char* program : {"postgres", "initdb"}) {
            sys::replace_file(directory / program,
                              fmt::format("#!/bin/sh\necho run >>{}\n"
                                          "echo '{} (PostgreSQL) {}'\n",
                                          at("calls").string(),
                                          program,
                                          version),
                              {.mode = 0755, .owner = {}, .sync = false});
        }
        return directory;
    }

    fs::path install_version(const std::string& major, const std::string& version) const {
        return install("versions/" + major + "/bin", version);
    }

    [[nodiscard]] std::string calls() const { return sys::find_file(at("calls")).value_or(""); }

    sys::TempDir folder;
    BinariesQuery query;
};

TEST_F(FindBinaries, PrefersTheSetting) {
    query.directory = install("mine", "14.11 (Ubuntu 14.11-1)");
    query.path = install("path", "15.1");
    install_version("17", "17.2");

    const Binaries found = find_binaries(query);

    EXPECT_EQ(found.directory, at("mine"));
    EXPECT_EQ(found.major, 14);
    EXPECT_EQ(found.version_text, "postgres (PostgreSQL) 14.11 (Ubuntu 14.11-1)");
}

TEST_F(FindBinaries, LooksNowhereElseWhenThereIsASetting) {
    install_version("17", "17.2");
    query.directory = at("nothing");

    const Error error = caught([&] { (void)find_binaries(query); });

    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_THAT(error.message(), HasSubstr("/nothing\" (setting postgres_bin)"));
}

TEST_F(FindBinaries, RefusesASettingOfAnotherVersionThanIsWanted) {
    query.directory = install("mine", "14.11");
    query.major = 16;

    const Error error = caught([&] { (void)find_binaries(query); });

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.message(), HasSubstr("is version 14, and version 16 is wanted"));
}

TEST_F(FindBinaries, TakesPathBeforeTheVersionedRoot) {
    query.path = "relative:" + at("gone").string() + ":" + install("path", "15.1").string();
    install_version("17", "17.2");

    EXPECT_EQ(find_binaries(query).directory, at("path"));
}

TEST_F(FindBinaries, StepsOverAFolderOfPathWithoutInitdb) {
    query.path = install("wrapper", "15.1").string();
    fs::remove(at("wrapper") / "initdb");
    install_version("17", "17.2");

    EXPECT_EQ(find_binaries(query).major, 17);
}

TEST_F(FindBinaries, TakesTheNewestOfTheVersionedRoot) {
    for (const char* major : {"9.6", "13", "17", "15"})
        install_version(major, std::string(major) + ".1");
    sys::make_directories(root() / "18" / "bin");  // removed, as packages do, but for its folder

    EXPECT_EQ(find_binaries(query).major, 17);
}

TEST_F(FindBinaries, TakesTheWantedMajorWhereverItIs) {
    query.path = install("path", "17.2").string();
    install_version("16", "16.2");
    query.major = 16;

    EXPECT_EQ(find_binaries(query).directory, root() / "16" / "bin");
}

TEST_F(FindBinaries, NamesThePackageOfAWantedMajorThatIsMissing) {
    install_version("17", "17.2");
    query.major = 16;

    const Error error = caught([&] { (void)find_binaries(query); });

    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_THAT(error.hint(), HasSubstr("apt-get install postgresql-16"));
}

TEST_F(FindBinaries, TakesAnOldOneForNothingButTheReason) {
    query.path = install("path", "12.22").string();
    EXPECT_EQ(caught([&] { (void)find_binaries(query); }).kind(), ErrorKind::config);

    install_version("13", "13.1");

    EXPECT_EQ(find_binaries(query).major, 13);
}

TEST_F(FindBinaries, RemembersTheVersionUntilTheProgramChanges) {
    install_version("17", "17.2");
    (void)find_binaries(query, at("cache"));
    EXPECT_EQ(calls(), "run\n");

    EXPECT_EQ(find_binaries(query, at("cache")).version_text, "postgres (PostgreSQL) 17.2");
    EXPECT_EQ(calls(), "run\n");

    install_version("17", "17.3");
    EXPECT_EQ(find_binaries(query, at("cache")).version_text, "postgres (PostgreSQL) 17.3");
}

TEST_F(FindBinaries, ListsEveryOneNewestFirst) {
    query.path = install("path", "15.1").string();
    install_version("13", "13.1");
    install_version("17", "17.2");

    const auto found = list_binaries(query);

    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].major, 17);
    EXPECT_EQ(found[1].major, 15);
    EXPECT_EQ(found[2].major, 13);
}

}  // namespace
}  // namespace poststack::instance
