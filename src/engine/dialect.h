// Where podman and docker differ behind one API. Every such place is a function of this file, and
// each has a test on both engines (tests/integration/engine_test.cc). See docs/engines.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "http/message.h"

namespace poststack::engine {

enum class EngineKind { docker, podman };

[[nodiscard]] std::string_view name(EngineKind kind) noexcept;

/// What an engine tells of itself in the header fields of its answer to /_ping.
struct Greeting {
    EngineKind kind = EngineKind::docker;
    std::string version;      ///< "20.10.24+dfsg1", "4.3.1"; empty when it does not say
    std::string api_version;  ///< the newest it speaks: "1.41"
};

/// Nothing when the answer is not that of an engine.
[[nodiscard]] std::optional<Greeting> recognise(const http::Head& head);

/// What a refusal means; podman answers 500 to much of what docker has a status for.
enum class Refusal {
    not_found,      ///< no such container, image, volume, network
    exists,         ///< the name is taken
    not_running,    ///< the container does not run
    port_taken,     ///< something listens on the host port
    no_space,       ///< the disk is full
    api_too_old,    ///< we or the engine speak too old a version
    no_permission,  ///< the kernel or a policy does not allow it
    in_use,         ///< a volume, image or network that something uses
    no_init,        ///< the engine has no init program for containers
    other,
};

/// The plain text of a refused request: "message", whatever stands around it.
[[nodiscard]] std::string refusal_text(std::string_view body);
[[nodiscard]] Refusal classify(int status, std::string_view text);

/// Where an engine tells of itself, and what of that says that it runs without root. podman's
/// compatible answer does not say it.
[[nodiscard]] std::string info_path(EngineKind kind);
[[nodiscard]] bool is_rootless(EngineKind kind, const Json& info);

/// The full name under which `image`, made here, is kept and found: podman takes a name without a
/// registry for one of docker.io, docker for a local one.
[[nodiscard]] std::string local_image(EngineKind kind, std::string_view image);

/// What people call it: without "localhost/", and without what the engine itself puts before.
[[nodiscard]] std::string display_image(std::string_view image);

/// Capabilities in one form: podman lists all fourteen where docker says ALL.
[[nodiscard]] std::vector<std::string> dropped_capabilities(const Json& host_config);

/// True for either spelling of no-new-privileges in HostConfig.SecurityOpt.
[[nodiscard]] bool has_no_new_privileges(const Json& host_config);

/// "SIGINT" for "SIGINT", "INT" and "2".
[[nodiscard]] std::string signal_name(std::string_view signal);

/// CPUs of NanoCpus or of CpuQuota and CpuPeriod; 0 for none.
[[nodiscard]] double cpus(const Json& host_config);

/// The tmpfs mounts that were asked for or that the engine added: podman gives a read-only root
/// /run, /tmp and /var/tmp by itself.
[[nodiscard]] std::vector<std::string> tmpfs_paths(const Json& host_config);

/// A time of inspect; nothing for the zero times that stand for "never" (year 1).
[[nodiscard]] std::optional<std::string> find_time(const Json& state, const char* key);

}  // namespace poststack::engine
