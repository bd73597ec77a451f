#include "pgfiles/data_identity.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace poststack::pgfiles {
namespace {

constexpr int format_version = 1;

}  // namespace

DataIdentity parse_identity(std::string_view text, std::string_view origin) {
    try {
        const auto document = nlohmann::json::parse(text);
        DataIdentity identity;
        identity.project_id = document.at("project_id").get<std::string>();
        identity.instance_id = document.at("instance_id").get<std::string>();
        identity.project_path = document.at("project_path").get<std::string>();
        identity.data_path = document.at("data_path").get<std::string>();
        identity.system_identifier =
            std::stoull(document.at("system_identifier").get<std::string>());
        return identity;
    } catch (const std::exception&) {
        throw Error(ErrorKind::config,
                    fmt::format("\"{}\" is not a poststack identity file", origin))
            .hint(
                "Restore it from a backup, or delete it if the data directory is this project's.");
    }
}

std::string to_text(const DataIdentity& identity) {
    const nlohmann::ordered_json document = {
        {"format", format_version},
        {"project_id", identity.project_id},
        {"instance_id", identity.instance_id},
        {"project_path", identity.project_path.string()},
        {"data_path", identity.data_path.string()},
        // Text: JSON readers with doubles would round it.
        {"system_identifier", std::to_string(identity.system_identifier)},
    };
    return document.dump(2) + "\n";
}

std::optional<DataIdentity> find_identity(const std::filesystem::path& data_directory) {
    const auto path = data_directory / identity_file_name;
    const auto text = sys::find_file(path, 64U << 10);
    if (!text) return std::nullopt;
    return parse_identity(*text, path.string());
}

std::optional<int> find_data_version(const std::filesystem::path& data_directory) {
    const auto text = sys::find_file(data_directory / "PG_VERSION", 64);
    if (!text) return std::nullopt;
    const auto major = parse_integer(trim(*text));
    return major ? std::optional<int>(static_cast<int>(*major)) : std::nullopt;
}

}  // namespace poststack::pgfiles
