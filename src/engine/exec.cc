#include "engine/exec.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/json_fields.h"

namespace poststack::engine {
namespace {

Json exec_json(const ExecSpec& spec) {
    Json document = {{"AttachStdout", true}, {"AttachStderr", true}, {"Cmd", spec.command}};
    if (!spec.input.empty()) document["AttachStdin"] = true;
    if (!spec.user.empty()) document["User"] = spec.user;
    for (const auto& [key, value] : spec.environment)
        document["Env"].push_back(key + "=" + value);
    return document;
}

}  // namespace

void read_logs(const Client& client,
               const Container& container,
               const LogQuery& query,
               const OnOutput& on_output) {
    Query parameters{{"stdout", "1"}, {"stderr", "1"}};
    if (query.tail) parameters.emplace_back("tail", std::to_string(*query.tail));
    if (query.follow) parameters.emplace_back("follow", "1");
    if (query.timestamps) parameters.emplace_back("timestamps", "1");
    http::Answer answer =
        client.open({.path = fmt::format("/containers/{}/logs", percent_encode(container.name)),
                     .query = parameters,
                     .silence_limit = query.follow ? http::no_limit : std::chrono::minutes(2)},
                    fmt::format("read the output of container \"{}\"", container.name));
    read_output(answer, container.tty, on_output);
}

std::string log_tail(const Client& client, const Container& container, int lines) {
    std::string text;
    read_logs(
        client, container, {.tail = lines}, [&](Channel, std::string_view part) { text += part; });
    return text;
}

ExecResult run_inside(const Client& client, const ExecSpec& spec) {
    const std::string what = fmt::format("run \"{}\" in container \"{}\"",
                                         spec.command.empty() ? "" : spec.command.front(),
                                         spec.container);
    const Json made =
        client
            .require({.method = "POST",
                      .path = fmt::format("/containers/{}/exec", percent_encode(spec.container)),
                      .body = exec_json(spec).dump()},
                     what)
            .json();
    const std::string id = text(made, "Id");
    http::Answer answer = client.open({.method = "POST",
                                       .path = fmt::format("/exec/{}/start", id),
                                       .body = R"({"Detach":false,"Tty":false})",
                                       .upgrade = true,
                                       .silence_limit = spec.silence_limit},
                                      what);
    if (!spec.input.empty()) {
        answer.write(spec.input);
        answer.close_write();
    }
    ExecResult result;
    read_output(answer, false, [&](Channel channel, std::string_view part) {
        (channel == Channel::out ? result.output : result.errors) += part;
    });
    // The stream tells nothing of how it ended.
    const Json ended = client.require({.path = fmt::format("/exec/{}/json", id)}, what).json();
    result.exit_code = static_cast<int>(number(ended, "ExitCode"));
    return result;
}

}  // namespace poststack::engine
