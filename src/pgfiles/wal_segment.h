// WAL segments: the part of their first page that names the system they belong to.
//
// A segment begins with a long page header: magic (2 bytes), flags (2), timeline (4), address (8),
// remaining length (4), padding (4), then at byte 24 the system identifier and at 32 the segment
// size. A server refuses WAL whose identifier is not the one in pg_control.
// Source: PostgreSQL source, src/include/access/xlog_internal.h (XLogLongPageHeaderData).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace poststack::pgfiles {

struct WalHeader {
    std::uint64_t system_identifier = 0;
    std::uint32_t segment_bytes = 0;
};

/// Reads the header of a segment; nothing when `bytes` do not begin with a long page header (a
/// recycled or empty segment).
[[nodiscard]] std::optional<WalHeader> parse_wal_header(std::string_view bytes);

/// True for the 24 hexadecimal digits that name a segment.
[[nodiscard]] bool is_wal_segment_name(std::string_view name) noexcept;

/// Writes `system_identifier` into the first page of every segment in `wal_directory`. Not synced.
/// Errors: io, denied.
void stamp_wal(const std::filesystem::path& wal_directory, std::uint64_t system_identifier);

}  // namespace poststack::pgfiles
