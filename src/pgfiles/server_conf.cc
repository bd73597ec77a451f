#include "pgfiles/server_conf.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"

namespace poststack::pgfiles {
namespace {

constexpr std::uint64_t mebibyte = 1ULL << 20;

/// Rounds down to a power-of-two-ish step so that files stay readable: whole MB.
std::uint64_t clamp_mb(std::uint64_t megabytes, std::uint64_t least, std::uint64_t most) {
    return std::clamp(megabytes, least, most);
}

}  // namespace

ServerTuning tune(const Resources& resources, int max_connections) {
    // Without a limit the machine is shared with the user's other work and other projects'
    // servers, so a quarter of it, at most 2 GB, is what one server plans with.
    const std::uint64_t machine = resources.memory / mebibyte;
    const std::uint64_t budget =
        resources.memory_is_limit ? machine : std::min<std::uint64_t>(machine / 4, 2048);
    const auto cpus = static_cast<int>(std::max(1.0, std::floor(resources.cpus + 0.5)));
    const auto sessions = static_cast<std::uint64_t>(std::max(1, max_connections));

    ServerTuning tuning;
    tuning.max_connections = max_connections;
    // A server clears the tables for its buffers at each start: 512 MB take a third longer than
    // 128 MB, PostgreSQL's own default. Who gives it memory of its own can wait for that.
    tuning.shared_buffers_mb = clamp_mb(budget / 4, 16, resources.memory_is_limit ? 8192 : 128);
    tuning.effective_cache_size_mb =
        std::max<std::uint64_t>(32, resources.memory_is_limit ? budget * 3 / 4 : machine / 2);
    tuning.maintenance_work_mem_mb = clamp_mb(budget / 16, 16, 1024);
    tuning.work_mem_mb = clamp_mb((budget - budget / 4) / (2 * sessions), 1, 64);
    tuning.min_wal_size_mb = 80;
    tuning.max_wal_size_mb = clamp_mb(budget / 2, 256, 4096);
    tuning.max_parallel_workers = cpus;
    tuning.max_parallel_workers_per_gather = cpus == 1 ? 0 : std::clamp(cpus / 2, 1, 4);
    return tuning;
}

std::string quote_conf(std::string_view value) {
    std::string text = "'";
    for (const char character : value) {
        if (character == '\'' || character == '\\') text += character;
        text += character;
    }
    return text + "'";
}

std::string render_server_conf(const ServerTuning& tuning,
                               const std::vector<std::pair<std::string, std::string>>& extra) {
    std::string text = fmt::format(
        "# Written by poststack at each start; changes here are lost. The formula is in\n"
        "# docs/native.md. Own settings: poststack.yaml, or ALTER SYSTEM, which wins over this.\n"
        "max_connections = {}\n"
        "shared_buffers = {}MB\n"
        "effective_cache_size = {}MB\n"
        "maintenance_work_mem = {}MB\n"
        "work_mem = {}MB\n"
        "min_wal_size = {}MB\n"
        "max_wal_size = {}MB\n"
        "max_parallel_workers = {}\n"
        "max_parallel_workers_per_gather = {}\n"
        "password_encryption = 'scram-sha-256'\n"
        "log_destination = 'stderr'\n"
        "logging_collector = off\n"
        "log_line_prefix = '%m [%p] %q%u@%d '\n",
        tuning.max_connections,
        tuning.shared_buffers_mb,
        tuning.effective_cache_size_mb,
        tuning.maintenance_work_mem_mb,
        tuning.work_mem_mb,
        tuning.min_wal_size_mb,
        tuning.max_wal_size_mb,
        tuning.max_parallel_workers,
        tuning.max_parallel_workers_per_gather);
    for (const auto& [name, value] : extra) {
        text += fmt::format("{} = {}\n", name, quote_conf(value));
    }
    return text;
}

std::string with_include(std::string_view postgresql_conf) {
    const std::string line = fmt::format("include_if_exists = '{}'", server_conf_name);
    for (const std::string_view existing : split(postgresql_conf, '\n')) {
        if (trim(existing) == line) return std::string(postgresql_conf);
    }
    return fmt::format("{}\n# Added by poststack: its own settings win over the lines above.\n{}\n",
                       postgresql_conf,
                       line);
}

}  // namespace poststack::pgfiles
