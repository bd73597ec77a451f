// Images: looked at, imported, built, named, removed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/client.h"
#include "http/client.h"

namespace poststack::engine {

struct Image {
    std::string id;
    std::vector<std::string> names = {};  ///< as people call it
    std::map<std::string, std::string> labels = {};
    std::int64_t created = 0;  ///< seconds since 1970; 0 unknown
    std::uint64_t size = 0;    ///< bytes
    std::vector<std::string> environment = {};
    std::string user = {};
    std::vector<std::string> volumes = {};  ///< paths of VOLUME lines
};

/// By full name or id; nothing when there is none.
[[nodiscard]] std::optional<Image> find_image(const Client& client, const std::string& name);

/// Those with `label` ("key" or "key=value"; empty: all).
[[nodiscard]] std::vector<Image> list_images(const Client& client, const std::string& label = {});

/// Makes an image of a root file system's tar; `changes` are Dockerfile lines such as "LABEL a=b".
/// Returns its id. Errors: io (no space), tool.
std::string import_image(const Client& client,
                         const std::string& name,
                         const http::BodySource& tar,
                         const std::vector<std::string>& changes = {});

/// Fetches `name` from its registry. Errors: not_found, tool (no registry answers), io (no space).
void pull_image(const Client& client,
                const std::string& name,
                const std::function<void(std::string_view)>& on_line);

struct BuildSpec {
    std::string name;  ///< full name of the image (Client::local_image)
    http::BodySource context;
    std::string dockerfile = "Dockerfile";
    std::map<std::string, std::string> arguments = {};
    std::map<std::string, std::string> labels = {};
    std::string target = {};
    bool no_cache = false;
    std::string network = {};  ///< of RUN lines: "host"; empty: the engine's default
};

/// Builds; `on_line` gets the engine's output as it comes. Returns the image's id.
///
/// Errors: tool with the last lines and the Dockerfile's line when a step failed; io (no space),
/// interrupted (the build is abandoned).
std::string build_image(const Client& client,
                        const BuildSpec& spec,
                        const std::function<void(std::string_view)>& on_line);

/// Gives an image a further name, taking it away from another.
void tag_image(const Client& client, const std::string& image, const std::string& name);

/// False when there is none. Errors: conflict when a container uses it.
bool remove_image(const Client& client, const std::string& name);

}  // namespace poststack::engine
