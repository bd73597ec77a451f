#include "config/compose_check.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "config/compose_file.h"
#include "poststack/error.h"

namespace poststack::config {

namespace {

[[noreturn]] void fail(const ComposePlace& place, std::string_view what) {
    throw Error(ErrorKind::config, fmt::format("cannot read \"{}\": {}", place, what));
}

template <class Entry>
std::vector<std::string> keys_of(const std::vector<Entry>& entries) {
    std::vector<std::string> keys;
    for (const Entry& entry : entries)
        keys.push_back(entry.key);
    return keys;
}

void check_reference(const ComposePlace& place,
                     const std::string& service,
                     std::string_view what,
                     const std::string& name,
                     const std::vector<std::string>& known) {
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    Error error(ErrorKind::config,
                fmt::format("cannot read \"{}\": service \"{}\" uses {} \"{}\", which is not there",
                            place,
                            service,
                            what,
                            name));
    if (const auto near = nearest(name, known)) {
        error.set_hint(fmt::format("Did you mean \"{}\"?", *near));
    }
    throw error;
}

void check_parts(const ComposeProject& project, const ComposeService& service) {
    std::vector<std::string> networks = keys_of(project.networks);
    networks.emplace_back("default");
    for (const ComposeNetworkUse& use : service.networks)
        check_reference(use.place, service.name, "network", use.network, networks);
    for (const ComposeMount& mount : service.mounts) {
        if (mount.type != ComposeMount::Type::volume || mount.source.empty()) continue;
        check_reference(
            mount.place, service.name, "volume", mount.source, keys_of(project.volumes));
    }
    for (const ComposeFileUse& use : service.secrets)
        check_reference(use.place, service.name, "secret", use.source, keys_of(project.secrets));
    for (const ComposeFileUse& use : service.configs)
        check_reference(use.place, service.name, "config", use.source, keys_of(project.configs));
}

void check_dependencies(const ComposeProject& project, const ComposeService& service) {
    std::vector<std::string> names;
    for (const ComposeService& other : project.services)
        names.push_back(other.name);
    for (const ComposeDependency& dependency : service.depends_on) {
        const auto& off = project.switched_off;
        const bool is_off = std::find(off.begin(), off.end(), dependency.service) != off.end();
        if (is_off && dependency.required) {
            fail(dependency.place,
                 fmt::format("service \"{}\" depends on \"{}\", whose profile is not switched on",
                             service.name,
                             dependency.service));
        }
        if (is_off || !dependency.required) continue;
        check_reference(dependency.place, service.name, "service", dependency.service, names);
    }
}

/// Two services cannot have the same container name or host port.
class Once {
  public:
    void use(const ComposePlace& place,
             const std::string& service,
             const std::string& key,
             std::string_view what) {
        const auto [first, fresh] = seen_.emplace(key, service);
        if (fresh) return;
        fail(place,
             fmt::format(
                 "{} of service \"{}\" is taken by service \"{}\"", what, service, first->second));
    }

  private:
    std::map<std::string, std::string> seen_;
};

void check_unique(const ComposeProject& project) {
    Once names;
    Once ports;
    for (const ComposeService& service : project.services) {
        if (!service.container_name.empty()) {
            names.use(service.place,
                      service.name,
                      service.container_name,
                      fmt::format("container name \"{}\"", service.container_name));
        }
        for (const ComposePort& port : service.ports) {
            const bool fixed = !port.published.empty() && port.published != "0" &&
                               port.published.find('-') == std::string::npos;
            if (!fixed) continue;
            ports.use(port.place,
                      service.name,
                      fmt::format("{}:{}/{}", port.host_ip, port.published, port.protocol),
                      fmt::format("host port {}", port.published));
        }
    }
}

}  // namespace

std::vector<std::string> start_order(const ComposeProject& project) {
    std::map<std::string, const ComposeService*> services;
    for (const ComposeService& service : project.services)
        services.emplace(service.name, &service);
    std::vector<std::string> order;
    std::set<std::string> done;
    std::vector<std::string> path;
    const std::function<void(const ComposeService&)> visit = [&](const ComposeService& service) {
        if (done.contains(service.name)) return;
        const auto begin = std::find(path.begin(), path.end(), service.name);
        if (begin != path.end()) {
            std::vector<std::string> circle(begin, path.end());
            circle.push_back(service.name);
            fail(
                service.place,
                fmt::format("services depend on each other in a circle: {}", join(circle, " -> ")));
        }
        path.push_back(service.name);
        for (const ComposeDependency& dependency : service.depends_on) {
            const auto next = services.find(dependency.service);
            if (next != services.end()) visit(*next->second);
        }
        path.pop_back();
        done.insert(service.name);
        order.push_back(service.name);
    };
    for (const auto& [name, service] : services)
        visit(*service);
    return order;
}

void check_compose(const ComposeProject& project) {
    for (const ComposeService& service : project.services) {
        check_parts(project, service);
        check_dependencies(project, service);
    }
    check_unique(project);
    static_cast<void>(start_order(project));
}

}  // namespace poststack::config
