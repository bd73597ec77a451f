#include "supervise/rpc.h"

#include <algorithm>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "supervise/log_reader.h"

namespace poststack::supervise {
namespace {

constexpr std::string_view api_version = "3.0";
/// The supervisord whose interface this is: supervisorctl shows it.
constexpr std::string_view supervisor_version = "4.2.5";

std::string_view name(Fault fault) noexcept {
    switch (fault) {
        case Fault::unknown_method: return "UNKNOWN_METHOD";
        case Fault::incorrect_parameters: return "INCORRECT_PARAMETERS";
        case Fault::bad_arguments: return "BAD_ARGUMENTS";
        case Fault::shutdown_state: return "SHUTDOWN_STATE";
        case Fault::bad_name: return "BAD_NAME";
        case Fault::bad_signal: return "BAD_SIGNAL";
        case Fault::no_file: return "NO_FILE";
        case Fault::not_executable: return "NOT_EXECUTABLE";
        case Fault::failed: return "FAILED";
        case Fault::abnormal_termination: return "ABNORMAL_TERMINATION";
        case Fault::spawn_error: return "SPAWN_ERROR";
        case Fault::already_started: return "ALREADY_STARTED";
        case Fault::not_running: return "NOT_RUNNING";
        case Fault::success: return "SUCCESS";
        case Fault::already_added: return "ALREADY_ADDED";
        case Fault::still_running: return "STILL_RUNNING";
        case Fault::cant_reread: return "CANT_REREAD";
    }
    return "FAILED";
}

std::string fault_words(const RpcFault& fault) {
    return fault.about.empty() ? std::string(name(fault.code))
                               : fmt::format("{}: {}", name(fault.code), fault.about);
}

std::string to_text(const RpcOutcome& outcome) {
    if (const auto* fault = std::get_if<RpcFault>(&outcome)) {
        return fault_text(static_cast<int>(fault->code), fault_words(*fault));
    }
    return response_text(std::get<XmlValue>(outcome));
}

XmlValue::Array to_array(const std::vector<std::string>& names) {
    XmlValue::Array array;
    for (const std::string& text : names)
        array.emplace_back(text);
    return array;
}

RpcOutcome wrong_parameters() {
    return RpcFault{Fault::incorrect_parameters, {}};
}

}  // namespace

Rpc::Rpc(Supervisor& supervisor, Hooks hooks) : supervisor_(supervisor), hooks_(std::move(hooks)) {}

const std::vector<Rpc::Entry>& Rpc::methods() {
    static const std::vector<Entry> table{
        {"supervisor.addProcessGroup", &Rpc::add_group},
        {"supervisor.clearAllProcessLogs", &Rpc::clear_all},
        {"supervisor.clearLog", &Rpc::clear_main_log},
        {"supervisor.clearProcessLog", &Rpc::clear_one},
        {"supervisor.clearProcessLogs", &Rpc::clear_one},
        {"supervisor.getAPIVersion", &Rpc::get_version},
        {"supervisor.getAllConfigInfo", &Rpc::config_info},
        {"supervisor.getAllProcessInfo", &Rpc::all_info},
        {"supervisor.getIdentification", &Rpc::get_identification},
        {"supervisor.getPID", &Rpc::get_pid},
        {"supervisor.getProcessInfo", &Rpc::info},
        {"supervisor.getState", &Rpc::get_state},
        {"supervisor.getSupervisorVersion", &Rpc::get_product},
        {"supervisor.getVersion", &Rpc::get_version},
        {"supervisor.readLog", &Rpc::read_main_log},
        {"supervisor.readMainLog", &Rpc::read_main_log},
        {"supervisor.readProcessLog", &Rpc::read_stdout},
        {"supervisor.readProcessStderrLog", &Rpc::read_stderr},
        {"supervisor.readProcessStdoutLog", &Rpc::read_stdout},
        {"supervisor.reloadConfig", &Rpc::reload_config},
        {"supervisor.removeProcessGroup", &Rpc::remove_group},
        {"supervisor.restart", &Rpc::restart},
        {"supervisor.sendProcessStdin", &Rpc::send_stdin},
        {"supervisor.sendRemoteCommEvent", &Rpc::send_event},
        {"supervisor.shutdown", &Rpc::shutdown},
        {"supervisor.signalAllProcesses", &Rpc::signal_all},
        {"supervisor.signalProcess", &Rpc::signal_one},
        {"supervisor.signalProcessGroup", &Rpc::signal_group},
        {"supervisor.startAllProcesses", &Rpc::start_all},
        {"supervisor.startProcess", &Rpc::start_one},
        {"supervisor.startProcessGroup", &Rpc::start_group},
        {"supervisor.stopAllProcesses", &Rpc::stop_all},
        {"supervisor.stopProcess", &Rpc::stop_one},
        {"supervisor.stopProcessGroup", &Rpc::stop_group},
        {"supervisor.tailProcessLog", &Rpc::tail_stdout},
        {"supervisor.tailProcessStderrLog", &Rpc::tail_stderr},
        {"supervisor.tailProcessStdoutLog", &Rpc::tail_stdout},
        {"system.listMethods", &Rpc::list_methods},
        {"system.multicall", &Rpc::multicall},
    };
    return table;
}

std::optional<RpcOutcome> Rpc::call(const XmlCall& call, Wait& wait) {
    const auto found = std::ranges::find(methods(), call.method, &Entry::name);
    if (found == methods().end()) return RpcFault{Fault::unknown_method, {}};
    // While everything stops only looking is allowed.
    const bool looks =
        call.method.find(".get") != std::string::npos || call.method.starts_with("system.");
    if (supervisor_.is_stopping() && !looks) return RpcFault{Fault::shutdown_state, {}};
    try {
        return (this->*found->method)(call.params, wait);
    } catch (const Error& error) {
        return RpcFault{Fault::failed, error.what()};
    }
}

void Rpc::handle(std::string_view body, Reply reply) {
    const auto request = parse_call(body);
    if (!request) {
        reply.send(400, "text/plain", "no XML-RPC call\n");
        return;
    }
    Wait wait;
    if (const auto outcome = call(*request, wait)) {
        reply.send(200, "text/xml", to_text(*outcome));
        return;
    }
    pending_.push_back({std::move(wait), std::move(reply)});
}

void Rpc::settle() {
    for (auto pending = pending_.begin(); pending != pending_.end();) {
        const auto outcome =
            pending->reply.is_wanted() ? pending->wait() : std::optional(RpcOutcome(RpcFault{}));
        if (!outcome) {
            ++pending;
            continue;
        }
        pending->reply.send(200, "text/xml", to_text(*outcome));
        pending = pending_.erase(pending);
    }
    for (auto tail = tails_.begin(); tail != tails_.end();) {
        if (!tail->reply.is_wanted()) {
            tail = tails_.erase(tail);
            continue;
        }
        LogReader reader(tail->path);
        if (reader.size() < tail->offset) tail->offset = 0;  // rotated or cleared
        if (reader.size() > tail->offset) {
            const std::string piece = reader.read(tail->offset, 64U << 10);
            tail->offset += piece.size();
            tail->reply.write(piece);
        }
        ++tail;
    }
}

std::optional<RpcOutcome> Rpc::get_version(const Params& /*params*/, Wait& /*wait*/) {
    return XmlValue(api_version);
}

std::optional<RpcOutcome> Rpc::get_product(const Params& /*params*/, Wait& /*wait*/) {
    return XmlValue(supervisor_version);
}

std::optional<RpcOutcome> Rpc::get_identification(const Params& /*params*/, Wait& /*wait*/) {
    return XmlValue(supervisor_.config().daemon.identifier);
}

std::optional<RpcOutcome> Rpc::get_state(const Params& /*params*/, Wait& /*wait*/) {
    const bool stops = supervisor_.is_stopping();
    return XmlValue(XmlValue::Struct{{"statecode", stops ? -1 : 1},
                                     {"statename", stops ? "SHUTDOWN" : "RUNNING"}});
}

std::optional<RpcOutcome> Rpc::get_pid(const Params& /*params*/, Wait& /*wait*/) {
    return XmlValue(::getpid());
}

std::optional<RpcOutcome> Rpc::list_methods(const Params& /*params*/, Wait& /*wait*/) {
    XmlValue::Array names;
    for (const Entry& entry : methods())
        names.emplace_back(entry.name);
    return XmlValue(std::move(names));
}

std::optional<RpcOutcome> Rpc::multicall(const Params& params, Wait& wait) {
    const XmlValue::Array* calls = params.size() == 1 ? params[0].array() : nullptr;
    if (calls == nullptr) return wrong_parameters();
    struct Item {
        std::optional<RpcOutcome> outcome;
        Wait wait;
    };
    auto items = std::make_shared<std::vector<Item>>();
    for (const XmlValue& one : *calls) {
        const XmlValue* method = one.find("methodName");
        const XmlValue* arguments = one.find("params");
        Item item;
        if (method == nullptr || method->text() == nullptr ||
            *method->text() == "system.multicall") {
            item.outcome = wrong_parameters();
        } else {
            XmlCall inner{*method->text(), {}};
            if (arguments != nullptr && arguments->array() != nullptr) {
                inner.params = *arguments->array();
            }
            item.outcome = call(inner, item.wait);
        }
        items->push_back(std::move(item));
    }
    wait = [items]() -> std::optional<RpcOutcome> {
        XmlValue::Array results;
        for (Item& item : *items) {
            if (!item.outcome) item.outcome = item.wait();
            if (!item.outcome) return std::nullopt;
            if (const auto* fault = std::get_if<RpcFault>(&*item.outcome)) {
                results.emplace_back(XmlValue::Struct{{"faultCode", static_cast<int>(fault->code)},
                                                      {"faultString", fault_words(*fault)}});
            } else {
                results.emplace_back(XmlValue::Array{std::get<XmlValue>(*item.outcome)});
            }
        }
        return XmlValue(std::move(results));
    };
    return wait();
}

std::optional<RpcOutcome> Rpc::shutdown(const Params& /*params*/, Wait& /*wait*/) {
    supervisor_.begin_shutdown(nullptr, std::chrono::steady_clock::now());
    return XmlValue(true);
}

std::optional<RpcOutcome> Rpc::restart(const Params& /*params*/, Wait& /*wait*/) {
    hooks_.restart();
    return XmlValue(true);
}

std::optional<RpcOutcome> Rpc::reload_config(const Params& /*params*/, Wait& /*wait*/) {
    try {
        const ConfigChange change = supervisor_.take_config(hooks_.reread());
        return XmlValue(XmlValue::Array{XmlValue::Array{
            to_array(change.added), to_array(change.changed), to_array(change.removed)}});
    } catch (const Error& error) {
        return RpcFault{Fault::cant_reread, error.what()};
    }
}

std::optional<RpcOutcome> Rpc::add_group(const Params& params, Wait& /*wait*/) {
    if (params.empty() || params[0].text() == nullptr) return wrong_parameters();
    const std::string& group = *params[0].text();
    if (!supervisor_.is_configured(group)) return RpcFault{Fault::bad_name, group};
    if (!supervisor_.add_group(group, std::chrono::steady_clock::now())) {
        return RpcFault{Fault::already_added, group};
    }
    hooks_.group_changed("PROCESS_GROUP_ADDED", group);
    return XmlValue(true);
}

std::optional<RpcOutcome> Rpc::remove_group(const Params& params, Wait& /*wait*/) {
    if (params.empty() || params[0].text() == nullptr) return wrong_parameters();
    const std::string& group = *params[0].text();
    if (supervisor_.group(group).empty()) return RpcFault{Fault::bad_name, group};
    if (!supervisor_.remove_group(group)) return RpcFault{Fault::still_running, group};
    hooks_.group_changed("PROCESS_GROUP_REMOVED", group);
    return XmlValue(true);
}

std::optional<RpcOutcome> Rpc::send_event(const Params& params, Wait& /*wait*/) {
    if (params.size() < 2 || params[0].text() == nullptr || params[1].text() == nullptr) {
        return wrong_parameters();
    }
    hooks_.communicate(*params[0].text(), *params[1].text());
    return XmlValue(true);
}

}  // namespace poststack::supervise
