// The images that poststack makes itself: poststack/base-debian and poststack/postgres.
//
// Where a registry answers they are built from Dockerfiles (images/, inside the program) on top of
// debian:<suite>-slim. Elsewhere the root file system is made from Debian's packages with
// mmdebstrap and imported; it is kept in the cache directory, so that a second engine need not make
// it again.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "engine/client.h"
#include "engine/image.h"

namespace poststack::instance {

/// The major version that is used unless another is asked for.
inline constexpr int default_image_major = 17;

/// The label with which our images and containers are found.
inline constexpr const char* image_label = "dev.poststack.image";

struct ImageOptions {
    bool no_cache = false;
    bool bootstrap = false;                                ///< do not ask a registry
    std::filesystem::path cache;                           ///< where a root file system is kept
    std::function<void(std::string_view)> on_line = {};    ///< the build's output
    std::function<void(std::string_view)> on_notice = {};  ///< full sentences for the user
};

struct BuiltImage {
    std::string name;  ///< as people call it: "poststack/postgres:17"
    std::string id;
    bool built = false;  ///< false: it was there and up to date
};

/// Debian's code name that has PostgreSQL `major`: bookworm for 15 and what is older, else trixie.
[[nodiscard]] std::string suite_of(int major);

/// Where the image of `major` expects its volume, and PGDATA below it.
struct VolumeLayout {
    std::string volume;
    std::string data;
};

[[nodiscard]] VolumeLayout volume_layout(int major);

/// poststack/base-debian:<suite>. Errors: see build_postgres().
BuiltImage build_base(const engine::Client& client,
                      const std::string& suite,
                      const ImageOptions& options);

/// "poststack/postgres:17".
[[nodiscard]] std::string postgres_image(int major);

/// poststack/postgres:<major>, with what it stands on.
///
/// An image that was made from the same files is left alone unless `no_cache` is set.
/// Errors: tool (a failed build with the step and its last lines, mmdebstrap), not_found (no
/// registry and no mmdebstrap), io (no space), interrupted.
BuiltImage build_postgres(const engine::Client& client, int major, const ImageOptions& options);

/// The image of `major` when it is there, up to date or not.
[[nodiscard]] std::optional<engine::Image> find_postgres_image(const engine::Client& client,
                                                               int major);

}  // namespace poststack::instance
