#include "pgfiles/wal_segment.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "sys/errno_error.h"
#include "sys/fd.h"
#include "sys/file.h"

namespace poststack::pgfiles {
namespace {

constexpr std::size_t header_bytes = 40;
constexpr off_t identifier_offset = 24;
constexpr std::uint16_t long_header_flag = 0x0002;

void stamp_segment(const std::filesystem::path& path, std::uint64_t system_identifier) {
    const sys::UniqueFd file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!file) sys::throw_errno("open", path);
    std::array<char, header_bytes> bytes{};
    const ssize_t got = ::pread(file.get(), bytes.data(), bytes.size(), 0);
    if (got < 0) sys::throw_errno("read", path);
    if (!parse_wal_header({bytes.data(), static_cast<std::size_t>(got)})) return;
    const ssize_t put =
        ::pwrite(file.get(), &system_identifier, sizeof system_identifier, identifier_offset);
    if (put != static_cast<ssize_t>(sizeof system_identifier)) sys::throw_errno("write", path);
}

}  // namespace

std::optional<WalHeader> parse_wal_header(std::string_view bytes) {
    if (bytes.size() < header_bytes) return std::nullopt;
    std::uint16_t flags = 0;
    std::memcpy(&flags, bytes.data() + 2, sizeof flags);
    WalHeader header;
    std::memcpy(&header.system_identifier, bytes.data() + identifier_offset, 8);
    std::memcpy(&header.segment_bytes, bytes.data() + 32, 4);
    const bool is_power_of_two = (header.segment_bytes & (header.segment_bytes - 1)) == 0;
    if ((flags & long_header_flag) == 0 || header.segment_bytes < (1U << 20) || !is_power_of_two) {
        return std::nullopt;
    }
    return header;
}

bool is_wal_segment_name(std::string_view name) noexcept {
    return name.size() == 24 && std::all_of(name.begin(), name.end(), [](char digit) {
               return (digit >= '0' && digit <= '9') || (digit >= 'A' && digit <= 'F');
           });
}

void stamp_wal(const std::filesystem::path& wal_directory, std::uint64_t system_identifier) {
    for (const std::string& name : sys::list_directory(wal_directory)) {
        if (is_wal_segment_name(name)) stamp_segment(wal_directory / name, system_identifier);
    }
}

}  // namespace poststack::pgfiles
