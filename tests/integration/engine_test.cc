// The engine client on docker, podman and podman without root. Each place where they differ
// (src/engine/dialect.h) is met here on all of them. Run beside engines by
// tests/support/with-engines.
#include <chrono>
#include <cstdlib>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "caught.h"
#include "engine/client.h"
#include "engine/container.h"
#include "engine/events.h"
#include "engine/exec.h"
#include "engine/image.h"
#include "engine/service.h"
#include "engine/storage.h"
#include "engine/tar.h"
#include "listener.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/random.h"

namespace poststack::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

/// One engine under test; the image of the tiny root file system is imported once an engine.
class EngineTest : public ::testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        const auto socket = sys::find_env(std::string("POSTSTACK_TEST_") + GetParam());
        const auto rootfs = sys::find_env("POSTSTACK_TEST_ROOTFS");
        if (!socket || !rootfs) GTEST_SKIP() << "there is no " << GetParam();
        client_.emplace(connect({.address = *socket, .address_source = "the test"}));
        busy_ = client_->local_image("poststack-test/busy:1");
        if (!find_image(*client_, busy_)) {
            (void)import_image(
                *client_, busy_, file_source(*rootfs), {"LABEL poststack.test=busy"});
        }
        run_ = "t" + std::to_string(sys::random_u64() % 1'000'000);
    }

    void TearDown() override {
        if (!client_) return;
        for (const Container& container : list_containers(*client_, label()))
            (void)remove_container(*client_, container.name, true);
    }

    [[nodiscard]] const Client& client() const { return *client_; }

    [[nodiscard]] bool is_podman() const { return client().kind() == EngineKind::podman; }

    [[nodiscard]] bool is_rootless() const { return std::string(GetParam()) == "ROOTLESS"; }

    [[nodiscard]] std::string name(const std::string& word) const { return run_ + "-" + word; }

    [[nodiscard]] std::string label() const { return "poststack.test=" + run_; }

    [[nodiscard]] ContainerSpec spec(const std::string& word, const std::string& script) const {
        ContainerSpec spec;
        spec.name = name(word);
        spec.image = busy_;
        spec.command = {"/bin/sh", "-c", script};
        spec.labels = {{"poststack.test", run_}};
        return spec;
    }

    [[nodiscard]] Container look(const std::string& word) const {
        return find_container(client(), name(word)).value();
    }

    std::optional<Client> client_;
    std::string busy_;
    std::string run_;
};

TEST_P(EngineTest, TellsWhatItIs) {
    EXPECT_EQ(client().kind(),
              std::string(GetParam()) == "DOCKER" ? EngineKind::docker : EngineKind::podman);
    EXPECT_EQ(client().is_rootless(), is_rootless());
    EXPECT_THAT(client().version(), Not(HasSubstr("/")));
    EXPECT_FALSE(client().version().empty());

    EndpointQuery query{.address = client().endpoint().socket, .address_source = "the test"};
    query.wanted = is_podman() ? EngineKind::docker : EngineKind::podman;
    const Error error = test::caught([&] { (void)connect(query); });
    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.message(), HasSubstr(is_podman() ? "is podman, not docker" : "is docker"));
}

TEST_P(EngineTest, RunsAContainerToItsEnd) {
    (void)create_container(client(), spec("run", "echo out; echo err >&2; exit 3"));
    EXPECT_EQ(look("run").state, ContainerState::created);

    EXPECT_TRUE(start_container(client(), name("run")));
    EXPECT_EQ(wait_container(client(), name("run")), 3);

    const Container ended = look("run");
    EXPECT_EQ(ended.state, ContainerState::exited);
    EXPECT_EQ(ended.exit_code, 3);
    EXPECT_TRUE(ended.started.has_value());
    EXPECT_TRUE(ended.finished.has_value());
    EXPECT_EQ(ended.image, "poststack-test/busy:1");
    EXPECT_THAT(ended.labels, Contains(Pair("poststack.test", run_)));
    std::string out;
    std::string err;
    read_logs(client(), ended, {}, [&](Channel channel, std::string_view part) {
        (channel == Channel::out ? out : err) += part;
    });
    EXPECT_EQ(out, "out\n");
    EXPECT_EQ(err, "err\n");
    EXPECT_TRUE(remove_container(client(), name("run")));
    EXPECT_FALSE(remove_container(client(), name("run")));
    EXPECT_EQ(find_container(client(), name("run")), std::nullopt);
}

TEST_P(EngineTest, StartsAndStopsWhatIsSoAlready) {
    (void)create_container(client(),
                           spec("twice", "trap 'exit 0' INT; while :; do sleep 0.1; done"));

    EXPECT_TRUE(start_container(client(), name("twice")));
    EXPECT_FALSE(start_container(client(), name("twice")));
    EXPECT_EQ(look("twice").state, ContainerState::running);
    EXPECT_TRUE(stop_container(client(), name("twice"), 1s));
    EXPECT_FALSE(stop_container(client(), name("twice"), 1s));
    EXPECT_FALSE(kill_container(client(), name("twice"), "SIGKILL"));
}

