// The migration directories of other tools.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "migrate/foreign_text.h"

namespace poststack::migrate {

/// Whose history or layout it is.
enum class Tool : std::uint8_t {
    poststack,  ///< the Python program of that name: our layout, its own ledger
    flyway,
    liquibase,
    dbmate,
    golang_migrate,
    goose,
    node_pg_migrate,
    sqlx,
    diesel,
    sqitch,
    alembic,
};

/// "golang-migrate"
[[nodiscard]] std::string_view name(Tool tool) noexcept;

/// The tool of that name; nothing for others.
[[nodiscard]] std::optional<Tool> find_tool(std::string_view name) noexcept;

/// Every tool's name, in the order of the enumeration.
[[nodiscard]] std::vector<std::string> tool_names();

/// Flyway's version without what does not count: "1_02.0" is "1.2".
[[nodiscard]] std::string flyway_key(std::string_view version);

/// What a change of sqitch is known by the `time`th time (from 1) that it stands in the plan.
[[nodiscard]] std::string sqitch_key(std::string_view change, int time);

/// Flyway's checksum of a file: CRC-32 of its lines without their ends, and without a byte order
/// mark.
[[nodiscard]] std::int32_t flyway_checksum(std::string_view text);

/// One migration of another tool.
struct ForeignFile {
    std::string source;                  ///< below the directory: "00000_start/up.sql"
    std::string key;                     ///< what the tool's history calls it
    std::string name;                    ///< for our file name: "add_users"
    std::optional<std::int64_t> number;  ///< its version, where that is one number
    ForeignText text;
};

struct ForeignChain {
    Tool tool = Tool::poststack;
    std::filesystem::path directory;
    std::vector<ForeignFile> files;        ///< in the order the tool applies them
    std::vector<ForeignFile> repeatables;  ///< Flyway's R__name.sql, by name
    std::vector<std::string> warnings;     ///< files that are not taken over, each with the reason
};

/// Reads `directory` as `tool` would. Of Alembic, and of node-pg-migrate's JavaScript, only the
/// history can be taken over: their files are programs, and each becomes a warning.
///
/// Errors: config for what SQL alone does not say, naming the file; not_found, denied, io.
[[nodiscard]] ForeignChain read_foreign(Tool tool, const std::filesystem::path& directory);

/// The tool whose layout `directory` shows; nothing when that is not clear.
[[nodiscard]] std::optional<Tool> guess_tool(const std::filesystem::path& directory);

}  // namespace poststack::migrate
