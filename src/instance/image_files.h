// The files of images/, carried inside the program.
#pragma once

#include <span>
#include <string_view>

namespace poststack::instance {

struct ImageFile {
    std::string_view path;  ///< below images/: "postgres/Dockerfile"
    std::string_view content;
};

[[nodiscard]] std::span<const ImageFile> image_files() noexcept;

}  // namespace poststack::instance
