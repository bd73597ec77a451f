#include "cli/stack_command.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/output.h"
#include "base/text.h"
#include "cli/status_output.h"
#include "config/keys.h"
#include "instance/log_writer.h"

namespace poststack::cli {

namespace {

double milliseconds(std::chrono::nanoseconds duration) {
    return static_cast<double>(duration.count()) / 1e6;
}

std::vector<std::string> log_writer() {
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) return {};
    return {program.string(), instance::log_writer_flag};
}

Json step_json(const workflow::Step& step) {
    return {{"name", step.name},
            {"detail", step.detail},
            {"changed", step.changed},
            {"duration_ms", milliseconds(step.took)}};
}

/// Collects the steps for JSON while they are shown as text.
class StepList {
  public:
    void attach(workflow::StackRequest& request) {
        request.on_step = [this, show = std::move(request.on_step)](const workflow::Step& step) {
            steps_.push_back(step_json(step));
            if (show) show(step);
        };
    }

    [[nodiscard]] const Json& steps() const noexcept { return steps_; }

  private:
    Json steps_ = Json::array();
};

void print_up(Context& context, const Session& session, const workflow::UpResult& result) {
    context.out << fmt::format("{} is ready on {}:{} (database {}, user {}) after {}\n",
                               session.project.name,
                               result.endpoint.host,
                               result.endpoint.port,
                               result.endpoint.database,
                               result.endpoint.user,
                               human_duration(result.took));
}

Json up_json(const Session& session, const workflow::UpResult& result, const Json& steps) {
    return {{"project", session.project.name},
            {"state", "ready"},
            {"changed", result.changed},
            {"endpoint", endpoint_json(result.endpoint)},
            {"migrations_applied", result.migrations_applied},
            {"duration_ms", milliseconds(result.took)},
            {"steps", steps}};
}

}  // namespace

workflow::StackRequest stack_request(Context& context, const Session& session) {
    workflow::StackRequest request{.project = session.project,
                                   .env = session.env,
                                   .settings = session.settings,
                                   .environment = context.environment,
                                   .log_writer = log_writer(),
                                   .on_step = {},
                                   .on_notice = {}};
    request.on_notice = [&context](std::string_view notice) { say(context, notice); };
    if (!context.json()) {
        request.on_step = [&context](const workflow::Step& step) {
            say(context,
                fmt::format("{:<18} {} ({})", step.name, step.detail, human_duration(step.took)));
        };
    }
    return request;
}

config::Flags port_flags(const std::string& option, const std::optional<int>& port) {
    config::Flags flags;
    if (port) {
        flags.insert_or_assign(std::string(config::key::postgres_host_port),
                               config::Flag{option, std::to_string(*port)});
    }
    return flags;
}

void check_names(const Session& session, const std::vector<std::string>& names) {
    std::vector<std::string> known{
        "postgres", session.project.name, session.project.name + "-postgres"};
    if (const auto set = session.settings.find_text(config::key::postgres_container_name)) {
        known.push_back(*set);
    }
    for (const std::string& name : names) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        throw Error(ErrorKind::not_found,
                    fmt::format("stack \"{}\" has no \"{}\"", session.project.name, name))
            .hint(fmt::format("Its one server is called \"{}\".", known.front()));
    }
}

Option recreate_option(UpArgs& args) {
    return {.names = "--recreate",
            .value = {},
            .help = "Make a new container on the same data, whatever is there",
            .target = &args.recreate};
}

int run_up(Context& context, const Session& session, bool with_migrations, bool recreate) {
    auto request = stack_request(context, session);
    request.recreate = recreate;
    StepList steps;
    steps.attach(request);
    const auto result = with_migrations ? workflow::up(request) : workflow::start_server(request);
    if (context.json()) {
        context.print(up_json(session, result, steps.steps()));
    } else {
        print_up(context, session, result);
    }
    return 0;
}

namespace {

int stop_stack(Context& context, const Session& session, bool keep_container) {
    const auto result = workflow::down(stack_request(context, session), keep_container);
    if (context.json()) {
        context.print({{"project", session.project.name},
                       {"state", "stopped"},
                       {"was_running", result.was_running},
                       {"how", result.how.empty() ? Json(nullptr) : Json(result.how)},
                       {"duration_ms", milliseconds(result.took)}});
        return 0;
    }
    if (!result.was_running) {
        context.out << fmt::format("{} was not running\n", session.project.name);
    } else if (result.how == "immediate") {
        context.out << fmt::format(
            "{} is stopped, but not in time to shut down in order: the next start recovers it\n",
            session.project.name);
    } else {
        context.out << fmt::format("{} is stopped; its data stays\n", session.project.name);
    }
    return 0;
}

}  // namespace

int run_down(Context& context, const Session& session) {
    return stop_stack(context, session, false);
}

int run_stop(Context& context, const Session& session) {
    return stop_stack(context, session, true);
}

int run_restart(Context& context, const Session& session) {
    auto request = stack_request(context, session);
    StepList steps;
    steps.attach(request);
    const auto result = workflow::restart(request);
    if (context.json()) {
        Json document = up_json(session, result.up, steps.steps());
        document["was_running"] = result.down.was_running;
        context.print(document);
    } else {
        print_up(context, session, result.up);
    }
    return 0;
}

std::vector<Option> status_options(StatusArgs& args) {
    return {{.names = "--security",
             .value = {},
             .help = "Compare what the server was to be kept from with what was granted",
             .target = &args.security},
            {.names = "--strict",
             .value = {},
             .help = "Exit with 1 when something was not granted; includes --security",
             .target = &args.strict}};
}

int run_status(Context& context, const Session& session, const StatusArgs& args) {
    const auto request = stack_request(context, session);
    const auto status = workflow::status(request);
    const bool with_security = args.security || args.strict;
    std::vector<workflow::SecurityCheck> checks;
    if (with_security) checks = workflow::check_security(request);
    if (context.json()) {
        Json document = status_json(session.project.name, status);
        document["security"] = with_security ? security_json(checks) : Json(nullptr);
        context.print(document);
    } else {
        print_status(context, session.project.name, status);
        if (with_security) print_security(context, checks);
    }
    if (!args.strict) return 0;
    return !checks.empty() &&
                   std::all_of(
                       checks.begin(), checks.end(), [](const auto& check) { return check.ok(); })
               ? 0
               : 1;
}

int run_health(Context& context, const Session& session) {
    const auto health = workflow::health(stack_request(context, session));
    if (context.json()) {
        context.print({{"project", session.project.name},
                       {"ready", health.ready},
                       {"state", health.state},
                       {"reason", health.ready ? Json(nullptr) : Json(health.reason)},
                       {"hint", health.hint.empty() ? Json(nullptr) : Json(health.hint)},
                       {"duration_ms", milliseconds(health.took)}});
    } else if (health.ready) {
        context.out << fmt::format(
            "{} is ready ({})\n", session.project.name, human_duration(health.took));
    } else {
        context.out << fmt::format("{} is not ready: {}\n", session.project.name, health.reason);
        if (!health.hint.empty()) say(context, "hint: " + health.hint);
    }
    return health.ready ? 0 : 1;
}

}  // namespace poststack::cli
