#include "engine/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "support/caught.h"
#include "sys/file.h"
#include "sys/hash.h"

namespace poststack::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> sockets(const EndpointQuery& query) {
    std::vector<std::string> found;
    for (const Endpoint& endpoint : find_endpoints(query))
        found.push_back(endpoint.socket.string());
    return found;
}

EndpointQuery user_query(std::map<std::string, std::string> environment = {}) {
    environment.try_emplace("XDG_RUNTIME_DIR", "/run/user/1000");
    return {.environment = std::move(environment), .uid = 1000, .home = "/nonexistent"};
}

TEST(Endpoint, PrefersWhatNeedsNoRoot) {
    EXPECT_THAT(sockets(user_query()),
                ElementsAre("/run/user/1000/podman/podman.sock",
                            "/run/user/1000/poststack/podman.sock",
                            "/run/user/1000/docker.sock",
                            "/run/podman/podman.sock",
                            "/var/run/docker.sock"));
}

TEST(Endpoint, KnowsRootsPlaces) {
    EXPECT_THAT(
        sockets({.environment = {}, .uid = 0, .home = "/root"}),
        ElementsAre(
            "/run/podman/podman.sock", "/run/poststack/podman.sock", "/var/run/docker.sock"));
}

TEST(Endpoint, KeepsToTheWantedEngine) {
    EndpointQuery query = user_query();
    query.wanted = EngineKind::docker;
    EXPECT_THAT(sockets(query), ElementsAre("/run/user/1000/docker.sock", "/var/run/docker.sock"));

    query.environment["CONTAINER_HOST"] = "unix:///x/podman.sock";
    EXPECT_EQ(sockets(query).size(), 2U);
}

TEST(Endpoint, GoesWhereItIsTold) {
    EndpointQuery query = user_query({{"DOCKER_HOST", "unix:///a/docker.sock"}});
    EXPECT_THAT(sockets(query), ElementsAre("/a/docker.sock"));

    query.environment["CONTAINER_HOST"] = "unix:///a/podman.sock";
    EXPECT_THAT(sockets(query), ElementsAre("/a/podman.sock"));

    query.address = "/plain/path.sock";
    query.address_source = ".env:3";
    const auto found = find_endpoints(query);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].socket, "/plain/path.sock");
    EXPECT_EQ(found[0].origin, ".env:3");
    EXPECT_TRUE(found[0].is_explicit);
}

TEST(Endpoint, GoesWherePodmanGoesWithoutARuntimeDirectory) {
    const EndpointQuery query{.environment = {}, .uid = 1000, .home = "/nonexistent"};
    EXPECT_EQ(sockets(query)[0], "/tmp/podman-run-1000/podman/podman.sock");
}

TEST(Endpoint, FollowsDockersContext) {
    const sys::TempDir home;
    const auto docker = home.path() / ".docker";
    const auto meta = docker / "contexts" / "meta" / sys::sha256("desk");
    sys::make_directories(meta);
    sys::replace_file(docker / "config.json", R"({"currentContext":"desk"})");
    sys::replace_file(meta / "meta.json",
                      R"({"Name":"desk","Endpoints":{"docker":{"Host":"unix:///desk.sock"}}})");
    EndpointQuery query = user_query();
    query.home = home.path();
    EXPECT_THAT(sockets(query), ElementsAre("/desk.sock"));

    query.environment["DOCKER_CONTEXT"] = "default";
    EXPECT_EQ(sockets(query).size(), 5U);

    query.environment["DOCKER_CONTEXT"] = "gone";
    const Error error = test::caught([&] { (void)find_endpoints(query); });
    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_EQ(error.message(), "the docker context \"gone\" has no description");
}

TEST(Endpoint, RefusesOtherMachines) {
    const Error error = test::caught(
        [] { (void)find_endpoints(user_query({{"DOCKER_HOST", "tcp://me:secret@host:2375"}})); });

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_EQ(error.message(),
              "the engine's address \"tcp://me:***@host:2375\" (DOCKER_HOST) is not a unix socket");
    EXPECT_THAT(error.hint(), HasSubstr("unix:///run/podman/podman.sock"));
}

}  // namespace
}  // namespace poststack::engine
