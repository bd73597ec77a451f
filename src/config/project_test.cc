#include "config/project.h"

#include <fstream>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "config/settings.h"
#include "sys/file.h"

namespace poststack::config {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ProjectTest : public ::testing::Test {
  protected:
    ProjectTest() : root_(fs::canonical(folder_.path())) { options_.current_directory = root_; }

    void write(const fs::path& path, const std::string& text = "") {
        fs::create_directories((root_ / path).parent_path());
        std::ofstream(root_ / path) << text;
        fs::permissions(root_ / path, fs::perms::owner_read | fs::perms::owner_write);
    }

    fs::path make(const fs::path& path) {
        fs::create_directories(root_ / path);
        return root_ / path;
    }

    Project load() { return load_configuration(options_).project; }

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
};

TEST_F(ProjectTest, IsTheCurrentDirectoryByDefault) {
    options_.current_directory = make("Shop_1");

    const Project project = load();

    EXPECT_EQ(project.directory, root_ / "Shop_1");
    EXPECT_EQ(project.name, "shop_1");
    EXPECT_EQ(project.name_source, "the directory's name");
    EXPECT_EQ(project.state_dir, root_ / "Shop_1/.poststack");
    EXPECT_EQ(project.migrations, root_ / "Shop_1/migrations");
    EXPECT_EQ(project.id, "");
}

TEST_F(ProjectTest, IsFoundInAParent) {
    write("shop/poststack.yaml");
    options_.current_directory = make("shop/a/b");

    EXPECT_EQ(load().directory, root_ / "shop");
}

TEST_F(ProjectTest, StaysWhereAnEnvFileIs) {
    write("shop/poststack.yaml");
    write("shop/a/.env");
    options_.current_directory = root_ / "shop/a";

    EXPECT_EQ(load().directory, root_ / "shop/a");
}

TEST_F(ProjectTest, NeverReachesTheHomeDirectory) {
    write("home/compose.yaml", "services: {}\n");
    options_.current_directory = make("home/new");
    options_.environment["HOME"] = root_ / "home";

    EXPECT_EQ(load().directory, root_ / "home/new");
}

TEST_F(ProjectTest, IgnoresAParentThatOthersMayWriteTo) {
    write("shared/compose.yaml", "services: {}\n");
    options_.current_directory = make("shared/mine");
    ASSERT_EQ(::chmod((root_ / "shared").c_str(), 01777), 0);

    EXPECT_EQ(load().directory, root_ / "shared/mine");
}

TEST_F(ProjectTest, TakesTheDirectoryThatWasAskedFor) {
    make("other");
    options_.project_directory = "other";
    EXPECT_EQ(load().directory, root_ / "other");

    options_.project_directory = "missing";
    const Error error = failure();
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_EQ(error.message(), "cannot use --project \"missing\": there is no such directory");
}

TEST_F(ProjectTest, RefusesADirectoryThatPostgresqlCannotName) {
    options_.current_directory = make("new\nline");
    Error error = failure();
    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.message(),
                HasSubstr("new\\x0aline\" as a project: its path holds a control character"));
    EXPECT_EQ(error.hint(), "Rename the directory, or the one above it that is named so.");

    options_.current_directory = make("bad\xff/below");
    error = failure();
    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.message(), HasSubstr("bad\\xff/below\" as a project: its path is not valid"));

    options_.current_directory = make("gr\u00fcn \u732b");
    EXPECT_EQ(load().directory, root_ / "gr\u00fcn \u732b");
}

TEST_F(ProjectTest, IsNamedByComposeFileThenVariableThenDirectory) {
    options_.current_directory = make("My App");
    EXPECT_EQ(load().name, "myapp");

    write("My App/.env", "COMPOSE_PROJECT_NAME=from-env\n");
    EXPECT_EQ(load().name, "from-env");
    EXPECT_EQ(load().name_source, ".env:1");

    options_.environment["COMPOSE_PROJECT_NAME"] = "from-environment";
    EXPECT_EQ(load().name, "from-environment");

    write("My App/docker-compose.yml", "services: {}\nname: ${BASE:-shop}-x\n");
    EXPECT_EQ(load().name, "shop-x");
    EXPECT_EQ(load().name_source, "docker-compose.yml:2");
}

TEST_F(ProjectTest, RefusesANameThatComposeRefuses) {
    write("compose.yaml", "name: My Shop\n");

    const Error error = failure();

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_EQ(error.message(), "project name \"My Shop\" in compose.yaml:1 is not valid");
}

TEST_F(ProjectTest, GivesAnotherComposeFileItsOwnStack) {
    write("compose.yaml", "name: shop\n");
    write("genie.yaml", "name: genie\n");
    options_.compose_files = {"genie.yaml"};

    const Project project = load();

    EXPECT_EQ(project.directory, root_);
    EXPECT_EQ(project.name, "genie");
    EXPECT_EQ(project.state_dir, root_ / ".poststack/stacks/genie");
    EXPECT_EQ(project.env_file, root_ / ".poststack/stacks/genie/.env");
}

TEST_F(ProjectTest, TreatsANamelessComposeFileAsTheProjectsOwn) {
    write("docker-compose.postgres.yml", "services: {}\n");
    options_.compose_files = {"docker-compose.postgres.yml"};

    EXPECT_EQ(load().state_dir, root_ / ".poststack");
}

TEST_F(ProjectTest, MakesItsStateOnce) {
    Project first = load();
    Project second = load();

    ensure_state(first);
    ensure_state(second);

    EXPECT_EQ(first.id.size(), 36U);
    EXPECT_EQ(first.id, second.id);
    EXPECT_EQ(load().id, first.id);
    EXPECT_EQ(sys::read_file(root_ / ".poststack/.gitignore"), "*\n");
    EXPECT_EQ(sys::find_info(root_ / ".poststack")->mode, 0700U);
}

TEST_F(ProjectTest, RefusesADamagedId) {
    write(".poststack/id", "rubbish\n");

    const Error error = failure();

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.message(), HasSubstr("does not hold the project's id"));
}

TEST_F(ProjectTest, RefusesASymlinkedStateDirectory) {
    make("elsewhere");
    fs::create_directory_symlink("elsewhere", root_ / ".poststack");
    Project project = load();

    EXPECT_THROW(ensure_state(project), Error);
}

TEST(NormaliseName, DoesWhatComposeDoes) {
    EXPECT_EQ(normalise_name("My App!"), "myapp");
    EXPECT_EQ(normalise_name("-_9a-b_"), "9a-b_");
    EXPECT_EQ(normalise_name("...."), "");
}

}  // namespace
}  // namespace poststack::config
