// The server's container as the settings want it. Nothing here talks to an engine.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/project.h"
#include "config/settings.h"
#include "engine/container.h"
#include "engine/traits.h"
#include "instance/server_image.h"

namespace poststack::instance {

/// The port of every server inside its container.
inline constexpr std::uint16_t server_port = 5432;

/// The account of the server's image.
inline constexpr uid_t server_uid = 999;

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

/// The directory of the project that made the thing with these labels, when that is not `spec`'s
/// and has the same id to this day: `spec`'s project is a copy, which brought the id along, and the
/// thing is the original's. Nothing when the project was moved.
[[nodiscard]] std::optional<std::filesystem::path> find_original(
    const ContainerServerSpec& spec, const std::map<std::string, std::string>& labels);

/// The labels of what belongs to the project, compose's among them.
[[nodiscard]] std::map<std::string, std::string> project_labels(const ContainerServerSpec& spec);

/// The file with the superuser's password, outside and inside.
[[nodiscard]] std::filesystem::path superuser_file(const ContainerServerSpec& spec);

/// The container of `spec` that publishes the server at `port`, made from `image`, whose full name
/// at the engine is `image_name`. Its label says what it was made from.
[[nodiscard]] engine::ContainerSpec server_container(const ContainerServerSpec& spec,
                                                     std::uint16_t port,
                                                     const BuiltImage& image,
                                                     const std::string& image_name);

/// In words why `container` does not run: "ended with exit code 1".
[[nodiscard]] std::string end_in_words(const engine::Container& container);

/// The host port at which the server in `container` is published; 0 when it is not.
[[nodiscard]] std::uint16_t published_port(const engine::Container& container);

}  // namespace poststack::instance