TEST_P(EngineTest, StopsBySignalOfTheContainer) {
    ContainerSpec stoppable =
        spec("signal", "trap 'echo got INT; exit 7' INT; echo up; while :; do sleep 0.1; done");
    stoppable.stop_signal = "SIGINT";
    stoppable.stop_timeout = 60s;
    (void)create_container(client(), stoppable);
    EXPECT_EQ(look("signal").stop_signal, "SIGINT");
    (void)start_container(client(), name("signal"));
    while (log_tail(client(), look("signal"), 5).find("up") == std::string::npos)
        std::this_thread::sleep_for(20ms);

    EXPECT_TRUE(stop_container(client(), name("signal"), 60s));

    EXPECT_EQ(look("signal").exit_code, 7);
    EXPECT_EQ(log_tail(client(), look("signal"), 1), "got INT\n");
}

TEST_P(EngineTest, KeepsTerminalOutputAsItIs) {
    ContainerSpec terminal = spec("tty", "echo out; echo err >&2");
    terminal.tty = true;
    (void)create_container(client(), terminal);
    (void)start_container(client(), name("tty"));
    (void)wait_container(client(), name("tty"));

    EXPECT_EQ(log_tail(client(), look("tty"), 10), "out\r\nerr\r\n");
}

TEST_P(EngineTest, SaysThatANameIsTaken) {
    (void)create_container(client(), spec("name", "true"));
    const Error error =
        test::caught([&] { (void)create_container(client(), spec("name", "true")); });

    EXPECT_EQ(error.kind(), ErrorKind::conflict);
    EXPECT_THAT(error.message(),
                AllOf(HasSubstr("cannot create container \"" + name("name") + "\""),
                      HasSubstr("already in use")));
}

TEST_P(EngineTest, SaysThatAnImageIsMissing) {
    ContainerSpec none = spec("image", "true");
    none.image = client().local_image("poststack-test/none:1");

    const Error error = test::caught([&] { (void)create_container(client(), none); });

    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_EQ(find_image(client(), none.image), std::nullopt);
}

TEST_P(EngineTest, SaysThatAPortIsTaken) {
    test::Listener listener([](int) {});
    ContainerSpec published = spec("port", "sleep 60");
    published.ports = {
        {.host_port = static_cast<std::uint16_t>(listener.port()), .container_port = 5432}};
    const Error error = test::caught([&] {
        (void)create_container(client(), published);
        (void)start_container(client(), name("port"));
    });

    EXPECT_EQ(error.kind(), ErrorKind::conflict) << error.message();
    EXPECT_THAT(error.hint(), HasSubstr("Set another port"));
}

TEST_P(EngineTest, ReadsBackWhatWasGranted) {
    ContainerSpec hard = spec("hard", "id -u; touch /no 2>&1; touch /scratch/yes && echo wrote");
    hard.user = "999:999";
    hard.tmpfs = {{"/scratch", "rw,noexec,nosuid,nodev,size=1m,mode=1777"}};
    hard.ports = {{.host_port = 0, .container_port = 5432}};
    hard.hardening = {.read_only_root = true,
                      .drop_capabilities = true,
                      .no_new_privileges = true,
                      .pids_limit = 64,
                      .memory = 64 << 20,
                      .cpus = is_rootless() ? 0 : 0.5,
                      .shm_size = 32 << 20};
    (void)create_container(client(), hard);
    (void)start_container(client(), name("hard"));
    (void)wait_container(client(), name("hard"));

    const Container got = look("hard");
    EXPECT_TRUE(got.granted.read_only_root);
    EXPECT_TRUE(got.granted.drop_capabilities);
    EXPECT_TRUE(got.granted.no_new_privileges);
    EXPECT_EQ(got.granted.shm_size, 32 << 20);
    EXPECT_THAT(got.tmpfs, Contains("/scratch"));
    EXPECT_EQ(got.user, "999:999");
    EXPECT_THAT(log_tail(client(), got, 10),
                AllOf(HasSubstr("999\n"), HasSubstr("Read-only file system"), HasSubstr("wrote")));
    // podman without root drops limits where the machine has cgroups of version 1, and says
    // nothing: what is read back is one or the other, never something else.
    const bool dropped = got.granted.memory == 0 && got.granted.pids_limit == 0;
    if (!is_rootless() || !dropped) {
        EXPECT_EQ(got.granted.memory, 64 << 20);
        EXPECT_EQ(got.granted.pids_limit, 64);
        EXPECT_DOUBLE_EQ(got.granted.cpus, is_rootless() ? 0 : 0.5);
    }
}

