// A directory that stands for a project, and a native server in it that is stopped at the end.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "instance/server.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/net.h"
#include "sys/random.h"

namespace poststack::test {

/// A project folder that PostgreSQL's account can reach, also when the tests run as root.
class ProjectDir {
  public:
    ProjectDir() {
        ::chmod(directory_.path().c_str(), 0755);
        sys::make_directories(state(), 0700);
    }

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return directory_.path(); }

    [[nodiscard]] std::filesystem::path state() const { return path() / ".poststack"; }

    [[nodiscard]] const std::string& id() const noexcept { return id_; }

    void set_id(std::string id) { id_ = std::move(id); }

  private:
    sys::TempDir directory_;
    std::string id_ = sys::random_uuid();
};

inline instance::ServerSpec make_spec(const std::filesystem::path& project, const std::string& id) {
    instance::ServerSpec spec;
    spec.owner = {.project = project, .project_id = id};
    spec.binaries.path = "";
    spec.place = instance::choose_place({.project = project,
                                         .state = project / ".poststack",
                                         .logs = project / "logs",
                                         .project_id = id,
                                         .environment = sys::environment(),
                                         .account = {}});
    spec.memory_limit = 256U << 20;
    return spec;
}

/// A server of `project` that dies with this object.
class TestServer {
  public:
    explicit TestServer(const ProjectDir& project)
        : TestServer(make_spec(project.path(), project.id())) {}

    explicit TestServer(instance::ServerSpec spec)
        : launcher_(instance::make_plain_launcher({})), server_(std::move(spec), *launcher_) {}

    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    ~TestServer() {
        try {
            server_.finish_sync();
            (void)server_.stop();
        } catch (const std::exception& error) {
            ADD_FAILURE() << "stopping the test's server: " << error.what();
        }
    }

    instance::StartResult start() {
        auto result = server_.start({.choose_port =
                                         [](bool) {
                                             // Below the ephemeral range, spread over processes.
                                             const auto first = static_cast<std::uint16_t>(
                                                 20000 + sys::random_u64() % 8000);
                                             return sys::find_free_port(first).value();
                                         },
                                     .on_template = {}});
        server_.finish_sync();
        return result;
    }

    [[nodiscard]] instance::NativeServer& get() noexcept { return server_; }

    [[nodiscard]] pg::Connection superuser() {
        return pg::Connection(server_.superuser_login(server_.look()));
    }

  private:
    std::unique_ptr<instance::Launcher> launcher_;
    instance::NativeServer server_;
};

}  // namespace poststack::test
