#include "engine/dialect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace poststack::engine {
namespace {

using ::testing::ElementsAre;

http::Head head_of(std::vector<http::Header> headers) {
    http::Head head;
    head.status = 200;
    head.headers = std::move(headers);
    return head;
}

TEST(Dialect, RecognisesEnginesByTheirGreeting) {
    const auto docker =
        recognise(head_of({{"Api-Version", "1.41"}, {"Server", "Docker/20.10.24+dfsg1 (linux)"}}));
    const auto podman = recognise(head_of({{"Api-Version", "1.41"},
                                           {"Libpod-Api-Version", "4.3.1"},
                                           {"Server", "Libpod/4.3.1 (linux)"}}));

    ASSERT_TRUE(docker && podman);
    EXPECT_EQ(docker->kind, EngineKind::docker);
    EXPECT_EQ(docker->version, "20.10.24+dfsg1");
    EXPECT_EQ(podman->kind, EngineKind::podman);
    EXPECT_EQ(podman->version, "4.3.1");
    EXPECT_EQ(podman->api_version, "1.41");
    EXPECT_FALSE(recognise(head_of({{"Server", "nginx"}})));
}

TEST(Dialect, ReadsTheReasonOfARefusal) {
    EXPECT_EQ(refusal_text(R"({"message":"No such container: x"})"), "No such container: x");
    EXPECT_EQ(refusal_text(R"({"cause":"c","message":"m","response":500})"), "m");
    EXPECT_EQ(refusal_text(R"({"cause":"c","message":""})"), "c");
    EXPECT_EQ(refusal_text("page not found\n"), "page not found");
}

TEST(Dialect, TellsRefusalsApart) {
    const struct {
        int status;
        const char* text;
        Refusal refusal;
    } cases[] = {
        {409,
         "Conflict. The container name \"/t1\" is already in use by container \"63e8\". You have "
         "to "
         "remove (or rename) that container to be able to reuse that name.",
         Refusal::exists},
        {500,
         "creating container storage: the container name \"t1\" is already in use by 63e8. You "
         "have "
         "to remove that container to be able to reuse that name: that name is already in use",
         Refusal::exists},
        {500, "network name n1 already used: network already exists", Refusal::exists},
        {409, "network with name n1 already exists", Refusal::exists},
        {404, "No such image: nosuch:1", Refusal::not_found},
        {500,
         "driver failed programming external connectivity on endpoint t1 (ab): Bind for "
         "127.0.0.1:5432 failed: port is already allocated",
         Refusal::port_taken},
        {500,
         "driver failed programming external connectivity on endpoint t1: Error starting userland "
         "proxy: listen tcp4 127.0.0.1:5432: bind: address already in use",
         Refusal::port_taken},
        {500,
         "rootlessport listen tcp 127.0.0.1:5432: bind: address already in use",
         Refusal::port_taken},
        {409, "Cannot kill container: t1: Container a3a1 is not running", Refusal::not_running},
        {500,
         "can only kill running containers. 63e8 is in state exited: container state improper",
         Refusal::not_running},
        {500, "write /x: no space left on device", Refusal::no_space},
        {400,
         "client version 1.24 is too old. Minimum supported API version is 1.44, please upgrade "
         "your client to a newer version",
         Refusal::api_too_old},
        {400,
         "client version 1.52 is too new. Maximum supported API version is 1.41",
         Refusal::api_too_old},
        {409, "remove v1: volume is in use - [63e8]", Refusal::in_use},
        {409,
         "volume v1 is being used by the following container(s): 63e8: volume is being used",
         Refusal::in_use},
        {500, "exec: \"catatonit\": executable file not found in $PATH", Refusal::no_init},
        {500, "something else", Refusal::other},
    };
    for (const auto& one : cases) {
        EXPECT_EQ(classify(one.status, one.text), one.refusal) << one.text;
    }
}

TEST(Dialect, NamesLocalImagesAsEachEngineKeepsThem) {
    using enum EngineKind;
    EXPECT_EQ(local_image(docker, "poststack/postgres:17"), "poststack/postgres:17");
    EXPECT_EQ(local_image(podman, "poststack/postgres:17"), "localhost/poststack/postgres:17");
    EXPECT_EQ(local_image(podman, "busy"), "localhost/busy");
    EXPECT_EQ(local_image(podman, "quay.io/a/b:1"), "quay.io/a/b:1");
    EXPECT_EQ(local_image(podman, "registry:5000/b"), "registry:5000/b");
    EXPECT_EQ(display_image("localhost/poststack/postgres:17"), "poststack/postgres:17");
    EXPECT_EQ(display_image("docker.io/library/debian:12"), "debian:12");
    EXPECT_EQ(display_image("docker.io/pgvector/pgvector:pg16"), "pgvector/pgvector:pg16");
    EXPECT_EQ(display_image("quay.io/a/b"), "quay.io/a/b");
}

TEST(Dialect, ReadsHardeningInEitherSpelling) {
    const Json docker = {
        {"CapDrop", {"ALL"}}, {"SecurityOpt", {"no-new-privileges:true"}}, {"NanoCpus", 500000000}};
    const Json podman = {{"CapDrop",
                          {"CAP_AUDIT_WRITE",
                           "CAP_CHOWN",
                           "CAP_DAC_OVERRIDE",
                           "CAP_FOWNER",
                           "CAP_FSETID",
                           "CAP_KILL",
                           "CAP_MKNOD",
                           "CAP_NET_BIND_SERVICE",
                           "CAP_NET_RAW",
                           "CAP_SETFCAP",
                           "CAP_SETGID",
                           "CAP_SETPCAP",
                           "CAP_SETUID",
                           "CAP_SYS_CHROOT"}},
                         {"SecurityOpt", {"no-new-privileges"}},
                         {"CpuQuota", 50000},
                         {"CpuPeriod", 100000}};
    for (const Json& host : {docker, podman}) {
        EXPECT_THAT(dropped_capabilities(host), ElementsAre("ALL"));
        EXPECT_TRUE(has_no_new_privileges(host));
        EXPECT_DOUBLE_EQ(cpus(host), 0.5);
    }
    const Json none = {{"CapDrop", nullptr}, {"SecurityOpt", {"label=disable"}}};
    EXPECT_TRUE(dropped_capabilities(none).empty());
    EXPECT_FALSE(has_no_new_privileges(none));
    EXPECT_DOUBLE_EQ(cpus(none), 0);
    EXPECT_THAT(dropped_capabilities(Json{{"CapDrop", {"net_raw", "CAP_CHOWN"}}}),
                ElementsAre("CHOWN", "NET_RAW"));
}

TEST(Dialect, NamesSignals) {
    EXPECT_EQ(signal_name("SIGINT"), "SIGINT");
    EXPECT_EQ(signal_name("int"), "SIGINT");
    EXPECT_EQ(signal_name("2"), "SIGINT");
    EXPECT_EQ(signal_name("15"), "SIGTERM");
    EXPECT_EQ(signal_name(""), "");
}

TEST(Dialect, KnowsTheTimeThatStandsForNever) {
    const Json state = {{"StartedAt", "2026-11-28T14:00:19.7Z"},
                        {"FinishedAt", "0001-01-01T00:00:00Z"}};
    EXPECT_EQ(find_time(state, "StartedAt"), "2026-11-28T14:00:19.7Z");
    EXPECT_EQ(find_time(state, "FinishedAt"), std::nullopt);
    EXPECT_EQ(find_time(state, "Absent"), std::nullopt);
}

TEST(Dialect, AsksEachEngineWhetherItRunsWithoutRoot) {
    using enum EngineKind;
    EXPECT_TRUE(is_rootless(docker, {{"SecurityOptions", {"name=seccomp", "name=rootless"}}}));
    EXPECT_FALSE(is_rootless(docker, {{"SecurityOptions", {"name=seccomp"}}}));
    EXPECT_TRUE(is_rootless(podman, {{"host", {{"security", {{"rootless", true}}}}}}));
    EXPECT_FALSE(is_rootless(podman, Json::object()));
}

}  // namespace
}  // namespace poststack::engine
