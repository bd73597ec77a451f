#include "supervise/listeners.h"

#include <algorithm>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace poststack::supervise {
namespace {

constexpr std::int64_t shortest_tick = 5;
constexpr std::size_t longest_result = 1U << 20;

std::int64_t epoch_now() noexcept {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string state_payload(const Unit& unit, State from) {
    std::string text = fmt::format("processname:{} groupname:{} from_state:{}",
                                   unit.config.name,
                                   unit.config.group,
                                   name(from));
    switch (unit.state()) {
        case State::starting:
        case State::backoff: return text + fmt::format(" tries:{}", unit.life.backoff());
        case State::running:
        case State::stopping: return text + fmt::format(" pid:{}", unit.pid);
        case State::stopped: return text + fmt::format(" pid:{}", unit.stale_group);
        case State::exited: {
            const std::vector<int>& codes = unit.config.exitcodes;
            const bool expected =
                unit.last.signal == 0 && std::ranges::find(codes, unit.last.code) != codes.end();
            return text + fmt::format(" expected:{} pid:{}", expected ? 1 : 0, unit.stale_group);
        }
        default: return text;
    }
}

}  // namespace

Listeners::Listeners(Supervisor& supervisor) : supervisor_(supervisor) {
    supervisor_.observe([this](const Unit& unit, State from) { state_changed(unit, from); });
    refresh();
}

void Listeners::refresh() {
    std::map<std::string, Pool> pools;
    for (const auto& unit : supervisor_.units()) {
        if (!unit->config.is_listener) {
            hear(*unit);
            continue;
        }
        const std::string& group = unit->config.group;
        Pool& pool = pools[group];
        if (const auto old = pools_.find(group); old != pools_.end()) pool = old->second;
        pool.names = unit->config.events;
        pool.buffer_size = unit->config.buffer_size;
        Unit* const owner = unit.get();
        unit->out->on_bytes([this, owner](std::string_view bytes) { take_bytes(*owner, bytes); });
    }
    pools_ = std::move(pools);
    arm();
}

void Listeners::hear(Unit& unit) {
    const auto pass_on = [this, owner = &unit](ProgramLog& log, const std::string& channel) {
        log.on_bytes([this, owner, channel](std::string_view bytes) {
            announce("PROCESS_LOG_" + to_upper(channel),
                     fmt::format("processname:{} groupname:{} pid:{} channel:{}\n{}",
                                 owner->config.name,
                                 owner->config.group,
                                 owner->pid,
                                 channel,
                                 bytes));
        });
    };
    if (unit.config.stdout_log.events) pass_on(*unit.out, "stdout");
    if (unit.config.stderr_log.events && unit.err != unit.out) pass_on(*unit.err, "stderr");
}

bool Listeners::covers(const std::vector<std::string>& names, std::string_view event) noexcept {
    return std::ranges::any_of(names, [event](const std::string& name) {
        // PROCESS_STATE covers PROCESS_STATE_FATAL, TICK covers TICK_5; EVENT covers everything.
        return name == "EVENT" || name == event ||
               (event.starts_with(name) && event.size() > name.size() && event[name.size()] == '_');
    });
}

void Listeners::arm() {
    const bool wanted = std::ranges::any_of(pools_, [](const auto& entry) {
        return covers(entry.second.names, "TICK_5") || covers(entry.second.names, "TICK_60") ||
               covers(entry.second.names, "TICK_3600");
    });
    if (!wanted) {
        next_tick_.reset();
    } else if (!next_tick_) {
        last_when_ = epoch_now();
        const std::int64_t left = shortest_tick - last_when_ % shortest_tick;
        next_tick_ = std::chrono::steady_clock::now() + std::chrono::seconds(left);
    }
}

void Listeners::tick(Time now) {
    if (!next_tick_ || now < *next_tick_) return;
    const std::int64_t when = epoch_now();
    for (const std::int64_t period : {std::int64_t{5}, std::int64_t{60}, std::int64_t{3600}}) {
        if (when / period == last_when_ / period) continue;
        announce(fmt::format("TICK_{}", period), fmt::format("when:{}", when - when % period));
    }
    last_when_ = when;
    next_tick_ = now + std::chrono::seconds(shortest_tick - when % shortest_tick);
}

void Listeners::announce(const std::string& name, const std::string& payload) {
    const std::uint64_t serial = serial_++;
    for (auto& [group, pool] : pools_) {
        if (!covers(pool.names, name)) continue;
        if (pool.waiting.size() >= pool.buffer_size) {
            supervisor_.workshop().journal.warn(fmt::format(
                "\"{}\" does not keep up: event {} is dropped", group, pool.waiting.front().name));
            pool.waiting.pop_front();
        }
        pool.waiting.push_back({name, payload, serial, pool.serial++});
    }
}

void Listeners::state_changed(const Unit& unit, State from) {
    if (pools_.empty()) return;
    announce(fmt::format("PROCESS_STATE_{}", name(unit.state())), state_payload(unit, from));
    if (unit.config.is_listener && !has_process(unit.state())) {
        if (const auto talk = talks_.find(unit.name); talk != talks_.end()) {
            give_back(unit, talk->second);
            talks_.erase(talk);
        }
    }
}

void Listeners::group_changed(const std::string& event, const std::string& group) {
    refresh();
    announce(event, fmt::format("groupname:{}\n", group));
}

void Listeners::communicate(const std::string& type, const std::string& data) {
    announce("REMOTE_COMMUNICATION", fmt::format("type:{}\n{}", type, data));
}

void Listeners::supervisor_changed(const std::string& event) {
    announce(event, "");
}

void Listeners::give_back(const Unit& unit, Talk& talk) {
    if (!talk.event) return;
    const auto pool = pools_.find(unit.config.group);
    if (pool != pools_.end()) pool->second.waiting.push_front(std::move(*talk.event));
    talk.event.reset();
}

void Listeners::take_bytes(Unit& unit, std::string_view bytes) {
    Talk& talk = talks_[unit.name];
    if (talk.pid != unit.pid) {
        give_back(unit, talk);
        talk = Talk{.pid = unit.pid, .input = {}, .event = {}, .output = {}};
    }
    talk.input += bytes;
    for (;;) {
        if (talk.phase == Phase::busy) {
            if (!take_result(unit, talk)) return;
            continue;
        }
        const std::size_t end = talk.input.find('\n');
        if (end == std::string::npos) {
            if (talk.input.size() > longest_result) talk.input.clear();
            return;
        }
        const bool is_ready = std::string_view(talk.input).substr(0, end) == "READY";
        talk.input.erase(0, end + 1);
        if (is_ready) talk.phase = Phase::ready;
    }
}

bool Listeners::take_result(Unit& unit, Talk& talk) {
    const std::size_t end = talk.input.find('\n');
    if (end == std::string::npos) return false;
    const std::string_view line = std::string_view(talk.input).substr(0, end);
    const auto length =
        line.starts_with("RESULT ") ? parse_integer(line.substr(7)) : std::optional<std::int64_t>();
    if (!length || *length < 0 || *length > static_cast<std::int64_t>(longest_result)) {
        supervisor_.workshop().journal.warn(
            fmt::format("\"{}\" broke the protocol of event listeners", unit.name));
        talk.input.erase(0, end + 1);
        talk.phase = Phase::acknowledged;
        give_back(unit, talk);
        return true;
    }
    const auto size = static_cast<std::size_t>(*length);
    if (talk.input.size() < end + 1 + size) return false;
    const bool is_ok = std::string_view(talk.input).substr(end + 1, size) == "OK";
    talk.input.erase(0, end + 1 + size);
    talk.phase = Phase::acknowledged;
    if (!is_ok) give_back(unit, talk);
    talk.event.reset();
    return true;
}

void Listeners::send(Unit& unit, Talk& talk, Event event) {
    const std::string text =
        fmt::format("ver:3.0 server:{} serial:{} pool:{} poolserial:{} eventname:{} len:{}\n{}",
                    supervisor_.config().daemon.identifier,
                    event.serial,
                    unit.config.group,
                    event.pool_serial,
                    event.name,
                    event.payload.size(),
                    event.payload);
    talk.output += text;
    talk.event = std::move(event);
    talk.phase = Phase::busy;
}

void Listeners::deliver() {
    for (const auto& unit : supervisor_.units()) {
        if (!unit->config.is_listener || unit->pid <= 0) continue;
        const auto found = talks_.find(unit->name);
        const auto pool = pools_.find(unit->config.group);
        if (found == talks_.end() || pool == pools_.end()) continue;
        Talk& talk = found->second;
        if (talk.phase == Phase::ready && !pool->second.waiting.empty()) {
            Event event = std::move(pool->second.waiting.front());
            pool->second.waiting.pop_front();
            send(*unit, talk, std::move(event));
        }
        if (talk.output.empty()) continue;
        const ssize_t count =
            ::write(unit->stdin_pipe.get(), talk.output.data(), talk.output.size());
        if (count > 0) talk.output.erase(0, static_cast<std::size_t>(count));
    }
}

}  // namespace poststack::supervise
