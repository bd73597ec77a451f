// What `logs list`, `logs clean` and `logs size` share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "cli/command.h"
#include "workflow/log_files.h"

namespace poststack::cli {

/// The option --category; the parser has checked the word.
[[nodiscard]] Option category_option(std::optional<std::string>& target);
[[nodiscard]] std::optional<workflow::LogCategory> to_category(
    const std::optional<std::string>& word);

/// "/logs/x.log" as one entry of a JSON document.
[[nodiscard]] Json to_json(const workflow::LogFile& file);

[[nodiscard]] std::uint64_t total_size(const std::vector<workflow::LogFile>& files);

/// "3 files", "1 file".
[[nodiscard]] std::string count_files(std::size_t count);

}  // namespace poststack::cli
