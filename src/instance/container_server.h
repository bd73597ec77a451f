// One PostgreSQL server in a container of podman or docker.
//
// The container can be thrown away at any time: the data is in a named volume, the superuser's
// password in a file of the state directory, and everything else comes from the settings. A
// container that was made from other settings is made again, on the same volume.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/project.h"
#include "config/settings.h"
#include "engine/client.h"
#include "engine/container.h"
#include "instance/database_server.h"
#include "instance/server_image.h"

namespace poststack::instance {

/// The labels of everything that poststack makes at an engine. Compose's own come beside them, so
/// that its programs see the containers.
namespace label {
inline constexpr const char* project_id = "dev.poststack.project.id";
inline constexpr const char* project = "dev.poststack.project";
inline constexpr const char* directory = "dev.poststack.directory";
inline constexpr const char* role = "dev.poststack.role";          ///< "postgres"
inline constexpr const char* image_id = "dev.poststack.image.id";  ///< it was made from
inline constexpr const char* spec = "dev.poststack.spec";  ///< hash of what it was made from
}  // namespace label

/// Everything that decides the server's container.
struct ContainerServerSpec {
    std::string project;
    std::string project_id;  ///< "" before the first up
    std::filesystem::path directory;
    std::filesystem::path secrets;  ///< directory, made when missing
    std::string container;
    std::string volume;
    int major = default_image_major;
    std::uint64_t memory_limit = 0;  ///< bytes
    double cpu_limit = 0;
    int max_connections = 100;
    std::vector<std::pair<std::string, std::string>> extra_settings = {};
    std::filesystem::path cache;
    std::filesystem::path build_log;  ///< directory of the logs of image builds
    std::chrono::milliseconds start_limit{60'000};
    std::chrono::milliseconds stop_limit{60'000};
};

[[nodiscard]] ContainerServerSpec make_container_spec(const config::Project& project,
                                                      const config::Settings& settings,
                                                      const config::Environment& environment);

class ContainerServer final : public DatabaseServer {
  public:
    ContainerServer(ContainerServerSpec spec, engine::Client client)
        : spec_(std::move(spec)), client_(std::move(client)) {}

    [[nodiscard]] std::string runtime() const override {
        return std::string(engine::name(client_.kind()));
    }

    /// Errors: conflict when the container is somebody else's.
    [[nodiscard]] ServerView look() const override;

    /// Errors: conflict (port taken, somebody else's container or volume), tool (the server died:
    /// its last lines; a failed image build), timeout, denied, io.
    StartResult start(const StartHooks& hooks) override;
    std::string_view stop() override;
    void discard() override;
    [[nodiscard]] pg::ConnInfo superuser_login(const ServerView& view) const override;
    [[nodiscard]] std::string log_tail(std::size_t lines) const override;

    [[nodiscard]] std::string data_place() const override { return "volume " + spec_.volume; }

    [[nodiscard]] const engine::Client& client() const noexcept { return client_; }

    [[nodiscard]] const ContainerServerSpec& spec() const noexcept { return spec_; }

    /// Our container; nothing when there is none. Errors: conflict when it is somebody else's.
    [[nodiscard]] std::optional<engine::Container> find() const;

  private:
    [[nodiscard]] engine::ContainerSpec container_spec(std::uint16_t port,
                                                       const BuiltImage& image) const;
    bool ensure_secret() const;
    void repair_superuser() const;
    bool ensure_volume() const;
    void make_container(const StartHooks& hooks);
    void await_gate(std::uint16_t port) const;
    [[nodiscard]] Error death(const engine::Container& container) const;

    ContainerServerSpec spec_;
    engine::Client client_;
};

/// Builds (or finds) the server's image, with a log in `spec.build_log`.
BuiltImage ensure_image(const engine::Client& client,
                        const ContainerServerSpec& spec,
                        ImageOptions options);

}  // namespace poststack::instance
