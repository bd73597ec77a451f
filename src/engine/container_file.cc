#include "engine/container_file.h"

#include <charconv>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "http/client.h"

namespace poststack::engine {
namespace {

constexpr std::size_t block = 512;
constexpr std::size_t size_at = 124;
constexpr std::size_t size_length = 12;
constexpr std::size_t type_at = 156;

/// The first regular file of the tar in `bytes`; pax headers and directories are passed over.
std::optional<std::string> first_file(std::string_view bytes) {
    while (bytes.size() >= block && bytes.front() != '\0') {
        std::string_view digits = bytes.substr(size_at, size_length);
        digits = trim(digits.substr(0, digits.find('\0')));
        std::uint64_t size = 0;
        if (std::from_chars(digits.data(), digits.data() + digits.size(), size, 8).ec !=
                std::errc{} ||
            size > bytes.size() - block) {
            return std::nullopt;
        }
        const char type = bytes[type_at];
        if (type == '0' || type == '\0') return std::string(bytes.substr(block, size));
        const std::uint64_t padded = (size + block - 1) / block * block;
        bytes.remove_prefix(std::min<std::size_t>(bytes.size(), block + padded));
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> find_container_file(const Client& client,
                                               const std::string& container,
                                               const std::string& path,
                                               std::size_t limit) {
    const std::string what = fmt::format("read \"{}\" in container \"{}\"", path, container);
    const Call call{.path = fmt::format("/containers/{}/archive", percent_encode(container)),
                    .query = {{"path", path}}};
    try {
        http::Answer answer = client.open(call, what);
        return first_file(answer.read_all(limit + 8 * block));
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::not_found) return std::nullopt;
        throw;
    }
}

}  // namespace poststack::engine
