#include "supervise/config.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "supervise/keys.h"
#include "supervise/plan.h"
#include "supervise/program_reader.h"
#include "supervise/section.h"

namespace poststack::supervise {
namespace {

using std::chrono::milliseconds;

/// Reads the sections of all files into a Config.
class ConfigReader {
  public:
    ConfigReader(const std::string& file, const Surroundings& surroundings)
        : surroundings_(surroundings) {
        config_.file = file;
        names_["host_node_name"] = surroundings.host_name;
        for (const auto& [key, value] : surroundings.environment)
            names_["ENV_" + key] = value;
    }

    Config read() {
        const auto text = surroundings_.read(config_.file);
        if (!text) {
            throw Error(ErrorKind::not_found, fmt::format("there is no file \"{}\"", config_.file))
                .hint("Name one with -c FILE.");
        }
        parse_ini(*text, config_.file, sections_);
        include();
        titles();
        read_daemon();
        read_groups();
        read_programs();
        read_servers();
        settle_dependencies(config_);
        return std::move(config_);
    }

  private:
    void include() {
        const auto found = std::ranges::find(sections_, "include", &IniSection::name);
        if (found == sections_.end()) return;
        const IniSection copy = *found;  // what is included may move the others
        const Section section(copy, names_);
        if (!section.has("files")) section.refuse("files", "is missing in [include]");
        const std::string& file = config_.file;
        const std::string base = file.substr(0, file.rfind('/') + 1);
        std::string patterns = section.text("files");
        std::ranges::replace(patterns, '\n', ' ');
        for (const std::string_view word : split(patterns, ' ')) {
            const std::string_view pattern = trim(word);
            if (!pattern.empty()) include_pattern(pattern, base, section.place_of("files"));
        }
    }

    void include_pattern(std::string_view pattern, const std::string& base, Place place) {
        const std::string path =
            pattern.starts_with('/') ? std::string(pattern) : base + std::string(pattern);
        const auto files = surroundings_.glob(path);
        if (files.empty()) note(std::move(place), fmt::format("no file matches \"{}\"", path));
        for (const std::string& file : files) {
            if (const auto text = surroundings_.read(file)) parse_ini(*text, file, sections_);
        }
    }

    /// Looks at every section's title and keys before anything is read from them.
    void titles() {
        for (const IniSection& section : sections_) {
            const auto title = find_title(section.name);
            if (!title) {
                refuse_section(section);
                continue;
            }
            if (title->kind == SectionKind::foreign) continue;
            const auto known = keys_of(title->kind);
            for (const IniEntry& entry : section.entries) {
                if (std::ranges::binary_search(known, entry.key)) continue;
                const auto close = nearest(entry.key, known);
                note(entry.place,
                     fmt::format("unknown key \"{}\" in [{}]{}",
                                 entry.key,
                                 section.name,
                                 close ? fmt::format("; did you mean \"{}\"?", *close) : ""));
            }
        }
    }

    void refuse_section(const IniSection& section) {
        if (section.name.starts_with("fcgi-program:")) {
            throw_at(section.place,
                     fmt::format("[{}]: FastCGI sockets are not supported", section.name),
                     "Let the program open its socket itself, as a [program:...].");
        }
        const std::size_t colon = std::min(section.name.find(':'), section.name.size());
        const auto close = nearest(section.name.substr(0, colon), section_words());
        note(section.place,
             fmt::format(
                 "unknown section [{}]{}",
                 section.name,
                 close ? fmt::format("; did you mean [{}{}]?", *close, section.name.substr(colon))
                       : ""));
    }

    [[nodiscard]] const IniSection* find_section(std::string_view name) const {
        const auto found = std::ranges::find(sections_, name, &IniSection::name);
        return found == sections_.end() ? nullptr : &*found;
    }

    void read_daemon() {
        const IniSection* found = find_section("supervisord");
        if (found == nullptr) {
            throw_at(
                {config_.file, 1}, "there is no section [supervisord]", "Add one, be it empty.");
        }
        const Section section(*found, names_);
        DaemonConfig& daemon = config_.daemon;
        daemon.place = section.place();
        daemon.identifier = section.text("identifier", daemon.identifier);
        daemon.logfile = section.text("logfile");
        daemon.logfile_max_bytes = section.bytes("logfile_maxbytes", daemon.logfile_max_bytes);
        daemon.logfile_backups = static_cast<int>(section.integer("logfile_backups", 10));
        daemon.loglevel = to_lower(section.text("loglevel", "info"));
        daemon.pidfile = section.text("pidfile");
        daemon.childlogdir = section.text("childlogdir");
        daemon.directory = section.find("directory");
        daemon.umask = section.octal("umask");
        daemon.user = section.find("user");
        daemon.silent = section.boolean("silent", false);
        daemon.strip_ansi = section.boolean("strip_ansi", false);
        daemon.nocleanup = section.boolean("nocleanup", false);
        daemon.minfds = section.integer("minfds", 1024);
        daemon.stop_budget = section.duration("stop_budget", daemon.stop_budget);
        daemon.postgres_reserve = section.duration(
            "postgres_reserve", std::min<milliseconds>(daemon.stop_budget / 2, milliseconds(4000)));
        daemon.termination_log = section.text("termination_log");
        daemon.state_file = section.text("state_file");
        critical_ = section.boolean("critical", false);
        read_log_format(section);
        if (daemon.postgres_reserve > daemon.stop_budget) {
            section.refuse("postgres_reserve", "is longer than stop_budget");
        }
        for (const auto& [key, value] : section.variables("environment")) {
            environment_.emplace_back(key, value);
            names_["ENV_" + key] = value;
        }
    }

