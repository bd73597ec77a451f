#include "supervise/ctl_session.h"

#include <array>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "supervise/local_http.h"
#include "supervise/rpc.h"

namespace poststack::supervise {
namespace {

// supervisorctl's exit codes.
constexpr int some_failed = 1;
constexpr int wrong_name = 2;    ///< of a group to be started
constexpr int not_all_run = 3;   ///< status
constexpr int unknown_name = 4;  ///< status
constexpr int not_running = 7;   ///< pid, signal

const ServerConfig& find_server(const Config& config) {
    for (const ServerConfig& server : config.servers) {
        if (!server.path.empty()) return server;
    }
    if (!config.servers.empty()) return config.servers.front();
    throw Error(ErrorKind::config,
                fmt::format("\"{}\" opens no socket to steer it by", config.file))
        .hint("Add a section [unix_http_server] with \"file = PATH\".");
}

/// "group:name", or the name alone where both are the same.
std::string full_name(const XmlValue& info) {
    const auto member = [&info](std::string_view key) {
        const XmlValue* value = info.find(key);
        const std::string* text = value == nullptr ? nullptr : value->text();
        return text == nullptr ? std::string() : *text;
    };
    const std::string name = member("name");
    const std::string group = member("group");
    return group.empty() || group == name ? name : group + ":" + name;
}

std::string text_of(const XmlValue& info, std::string_view key) {
    const XmlValue* value = info.find(key);
    const std::string* text = value == nullptr ? nullptr : value->text();
    return text == nullptr ? "" : *text;
}

std::int64_t number_of(const XmlValue& info, std::string_view key) {
    const XmlValue* value = info.find(key);
    return value == nullptr ? 0 : value->integer().value_or(0);
}

/// The words in "NAME: ERROR (words)".
std::string_view words_of(Fault fault) noexcept {
    switch (fault) {
        case Fault::bad_name: return "no such process";
        case Fault::bad_signal: return "bad signal name";
        case Fault::no_file: return "no such file";
        case Fault::not_executable: return "file is not executable";
        case Fault::abnormal_termination: return "abnormal termination";
        case Fault::spawn_error: return "spawn error";
        case Fault::already_started: return "already started";
        case Fault::not_running: return "not running";
        case Fault::shutdown_state: return "shutting down";
        default: return "failed";
    }
}

/// "group" of "group:*" and "group:"; nothing for the name of one program.
std::optional<std::string> group_of(std::string_view name) {
    if (name.ends_with(":*")) name.remove_suffix(1);
    if (!name.ends_with(':')) return std::nullopt;
    return std::string(name.substr(0, name.size() - 1));
}

}  // namespace

Ctl::Ctl(const Config& config) : server_(find_server(config)) {}

Ctl::Answer Ctl::call(const std::string& method, XmlValue::Array params) {
    // A program may take its stopwaitsecs to stop: no limit.
    const LocalAnswer answer =
        ask_local(server_,
                  {.method = "POST",
                   .target = "/RPC2",
                   .body = call_text({"supervisor." + method, std::move(params)}),
                   .limit = std::chrono::milliseconds(0)});
    if (answer.status == 401) {
        throw Error(ErrorKind::denied, "poststack-init runs with another username or password")
            .hint("Name the file it was started with by -c FILE.");
    }
    auto parsed = parse_response(answer.body);
    if (!parsed) throw Error(ErrorKind::io, "what answers on the socket is no poststack-init");
    return std::move(*parsed);
}

XmlValue Ctl::value(const std::string& method, XmlValue::Array params) {
    Answer answer = call(method, std::move(params));
    if (const auto* fault = std::get_if<XmlFault>(&answer)) {
        throw Error(ErrorKind::io, fmt::format("poststack-init refused: {}", fault->text));
    }
    return std::get<XmlValue>(std::move(answer));
}

void Ctl::tell(const std::string& name, std::int64_t code, const Verb& verb) {
    const auto fault = static_cast<Fault>(code);
    if (fault == Fault::success) {
        say(fmt::format("{}: {}", name, verb.done));
        return;
    }
    say(fmt::format("{}: ERROR ({})", name, words_of(fault)));
    if (fault == Fault::not_running && verb.method == "signal") {
        fail(not_running);
    } else if (fault != Fault::already_started && fault != Fault::not_running) {
        fail(some_failed);  // what was so already is no failure
    }
}

void Ctl::tell_all(const XmlValue& results, const Verb& verb) {
    const XmlValue::Array* list = results.array();
    if (list == nullptr) return;
    for (const XmlValue& result : *list)
        tell(full_name(result), number_of(result, "status"), verb);
}

void Ctl::act(Words names, const Verb& verb, const XmlValue::Array& extra) {
    if (std::ranges::find(names, "all") != names.end()) {
        tell_all(value(fmt::format("{}AllProcesses", verb.method), extra), verb);
        return;
    }
    for (const std::string& name : names) {
        const auto group = group_of(name);
        XmlValue::Array params{XmlValue(group.value_or(name))};
        params.insert(params.end(), extra.begin(), extra.end());
        const Answer answer =
            call(fmt::format("{}Process{}", verb.method, group ? "Group" : ""), std::move(params));
        const auto* fault = std::get_if<XmlFault>(&answer);
        if (fault != nullptr && group && fault->code == static_cast<int>(Fault::bad_name)) {
            say(fmt::format("{}: ERROR (no such group)", *group));
            fail(verb.method == "start" ? wrong_name : some_failed);
        } else if (fault != nullptr) {
            tell(name, fault->code, verb);
        } else if (group) {
            tell_all(std::get<XmlValue>(answer), verb);
        } else {
            tell(name, static_cast<int>(Fault::success), verb);
        }
    }
}

void Ctl::status(Words words) {
    const XmlValue all = value("getAllProcessInfo");
    const XmlValue::Array* infos = all.array();
    if (infos == nullptr) return;
    const auto is_meant = [](const XmlValue& info, const std::string& word) {
        const auto group = group_of(word);
        return word == "all" ||
               (group ? text_of(info, "group") == *group : full_name(info) == word);
    };
    for (const std::string& word : words) {
        if (word == "all") continue;
        if (std::ranges::any_of(*infos, [&](const auto& info) { return is_meant(info, word); }))
            continue;
        const auto group = group_of(word);
        say(fmt::format(
            "{}: ERROR (no such {})", group.value_or(word), group ? "group" : "process"));
        fail(unknown_name);
    }
    std::vector<const XmlValue*> shown;
    std::size_t width = 30;
    for (const XmlValue& info : *infos) {
        const bool is_shown = words.empty() || std::ranges::any_of(words, [&](const auto& word) {
                                  return is_meant(info, word);
                              });
        if (!is_shown) continue;
        shown.push_back(&info);
        width = std::max(width, full_name(info).size());
    }
    constexpr std::array<std::string_view, 4> down{"STOPPED", "EXITED", "FATAL", "UNKNOWN"};
    for (const XmlValue* info : shown) {
        const std::string state = text_of(*info, "statename");
        say(fmt::format(
            "{:<{}}{:<10}{}", full_name(*info), width + 3, state, text_of(*info, "description")));
        if (std::ranges::find(down, state) != down.end()) fail(not_all_run);
    }
}

void Ctl::clear(Words words) {
    if (std::ranges::find(words, "all") != words.end()) {
        tell_all(value("clearAllProcessLogs"), {"clear", "cleared"});
        return;
    }
    for (const std::string& name : words) {
        const Answer answer = call("clearProcessLogs", {XmlValue(name)});
        const auto* fault = std::get_if<XmlFault>(&answer);
        tell(name,
             fault == nullptr ? static_cast<int>(Fault::success) : fault->code,
             {"clear", "cleared"});
    }
}

void Ctl::tail(Words words) {
    std::int64_t bytes = 1600;
    if (words.front().starts_with('-')) {
        bytes = parse_integer(std::string_view(words.front()).substr(1)).value_or(bytes);
        words = words.subspan(1);
    }
    const bool is_error = words.size() > 1 && words[1] == "stderr";
    const Answer answer = call(is_error ? "readProcessStderrLog" : "readProcessStdoutLog",
                               {XmlValue(words.front()), XmlValue(-bytes), XmlValue(0)});
    if (const auto* fault = std::get_if<XmlFault>(&answer)) {
        const auto code = static_cast<Fault>(fault->code);
        const std::string_view why = code == Fault::bad_name  ? "no such process name"
                                     : code == Fault::no_file ? "no log file"
                                                              : "unknown error reading log";
        say(fmt::format("{}: ERROR ({})", words.front(), why));
        fail(some_failed);
        return;
    }
    const std::string* said = std::get<XmlValue>(answer).text();
    say(said == nullptr ? "" : *said);
}

void Ctl::pid(Words words) {
    if (words.empty()) {
        say(std::to_string(value("getPID").integer().value_or(0)));
        return;
    }
    if (words.front() == "all") {
        const XmlValue all = value("getAllProcessInfo");
        for (const XmlValue& info : *all.array())
            say(std::to_string(number_of(info, "pid")));
        return;
    }
    for (const std::string& name : words) {
        const Answer answer = call("getProcessInfo", {XmlValue(name)});
        if (std::holds_alternative<XmlFault>(answer)) {
            say(fmt::format("No such process {}", name));
            fail(some_failed);
        } else {
            const std::int64_t found = number_of(std::get<XmlValue>(answer), "pid");
            say(std::to_string(found));
            if (found == 0) fail(not_running);
        }
    }
}

void Ctl::version(Words /*words*/) {
    const XmlValue said = value("getSupervisorVersion");
    say(said.text() == nullptr ? "" : *said.text());
}

void Ctl::avail(Words /*words*/) {
    const XmlValue all = value("getAllConfigInfo");
    const XmlValue::Array* infos = all.array();
    if (infos == nullptr) return;
    std::size_t width = 30;
    for (const XmlValue& info : *infos)
        width = std::max(width, full_name(info).size());
    const auto is = [](const XmlValue& info, std::string_view key) {
        const XmlValue* found = info.find(key);
        return found != nullptr && found->boolean().value_or(false);
    };
    for (const XmlValue& info : *infos) {
        say(fmt::format("{:<{}}{:<10}{:<10}{}:{}",
                        full_name(info),
                        width + 3,
                        is(info, "inuse") ? "in use" : "avail",
                        is(info, "autostart") ? "auto" : "manual",
                        number_of(info, "group_prio"),
                        number_of(info, "process_prio")));
    }
}

}  // namespace poststack::supervise
