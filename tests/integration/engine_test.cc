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
#include "engine/tar.h"
#include "engine_fixture.h"
#include "listener.h"
#include "sys/env.h"
#include "sys/file.h"

namespace poststack::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

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
    const auto variables = sys::find_env("TEST_PODMAN_ENVIRONMENT");
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
