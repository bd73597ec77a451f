// What lies in a server's volume, read through a container of it that need not run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/client.h"
#include "instance/server_container.h"
#include "pgfiles/data_identity.h"

namespace poststack::instance {

struct VolumeContents {
    std::optional<int> major;  ///< nothing: no database lies there
    std::optional<std::uint64_t> system_identifier;
    std::optional<pgfiles::DataIdentity> identity;
};

/// Reads it through the container `name`, which has the volume of `spec`. Errors: of the engine.
[[nodiscard]] VolumeContents read_volume(const engine::Client& client,
                                         const ContainerServerSpec& spec,
                                         const std::string& name);

/// The same when there is no container: one is made for it, never started, and removed. Errors:
/// not_found when the server's image is not there.
[[nodiscard]] VolumeContents read_lone_volume(const engine::Client& client,
                                              const ContainerServerSpec& spec);

/// Errors: conflict unless the data names the project of `spec` as its owner and is the very
/// cluster that was made for it. An empty volume is anybody's.
void check_own_volume(const ContainerServerSpec& spec, const VolumeContents& contents);

}  // namespace poststack::instance
