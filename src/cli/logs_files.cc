#include "cli/logs_files.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace poststack::cli {

Option category_option(std::optional<std::string>& target) {
    Option option{.names = "--category",
                  .value = "CATEGORY",
                  .help = "Take the files of one category alone",
                  .target = &target};
    for (const workflow::LogCategory category : workflow::log_categories) {
        option.choices.emplace_back(name(category));
    }
    return option;
}

std::optional<workflow::LogCategory> to_category(const std::optional<std::string>& word) {
    for (const workflow::LogCategory category : workflow::log_categories) {
        if (word && *word == name(category)) return category;
    }
    return std::nullopt;
}

Json to_json(const workflow::LogFile& file) {
    return {{"path", file.path.native()},
            {"category", name(file.category)},
            {"bytes", file.size},
            {"modified", utc_timestamp(file.modified)}};
}

std::uint64_t total_size(const std::vector<workflow::LogFile>& files) {
    std::uint64_t bytes = 0;
    for (const workflow::LogFile& file : files)
        bytes += file.size;
    return bytes;
}

std::string count_files(std::size_t count) {
    return fmt::format("{} {}", count, count == 1 ? "file" : "files");
}

}  // namespace poststack::cli
