// global/pg_control: what a data directory says about itself without a running server.
//
// The file starts with the same fields in every supported version: system identifier at byte 0,
// control version at 8, catalog version at 12, state at 16. It ends its used part with a CRC32C
// over everything before it: at 288 in PostgreSQL 13 to 17, at 292 in 18. The CRC is found by
// scanning, so that a layout we do not know is noticed instead of damaged. Source: PostgreSQL
// source, src/include/catalog/pg_control.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace poststack::pgfiles {

/// The state a server left (or holds) its data directory in.
enum class ClusterState {
    starting = 0,
    shut_down = 1,
    shut_down_in_recovery = 2,
    shutting_down = 3,
    in_crash_recovery = 4,
    in_archive_recovery = 5,
    in_production = 6,
    unknown = 7,
};

/// Returns the words pg_controldata uses, e.g. "in production".
[[nodiscard]] std::string_view name(ClusterState state) noexcept;

struct ControlFile {
    std::uint64_t system_identifier = 0;
    std::uint32_t control_version = 0;  ///< 1300 for PostgreSQL 13 to 16, 1700, 1800
    std::uint32_t catalog_version = 0;
    ClusterState state = ClusterState::unknown;
    std::size_t crc_offset = 0;  ///< where the CRC was found
};

/// CRC32C (Castagnoli) as PostgreSQL computes it. Source: RFC 3720, appendix B.4.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes) noexcept;

/// Reads the fields; nothing when no CRC matches (torn, damaged, or a layout of the future).
[[nodiscard]] std::optional<ControlFile> parse_control(std::string_view bytes);

/// Reads DATA/global/pg_control. Errors: not_found, denied, io (also: the CRC does not match).
[[nodiscard]] ControlFile read_control(const std::filesystem::path& data_directory);

/// Reads the system identifier alone, from a pg_control of any layout. Errors: as read_control(),
/// but for the CRC.
[[nodiscard]] std::uint64_t read_system_identifier(const std::filesystem::path& data_directory);

/// True when the pg_control of `data_directory` can be read and we may rewrite it. Errors: as
/// read_system_identifier().
[[nodiscard]] bool has_known_layout(const std::filesystem::path& data_directory);

/// True when we know where every field of this layout is and may rewrite it.
[[nodiscard]] bool is_known_layout(const ControlFile& control) noexcept;

/// Returns `bytes` with `system_identifier`, a new mock_authentication_nonce and the CRC for them.
///
/// The nonce feeds the salt shown for roles that do not exist: clones that share it would show
/// which servers are siblings. `nonce` holds 32 bytes. Errors: bug unless is_known_layout().
[[nodiscard]] std::string with_identity(std::string_view bytes,
                                        std::uint64_t system_identifier,
                                        std::string_view nonce);

/// Makes an identifier the way initdb does (seconds, microseconds, pid), but with random low bits.
[[nodiscard]] std::uint64_t new_system_identifier();

/// Gives an unstarted data directory an identity of its own: pg_control and the first page of every
/// WAL segment. Not synced. Errors: io, denied, bug (unknown layout).
void rewrite_identity(const std::filesystem::path& data_directory, std::uint64_t system_identifier);

}  // namespace poststack::pgfiles
