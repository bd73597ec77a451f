#include "cli/doctor_checks.h"

#include <chrono>
#include <locale.h>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "instance/binaries.h"
#include "instance/port.h"
#include "pg/client_version.h"
#include "sys/file.h"
#include "sys/net.h"
#include "sys/process.h"
#include "sys/user.h"

namespace poststack::cli {

namespace {

constexpr std::uint64_t wanted_disk = 1ULL << 30;
constexpr std::uint64_t wanted_shared_memory = 64ULL << 20;
constexpr std::uint16_t default_port = 5432;
constexpr std::chrono::seconds engine_limit{10};

std::string variable(const Machine& machine, const std::string& name) {
    const auto found = machine.environment.find(name);
    return found == machine.environment.end() ? "" : found->second;
}

Finding check_server(const Machine& machine) {
    const auto servers = instance::list_binaries(
        {.directory = {}, .major = {}, .path = variable(machine, "PATH"), .account = {}});
    if (servers.empty()) {
        return {.subject = "PostgreSQL server",
                .verdict = Verdict::missing,
                .found = fmt::format("none of version {} or later", instance::oldest_major),
                .advice = "The native runtime needs a server.",
                .package = "postgresql"};
    }
    std::vector<std::string> majors;
    for (const auto& server : servers) {
        majors.push_back(fmt::format("{} ({})", server.major, server.directory.string()));
    }
    return {.subject = "PostgreSQL server", .found = join(majors, ", ")};
}

/// Every command that asks the database something needs it.
Finding check_libpq() {
    try {
        return {.subject = "libpq", .found = pg::client_version()};
    } catch (const Error& error) {
        return {.subject = "libpq",
                .verdict = Verdict::missing,
                .found = error.message(),
                .advice = "The PostgreSQL client library makes every connection.",
                .package = "libpq5"};
    }
}

Finding check_client() {
    if (const auto psql = sys::find_program("psql")) {
        return {.subject = "psql", .found = psql->string()};
    }
    return {.subject = "psql",
            .verdict = Verdict::note,
            .found = "not in PATH",
            .advice = "\"poststack shell\" starts it.",
            .package = "postgresql-client"};
}

/// PostgreSQL refuses root: somebody else has to run it.
Finding check_account(const Machine& machine) {
    const std::string subject = "account";
    const sys::Account self = sys::current_account();
    if (!sys::is_root()) return {.subject = subject, .found = self.name};
    const auto info = sys::find_info(machine.directory, true);
    if (info && info->uid != 0) {
        const auto owner = sys::find_account(info->uid);
        return {.subject = subject,
                .found = fmt::format("root; the server runs as {}, the project's owner",
                                     owner ? owner->name : std::to_string(info->uid))};
    }
    if (sys::find_account("postgres")) {
        return {.subject = subject, .found = "root; the server runs as postgres"};
    }
    return {.subject = subject,
            .verdict = Verdict::missing,
            .found = "root, and no account \"postgres\"",
            .advice = "PostgreSQL refuses to run as root.",
            .package = "postgresql-common"};
}

Finding check_engine(const std::string& engine, const std::vector<std::string>& version_command) {
    const auto program = sys::find_program(engine);
    if (!program) {
        return {.subject = engine,
                .verdict = Verdict::note,
                .found = "not installed",
                .advice = fmt::format("Needed only for stacks with --runtime {}.", engine),
                .package = engine == "docker" ? "docker.io" : engine};
    }
    try {
        const sys::ToolResult result = sys::run_tool({.argv = version_command}, engine_limit);
        const std::string_view said = trim(result.output);
        const std::string answer(said.substr(said.rfind(' ') + 1));  // "podman version 4.3.1"
        if (result.status.ok() && !answer.empty()) return {.subject = engine, .found = answer};
        const std::string_view reason = trim(result.errors);
        return {.subject = engine,
                .verdict = Verdict::note,
                .found = "does not answer: " + std::string(reason.substr(0, reason.find('\n'))),
                .advice = "Start the engine, or join the group that may use its socket."};
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) throw;
        return {.subject = engine,
                .verdict = Verdict::note,
                .found = "cannot be run: " + error.message(),
                .advice = ""};
    }
}

/// Nothing when `directory` cannot be looked at.
std::optional<std::uint64_t> free_space(const std::filesystem::path& directory) {
    try {
        return sys::free_bytes(directory);
    } catch (const Error&) {
        return std::nullopt;
    }
}

Finding check_disk(const Machine& machine) {
    const auto free = free_space(machine.directory);
    const std::string where = machine.directory.string();
    if (!free) {
        return {.subject = "disk", .verdict = Verdict::note, .found = "unknown below " + where};
    }
    Finding finding{.subject = "disk",
                    .found = fmt::format("{} free below {}", human_bytes(*free), where)};
    if (*free < wanted_disk) {
        finding.verdict = Verdict::note;
        finding.advice = "A new database takes 40 MB, and room to work.";
    }
    return finding;
}

Finding check_shared_memory() {
    const auto free = free_space("/dev/shm");
    if (!free) {
        return {.subject = "shared memory",
                .verdict = Verdict::note,
                .found = "no /dev/shm",
                .advice = "Parallel queries need it: mount a tmpfs there."};
    }
    Finding finding{.subject = "shared memory", .found = human_bytes(*free) + " free in /dev/shm"};
    if (*free < wanted_shared_memory) {
        finding.verdict = Verdict::note;
        finding.advice = "Parallel queries may fail: give /dev/shm 64 MB or more.";
    }
    return finding;
}

Finding check_runtime_directory(const Machine& machine) {
    const std::string directory = variable(machine, "XDG_RUNTIME_DIR");
    if (directory.empty()) {
        return {.subject = "XDG_RUNTIME_DIR",
                .verdict = Verdict::note,
                .found = "not set",
                .advice = "Sockets go to a private directory instead."};
    }
    if (!sys::find_info(directory, true)) {
        return {.subject = "XDG_RUNTIME_DIR",
                .verdict = Verdict::note,
                .found = directory + " does not exist",
                .advice = "Sockets go to a private directory instead."};
    }
    return {.subject = "XDG_RUNTIME_DIR", .found = directory};
}

Finding check_locale() {
    const locale_t locale = ::newlocale(LC_ALL_MASK, "C.UTF-8", nullptr);
    if (locale == nullptr) {
        return {.subject = "locale",
                .verdict = Verdict::note,
                .found = "no C.UTF-8",
                .advice = "New databases need a UTF-8 locale.",
                .package = "libc-bin"};
    }
    ::freelocale(locale);
    return {.subject = "locale", .found = "C.UTF-8"};
}

Finding check_port() {
    if (sys::is_port_free(default_port)) {
        return {.subject = "port", .found = fmt::format("{} is free", default_port)};
    }
    return {.subject = "port",
            .verdict = Verdict::note,
            .found = fmt::format(
                "{} is in use by {}", default_port, instance::port_holder_text(default_port)),
            .advice = "A project without a set port takes the next free one."};
}

}  // namespace

std::string_view name(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::ok: return "ok";
        case Verdict::note: return "note";
        case Verdict::missing: return "missing";
    }
    return "missing";
}

std::vector<Finding> check_native(const Machine& machine) {
    return {check_server(machine), check_account(machine), check_libpq(), check_client()};
}

std::vector<Finding> check_engines() {
    // Any other word than --version lets podman without root leave a process behind.
    return {check_engine("podman", {"podman", "--version"}),
            check_engine("docker", {"docker", "version", "--format", "{{.Server.Version}}"})};
}

std::vector<Finding> check_machine(const Machine& machine) {
    return {check_disk(machine),
            check_shared_memory(),
            check_runtime_directory(machine),
            check_locale(),
            check_port()};
}

}  // namespace poststack::cli
