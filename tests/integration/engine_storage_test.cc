// Images that are built, volumes and networks, on docker, podman and podman without root.
#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "caught.h"
#include "engine/client.h"
#include "engine/container.h"
#include "engine/exec.h"
#include "engine/image.h"
#include "engine/storage.h"
#include "engine/tar.h"
#include "engine_fixture.h"

namespace poststack::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

class EngineStorageTest : public EngineTest {};

TEST_P(EngineStorageTest, BuildsAnImage) {
    const std::string image = client().local_image("poststack-test/built:" + run_);
    std::vector<std::string> lines;
    const auto context = [&] {
        return tar_source({{.name = "Containerfile.x",
                            .content = "FROM " + busy_ +
                                       "\nARG WORD\nCOPY hello /hello\n"
                                       "RUN echo $WORD >> /hello\nUSER 999\n"},
                           {.name = "hello", .content = "hello\n"}});
    };
    const std::string id = build_image(client(),
                                       {.name = image,
                                        .context = context(),
                                        .dockerfile = "Containerfile.x",
                                        .arguments = {{"WORD", "engine"}},
                                        .labels = {{"poststack.test", run_}},
                                        .network = "none"},
                                       [&](std::string_view line) { lines.emplace_back(line); });

    const auto built = find_image(client(), image);
    ASSERT_TRUE(built.has_value());
    EXPECT_EQ(built->id, id);
    EXPECT_EQ(built->user, "999");
    EXPECT_THAT(built->labels, Contains(Pair("poststack.test", run_)));
    EXPECT_THAT(built->names, Contains("poststack-test/built:" + run_));
    EXPECT_THAT(lines, Contains(HasSubstr("COPY hello /hello")));
    ASSERT_EQ(list_images(client(), label()).size(), 1U);
    ContainerSpec check = spec("built", "cat /hello");
    check.image = image;
    (void)create_container(client(), check);
    (void)start_container(client(), name("built"));
    (void)wait_container(client(), name("built"));
    EXPECT_EQ(log_tail(client(), look("built"), 5), "hello\nengine\n");

    tag_image(client(), image, client().local_image("poststack-test/other:" + run_));
    EXPECT_TRUE(remove_image(client(), client().local_image("poststack-test/other:" + run_)));
    EXPECT_EQ(test::caught([&] { (void)remove_image(client(), id); }).kind(), ErrorKind::conflict);
    (void)remove_container(client(), name("built"), true);
    EXPECT_TRUE(remove_image(client(), image));
    EXPECT_FALSE(remove_image(client(), image));
}

TEST_P(EngineStorageTest, SaysWhichStepOfABuildFailed) {
    const Error error = test::caught([&] {
        (void)build_image(client(),
                          {.name = client().local_image("poststack-test/bad:" + run_),
                           .context = tar_source(
                               {{.name = "Dockerfile",
                                 .content = "FROM " + busy_ +
                                            "\nRUN echo so far\nRUN echo the reason && false\n"}}),
                           .network = "none"},
                          {});
    });

    EXPECT_EQ(error.kind(), ErrorKind::tool);
    EXPECT_THAT(error.message(), HasSubstr("cannot build image \"poststack-test/bad:" + run_));
    EXPECT_THAT(error.detail(), HasSubstr("the reason"));
    ASSERT_FALSE(error.context().empty());
    EXPECT_THAT(error.context().front(), HasSubstr("RUN echo the reason && false"));
    // A failed step leaves no container behind.
    for (const Container& container : list_containers(client()))
        EXPECT_NE(container.image, "") << container.name;
}

TEST_P(EngineStorageTest, KeepsVolumesAndNetworks) {
    const std::map<std::string, std::string> labels{{"poststack.test", run_}};
    const Volume volume = ensure_volume(client(), name("volume"), labels);
    EXPECT_THAT(volume.labels, Contains(Pair("poststack.test", run_)));
    EXPECT_THAT(ensure_volume(client(), name("volume"), {{"poststack.test", "other"}}).labels,
                Contains(Pair("poststack.test", run_)));
    EXPECT_EQ(list_volumes(client(), label()).size(), 1U);
    const Network network = ensure_network(client(), name("net"), labels);
    EXPECT_EQ(ensure_network(client(), name("net"), labels).id, network.id);

    ContainerSpec user = spec("user", "echo kept > /data/file; sleep 60");
    user.mounts = {{.source = name("volume"), .target = "/data"}};
    user.network = name("net");
    user.network_aliases = {"db"};
    (void)create_container(client(), user);
    (void)start_container(client(), name("user"));
    const Container got = look("user");
    ASSERT_EQ(got.mounts.size(), 1U);
    EXPECT_EQ(got.mounts[0].source, name("volume"));
    EXPECT_EQ(got.mounts[0].target, "/data");
    EXPECT_EQ(test::caught([&] { (void)remove_volume(client(), name("volume")); }).kind(),
              ErrorKind::conflict);
    EXPECT_EQ(test::caught([&] { (void)remove_network(client(), name("net")); }).kind(),
              ErrorKind::conflict);

    (void)remove_container(client(), name("user"), true);
    EXPECT_TRUE(find_volume(client(), name("volume")).has_value());
    EXPECT_TRUE(remove_volume(client(), name("volume")));
    EXPECT_FALSE(remove_volume(client(), name("volume")));
    EXPECT_TRUE(remove_network(client(), name("net")));
    EXPECT_FALSE(remove_network(client(), name("net")));
    EXPECT_EQ(find_network(client(), name("net")), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Engines,
                         EngineStorageTest,
                         ::testing::Values("DOCKER", "PODMAN", "ROOTLESS"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace poststack::engine
