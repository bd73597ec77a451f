#include "supervise/keys.h"

#include <algorithm>
#include <array>
#include <utility>

namespace poststack::supervise {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 36> process_keys{
    "autorestart",
    "autostart",
    "command",
    "directory",
    "environment",
    "exitcodes",
    "killasgroup",
    "numprocs",
    "numprocs_start",
    "priority",
    "process_name",
    "redirect_stderr",
    "serverurl",
    "startretries",
    "startsecs",
    "stderr_capture_maxbytes",
    "stderr_events_enabled",
    "stderr_logfile",
    "stderr_logfile_backups",
    "stderr_logfile_maxbytes",
    "stderr_syslog",
    "stdout_capture_maxbytes",
    "stdout_events_enabled",
    "stdout_logfile",
    "stdout_logfile_backups",
    "stdout_logfile_maxbytes",
    "stdout_syslog",
    "stopasgroup",
    "stopsignal",
    "stopwaitsecs",
    "umask",
    "user",
    // Ours:
    "critical",
    "depends_on",
    "on_dependency_restart",
    "stale",
};

constexpr std::array<std::string_view, 25> program_keys{
    "one_shot",
    "pgdata",
    "ready",
    "ready_timeout",
    "liveness_probe",
    "liveness_delay",
    "liveness_failures",
    "liveness_period",
    "liveness_successes",
    "liveness_timeout",
    "readiness_probe",
    "readiness_delay",
    "readiness_failures",
    "readiness_period",
    "readiness_successes",
    "readiness_timeout",
    "startup_probe",
    "startup_delay",
    "startup_failures",
    "startup_period",
    "startup_successes",
    "startup_timeout",
    "crash_limit",
    "crash_window",
    "on_stop",
};

constexpr std::array<std::string_view, 3> listener_keys{"buffer_size", "events", "result_handler"};

constexpr std::array<std::string_view, 24> supervisord_keys{
    "childlogdir",
    "directory",
    "environment",
    "identifier",
    "logfile",
    "logfile_backups",
    "logfile_maxbytes",
    "loglevel",
    "minfds",
    "minprocs",
    "nocleanup",
    "nodaemon",
    "pidfile",
    "silent",
    "strip_ansi",
    "umask",
    "user",
    "profile_options",
    // Ours:
    "critical",
    "log_format",
    "postgres_reserve",
    "state_file",
    "stop_budget",
    "termination_log",
};

constexpr std::array<std::string_view, 2> group_keys{"priority", "programs"};
constexpr std::array<std::string_view, 5> unix_keys{
    "chmod", "chown", "file", "password", "username"};
constexpr std::array<std::string_view, 3> inet_keys{"password", "port", "username"};
constexpr std::array<std::string_view, 5> ctl_keys{
    "history_file", "password", "prompt", "serverurl", "username"};
constexpr std::array<std::string_view, 1> include_keys{"files"};
constexpr std::array<std::string_view, 4> health_keys{"host", "port", "socket", "socket_mode"};

constexpr std::array<std::pair<std::string_view, SectionKind>, 11> titles{{
    {"supervisord", SectionKind::supervisord},
    {"program", SectionKind::program},
    {"eventlistener", SectionKind::eventlistener},
    {"group", SectionKind::group},
    {"unix_http_server", SectionKind::unix_http_server},
    {"inet_http_server", SectionKind::inet_http_server},
    {"supervisorctl", SectionKind::supervisorctl},
    {"include", SectionKind::include},
    {"health", SectionKind::health},
    {"rpcinterface", SectionKind::foreign},
    {"ctlplugin", SectionKind::foreign},
}};

std::vector<Words> tables_of(SectionKind kind) {
    switch (kind) {
        case SectionKind::supervisord: return {supervisord_keys};
        case SectionKind::program: return {process_keys, program_keys};
        case SectionKind::eventlistener: return {process_keys, listener_keys};
        case SectionKind::group: return {group_keys};
        case SectionKind::unix_http_server: return {unix_keys};
        case SectionKind::inet_http_server: return {inet_keys};
        case SectionKind::supervisorctl: return {ctl_keys};
        case SectionKind::include: return {include_keys};
        case SectionKind::health: return {health_keys};
        case SectionKind::foreign: return {};
    }
    return {};
}

}  // namespace

std::optional<SectionTitle> find_title(std::string_view section) {
    const std::size_t colon = std::min(section.find(':'), section.size());
    const std::string_view word = section.substr(0, colon);
    const auto* found =
        std::ranges::find(titles, word, &std::pair<std::string_view, SectionKind>::first);
    if (found == titles.end()) return std::nullopt;
    const std::size_t name_at = std::min(colon + 1, section.size());
    return SectionTitle{found->second, std::string(section.substr(name_at))};
}

std::vector<std::string> keys_of(SectionKind kind) {
    std::vector<std::string> keys;
    for (const Words table : tables_of(kind))
        keys.insert(keys.end(), table.begin(), table.end());
    std::ranges::sort(keys);
    return keys;
}

std::vector<std::string> section_words() {
    std::vector<std::string> words;
    for (const auto& [word, kind] : titles)
        words.emplace_back(word);
    return words;
}

}  // namespace poststack::supervise