    void read_log_format(const Section& section) {
        const std::string word = section.text("log_format", "prefix");
        if (word == "prefix") {
            config_.daemon.log_format = LogFormat::prefix;
        } else if (word == "json") {
            config_.daemon.log_format = LogFormat::json;
        } else if (word == "plain") {
            config_.daemon.log_format = LogFormat::plain;
        } else {
            section.refuse("log_format",
                           fmt::format("is \"{}\", none of prefix, json and plain", word));
        }
    }

    void read_groups() {
        for (const IniSection& found : sections_) {
            const auto title = find_title(found.name);
            if (!title || title->kind != SectionKind::group) continue;
            const Section section(found, names_);
            const auto programs = split_list(section.text("programs"));
            if (programs.empty()) section.refuse("programs", "is missing");
            const auto priority = section.integer("priority", 999, {-1'000'000, 1'000'000});
            for (const std::string& program : programs) {
                const IniSection* member = find_section("program:" + program);
                if (member == nullptr) {
                    section.refuse(
                        "programs",
                        fmt::format("names the program \"{}\", which is not there", program));
                }
                grouped_.insert(program);
                add_programs(*member, title->name, static_cast<int>(priority));
            }
        }
    }

    void read_programs() {
        for (const IniSection& section : sections_) {
            const auto title = find_title(section.name);
            if (!title) continue;
            const bool is_listener = title->kind == SectionKind::eventlistener;
            if (title->kind != SectionKind::program && !is_listener) continue;
            if (!is_listener && grouped_.contains(title->name)) continue;
            // Listeners start first and stop last, so that they hear everything.
            const auto priority =
                Section(section, names_)
                    .integer("priority", is_listener ? -1 : 999, {-1'000'000, 1'000'000});
            add_programs(section, title->name, static_cast<int>(priority));
        }
        std::ranges::stable_sort(config_.programs, {}, [](const ProgramConfig& program) {
            return std::tuple(
                program.group_priority, program.group, program.priority, program.name);
        });
        std::set<std::string> seen;
        for (const ProgramConfig& program : config_.programs) {
            if (!seen.insert(program.full_name()).second) {
                throw_at(program.place,
                         fmt::format("two processes have the name \"{}\"", program.full_name()));
            }
        }
    }

    void add_programs(const IniSection& section, const std::string& group, int priority) {
        const auto title = find_title(section.name);
        const ProgramFrame frame{.group = group,
                                 .group_priority = priority,
                                 .names = names_,
                                 .environment = environment_,
                                 .critical = critical_};
        for (ProgramConfig& program : read_processes(section, *title, frame, config_.notices))
            config_.programs.push_back(std::move(program));
    }

    void read_servers() {
        for (const IniSection& found : sections_) {
            const auto title = find_title(found.name);
            if (!title) continue;
            const Section section(found, names_);
            if (title->kind == SectionKind::unix_http_server) {
                ServerConfig server = start_server(section);
                server.path = section.text("file");
                if (server.path.empty()) section.refuse("file", "is missing");
                server.mode = section.octal("chmod").value_or(0700);
                server.owner = section.text("chown");
                config_.servers.push_back(std::move(server));
            } else if (title->kind == SectionKind::inet_http_server) {
                ServerConfig server = start_server(section);
                read_address(section, "port", section.text("port"), server);
                config_.servers.push_back(std::move(server));
            } else if (title->kind == SectionKind::health) {
                read_health(section);
            }
        }
    }

    static ServerConfig start_server(const Section& section) {
        ServerConfig server;
        server.place = section.place();
        server.username = section.text("username");
        server.password = section.text("password");
        if (section.has("username") != section.has("password")) {
            section.refuse(section.has("username") ? "username" : "password",
                           "stands alone: it takes both a username and a password");
        }
        return server;
    }

    static void read_address(const Section& section,
                             std::string_view key,
                             const std::string& text,
                             ServerConfig& server) {
        const std::size_t colon = text.rfind(':');
        std::string host = colon == std::string::npos ? "" : text.substr(0, colon);
        const auto port = parse_integer(
            std::string_view(text).substr(colon == std::string::npos ? 0 : colon + 1));
        if (!port || *port < 1 || *port > 65535) {
            section.refuse(key, fmt::format("is \"{}\", not ADDRESS:PORT", text));
        }
        if (host == "localhost") host = "127.0.0.1";
        server.host = host == "*" ? "0.0.0.0" : host;
        if (server.host.empty()) server.host = "0.0.0.0";
        server.port = static_cast<std::uint16_t>(*port);
    }

    void read_health(const Section& section) {
        if (section.has("socket")) {
            ServerConfig server;
            server.place = section.place_of("socket");
            server.path = section.text("socket");
            server.mode = section.octal("socket_mode").value_or(0666);
            config_.health_socket = server;
        }
        if (section.has("port")) {
            ServerConfig server;
            server.place = section.place_of("port");
            const std::string text = section.text("port");
            const std::string host = section.text("host", "127.0.0.1");
            read_address(section,
                         "port",
                         text.find(':') == std::string::npos ? host + ":" + text : text,
                         server);
            config_.health_port = server;
        }
    }

    void note(Place place, std::string text) {
        config_.notices.push_back({std::move(place), std::move(text)});
    }

    const Surroundings& surroundings_;
    Config config_;
    std::vector<IniSection> sections_;
    Expansions names_;
    Variables environment_;
    bool critical_ = false;
    std::set<std::string> grouped_;
};

}  // namespace

Config read_config(const std::string& file, const Surroundings& surroundings) {
    return ConfigReader(file, surroundings).read();
}

}  // namespace poststack::supervise
