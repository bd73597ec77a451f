// The settings that poststack gives a server: derived from memory and CPU by a documented formula
// (docs/native.md), written as a file that postgresql.conf includes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pgfiles/resources.h"

namespace poststack::pgfiles {

/// Memory and worker settings in whole megabytes. See docs/native.md for the reasons.
struct ServerTuning {
    int max_connections = 100;
    std::uint64_t shared_buffers_mb = 128;
    std::uint64_t effective_cache_size_mb = 4096;
    std::uint64_t maintenance_work_mem_mb = 64;
    std::uint64_t work_mem_mb = 4;
    std::uint64_t min_wal_size_mb = 80;
    std::uint64_t max_wal_size_mb = 1024;
    int max_parallel_workers = 8;
    int max_parallel_workers_per_gather = 2;
};

/// Applies the formula.
[[nodiscard]] ServerTuning tune(const Resources& resources, int max_connections);

/// Renders poststack.conf: the tuning, scram, logging to stderr, then `extra` as given.
[[nodiscard]] std::string render_server_conf(
    const ServerTuning& tuning, const std::vector<std::pair<std::string, std::string>>& extra = {});

/// Quotes a value for postgresql.conf: 'it''s'. Backslashes are doubled too.
[[nodiscard]] std::string quote_conf(std::string_view value);

/// The name of the file beside postgresql.conf, and the line that includes it.
inline constexpr std::string_view server_conf_name = "poststack.conf";

/// Returns postgresql.conf's text with one include line for poststack.conf at its end (so that it
/// wins over the lines above; ALTER SYSTEM still wins over it). Unchanged when it is there.
[[nodiscard]] std::string with_include(std::string_view postgresql_conf);

}  // namespace poststack::pgfiles
