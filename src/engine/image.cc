#include "engine/image.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/json_fields.h"
#include "engine/progress.h"

namespace poststack::engine {
namespace {

/// Names of images keep their "/" and ":" in a path.
std::string image_path(std::string_view name, std::string_view action) {
    std::string path = "/images/";
    for (const char letter : name) {
        const bool plain = letter == '/' || letter == ':' || letter == '@';
        path += plain ? std::string(1, letter) : percent_encode(std::string_view(&letter, 1));
    }
    return path.append(action);
}

std::vector<std::string> names_of(const Json& document) {
    std::vector<std::string> names = strings(document, "RepoTags");
    for (std::string& name : names)
        name = display_image(name);
    std::erase(names, "<none>:<none>");
    return names;
}

ProgressReader read_progress(http::Answer& answer,
                             const std::function<void(std::string_view)>& on_line) {
    ProgressReader progress(on_line);
    while (const auto part = answer.read())
        progress.feed(*part);
    progress.finish();
    return progress;
}

Error build_failed(const BuildSpec& spec, const ProgressReader& progress) {
    const Refusal refusal = classify(200, *progress.error());
    Error error = refused(fmt::format("build image \"{}\"", display_image(spec.name)),
                          refusal == Refusal::no_space ? refusal : Refusal::other,
                          *progress.error());
    const std::string lines = progress.last_lines();
    std::string detail = lines;
    if (!progress.step().empty()) error.add_context(fmt::format("at {}", progress.step()));
    if (!lines.empty()) error = Error(std::move(error)).detail(mask_secrets(detail));
    return error;
}

}  // namespace

std::optional<Image> find_image(const Client& client, const std::string& name) {
    const Reply reply = client.ask({.path = image_path(name, "/json")});
    if (!reply.ok()) {
        if (reply.refusal == Refusal::not_found) return std::nullopt;
        throw refused(fmt::format("look at image \"{}\"", name), reply.refusal, reply.text);
    }
    const Json document = reply.json();
    const Json& config = object(document, "Config");
    Image image;
    image.id = text(document, "Id");
    image.names = names_of(document);
    image.labels = string_map(config, "Labels");
    image.size = static_cast<std::uint64_t>(number(document, "Size"));
    image.environment = strings(config, "Env");
    image.user = text(config, "User");
    for (const auto& [path, nothing] : object(config, "Volumes").items())
        image.volumes.push_back(path);
    return image;
}

std::vector<Image> list_images(const Client& client, const std::string& label) {
    Query query;
    if (!label.empty()) query.emplace_back("filters", Json{{"label", {label}}}.dump());
    const Reply reply = client.require({.path = "/images/json", .query = query}, "list the images");
    std::vector<Image> images;
    for (const Json& entry : reply.json()) {
        Image image;
        image.id = text(entry, "Id");
        image.names = names_of(entry);
        image.labels = string_map(entry, "Labels");
        image.created = number(entry, "Created");
        image.size = static_cast<std::uint64_t>(number(entry, "Size"));
        images.push_back(std::move(image));
    }
    std::sort(images.begin(), images.end(), [](const Image& left, const Image& right) {
        return left.names < right.names;
    });
    return images;
}

std::string import_image(const Client& client,
                         const std::string& name,
                         const http::BodySource& tar,
                         const std::vector<std::string>& changes) {
    // The tag stands in "repo": podman passes over the parameter "tag" of an import.
    Query query{{"fromSrc", "-"}, {"repo", name}};
    for (const std::string& change : changes)
        query.emplace_back("changes", change);
    const std::string what = fmt::format("import image \"{}\"", display_image(name));
    http::Answer answer = client.open({.method = "POST",
                                       .path = "/images/create",
                                       .query = query,
                                       .source = tar,
                                       .content_type = "application/x-tar",
                                       .silence_limit = std::chrono::minutes(10)},
                                      what);
    const ProgressReader progress = read_progress(answer, {});
    if (progress.error()) throw refused(what, classify(200, *progress.error()), *progress.error());
    if (!progress.id().empty()) return progress.id();
    const auto image = find_image(client, name);
    if (!image) throw refused(what, Refusal::other, "the engine does not have it afterwards");
    return image->id;
}

void pull_image(const Client& client,
                const std::string& name,
                const std::function<void(std::string_view)>& on_line) {
    const std::string what = fmt::format("fetch image \"{}\"", display_image(name));
    http::Answer answer = client.open({.method = "POST",
                                       .path = "/images/create",
                                       .query = {{"fromImage", name}},
                                       .silence_limit = std::chrono::minutes(10)},
                                      what);
    const ProgressReader progress = read_progress(answer, on_line);
    if (progress.error()) throw refused(what, classify(200, *progress.error()), *progress.error());
}

std::string build_image(const Client& client,
                        const BuildSpec& spec,
                        const std::function<void(std::string_view)>& on_line) {
    Query query{{"t", spec.name},
                {"dockerfile", spec.dockerfile},
                {"rm", "1"},
                {"forcerm", "1"},  // docker leaves the container of a failed step otherwise
                {"labels", Json(spec.labels).dump()},
                {"buildargs", Json(spec.arguments).dump()}};
    if (!spec.target.empty()) query.emplace_back("target", spec.target);
    if (spec.no_cache) query.emplace_back("nocache", "1");
    if (!spec.network.empty()) query.emplace_back("networkmode", spec.network);
    http::Answer answer = client.open({.method = "POST",
                                       .path = "/build",
                                       .query = query,
                                       .source = spec.context,
                                       .content_type = "application/x-tar",
                                       .silence_limit = std::chrono::minutes(30)},
                                      fmt::format("build image \"{}\"", display_image(spec.name)));
    const ProgressReader progress = read_progress(answer, on_line);
    if (progress.error()) throw build_failed(spec, progress);
    const auto image = find_image(client, spec.name);
    if (!image) {
        throw refused(fmt::format("build image \"{}\"", display_image(spec.name)),
                      Refusal::other,
                      "the engine ended without an error and without the image");
    }
    return image->id;
}

void tag_image(const Client& client, const std::string& image, const std::string& name) {
    const auto colon = name.rfind(':');
    const bool has_tag = colon != std::string::npos && name.find('/', colon) == std::string::npos;
    (void)client.require(
        {.method = "POST",
         .path = image_path(image, "/tag"),
         .query = {{"repo", has_tag ? name.substr(0, colon) : name},
                   {"tag", has_tag ? name.substr(colon + 1) : "latest"}}},
        fmt::format("name image \"{}\" \"{}\"", display_image(image), display_image(name)));
}

bool remove_image(const Client& client, const std::string& name) {
    const Reply reply = client.ask({.method = "DELETE", .path = image_path(name, "")});
    if (reply.ok()) return true;
    if (reply.refusal == Refusal::not_found) return false;
    const bool used = reply.status == 409;
    throw refused(fmt::format("remove image \"{}\"", display_image(name)),
                  used ? Refusal::in_use : reply.refusal,
                  reply.text);
}

}  // namespace poststack::engine
