// One PostgreSQL server in a container of podman or docker.
//
// The container can be thrown away at any time: the data is in a named volume, the superuser's
// password in a file of the state directory, and everything else comes from the settings. A
// container that was made from other settings is made again, on the same volume.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/client.h"
#include "engine/container.h"
#include "instance/database_server.h"
#include "instance/server_container.h"
#include "instance/server_image.h"

namespace poststack::instance {

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

    /// Whether a container or volume with these labels is this project's, and not the one of the
    /// project that it was copied from.
    [[nodiscard]] bool is_own(const std::map<std::string, std::string>& labels) const;

    /// The project that this one is a copy of, when the id that was copied leads to its data.
    [[nodiscard]] std::optional<std::filesystem::path> find_original() const;

  private:
    bool ensure_secret() const;
    void repair_superuser() const;
    bool ensure_volume() const;
    [[nodiscard]] std::vector<std::string> changes(const engine::Container& had,
                                                   std::uint16_t port,
                                                   const BuiltImage& image) const;
    [[nodiscard]] std::string remaking(const std::vector<std::string>& reasons) const;
    bool give_way(const engine::Container& running, const StartHooks& hooks);
    void make_container(const StartHooks& hooks, bool is_told);
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
