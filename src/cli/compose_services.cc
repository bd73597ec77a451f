#include <map>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/output.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/compose_output.h"
#include "cli/context.h"
#include "config/compose_file.h"
#include "sys/env.h"

namespace poststack::cli {

namespace {

std::string port_text(const config::ComposeService& service) {
    std::vector<std::string> texts;
    for (const config::ComposePort& port : service.ports) {
        const std::string host = port.host_ip.empty() ? "" : port.host_ip + ":";
        const std::string left = port.published.empty() ? host : host + port.published + "->";
        texts.push_back(
            fmt::format("{}{}{}", left, port.target, port.protocol == "tcp" ? "" : "/udp"));
    }
    return join(texts, ", ");
}

std::string dependency_text(const config::ComposeService& service) {
    std::vector<std::string> names;
    for (const config::ComposeDependency& dependency : service.depends_on)
        names.push_back(dependency.service);
    return join(names, ", ");
}

int run_compose_services(Context& context, const ComposeArgs& args) {
    const Session session = open_session(context);
    const config::ComposeProject project = load_stack_file(context, session, args);
    std::map<std::string, const config::ComposeService*> services;
    for (const config::ComposeService& service : project.services)
        services.emplace(service.name, &service);
    Table table({"SERVICE", "ROLE", "IMAGE", "PORTS", "AFTER"});
    Json list = Json::array();
    for (const std::string& name : config::start_order(project)) {
        const config::ComposeService& service = *services.at(name);
        const std::string image = service.image.empty() ? "(built)" : service.image;
        table.add({name,
                   std::string(service_role(service)),
                   image,
                   port_text(service),
                   dependency_text(service)});
        Json after = Json::array();
        for (const config::ComposeDependency& dependency : service.depends_on)
            after.push_back(dependency.service);
        list.push_back({{"service", name},
                        {"role", service_role(service)},
                        {"image", service.image},
                        {"built", service.build.has_value()},
                        {"ports", port_text(service)},
                        {"depends_on", after}});
    }
    if (context.json()) {
        context.print(
            {{"name", project.name}, {"services", list}, {"switched_off", project.switched_off}});
    } else {
        context.out << table.to_text(sys::terminal_width());
        if (!project.switched_off.empty()) {
            say(context,
                fmt::format("switched off by their profiles: {}",
                            join(project.switched_off, ", ")));
        }
    }
    return 0;
}

}  // namespace

Command make_compose_services_command() {
    const auto args = std::make_shared<ComposeArgs>();
    Command command;
    command.path = {"compose", "services"};
    command.summary = "List the services of the compose file";
    command.description =
        "In the order in which they start. The role is what x-poststack says, else a service is "
        "\"postgres\" when its image is one, and every other an application.";
    command.options = {profile_option(*args)};
    command.examples = {"compose services", "compose services --profile debug"};
    command.run = [args](Context& context) { return run_compose_services(context, *args); };
    return command;
}

}  // namespace poststack::cli
