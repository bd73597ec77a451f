// A tar archive as a stream: build contexts and images. ustar, with pax headers for long names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "http/client.h"
#include "sys/fd.h"

namespace poststack::engine {

enum class TarType { file, directory, symlink };

struct TarEntry {
    std::string name;  ///< relative, with "/"
    TarType type = TarType::file;
    std::uint32_t mode = 0644;
    std::int64_t modified = 0;        ///< seconds since 1970
    std::string content = {};         ///< of a file, when `path` is empty; target of a symlink
    std::filesystem::path path = {};  ///< read when its turn comes
    std::uint64_t size = 0;           ///< of `path`
};

/// Writes the entries one after the other, as root's. Files are opened when their turn comes.
class TarStream {
  public:
    explicit TarStream(std::vector<TarEntry> entries) : entries_(std::move(entries)) {}

    /// At most `size` bytes; 0 at the end. Errors: conflict when a file became shorter meanwhile;
    /// not_found, denied, io.
    std::size_t read(char* buffer, std::size_t size);

  private:
    bool begin_next();
    std::size_t read_content(char* buffer, std::size_t size);

    std::vector<TarEntry> entries_;
    std::size_t next_ = 0;
    std::string pending_;  // header or padding to be handed out
    std::size_t pending_at_ = 0;
    const TarEntry* current_ = nullptr;
    std::uint64_t left_ = 0;  // of the current entry's content
    std::uint64_t size_ = 0;
    sys::UniqueFd file_;
    bool ended_ = false;
};

/// `entries` as the body of a request.
[[nodiscard]] http::BodySource tar_source(std::vector<TarEntry> entries);

/// The bytes of the file at `path` as the body of a request. Errors: not_found, denied.
[[nodiscard]] http::BodySource file_source(const std::filesystem::path& path);

/// Everything below `directory` that .dockerignore (or `<dockerfile>.dockerignore`) lets through
/// and that may leave the machine (is_private(), data directories). `dockerfile` is always there.
/// Errors: not_found (no such Dockerfile), denied, io.
[[nodiscard]] std::vector<TarEntry> collect_context(const std::filesystem::path& directory,
                                                    const std::string& dockerfile);

}  // namespace poststack::engine
