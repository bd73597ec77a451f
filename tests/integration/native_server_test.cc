// The native server's life with a real PostgreSQL, below credentials and workflow.
#include <csignal>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "caught.h"
#include "instance/provision.h"
#include "pgfiles/control_file.h"
#include "pgfiles/startup_probe.h"
#include "project_dir.h"
#include "sys/act_as.h"
#include "sys/process.h"

namespace poststack {
namespace {

using namespace std::chrono_literals;
using instance::Adoption;
using instance::ServerState;
using testing::HasSubstr;

TEST(NativeServer, StartsFromNothingAndStops) {
    const test::ProjectDir project;
    test::TestServer server(project);
    EXPECT_EQ(server.get().look().state, ServerState::absent);

    const auto started = server.start();

    EXPECT_TRUE(started.created);
    EXPECT_TRUE(started.started);
    EXPECT_EQ(server.get().look().state, ServerState::running);
    EXPECT_EQ(server.superuser().query("SELECT 41 + 1").value(0, 0), "42");
    EXPECT_EQ(server.superuser().query("SHOW data_checksums").value(0, 0), "on");
    const auto sockets = server.get().look().pid_file->socket_directory;
    EXPECT_TRUE(std::filesystem::is_directory(sockets));

    EXPECT_EQ(server.get().stop(), "fast");
    EXPECT_FALSE(std::filesystem::exists(sockets));
    EXPECT_EQ(server.get().look().state, ServerState::stopped);
    EXPECT_EQ(server.get().stop(), "");
}

TEST(NativeServer, StartingTwiceChangesNothing) {
    const test::ProjectDir project;
    test::TestServer server(project);
    const auto first = server.start();

    const auto second = server.start();

    EXPECT_FALSE(second.started);
    EXPECT_EQ(second.view.pid_file->pid, first.view.pid_file->pid);
}

TEST(NativeServer, GivesEachCloneAnIdentityOfItsOwn) {
    const test::ProjectDir one;
    const test::ProjectDir two;
    test::TestServer first(one);
    test::TestServer second(two);

    const auto left = first.start();
    const auto right = second.start();

    EXPECT_NE(left.view.identity->instance_id, right.view.identity->instance_id);
    EXPECT_NE(left.view.identity->system_identifier, right.view.identity->system_identifier);
    const std::string reported = "SELECT system_identifier FROM pg_control_system()";
    EXPECT_EQ(first.superuser().query(reported).value(0, 0),
              std::to_string(left.view.identity->system_identifier));
}

TEST(NativeServer, RecoversAfterAKill) {
    const test::ProjectDir project;
    test::TestServer server(project);
    const auto first = server.start();
    server.superuser().script("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)");
    ASSERT_EQ(::kill(first.view.pid_file->pid, SIGKILL), 0);
    ASSERT_TRUE(sys::wait_gone(first.view.pid_file->pid, 30s));
    EXPECT_EQ(server.get().look().state, ServerState::stopped);

    const auto again = server.start();

    EXPECT_TRUE(again.started);
    EXPECT_FALSE(again.created);
    EXPECT_EQ(server.superuser().query("SELECT n FROM kept").value(0, 0), "7");
}

TEST(NativeServer, IgnoresAPidThatAnotherProgramGot) {
    const test::ProjectDir project;
    test::TestServer server(project);
    (void)server.start();
    (void)server.get().stop();
    const auto data = server.get().spec().place.data;
    {
        const sys::ActAs as(server.get().spec().place.account);
        sys::replace_file(data / "postmaster.pid",
                          std::to_string(::getpid()) + "\n" + data.string() + "\n1\n5432\n\n\n");
    }
    EXPECT_EQ(server.get().look().state, ServerState::stopped);

    EXPECT_TRUE(server.start().started);
}

TEST(NativeServer, TakesAMovedProjectAlong) {
    const test::ProjectDir project;
    const test::ProjectDir elsewhere;
    {
        test::TestServer server(project);
        (void)server.start();
    }
    std::filesystem::remove_all(elsewhere.state());
    std::filesystem::rename(project.state(), elsewhere.state());
    test::TestServer moved(test::make_spec(elsewhere.path(), project.id()));

    const auto result = moved.start();

    EXPECT_EQ(result.adoption, Adoption::moved);
    EXPECT_EQ(moved.get().look().identity->project_path, elsewhere.path());
}

TEST(NativeServer, GivesACopyOfAStoppedProjectItsOwnInstance) {
    const test::ProjectDir project;
    const test::ProjectDir copy;
    test::TestServer server(project);
    const auto first = server.start();
    (void)server.get().stop();
    ASSERT_EQ(
        std::system(("cp -a " + project.state().string() + "/. " + copy.state().string()).c_str()),
        0);
    test::TestServer copied(test::make_spec(copy.path(), project.id()));

    const auto original = server.start();
    const auto result = copied.start();

    EXPECT_EQ(result.adoption, Adoption::copied);
    EXPECT_NE(result.view.pid_file->pid, original.view.pid_file->pid);
    EXPECT_NE(result.view.identity->instance_id, first.view.identity->instance_id);
    EXPECT_EQ(original.view.identity->instance_id, first.view.identity->instance_id);
}

TEST(NativeServer, RefusesTheCopyOfARunningServer) {
    const test::ProjectDir project;
    const test::ProjectDir copy;
    test::TestServer server(project);
    const auto original = server.start();
    ASSERT_EQ(
        std::system(("cp -a " + project.state().string() + "/. " + copy.state().string()).c_str()),
        0);
    test::TestServer copied(test::make_spec(copy.path(), project.id()));

    const Error error = test::caught([&] { (void)copied.start(); });

    EXPECT_EQ(error.kind(), ErrorKind::conflict);
    EXPECT_THAT(error.message(), HasSubstr("was copied from"));
    EXPECT_THAT(error.hint(), HasSubstr("Stop the server of"));
    EXPECT_TRUE(sys::is_alive(original.view.pid_file->pid));
}

TEST(NativeServer, HoldsTheVolumeLockWhileAnyProcessLives) {
    const test::ProjectDir project;
    test::TestServer server(project);
    (void)server.start();
    const auto data = server.get().spec().place.data;

    EXPECT_TRUE(pgfiles::is_locked(data));
    (void)server.get().stop();
    EXPECT_FALSE(pgfiles::is_locked(data));
}

TEST(NativeServer, NamesWhoHoldsTheDataDirectory) {
    const test::ProjectDir project;
    auto spec = test::make_spec(project.path(), project.id());
    spec.lock_limit = 100ms;
    test::TestServer server(std::move(spec));
    (void)server.start();
    (void)server.get().stop();
    const auto lock = pgfiles::lock_data(server.get().spec().place.data, 0ms);

    const Error error = test::caught([&] { (void)server.start(); });

    EXPECT_EQ(error.kind(), ErrorKind::conflict);
    EXPECT_THAT(error.message(), HasSubstr("is held by \"native_server_"));
}

TEST(NativeServer, ShowsTheLastWordsOfAServerThatDies) {
    const test::ProjectDir project;
    auto spec = test::make_spec(project.path(), project.id());
    spec.extra_settings = {{"shared_buffers", "lots"}};
    test::TestServer server(std::move(spec));

    const Error error = test::caught([&] { (void)server.start(); });

    EXPECT_EQ(error.kind(), ErrorKind::tool);
    EXPECT_THAT(error.message(), HasSubstr("invalid value for parameter \"shared_buffers\""));
}

TEST(NativeServer, SaysSoWhenAnImmediateStopWasNeeded) {
    const test::ProjectDir project;
    auto spec = test::make_spec(project.path(), project.id());
    spec.stop_limit = 2s;
    test::TestServer server(std::move(spec));
    const auto started = server.start();
    // A stopped postmaster does not hear SIGINT, and wakes up again for the end of the test.
    ASSERT_EQ(::kill(started.view.pid_file->pid, SIGSTOP), 0);

    const Error error = test::caught([&] { (void)server.get().stop(); });

    EXPECT_EQ(error.kind(), ErrorKind::timeout);
    ASSERT_EQ(::kill(started.view.pid_file->pid, SIGCONT), 0);
    EXPECT_TRUE(sys::wait_gone(started.view.pid_file->pid, 60s));
}

TEST(NativeServer, StopsAtOnceWhenAFastShutdownHangs) {
    const test::ProjectDir project;
    auto spec = test::make_spec(project.path(), project.id());
    // A fast shutdown waits for the archiver, and this one never ends.
    spec.extra_settings = {{"archive_mode", "on"}, {"archive_command", "sleep 1000"}};
    spec.stop_limit = 20s;
    test::TestServer server(std::move(spec));
    (void)server.start();
    server.superuser().script("CREATE TABLE kept AS SELECT 7 AS n");
    (void)server.superuser().query("SELECT pg_switch_wal()");

    EXPECT_EQ(server.get().stop(), "immediate");

    EXPECT_EQ(server.get().look().state, ServerState::stopped);
    EXPECT_TRUE(server.start().started);
    EXPECT_EQ(server.superuser().query("SELECT n FROM kept").value(0, 0), "7");
    (void)server.get().stop();
}

TEST(NativeServer, IsSetAsideAfterAPowerFailureBeforeItsSync) {
    const test::ProjectDir project;
    test::TestServer server(project);
    const auto first = server.start();
    (void)server.get().stop();
    const auto place = server.get().spec().place;
    {
        const sys::ActAs as(place.account);
        sys::replace_file(place.data.string() + ".unsynced", "another-boot\n");
    }

    const auto again = server.start();

    EXPECT_TRUE(again.created);
    EXPECT_NE(again.view.identity->instance_id, first.view.identity->instance_id);
    EXPECT_FALSE(instance::is_unsynced(place));
    bool kept = false;
    for (const std::string& name : sys::list_directory(place.base)) {
        kept = kept || name.starts_with("data.unfinished-");
    }
    EXPECT_TRUE(kept) << "what was set aside must not be removed";
}

TEST(NativeServer, LeavesNoDraftOfAKilledRunBehind) {
    const test::ProjectDir project;
    test::TestServer server(project);
    const auto place = server.get().spec().place;
    instance::prepare(place);
    {
        const sys::ActAs as(place.account);
        sys::make_directories(place.base / "data.new-0123" / "global");
    }

    (void)server.start();

    EXPECT_FALSE(sys::find_info(place.base / "data.new-0123").has_value());
}

TEST(Provision, MakesRoleAndDatabaseOnceByRenamingTheSpare) {
    const test::ProjectDir project;
    test::TestServer server(project);
    (void)server.start();
    const auto login = server.get().superuser_login(server.get().look());
    const instance::ProvisionPlan plan{.role = "shop \"one\"",
                                       .password = Secret("pa'ss"),
                                       .database = "shop-db",
                                       .extensions = {},
                                       .may_set_password = true};

    const auto first = instance::provision(login, plan);

    EXPECT_TRUE(first.role_created);
    EXPECT_TRUE(first.database_created);
    auto superuser = server.superuser();
    EXPECT_EQ(superuser
                  .query("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1",
                         {"shop-db"})
                  .value(0, 0),
              "shop \"one\"");
    EXPECT_EQ(superuser.query("SELECT 1 FROM pg_database WHERE datname = 'poststack_spare'").rows(),
              0U);
    EXPECT_THAT(std::string(superuser
                                .query("SELECT rolpassword FROM pg_authid WHERE rolname = $1",
                                       {"shop \"one\""})
                                .value(0, 0)),
                HasSubstr("SCRAM-SHA-256$4096:"));
}

TEST(Provision, LetsTheRoleInByTcpWithItsPasswordOnly) {
    const test::ProjectDir project;
    test::TestServer server(project);
    const auto started = server.start();
    (void)instance::provision(server.get().superuser_login(started.view),
                              {.role = "app",
                               .password = Secret("right"),
                               .database = "app",
                               .extensions = {},
                               .may_set_password = true});
    pg::ConnInfo login;
    login.host = "127.0.0.1";
    login.port = started.view.pid_file->port;
    login.user = "app";
    login.database = "app";
    login.password = Secret("right");
    EXPECT_EQ(pg::Connection(login).query("SELECT 1").value(0, 0), "1");

    login.password = Secret("wrong");

    EXPECT_EQ(test::caught([&] { const pg::Connection refused(login); }).kind(), ErrorKind::denied);
}

TEST(Control, OfARealDataDirectoryIsUnderstood) {
    const test::ProjectDir project;
    test::TestServer server(project);
    (void)server.start();
    (void)server.get().stop();

    const auto control = pgfiles::read_control(server.get().spec().place.data);

    EXPECT_TRUE(pgfiles::is_known_layout(control));
    EXPECT_EQ(control.state, pgfiles::ClusterState::shut_down);
    EXPECT_EQ(control.system_identifier, server.get().look().identity->system_identifier);
}

TEST(Probe, ToldByARealServer) {
    const test::ProjectDir project;
    test::TestServer server(project);
    const auto started = server.start();

    const auto result = pgfiles::probe(
        {.socket_directory = {}, .address = "127.0.0.1", .port = started.view.pid_file->port},
        "nobody",
        "nothing",
        10s);

    EXPECT_EQ(result.answer, pgfiles::ProbeAnswer::accepting) << result.message;
}

}  // namespace
}  // namespace poststack
