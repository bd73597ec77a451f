#include "cli/status_output.h"

#include <functional>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/output.h"
#include "base/text.h"
#include "sys/env.h"

namespace poststack::cli {

namespace {

std::string migrations_text(const workflow::MigrationCounts& counts) {
    std::string text = fmt::format("{} applied, {} pending", counts.applied, counts.pending);
    if (counts.changed > 0) text += fmt::format(", {} changed or missing", counts.changed);
    return text;
}

/// "exited (137), 3 min ago".
std::string container_state(const workflow::ContainerStatus& container) {
    std::string text = container.state;
    if (container.oom_killed) {
        text += fmt::format(" ({}, out of memory)", container.exit_code.value_or(0));
    } else if (container.exit_code) {
        text += fmt::format(" ({})", *container.exit_code);
    }
    if (!container.since.empty()) text += fmt::format(" since {}", short_time(container.since));
    if (container.restarts > 0) text += fmt::format(", restarted {}x", container.restarts);
    return text;
}

void add_container(const workflow::ContainerStatus& container,
                   const std::function<void(const char*, const std::string&)>& add) {
    add("container", fmt::format("{}, {}", container.name, container_state(container)));
    add("ports", join(container.ports, ", "));
    if (container.memory) {
        add("memory",
            container.memory_limit ? fmt::format("{} of {}",
                                                 human_bytes(*container.memory),
                                                 human_bytes(*container.memory_limit))
                                   : human_bytes(*container.memory));
    }
    if (container.cpu_seconds) add("CPU time", fmt::format("{:.1f} s", *container.cpu_seconds));
    add("image", container.image);
    add("volume", container.volume);
}

template <class Value>
Json optional_json(const std::optional<Value>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json text_json(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

Json container_json(const workflow::ContainerStatus& container) {
    return {{"name", container.name},
            {"state", container.state},
            {"since", text_json(container.since)},
            {"exit_code", optional_json(container.exit_code)},
            {"oom_killed", container.oom_killed},
            {"restarts", container.restarts},
            {"image", text_json(container.image)},
            {"volume", text_json(container.volume)},
            {"ports", container.ports},
            {"memory_bytes", optional_json(container.memory)},
            {"memory_limit_bytes", optional_json(container.memory_limit)},
            {"cpu_seconds", optional_json(container.cpu_seconds)},
            {"last_lines", text_json(container.last_lines)}};
}

}  // namespace

std::string short_time(const std::string& time) {
    constexpr std::size_t seconds_end = 19;
    const bool is_utc = time.ends_with('Z') || time.ends_with("+00:00");
    if (!is_utc || time.size() < seconds_end || time[10] != 'T') return time;
    return fmt::format("{} {} UTC", time.substr(0, 10), time.substr(11, 8));
}

Json endpoint_json(const workflow::Endpoint& endpoint) {
    return {{"host", endpoint.host},
            {"port", endpoint.port},
            {"database", endpoint.database},
            {"user", endpoint.user},
            {"socket_directory", endpoint.socket_directory.string()}};
}

void print_status(Context& context, const std::string& project, const workflow::Status& status) {
    std::vector<std::pair<std::string, std::string>> fields{
        {"project", project}, {"state", status.state}, {"runtime", status.runtime}};
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) fields.emplace_back(name, value);
    };
    const workflow::Endpoint& endpoint = status.endpoint;
    add("host", endpoint.host);
    if (endpoint.port != 0) add("port", std::to_string(endpoint.port));
    add("database", endpoint.database);
    add("user", endpoint.user);
    add("version", status.version);
    if (status.size) add("size", human_bytes(*status.size));
    if (status.uptime) {
        // Known to the second: postmaster.pid has no more.
        add("uptime", status.uptime->count() < 1 ? "under 1 s" : human_duration(*status.uptime));
    }
    if (status.connections) {
        add("connections",
            fmt::format("{} of {}", *status.connections, status.max_connections.value_or(0)));
    }
    if (status.migrations) add("migrations", migrations_text(*status.migrations));
    if (status.pid != 0) add("pid", std::to_string(status.pid));
    add("data", status.data_directory.string());
    if (status.container) add_container(*status.container, add);
    add("problem", status.problem);
    context.out << to_text(fields);
    if (status.container && !status.container->last_lines.empty()) {
        context.out << "\nIts last lines:\n" << status.container->last_lines;
    }
    if (!status.hint.empty()) say(context, "hint: " + status.hint);
}

Json status_json(const std::string& project, const workflow::Status& status) {
    Json document = {
        {"project", project},
        {"state", status.state},
        {"runtime", status.runtime},
        {"endpoint", endpoint_json(status.endpoint)},
        {"pid", status.pid == 0 ? Json(nullptr) : Json(status.pid)},
        {"version", status.version.empty() ? Json(nullptr) : Json(status.version)},
        {"size_bytes", optional_json(status.size)},
        {"uptime_seconds", status.uptime ? Json(status.uptime->count()) : Json(nullptr)},
        {"connections", optional_json(status.connections)},
        {"max_connections", optional_json(status.max_connections)},
        {"migrations", nullptr},
        {"data_directory", status.data_directory.string()},
        {"container", status.container ? container_json(*status.container) : Json(nullptr)},
        {"problem", text_json(status.problem)},
        {"hint", text_json(status.hint)}};
    if (status.migrations) {
        document["migrations"] = {{"applied", status.migrations->applied},
                                  {"pending", status.migrations->pending},
                                  {"changed", status.migrations->changed}};
    }
    return document;
}

void print_security(Context& context, const std::vector<workflow::SecurityCheck>& checks) {
    context.out << '\n';
    if (checks.empty()) {
        context.out << "security: there is nothing to look at\n";
        return;
    }
    Table table({"SECURITY", "ASKED", "GRANTED", ""});
    for (const workflow::SecurityCheck& check : checks)
        table.add({check.what, check.asked, check.granted, check.ok() ? "" : "differs"});
    context.out << table.to_text(sys::terminal_width());
}

Json security_json(const std::vector<workflow::SecurityCheck>& checks) {
    Json list = Json::array();
    for (const workflow::SecurityCheck& check : checks) {
        list.push_back({{"what", check.what},
                        {"asked", check.asked},
                        {"granted", check.granted},
                        {"ok", check.ok()}});
    }
    return list;
}

}  // namespace poststack::cli
