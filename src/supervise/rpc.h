// supervisord's XML-RPC interface over the supervisor.
#pragma once

#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervise/http_server.h"
#include "supervise/supervisor.h"
#include "supervise/xmlrpc.h"

namespace poststack::supervise {

/// supervisord's fault numbers.
enum class Fault {
    unknown_method = 1,
    incorrect_parameters = 2,
    bad_arguments = 3,
    shutdown_state = 6,
    bad_name = 10,
    bad_signal = 11,
    no_file = 20,
    not_executable = 21,
    failed = 30,
    abnormal_termination = 40,
    spawn_error = 50,
    already_started = 60,
    not_running = 70,
    success = 80,
    already_added = 90,
    still_running = 91,
    cant_reread = 92,
};

struct RpcFault {
    Fault code = Fault::failed;
    std::string about;
};

/// What a method comes to: a value or a fault.
using RpcOutcome = std::variant<XmlValue, RpcFault>;

class Rpc {
  public:
    struct Hooks {
        std::function<Config()> reread;
        std::function<void()> restart;  ///< stop everything, then begin anew
        std::function<void(const std::string& type, const std::string& data)> communicate;
        std::function<void(const std::string& event, const std::string& group)> group_changed;
    };

    Rpc(Supervisor& supervisor, Hooks hooks);

    /// Answers POST /RPC2.
    void handle(std::string_view body, Reply reply);

    /// GET /logtail/NAME[/stdout|/stderr] and /mainlogtail: the end of a log, and what comes to it.
    void tail(std::string_view target, Reply reply);

    /// After every turn of the loop: looks whether what was waited for has happened.
    void settle();

  private:
    /// Nothing while it is not decided.
    using Wait = std::function<std::optional<RpcOutcome>()>;
    using Params = XmlValue::Array;
    using Method = std::optional<RpcOutcome> (Rpc::*)(const Params&, Wait&);

    struct Pending {
        Wait wait;
        Reply reply;
    };

    struct Tail {
        std::string path;
        std::uint64_t offset = 0;
        Reply reply;
    };

    struct Entry {
        std::string_view name;
        Method method;
    };

    static const std::vector<Entry>& methods();
    std::optional<RpcOutcome> call(const XmlCall& call, Wait& wait);

    // rpc.cc: about the supervisor
    std::optional<RpcOutcome> get_version(const Params&, Wait&);
    std::optional<RpcOutcome> get_product(const Params&, Wait&);
    std::optional<RpcOutcome> get_identification(const Params&, Wait&);
    std::optional<RpcOutcome> get_state(const Params&, Wait&);
    std::optional<RpcOutcome> get_pid(const Params&, Wait&);
    std::optional<RpcOutcome> list_methods(const Params&, Wait&);
    std::optional<RpcOutcome> multicall(const Params&, Wait&);
    std::optional<RpcOutcome> shutdown(const Params&, Wait&);
    std::optional<RpcOutcome> restart(const Params&, Wait&);
    std::optional<RpcOutcome> reload_config(const Params&, Wait&);
    std::optional<RpcOutcome> add_group(const Params&, Wait&);
    std::optional<RpcOutcome> remove_group(const Params&, Wait&);
    std::optional<RpcOutcome> send_event(const Params&, Wait&);

    // rpc_programs.cc: about programs
    std::optional<RpcOutcome> all_info(const Params&, Wait&);
    std::optional<RpcOutcome> info(const Params&, Wait&);
    std::optional<RpcOutcome> config_info(const Params&, Wait&);
    std::optional<RpcOutcome> start_one(const Params&, Wait&);
    std::optional<RpcOutcome> start_group(const Params&, Wait&);
    std::optional<RpcOutcome> start_all(const Params&, Wait&);
    std::optional<RpcOutcome> stop_one(const Params&, Wait&);
    std::optional<RpcOutcome> stop_group(const Params&, Wait&);
    std::optional<RpcOutcome> stop_all(const Params&, Wait&);
    std::optional<RpcOutcome> signal_one(const Params&, Wait&);
    std::optional<RpcOutcome> signal_group(const Params&, Wait&);
    std::optional<RpcOutcome> signal_all(const Params&, Wait&);
    std::optional<RpcOutcome> send_stdin(const Params&, Wait&);

    // rpc_logs.cc
    std::optional<RpcOutcome> read_main_log(const Params&, Wait&);
    std::optional<RpcOutcome> clear_main_log(const Params&, Wait&);
    std::optional<RpcOutcome> read_stdout(const Params&, Wait&);
    std::optional<RpcOutcome> read_stderr(const Params&, Wait&);
    std::optional<RpcOutcome> tail_stdout(const Params&, Wait&);
    std::optional<RpcOutcome> tail_stderr(const Params&, Wait&);
    std::optional<RpcOutcome> clear_one(const Params&, Wait&);
    std::optional<RpcOutcome> clear_all(const Params&, Wait&);
    std::optional<RpcOutcome> read_log(const Params& params, bool is_stderr);
    std::optional<RpcOutcome> tail_log(const Params& params, bool is_stderr);

    [[nodiscard]] std::vector<Unit*> all_units(bool lexical) const;
    /// False once the unit was taken out of the configuration: the pointer is dead then.
    [[nodiscard]] bool knows(const Unit* unit) const noexcept;
    [[nodiscard]] XmlValue describe(const Unit& unit) const;
    std::optional<RpcOutcome> begin_start(Unit& unit, Wait& wait);
    std::optional<RpcOutcome> start_many(const std::vector<Unit*>& units, bool waits, Wait& wait);
    std::optional<RpcOutcome> stop_many(const std::vector<Unit*>& units, bool waits, Wait& wait);
    RpcOutcome signal_many(const std::vector<Unit*>& units, int number);
    /// The unit of "group:name" or "name"; `whole` is set for "group:*".
    Unit* find_unit(const Params& params, bool& whole, std::string& group);

    Supervisor& supervisor_;
    Hooks hooks_;
    std::list<Pending> pending_;
    std::list<Tail> tails_;
};

/// "pid 12, uptime 1 day, 0:00:05", "Jan 02 03:04 PM", "Not started": as supervisorctl prints it.
[[nodiscard]] std::string describe_state(const Unit& unit);

}  // namespace poststack::supervise
