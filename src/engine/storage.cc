#include "engine/storage.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/json_fields.h"

namespace poststack::engine {
namespace {

Volume read_volume(const Json& document) {
    return {.name = text(document, "Name"),
            .labels = string_map(document, "Labels"),
            .created = text(document, "CreatedAt"),
            .path = text(document, "Mountpoint")};
}

Network read_network(const Json& document) {
    return {.id = text(document, "Id"),
            .name = text(document, "Name"),
            .labels = string_map(document, "Labels")};
}

/// The document of `path`; nothing when there is none of that name.
std::optional<Json> find(const Client& client, const std::string& path, const std::string& what) {
    const Reply reply = client.ask({.path = path});
    if (reply.ok()) return reply.json();
    if (reply.refusal == Refusal::not_found) return std::nullopt;
    throw refused(what, reply.refusal, reply.text);
}

bool remove(const Client& client, const std::string& path, const std::string& what) {
    const Reply reply = client.ask({.method = "DELETE", .path = path});
    if (reply.ok()) return true;
    if (reply.refusal == Refusal::not_found) return false;
    throw refused(what, reply.status == 409 ? Refusal::in_use : reply.refusal, reply.text);
}

}  // namespace

Volume ensure_volume(const Client& client,
                     const std::string& name,
                     const std::map<std::string, std::string>& labels) {
    if (auto volume = find_volume(client, name)) return std::move(*volume);
    const Reply reply = client.require({.method = "POST",
                                        .path = "/volumes/create",
                                        .body = Json{{"Name", name}, {"Labels", labels}}.dump()},
                                       fmt::format("make volume \"{}\"", name));
    return read_volume(reply.json());
}

std::optional<Volume> find_volume(const Client& client, const std::string& name) {
    const auto document = find(
        client, "/volumes/" + percent_encode(name), fmt::format("look at volume \"{}\"", name));
    if (!document) return std::nullopt;
    return read_volume(*document);
}

std::vector<Volume> list_volumes(const Client& client, const std::string& label) {
    const Reply reply = client.require(
        {.path = "/volumes", .query = {{"filters", Json{{"label", {label}}}.dump()}}},
        "list the volumes");
    const Json document = reply.json();
    std::vector<Volume> volumes;
    for (const Json& entry : list(document, "Volumes"))
        volumes.push_back(read_volume(entry));
    return volumes;
}

bool remove_volume(const Client& client, const std::string& name) {
    return remove(
        client, "/volumes/" + percent_encode(name), fmt::format("remove volume \"{}\"", name));
}

Network ensure_network(const Client& client,
                       const std::string& name,
                       const std::map<std::string, std::string>& labels) {
    if (auto network = find_network(client, name)) return std::move(*network);
    const Reply reply = client.ask(
        {.method = "POST",
         .path = "/networks/create",
         .body = Json{{"Name", name}, {"CheckDuplicate", true}, {"Labels", labels}}.dump()});
    // Somebody else may have made it meanwhile: 409 at docker, 500 at podman.
    if (!reply.ok() && reply.refusal != Refusal::exists) {
        throw refused(fmt::format("make network \"{}\"", name), reply.refusal, reply.text);
    }
    auto network = find_network(client, name);
    if (!network) {
        throw Error(ErrorKind::tool, fmt::format("network \"{}\" was made and is not there", name));
    }
    return std::move(*network);
}

std::optional<Network> find_network(const Client& client, const std::string& name) {
    const auto document = find(
        client, "/networks/" + percent_encode(name), fmt::format("look at network \"{}\"", name));
    if (!document) return std::nullopt;
    return read_network(*document);
}

std::vector<Network> list_networks(const Client& client, const std::string& label) {
    const Reply reply = client.require(
        {.path = "/networks", .query = {{"filters", Json{{"label", {label}}}.dump()}}},
        "list the networks");
    std::vector<Network> networks;
    for (const Json& entry : reply.json())
        networks.push_back(read_network(entry));
    return networks;
}

bool remove_network(const Client& client, const std::string& name) {
    return remove(
        client, "/networks/" + percent_encode(name), fmt::format("remove network \"{}\"", name));
}

}  // namespace poststack::engine
