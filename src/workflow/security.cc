#include "workflow/security.h"

#include <algorithm>
#include <sys/stat.h>

#include <fmt/format.h>

#include "base/text.h"
#include "config/keys.h"
#include "instance/server_container.h"
#include "sys/file.h"
#include "workflow/stack_server.h"

namespace poststack::workflow {
namespace {

namespace fs = std::filesystem;

std::string yes_no(bool value) {
    return value ? "yes" : "no";
}

std::string size_or_none(std::int64_t bytes) {
    return bytes > 0 ? human_bytes(static_cast<std::uint64_t>(bytes)) : "none";
}

std::string mode_of(const fs::path& path) {
    const auto info = sys::find_info(path);
    return info ? fmt::format("{:04o}", info->mode & 07777U) : "missing";
}

/// Every address at which a port of the container can be reached.
std::string addresses(const std::vector<engine::Port>& ports) {
    std::vector<std::string> texts;
    for (const engine::Port& port : ports) {
        if (port.host_port == 0) continue;
        const std::string address = port.host_ip.empty() ? "0.0.0.0" : port.host_ip;
        if (std::find(texts.begin(), texts.end(), address) == texts.end()) texts.push_back(address);
    }
    return texts.empty() ? "none" : join(texts, ", ");
}

/// Variables that hold a password or the like, where files were meant.
std::string secret_variables(const std::vector<std::string>& names) {
    std::vector<std::string> secret;
    for (const std::string& name : names) {
        const std::string upper = to_upper(name);
        const bool is_file = upper.ends_with("_FILE");
        if (!is_file && (upper.find("PASSWORD") != std::string::npos ||
                         upper.find("SECRET") != std::string::npos)) {
            secret.push_back(name);
        }
    }
    return secret.empty() ? "none" : join(secret, ", ");
}

std::string file_mounts(const std::vector<engine::Mount>& mounts) {
    bool can_write = false;
    for (const engine::Mount& mount : mounts)
        can_write = can_write || (mount.type == engine::MountType::bind && !mount.read_only);
    return can_write ? "writable" : "read-only";
}

std::vector<SecurityCheck> check_container(const instance::ContainerServer& server) {
    const auto container = server.find();
    if (!container) return {};
    const auto wanted = instance::server_container(
        server.spec(),
        instance::published_port(*container),
        {.name = instance::postgres_image(server.spec().major), .id = {}},
        container->image);
    const engine::Hardening& asked = wanted.hardening;
    const engine::Hardening& granted = container->granted;
    const auto cpus = [](double count) {
        return count > 0 ? fmt::format("{}", count) : std::string("none");
    };
    const auto processes = [](std::int64_t count) {
        return count > 0 ? std::to_string(count) : std::string("none");
    };
    return {
        {"account", wanted.user, container->user},
        {"read-only root", yes_no(asked.read_only_root), yes_no(granted.read_only_root)},
        {"no capabilities", yes_no(asked.drop_capabilities), yes_no(granted.drop_capabilities)},
        {"no new privileges", yes_no(asked.no_new_privileges), yes_no(granted.no_new_privileges)},
        {"process limit", processes(asked.pids_limit), processes(granted.pids_limit)},
        {"memory limit", size_or_none(asked.memory), size_or_none(granted.memory)},
        {"CPU limit", cpus(asked.cpus), cpus(granted.cpus)},
        {"shared memory", size_or_none(asked.shm_size), size_or_none(granted.shm_size)},
        {"published at", addresses(wanted.ports), addresses(container->ports)},
        {"secrets in variables", "none", secret_variables(container->variables)},
        {"files of this machine", file_mounts(wanted.mounts), file_mounts(container->mounts)},
    };
}

/// Of a plain process: who it is, and who reads its files.
std::vector<SecurityCheck> check_process(const StackRequest& request, const StackServer& stack) {
    const instance::ServerView view = stack.server().look();
    if (!view.pid_file) return {};
    struct stat process{};
    const fs::path entry = fmt::format("/proc/{}", view.pid_file->pid);
    if (::stat(entry.c_str(), &process) != 0) return {};
    std::vector<SecurityCheck> checks{
        {"account", "not root", process.st_uid == 0 ? "root" : "not root"},
        {"mode of the data", "0700", mode_of(stack.server().data_place())},
    };
    const std::string listen(request.settings.text(config::key::postgres_listen));
    const bool is_local = listen == "localhost" || listen == "127.0.0.1" || listen == "::1";
    checks.push_back({"listens at", is_local ? listen : "localhost", listen});
    return checks;
}

}  // namespace

std::vector<SecurityCheck> check_security(const StackRequest& request) {
    if (request.project.id.empty()) return {};
    const StackServer stack(request, request.project);
    auto checks = stack.container() == nullptr ? check_process(request, stack)
                                               : check_container(*stack.container());
    if (!checks.empty()) {
        checks.push_back({"mode of .env", "0600", mode_of(request.project.env_file)});
    }
    return checks;
}

}  // namespace poststack::workflow
