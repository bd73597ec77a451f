// What a compose file says, as values: the subset of the Compose specification that poststack runs
// (docs/compose.md). Everything else was refused or listed in ComposeProject::ignored.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace poststack::config {

/// Where something stands, for messages: "compose.yaml:7:5".
using ComposePlace = std::string;

/// Values in the order of the file; no value means "take it from the environment" (environment,
/// build.args).
using ComposeVariables = std::vector<std::pair<std::string, std::optional<std::string>>>;
using ComposeMap = std::map<std::string, std::string>;

struct ComposePort {
    std::string host_ip = {};    ///< empty: not said
    std::string published = {};  ///< a port or a range "8000-8010"; empty: any free one
    int target = 0;              ///< 1 to 65535
    std::string protocol = "tcp";
    ComposePlace place = {};
};

struct ComposeMount {
    enum class Type { volume, bind, tmpfs };
    Type type = Type::volume;
    std::string source = {};  ///< volume: a key of `volumes`, empty: anonymous; bind: absolute path
    std::string target = {};
    bool read_only = false;
    bool create_host_path = true;                  ///< bind
    std::string propagation = {};                  ///< bind
    std::string selinux = {};                      ///< bind: "z", "Z" or empty
    bool no_copy = false;                          ///< volume
    std::optional<std::uint64_t> tmpfs_size = {};  ///< bytes
    std::optional<int> tmpfs_mode = {};
    ComposePlace place = {};
};

struct ComposeHealthcheck {
    bool disabled = false;
    std::vector<std::string> test = {};  ///< begins with CMD, CMD-SHELL or NONE; empty: the image's
    std::optional<std::chrono::milliseconds> interval = {};
    std::optional<std::chrono::milliseconds> timeout = {};
    std::optional<std::chrono::milliseconds> start_period = {};
    std::optional<std::chrono::milliseconds> start_interval = {};
    std::optional<int> retries = {};
};

struct ComposeBuild {
    std::filesystem::path context;          ///< absolute
    std::string dockerfile = "Dockerfile";  ///< relative to the context, or absolute
    ComposeVariables args = {};
    std::string target = {};
    ComposePlace place = {};
};

struct ComposeDependency {
    enum class Condition { started, healthy, completed };
    std::string service;
    Condition condition = Condition::started;
    bool restart = false;  ///< restart with it
    bool required = true;
    ComposePlace place = {};
};

struct ComposeNetworkUse {
    std::string network;  ///< a key of `networks`, or "default"
    std::vector<std::string> aliases = {};
    std::string ipv4_address = {};
    std::string ipv6_address = {};
    ComposePlace place = {};
};

/// A secret or config as a service uses it.
struct ComposeFileUse {
    std::string source;       ///< a key of `secrets` or `configs`
    std::string target = {};  ///< empty: /run/secrets/<source>, or /<source> for a config
    std::string uid = {};
    std::string gid = {};
    std::optional<int> mode = {};
    ComposePlace place = {};
};

struct ComposeUlimit {
    std::int64_t soft = 0;
    std::int64_t hard = 0;
};

/// What `x-poststack` of a service says (DESIGN.md, decision 3).
struct ComposeExtension {
    enum class Role { unset, postgres, application };
    enum class Harden { unset, full, basic, none };
    Role role = Role::unset;
    Harden harden = Harden::unset;
    bool secrets_in_environment = false;
    std::string native_command = {};
    std::string native_ready = {};
};

struct ComposeService {
    std::string name;
    ComposePlace place = {};
    std::string image = {};
    std::optional<ComposeBuild> build = {};
    std::optional<std::vector<std::string>> command = {};  ///< empty list: the image's is cleared
    std::optional<std::vector<std::string>> entrypoint = {};
    ComposeVariables environment = {};  ///< env_file and environment together, values resolved
    std::vector<std::filesystem::path> env_files = {};  ///< absolute
    std::vector<ComposePort> ports = {};
    std::vector<ComposeMount> mounts = {};
    std::vector<ComposeNetworkUse> networks = {};
    std::vector<ComposeDependency> depends_on = {};
    std::optional<ComposeHealthcheck> healthcheck = {};
    std::string restart = "no";  ///< no, always, on-failure[:N], unless-stopped
    std::string user = {};
    std::string working_dir = {};
    std::string hostname = {};
    std::string container_name = {};
    std::string platform = {};
    std::string pull_policy = {};
    std::string stop_signal = {};
    std::optional<std::chrono::milliseconds> stop_grace_period = {};
    std::vector<std::string> cap_add = {};
    std::vector<std::string> cap_drop = {};
    std::vector<std::string> security_opt = {};
    std::vector<std::string> tmpfs = {};
    std::vector<std::string> expose = {};
    std::vector<std::string> profiles = {};
    std::vector<std::string> extra_hosts = {};  ///< "name:address"
    std::vector<ComposeFileUse> secrets = {};
    std::vector<ComposeFileUse> configs = {};
    std::map<std::string, ComposeUlimit> ulimits = {};
    ComposeMap sysctls = {};
    ComposeMap labels = {};
    std::string log_driver = {};
    ComposeMap log_options = {};
    bool read_only = false;
    bool init = false;
    std::optional<std::uint64_t> shm_size = {};
    std::optional<std::uint64_t> memory_limit = {};        ///< bytes
    std::optional<std::uint64_t> memory_reservation = {};  ///< bytes
    std::optional<double> cpus = {};
    std::optional<std::int64_t> pids_limit = {};  ///< -1: unlimited
    ComposeExtension extension = {};
};

struct ComposeVolume {
    std::string key;
    std::string name;  ///< as the engine knows it: <project>_<key> unless said
    bool external = false;
    std::string driver = {};
    ComposeMap driver_opts = {};
    ComposeMap labels = {};
    ComposePlace place = {};
};

struct ComposeNetwork {
    std::string key;
    std::string name;
    bool external = false;
    bool internal = false;
    bool enable_ipv6 = false;
    std::string driver = {};
    ComposeMap driver_opts = {};
    std::vector<ComposeMap> ipam = {};  ///< subnet, gateway, ip_range
    ComposeMap labels = {};
    ComposePlace place = {};
};

/// A secret or config of the project: a file, or text.
struct ComposeFileSource {
    std::string key;
    std::filesystem::path file = {};          ///< absolute; empty when it is not a file
    std::string environment = {};             ///< the variable that holds it
    std::optional<std::string> content = {};  ///< configs only
    ComposePlace place = {};
};

struct ComposeProject {
    std::string name;
    std::filesystem::path directory;             ///< of the first file
    std::vector<std::filesystem::path> files;    ///< base file first
    std::vector<ComposeService> services = {};   ///< those the profiles switch on, by name
    std::vector<std::string> switched_off = {};  ///< services whose profiles are not on
    std::vector<ComposeVolume> volumes = {};
    std::vector<ComposeNetwork> networks = {};
    std::vector<ComposeFileSource> secrets = {};
    std::vector<ComposeFileSource> configs = {};
    std::string layout = {};                ///< x-poststack: layout; "separate", "unified" or empty
    std::vector<std::string> ignored = {};  ///< "compose.yaml:1:1: version has no meaning any more"
};

}  // namespace poststack::config
