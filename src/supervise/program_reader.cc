#include "supervise/program_reader.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "supervise/check_spec.h"

namespace poststack::supervise {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Restart read_restart(const Section& section) {
    const std::string word = to_lower(section.text("autorestart", "unexpected"));
    if (word == "unexpected") return Restart::unexpected;
    const auto answer = find_boolean(word);
    if (!answer) {
        section.refuse("autorestart",
                       fmt::format("is \"{}\", none of false, unexpected and true", word));
    }
    return *answer ? Restart::always : Restart::never;
}

std::vector<int> read_exitcodes(const Section& section) {
    std::vector<int> codes;
    for (const std::string& word : split_list(section.text("exitcodes", "0"))) {
        const auto code = parse_integer(word);
        if (!code || *code < 0 || *code > 255) {
            section.refuse("exitcodes",
                           fmt::format("holds \"{}\", not a code from 0 to 255", word));
        }
        codes.push_back(static_cast<int>(*code));
    }
    return codes;
}

int read_signal(const Section& section, std::string_view key, std::string_view otherwise) {
    const std::string word = section.text(key, otherwise);
    const auto number = find_signal(word);
    if (!number) section.refuse(key, fmt::format("is \"{}\", not a signal", word));
    return *number;
}

LogTarget read_log(const Section& section, const std::string& stream) {
    LogTarget log;
    const std::string key = stream + "_logfile";
    const std::string value = section.text(key, "AUTO");
    const std::string word = to_lower(value);
    if (word == "auto") {
        log.kind = LogTarget::Kind::automatic;
    } else if (word == "none" || word == "off" || word == "syslog" || word == "/dev/null") {
        log.kind = LogTarget::Kind::none;
    } else if (value == "/dev/stdout" || value == "/dev/fd/1" || value == "/proc/self/fd/1") {
        log.kind = LogTarget::Kind::own_stdout;
    } else if (value == "/dev/stderr" || value == "/dev/fd/2" || value == "/proc/self/fd/2") {
        log.kind = LogTarget::Kind::own_stderr;
    } else {
        log.kind = LogTarget::Kind::file;
        log.path = value;
    }
    log.max_bytes = section.bytes(key + "_maxbytes", 50ULL << 20);
    log.backups = static_cast<int>(section.integer(key + "_backups", 10, {0, 100'000}));
    log.events = section.boolean(stream + "_events_enabled", false);
    return log;
}

Check read_check(const Section& section, std::string_view key) {
    std::string problem;
    const auto check = parse_check(section.text(key, "none"), problem);
    if (!check) section.refuse(key, problem);
    return *check;
}

Probe read_probe(const Section& section, const std::string& word) {
    Probe probe;
    probe.check = read_check(section, word + "_probe");
    if (probe.check.kind == Check::Kind::notify) {
        section.refuse(word + "_probe", "cannot be notify: a program says that once");
    }
    probe.delay = section.duration(word + "_delay", milliseconds(0));
    probe.period = section.duration(word + "_period", seconds(10));
    probe.timeout = section.duration(word + "_timeout", seconds(1));
    probe.failures = static_cast<int>(section.integer(word + "_failures", 3, {1, 1'000'000}));
    probe.successes = static_cast<int>(section.integer(word + "_successes", 1, {1, 1'000'000}));
    if (probe.period < milliseconds(10)) section.refuse(word + "_period", "is below 10ms");
    if (probe.timeout < milliseconds(1)) section.refuse(word + "_timeout", "is below 1ms");
    if (word != "readiness" && probe.successes != 1) {
        section.refuse(word + "_successes", "can only be 1, as in Kubernetes");
    }
    return probe;
}

void read_on_restart(const Section& section, ProgramConfig& program) {
    const std::string value = section.text("on_dependency_restart", "hold");
    const std::string word = to_lower(value);
    if (word == "hold") {
        program.on_dependency_restart = OnRestart::hold;
    } else if (word == "restart") {
        program.on_dependency_restart = OnRestart::restart;
    } else if (word == "signal" || word.starts_with("signal:")) {
        program.on_dependency_restart = OnRestart::signal;
        const auto number = find_signal(word == "signal" ? "HUP" : word.substr(7));
        if (!number) section.refuse("on_dependency_restart", "names no signal");
        program.dependency_signal = *number;
    } else {
        section.refuse("on_dependency_restart",
                       fmt::format("is \"{}\", none of hold, restart, signal:HUP", value));
    }
}

/// The data directory that a postgres command line names.
std::string data_directory_of(const ProgramConfig& program) {
    const std::vector<std::string>& argv = program.argv;
    for (std::size_t at = 1; at < argv.size(); ++at) {
        if (argv[at] == "-D" && at + 1 < argv.size()) return argv[at + 1];
        if (argv[at].starts_with("-D") && argv[at].size() > 2) return argv[at].substr(2);
        if (argv[at].starts_with("--pgdata=")) return argv[at].substr(9);
    }
    const auto found = std::ranges::find(
        program.environment, "PGDATA", &std::pair<std::string, std::string>::first);
    return found == program.environment.end() ? std::string() : found->second;
}

bool runs_postgres(const ProgramConfig& program) {
    if (program.argv.empty()) return false;
    const std::string& path = program.argv.front();
    const std::string name = path.substr(path.rfind('/') + 1);
    return name == "postgres" || name == "postmaster";
}

void read_postgres(const Section& section,
                   const Expansions& names,
                   ProgramConfig& program,
                   std::vector<Notice>& notices) {
    program.is_postgres = runs_postgres(program) || program.ready.kind == Check::Kind::postgres;
    if (!program.is_postgres) return;
    if (!section.has("ready")) program.ready = {.kind = Check::Kind::postgres, .text = "postgres"};
    program.pgdata = section.text("pgdata", data_directory_of(program));
    if (const auto found = names.find("ENV_PGDATA");
        program.pgdata.empty() && found != names.end()) {
        program.pgdata = found->second;
    }
    if (program.pgdata.empty() && program.ready.kind == Check::Kind::postgres) {
        section.refuse("ready",
                       "is postgres, but where its data directory is nobody says",
                       "Add \"pgdata = /path\", or -D to the command.");
    }
    if (section.has("stopsignal") && program.stopsignal == SIGTERM) {
        notices.push_back({section.place_of("stopsignal"),
                           "TERM is PostgreSQL's smart shutdown: it waits until every client has "
                           "left. INT is used instead; \"on_stop = as-written\" keeps TERM"});
    }
    if ((!section.has("stopsignal") || program.stopsignal == SIGTERM) &&
        section.text("on_stop") != "as-written") {
        program.stopsignal = SIGINT;
    }
}

void read_ours(const Section& section, const ProgramFrame& frame, ProgramConfig& program) {
    program.depends_given = section.has("depends_on");
    program.depends_on = split_list(section.text("depends_on"));
    if (program.depends_on.size() == 1 && to_lower(program.depends_on.front()) == "none") {
        program.depends_on.clear();
    }
    program.one_shot = section.boolean("one_shot", false);
    // Once is enough to know that it fails, unless somebody says otherwise.
    if (program.one_shot && !section.has("autorestart")) program.autorestart = Restart::never;
    program.critical = section.boolean("critical", frame.critical || program.one_shot);
    program.ready = read_check(section, "ready");
    program.ready_timeout = section.duration("ready_timeout", milliseconds(0));
    program.startup = read_probe(section, "startup");
    program.readiness = read_probe(section, "readiness");
    program.liveness = read_probe(section, "liveness");
    read_on_restart(section, program);
    const std::string stale = section.text("stale", "kill");
    if (stale != "kill" && stale != "keep") section.refuse("stale", "is neither kill nor keep");
    program.kill_stale = stale == "kill";
    program.crash_limit = static_cast<int>(section.integer("crash_limit", 0));
    program.crash_window = section.duration("crash_window", seconds(600));
    if (program.one_shot && section.has("ready")) {
        section.refuse("ready",
                       "and one_shot exclude each other: a one-shot program is done "
                       "when it has exited");
    }
}

void read_listener(const Section& section, ProgramConfig& program) {
    program.is_listener = true;
    for (const std::string& word : split_list(section.text("events")))
        program.events.push_back(to_upper(word));
    if (program.events.empty()) section.refuse("events", "is missing");
    if (program.redirect_stderr) {
        section.refuse("redirect_stderr", "breaks the protocol of event listeners");
    }
    program.buffer_size = static_cast<std::size_t>(section.integer("buffer_size", 10, {1, 10'000}));
    const bool on_fatal =
        std::ranges::find(program.events, "PROCESS_STATE_FATAL") != program.events.end() ||
        std::ranges::find(program.events, "PROCESS_STATE") != program.events.end();
    const bool kills = std::ranges::any_of(program.argv, [](const std::string& word) {
        const std::string lower = to_lower(word);
        return lower.find("kill") != std::string::npos || lower.find("exit") != std::string::npos ||
               lower.find("shutdown") != std::string::npos ||
               lower.find("stop") != std::string::npos;
    });
    program.kills_on_fatal = on_fatal && kills;
}

void read_common(const Section& section, ProgramConfig& program) {
    program.place = section.place();
    program.priority = static_cast<int>(section.integer("priority", 999, {-1'000'000, 1'000'000}));
    program.autostart = section.boolean("autostart", true);
    program.autorestart = read_restart(section);
    program.startsecs = seconds(section.integer("startsecs", 1));
    program.startretries = static_cast<int>(section.integer("startretries", 3));
    program.exitcodes = read_exitcodes(section);
    program.stopsignal = read_signal(section, "stopsignal", "TERM");
    program.stopsignal_given = section.has("stopsignal");
    program.stopwait = seconds(section.integer("stopwaitsecs", 10));
    program.stopasgroup = section.boolean("stopasgroup", false);
    program.killasgroup = section.boolean("killasgroup", program.stopasgroup);
    if (program.stopasgroup && !program.killasgroup) {
        section.refuse("killasgroup", "cannot be false while stopasgroup is true");
    }
    program.redirect_stderr = section.boolean("redirect_stderr", false);
    program.user = section.find("user");
    program.umask = section.octal("umask");
    program.directory = section.find("directory");
    program.serverurl = section.text("serverurl");
    program.stdout_log = read_log(section, "stdout");
    program.stderr_log = read_log(section, "stderr");
    if (program.redirect_stderr) program.stderr_log.kind = LogTarget::Kind::none;
}

void read_command(const Section& section, ProgramConfig& program) {
    const auto command = section.find("command");
    if (!command || trim(*command).empty()) section.refuse("command", "is missing");
    auto words = split_command(*command);
    if (!words) section.refuse("command", "has an open quote");
    program.argv = std::move(*words);
}

std::string require_name(const Section& section, std::string_view key, const std::string& name) {
    if (name.empty() || name.find_first_of(" \t\r\n:/") != std::string::npos) {
        section.refuse(
            key, fmt::format("gives the name \"{}\": a name holds no blank, colon or slash", name));
    }
    return name;
}

ProgramConfig read_process(Section section,
                           const SectionTitle& title,
                           const ProgramFrame& frame,
                           std::vector<Notice>& notices) {
    ProgramConfig program;
    program.program = title.name;
    program.group = frame.group;
    program.group_priority = frame.group_priority;
    program.environment = frame.environment;
    for (auto& [key, value] : section.variables("environment")) {
        std::erase_if(program.environment, [&](const auto& entry) { return entry.first == key; });
        program.environment.emplace_back(key, value);
        section.add_name("ENV_" + key, value);
    }
    read_common(section, program);
    read_command(section, program);
    program.name = require_name(section, "process_name", section.text("process_name", title.name));
    if (title.kind == SectionKind::eventlistener) {
        read_listener(section, program);
    } else {
        read_ours(section, frame, program);
        read_postgres(section, frame.names, program, notices);
    }
    return program;
}

}  // namespace

std::vector<ProgramConfig> read_processes(const IniSection& section,
                                          const SectionTitle& title,
                                          const ProgramFrame& frame,
                                          std::vector<Notice>& notices) {
    Expansions names = frame.names;
    names["program_name"] = title.name;
    names["group_name"] = frame.group;
    const Section plain(section, names);
    if (title.name.empty()) throw_at(section.place, fmt::format("[{}] has no name", section.name));
    const std::int64_t count = plain.integer("numprocs", 1, {0, 10'000});
    const std::int64_t first = plain.integer("numprocs_start", 0);
    const IniEntry* name = section.find("process_name");
    if (count > 1 && (name == nullptr || name->value.find("%(process_num)") == std::string::npos)) {
        plain.refuse("process_name",
                     "has to hold %(process_num) when numprocs is more than 1",
                     "Write \"process_name = %(program_name)s_%(process_num)02d\".");
    }
    std::vector<ProgramConfig> programs;
    for (std::int64_t number = first; number < first + count; ++number) {
        names["process_num"] = std::to_string(number);
        names["numprocs"] = std::to_string(count);
        std::vector<Notice> said;
        programs.push_back(read_process(Section(section, names), title, frame, said));
        if (number == first) notices.insert(notices.end(), said.begin(), said.end());
    }
    return programs;
}

std::string ProgramConfig::full_name() const {
    return group == name ? name : group + ":" + name;
}

}  // namespace poststack::supervise