TEST_P(EngineTest, PublishesPorts) {
    ContainerSpec published = spec("publish", "sleep 60");
    published.ports = {{.host_port = 0, .container_port = 5432}};
    (void)create_container(client(), published);
    (void)start_container(client(), name("publish"));

    const Container got = look("publish");

    ASSERT_EQ(got.ports.size(), 1U);
    EXPECT_EQ(got.ports[0].host_ip, "127.0.0.1");
    EXPECT_GT(got.ports[0].host_port, 0);
    EXPECT_EQ(got.ports[0].container_port, 5432);
    const auto all = list_containers(client(), label());
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].name, name("publish"));
    EXPECT_EQ(all[0].image, "poststack-test/busy:1");
    EXPECT_EQ(all[0].state, ContainerState::running);
    ASSERT_EQ(all[0].ports.size(), 1U);
    EXPECT_EQ(all[0].ports[0].host_port, got.ports[0].host_port);
}

TEST_P(EngineTest, RunsProgramsInside) {
    (void)create_container(client(), spec("exec", "sleep 60"));
    const ExecSpec inside{.container = name("exec"),
                          .command = {"sh", "-c", "cat; echo $WORD; echo bad >&2; exit 4"},
                          .environment = {{"WORD", "a b"}},
                          .input = "from us\n"};
    EXPECT_EQ(test::caught([&] { (void)run_inside(client(), inside); }).kind(),
              ErrorKind::conflict);
    (void)start_container(client(), name("exec"));

    const ExecResult result = run_inside(client(), inside);

    EXPECT_EQ(result.exit_code, 4);
    EXPECT_EQ(result.output, "from us\na b\n");
    EXPECT_EQ(result.errors, "bad\n");
}

TEST_P(EngineTest, BuildsAnImage) {
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

TEST_P(EngineTest, SaysWhichStepOfABuildFailed) {
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

TEST_P(EngineTest, KeepsVolumesAndNetworks) {
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

TEST_P(EngineTest, TellsWhatHappens) {
    const auto since = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()) - 1;
    (void)create_container(client(), spec("event", "exit 5"));
    (void)start_container(client(), name("event"));
    std::optional<EngineEvent> died;

    const bool seen = follow_events(client(), label(), since, 60s, [&](const EngineEvent& event) {
        if (event.action == "die") died = event;
        return !died;
    });

    EXPECT_TRUE(seen);
    ASSERT_TRUE(died.has_value());
    EXPECT_EQ(died->name, name("event"));
    EXPECT_EQ(died->attributes["exitCode"].empty() ? died->attributes["containerExitCode"]
                                                   : died->attributes["exitCode"],
              "5");
}

TEST_P(EngineTest, FollowsOutputUntilTheEnd) {
    (void)create_container(client(), spec("follow", "for i in 1 2 3; do echo $i; sleep 0.1; done"));
    (void)start_container(client(), name("follow"));
    std::string text;

    read_logs(client(), look("follow"), {.follow = true}, [&](Channel, std::string_view part) {
        text += part;
    });

    EXPECT_EQ(text, "1\n2\n3\n");
}

INSTANTIATE_TEST_SUITE_P(Engines,
                         EngineTest,
                         ::testing::Values("DOCKER", "PODMAN", "ROOTLESS"),
                         [](const auto& parameter) { return std::string(parameter.param); });

TEST(Connect, SaysThatThereIsNoEngine) {
    const sys::TempDir directory;
    EndpointQuery query{.environment = {{"XDG_RUNTIME_DIR", directory.path().string()}},
                        .uid = 1000,
                        .home = directory.path()};
    query.address = (directory.path() / "none.sock").string();
    query.address_source = "DOCKER_HOST";
    const Error error = test::caught([&] { (void)connect(query); });

    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_EQ(
        error.message(),
        "no engine listens at " + (directory.path() / "none.sock").string() + " (DOCKER_HOST)");
}

TEST(Connect, StartsPodmansService) {
    const auto variables = sys::find_env("POSTSTACK_TEST_PODMAN_ENVIRONMENT");
    if (!variables) GTEST_SKIP() << "there is no PODMAN";
    // Of the private podman of this run: the service, which outlives us, ends with that.
    for (const std::string_view variable : split(*variables, ' ')) {
        const std::string text(variable);
        const auto equals = text.find('=');
        ::setenv(text.substr(0, equals).c_str(), text.substr(equals + 1).c_str(), 1);
    }
    const sys::TempDir directory;
    const auto socket = directory.path() / "poststack" / "podman.sock";
    EndpointQuery query{.address = socket.string(), .address_source = "the test"};
    EXPECT_EQ(test::caught([&] { (void)connect(query); }).kind(), ErrorKind::not_found);

    start_podman_service(socket);
    start_podman_service(socket);  // it answers: nothing to do

    EXPECT_EQ(connect(query).kind(), EngineKind::podman);
}

}  // namespace
}  // namespace poststack::engine
