// Containers: what is asked for, what there is, and what can be done with one.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/client.h"

namespace poststack::engine {

struct Port {
    std::string host_ip = "127.0.0.1";
    std::uint16_t host_port = 0;  ///< 0: not published, or the engine picks one
    std::uint16_t container_port = 0;
    std::string protocol = "tcp";
};

enum class MountType { bind, volume };

struct Mount {
    MountType type = MountType::volume;
    std::string source;  ///< volume's name, or an absolute path
    std::string target;
    bool read_only = false;
};

/// What keeps a container small and harmless; as asked for, and as read back.
struct Hardening {
    bool read_only_root = false;
    bool drop_capabilities = false;  ///< all of them
    bool no_new_privileges = false;
    std::int64_t pids_limit = 0;  ///< 0: none
    std::int64_t memory = 0;      ///< bytes; 0: none
    double cpus = 0;              ///< 0: no limit
    std::int64_t shm_size = 0;    ///< bytes; 0: the engine's default
};

struct ContainerSpec {
    std::string name;
    std::string image;
    std::vector<std::string> entrypoint = {};  ///< empty: the image's
    std::vector<std::string> command = {};     ///< empty: the image's
    std::vector<std::pair<std::string, std::string>> environment = {};
    std::map<std::string, std::string> labels = {};
    std::string user = {};  ///< "999:999"; empty: the image's
    std::string hostname = {};
    std::string working_directory = {};
    std::string stop_signal = {};  ///< "SIGINT"; empty: the image's
    std::optional<std::chrono::seconds> stop_timeout = {};
    bool tty = false;
    bool open_stdin = false;
    std::vector<Mount> mounts = {};
    std::map<std::string, std::string> tmpfs = {};  ///< path to options
    std::vector<Port> ports = {};
    std::string network = {};  ///< empty: the engine's default
    std::vector<std::string> network_aliases = {};
    std::string user_namespace = {};  ///< podman: "keep-id"
    std::string restart = {};         ///< "no", "always", "on-failure", "unless-stopped"
    bool init = false;                ///< the engine's init as PID 1
    Hardening hardening = {};
};

enum class ContainerState { created, running, paused, restarting, removing, exited, dead };

[[nodiscard]] std::string_view name(ContainerState state) noexcept;

struct Container {
    std::string id;
    std::string name;   ///< without the slash
    std::string image;  ///< as people call it
    std::string image_id;
    ContainerState state = ContainerState::created;
    int exit_code = 0;
    bool oom_killed = false;
    std::string error = {};  ///< why it did not start, as the engine says
    std::optional<std::string> started = {};
    std::optional<std::string> finished = {};
    int pid = 0;  ///< as the engine's machine sees it
    int restarts = 0;
    bool tty = false;
    std::map<std::string, std::string> labels = {};
    std::vector<Port> ports = {};
    std::vector<Mount> mounts = {};
    std::vector<std::string> tmpfs = {};
    std::string user = {};
    std::string stop_signal = {};
    std::string restart = {};
    std::vector<std::string> variables = {};  ///< names of the environment, its image's too
    Hardening granted = {};
};

/// Makes a container; returns its id. Errors: conflict (the name is taken), not_found (no such
/// image), tool.
std::string create_container(const Client& client, const ContainerSpec& spec);

/// By name or id; nothing when there is none.
[[nodiscard]] std::optional<Container> find_container(const Client& client,
                                                      const std::string& name);

/// Short entries of all containers with `label` ("key" or "key=value"; empty: all), also of those
/// that do not run: id, name, image, state, labels and ports are set.
[[nodiscard]] std::vector<Container> list_containers(const Client& client,
                                                     const std::string& label = {});

/// False when it was running already. Errors: conflict (port taken), not_found, tool.
bool start_container(const Client& client, const std::string& name);

/// Sends the stop signal and, after `limit`, SIGKILL. False when it was not running.
bool stop_container(const Client& client, const std::string& name, std::chrono::seconds limit);

/// False when it was not running.
bool kill_container(const Client& client, const std::string& name, const std::string& signal);

/// Waits for its end and returns the exit code. Errors: not_found, interrupted.
int wait_container(const Client& client, const std::string& name);

/// Removes it, with `force` also when it runs, never its named volumes. False when there is none.
bool remove_container(const Client& client, const std::string& name, bool force = false);

/// What it uses right now; nothing when it does not run.
struct Usage {
    std::uint64_t memory = 0;        ///< bytes, without what the kernel can take back at once
    std::uint64_t memory_limit = 0;  ///< bytes; 0 when there is none
    double cpu_seconds = 0;          ///< since it was started
};

[[nodiscard]] std::optional<Usage> find_usage(const Client& client, const std::string& name);

}  // namespace poststack::engine
