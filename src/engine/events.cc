#include "engine/events.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/json_fields.h"

namespace poststack::engine {
namespace {

EngineEvent read_event(const Json& document) {
    const Json& actor = object(document, "Actor");
    EngineEvent event;
    event.type = text(document, "Type");
    event.action = text(document, "Action");
    event.id = text(actor, "ID");
    event.attributes = string_map(actor, "Attributes");
    event.name = event.attributes["name"];
    event.time = number(document, "time");
    // podman calls the end of a container "died" in places where docker says "die".
    if (event.action == "died") event.action = "die";
    return event;
}

}  // namespace

bool follow_events(const Client& client,
                   const std::string& label,
                   std::int64_t since,
                   std::chrono::milliseconds limit,
                   const std::function<bool(const EngineEvent&)>& on_event) {
    Json filters = {{"type", {"container"}}};
    if (!label.empty()) filters["label"] = {label};
    http::Answer answer =
        client.open({.path = "/events",
                     .query = {{"since", std::to_string(since)}, {"filters", filters.dump()}},
                     .silence_limit = http::no_limit},
                    "follow the engine's events");
    const auto deadline = std::chrono::steady_clock::now() + limit;
    std::string line;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) return false;
        auto part = answer.read_within(left);
        if (!part) return false;
        for (std::string_view rest = *part; !rest.empty();) {
            const auto end = std::min(rest.find('\n'), rest.size());
            line.append(rest.substr(0, end));
            if (end == rest.size()) break;
            rest.remove_prefix(end + 1);
            const Json document = Json::parse(line, nullptr, false);
            line.clear();
            if (document.is_object() && !on_event(read_event(document))) return true;
        }
    }
}

}  // namespace poststack::engine
