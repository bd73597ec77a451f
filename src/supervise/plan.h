// Who waits for whom: depends_on, and what priority implies.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "supervise/config.h"

namespace poststack::supervise {

/// Replaces the names in depends_on by processes ("group:name"), and adds to programs without the
/// key what their priority implies: they wait for every program of a lower priority that says when
/// it is ready. (supervisord's priority orders launches alone.)
///
/// Errors: config for an unknown name (with the nearest one) and for a circle.
void settle_dependencies(Config& config);

/// The programs that `index` waits for, as indices.
[[nodiscard]] std::vector<std::size_t> dependencies_of(const Config& config, std::size_t index);

/// Programs in waves: each waits only for programs of earlier waves.
[[nodiscard]] std::vector<std::vector<std::size_t>> start_waves(const Config& config);

/// Of the stop budget, for each wave that is still to come.
inline constexpr std::chrono::milliseconds wave_share{300};

/// Higher stops earlier: by priority, PostgreSQL after the others, and listeners last, which hear
/// of its end.
[[nodiscard]] int stop_rank(const ProgramConfig& program) noexcept;

/// The order in which programs are told to stop: a wave begins when the one before it has ended.
/// Dependents go before what they depend on, higher priorities before lower ones.
[[nodiscard]] std::vector<std::vector<std::size_t>> stop_waves(const Config& config);

/// The longest time the program may take from its launch until it is FATAL.
[[nodiscard]] std::chrono::milliseconds longest_start(const ProgramConfig& program);

}  // namespace poststack::supervise
