#include "pgfiles/control_file.h"

#include <array>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "pgfiles/wal_segment.h"
#include "sys/errno_error.h"
#include "sys/file.h"
#include "sys/random.h"

namespace poststack::pgfiles {
namespace {

constexpr std::size_t used_bytes = 512;  // PG_CONTROL_MAX_SAFE_SIZE: one disk sector
constexpr std::size_t nonce_bytes = 32;  // MOCK_AUTH_NONCE_LEN
constexpr std::size_t first_crc_offset = 200;

struct Layout {
    std::uint32_t control_version;
    std::size_t nonce_offset;
    std::size_t crc_offset;
};

// 1800 has one more byte (default_char_signedness) before the nonce, and the CRC is aligned to 4.
constexpr std::array layouts = {
    Layout{.control_version = 1300, .nonce_offset = 256, .crc_offset = 288},
    Layout{.control_version = 1700, .nonce_offset = 256, .crc_offset = 288},
    Layout{.control_version = 1800, .nonce_offset = 257, .crc_offset = 292},
};

template <class Number>
Number read_number(std::string_view bytes, std::size_t offset) {
    Number number{};
    std::memcpy(&number, bytes.data() + offset, sizeof number);
    return number;
}

template <class Number>
void write_number(std::string& bytes, std::size_t offset, Number number) {
    std::memcpy(bytes.data() + offset, &number, sizeof number);
}

const Layout* find_layout(const ControlFile& control) noexcept {
    for (const Layout& layout : layouts) {
        if (layout.control_version == control.control_version &&
            layout.crc_offset == control.crc_offset) {
            return &layout;
        }
    }
    return nullptr;
}

constexpr std::array<std::uint32_t, 256> make_crc_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t index = 0; index < 256; ++index) {
        std::uint32_t value = index;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 1U) != 0 ? (value >> 1U) ^ 0x82F63B78U : value >> 1U;
        }
        table[index] = value;
    }
    return table;
}

std::filesystem::path control_path(const std::filesystem::path& data_directory) {
    return data_directory / "global" / "pg_control";
}

}  // namespace

std::string_view name(ClusterState state) noexcept {
    switch (state) {
        case ClusterState::starting: return "starting up";
        case ClusterState::shut_down: return "shut down";
        case ClusterState::shut_down_in_recovery: return "shut down in recovery";
        case ClusterState::shutting_down: return "shutting down";
        case ClusterState::in_crash_recovery: return "in crash recovery";
        case ClusterState::in_archive_recovery: return "in archive recovery";
        case ClusterState::in_production: return "in production";
        case ClusterState::unknown: break;
    }
    return "unknown";
}

std::uint32_t crc32c(std::string_view bytes) noexcept {
    static constexpr auto table = make_crc_table();
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char byte : bytes) {
        crc = table[(crc ^ static_cast<unsigned char>(byte)) & 0xFFU] ^ (crc >> 8U);
    }
    return crc ^ 0xFFFFFFFFU;
}

std::optional<ControlFile> parse_control(std::string_view bytes) {
    const std::size_t end = std::min(bytes.size(), used_bytes);
    for (std::size_t offset = first_crc_offset; offset + 4 <= end; offset += 4) {
        if (crc32c(bytes.substr(0, offset)) != read_number<std::uint32_t>(bytes, offset)) continue;
        const auto state = read_number<std::uint32_t>(bytes, 16);
        return ControlFile{
            .system_identifier = read_number<std::uint64_t>(bytes, 0),
            .control_version = read_number<std::uint32_t>(bytes, 8),
            .catalog_version = read_number<std::uint32_t>(bytes, 12),
            .state = state < static_cast<std::uint32_t>(ClusterState::unknown)
                         ? static_cast<ClusterState>(state)
                         : ClusterState::unknown,
            .crc_offset = offset,
        };
    }
    return std::nullopt;
}

ControlFile read_control(const std::filesystem::path& data_directory) {
    const auto path = control_path(data_directory);
    const auto control = parse_control(sys::read_file(path, 64U << 10));
    if (!control) {
        throw Error(
            ErrorKind::io,
            fmt::format("cannot make sense of \"{}\": no checksum in it matches", path.string()))
            .hint(
                "The data directory is damaged, or of a PostgreSQL that poststack does not know.");
    }
    return *control;
}

std::uint64_t read_system_identifier(const std::filesystem::path& data_directory) {
    const auto path = control_path(data_directory);
    const std::string bytes = sys::read_file(path, 64U << 10);
    if (bytes.size() < sizeof(std::uint64_t)) {
        throw Error(ErrorKind::io, fmt::format("\"{}\" is cut off", path.string()));
    }
    return read_number<std::uint64_t>(bytes, 0);
}

bool has_known_layout(const std::filesystem::path& data_directory) {
    const auto control = parse_control(sys::read_file(control_path(data_directory), 64U << 10));
    return control && is_known_layout(*control);
}

bool is_known_layout(const ControlFile& control) noexcept {
    return find_layout(control) != nullptr;
}

std::string with_identity(std::string_view bytes,
                          std::uint64_t system_identifier,
                          std::string_view nonce) {
    const auto control = parse_control(bytes);
    const Layout* layout = control ? find_layout(*control) : nullptr;
    if (layout == nullptr || nonce.size() != nonce_bytes) {
        throw Error(ErrorKind::bug, "identity of an unknown pg_control layout");
    }
    std::string changed(bytes);
    write_number(changed, 0, system_identifier);
    changed.replace(layout->nonce_offset, nonce_bytes, nonce);
    const std::string_view covered = std::string_view(changed).substr(0, layout->crc_offset);
    write_number(changed, layout->crc_offset, crc32c(covered));
    return changed;
}

std::uint64_t new_system_identifier() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    // initdb fills the low half with microseconds and its pid. Two clones of one instant must
    // differ for certain, so it is random here.
    return static_cast<std::uint64_t>(seconds) << 32U | (sys::random_u64() & 0xFFFFFFFFU);
}

void rewrite_identity(const std::filesystem::path& data_directory,
                      std::uint64_t system_identifier) {
    const auto path = control_path(data_directory);
    const sys::UniqueFd file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!file) sys::throw_errno("open", path);
    std::string bytes(8192, '\0');
    const ssize_t got = ::pread(file.get(), bytes.data(), bytes.size(), 0);
    if (got < 0) sys::throw_errno("read", path);
    bytes.resize(static_cast<std::size_t>(got));

    std::string nonce(nonce_bytes, '\0');
    sys::fill_random(nonce.data(), nonce.size());
    const std::string changed = with_identity(bytes, system_identifier, nonce);
    const ssize_t put = ::pwrite(file.get(), changed.data(), used_bytes, 0);
    if (put != static_cast<ssize_t>(used_bytes)) sys::throw_errno("write", path);
    stamp_wal(data_directory / "pg_wal", system_identifier);
}

}  // namespace poststack::pgfiles
