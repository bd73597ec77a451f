#include "supervise/health.h"

#include <array>
#include <chrono>

#include <fmt/format.h>

#include "supervise/program_log.h"

namespace poststack::supervise {
namespace {

using std::chrono::steady_clock;

/// Programs that somebody has stopped, or that are not started by themselves, do not count.
bool counts(const Unit& unit) noexcept {
    return !unit.config.is_listener && (unit.wanted || unit.config.autostart) &&
           unit.last.reason != Reason::requested &&
           !(unit.state() == State::exited && unit.last.signal == 0 && unit.last.code == 0);
}

bool is_dead(const Unit& unit) noexcept {
    return unit.config.critical && unit.state() == State::fatal;
}

std::string json_text(std::string_view text) {
    std::string result = "\"";
    append_json(result, text);
    return result + "\"";
}

std::string program_json(const Supervisor& supervisor, const Unit& unit) {
    const bool ready = supervisor.is_ready(unit);
    std::string text = fmt::format("{{\"name\":{},\"state\":\"{}\",\"ready\":{},\"critical\":{}",
                                   json_text(unit.name),
                                   name(unit.state()),
                                   ready,
                                   unit.config.critical);
    if (unit.pid > 0) {
        const auto up = std::chrono::duration<double>(steady_clock::now() - unit.started).count();
        text += fmt::format(",\"pid\":{},\"uptime_seconds\":{:.3f}", unit.pid, up);
    }
    text += fmt::format(",\"starts\":{}", unit.starts);
    if (const std::string why = supervisor.unready_text(unit); !ready && !why.empty()) {
        text += ",\"detail\":" + json_text(why);
    }
    if (unit.last.reason != Reason::none) {
        text += fmt::format(
            ",\"last_end\":{{\"reason\":\"{}\",\"text\":{},\"exit_code\":{},\"signal\":{}}}",
            name(unit.last.reason),
            json_text(unit.last.to_text()),
            unit.last.code,
            unit.last.signal);
    }
    return text + "}";
}

/// How the run before this one ended; nothing where that is not known.
std::string last_run_json(const Supervisor& supervisor) {
    const auto& before = supervisor.before();
    if (!before) return {};
    if (!before->exit) return ",\"last_run\":{\"reason\":\"killed\"}";
    return fmt::format(",\"last_run\":{{\"exit_code\":{},\"reason\":{}}}",
                       before->exit->code,
                       json_text(before->exit->reason));
}

HealthAnswer health(const Supervisor& supervisor, bool judges_ready) {
    bool ready = !supervisor.is_stopping();
    bool live = true;
    std::string programs;
    for (const auto& unit : supervisor.units()) {
        if (counts(*unit) && !supervisor.is_ready(*unit)) ready = false;
        if (is_dead(*unit)) live = false;
        programs += (programs.empty() ? "" : ",") + program_json(supervisor, *unit);
    }
    HealthAnswer answer;
    answer.status = (judges_ready ? ready : live) ? 200 : 503;
    answer.body =
        fmt::format("{{\"status\":\"{}\",\"live\":{},\"ready\":{}{},\"programs\":[{}]}}\n",
                    supervisor.is_stopping() ? "stopping" : (ready ? "ready" : "not ready"),
                    live,
                    ready,
                    last_run_json(supervisor),
                    programs);
    return answer;
}

/// Label values escape what JSON strings do, and nothing else.
std::string label(const Unit& unit) {
    return fmt::format("{{program={}}}", json_text(unit.name));
}

HealthAnswer metrics(const Supervisor& supervisor) {
    struct Metric {
        std::string_view name;
        std::string_view kind;
        std::string_view help;
        double (*value)(const Supervisor& supervisor, const Unit& unit);
    };
    static constexpr std::array<Metric, 7> table{{
        {"up",
         "gauge",
         "1 while a process of the program exists.",
         [](const Supervisor&, const Unit& unit) { return unit.pid > 0 ? 1.0 : 0.0; }},
        {"ready",
         "gauge",
         "1 while the program is ready.",
         [](const Supervisor& all, const Unit& unit) { return all.is_ready(unit) ? 1.0 : 0.0; }},
        {"state",
         "gauge",
         "The state, in supervisord's numbers.",
         [](const Supervisor&, const Unit& unit) { return static_cast<double>(unit.state()); }},
        {"starts_total",
         "counter",
         "How often it was started.",
         [](const Supervisor&, const Unit& unit) { return static_cast<double>(unit.starts); }},
        {"uptime_seconds",
         "gauge",
         "How long its process has lived.",
         [](const Supervisor&, const Unit& unit) {
             if (unit.pid <= 0) return 0.0;
             return std::chrono::duration<double>(steady_clock::now() - unit.started).count();
         }},
        {"log_bytes_total",
         "counter",
         "What it has written.",
         [](const Supervisor&, const Unit& unit) {
             const bool two = unit.err && unit.err != unit.out;
             return static_cast<double>(unit.out->bytes() + (two ? unit.err->bytes() : 0));
         }},
        {"log_lost_bytes_total",
         "counter",
         "What its log files had no room for.",
         [](const Supervisor&, const Unit& unit) {
             const bool two = unit.err && unit.err != unit.out;
             return static_cast<double>(unit.out->lost_bytes() +
                                        (two ? unit.err->lost_bytes() : 0));
         }},
    }};
    HealthAnswer answer;
    answer.type = "text/plain; version=0.0.4";
    for (const Metric& metric : table) {
        answer.body += fmt::format(
            "# HELP poststack_init_program_{} {}\n"
            "# TYPE poststack_init_program_{} {}\n",
            metric.name,
            metric.help,
            metric.name,
            metric.kind);
        for (const auto& unit : supervisor.units()) {
            answer.body += fmt::format("poststack_init_program_{}{} {}\n",
                                       metric.name,
                                       label(*unit),
                                       metric.value(supervisor, *unit));
        }
    }
    answer.body += fmt::format(
        "# HELP poststack_init_orphans_total Orphans that were reaped.\n"
        "# TYPE poststack_init_orphans_total counter\n"
        "poststack_init_orphans_total {}\n",
        supervisor.orphans());
    return answer;
}

}  // namespace

HealthAnswer answer_health(const Supervisor& supervisor, std::string_view target) {
    target = target.substr(0, target.find('?'));
    if (target == "/health" || target == "/health/ready") return health(supervisor, true);
    if (target == "/health/live") return health(supervisor, false);
    if (target == "/metrics") return metrics(supervisor);
    return {.status = 404, .type = "text/plain", .body = "there is /health and /metrics\n"};
}

void serve_health(const Supervisor& supervisor, const Request& request, Reply& reply) {
    if (request.head.method != "GET" && request.head.method != "HEAD") {
        reply.send(405, "text/plain", "");
        return;
    }
    const HealthAnswer answer = answer_health(supervisor, request.head.target);
    reply.send(answer.status, answer.type, answer.body);
}

}  // namespace poststack::supervise
