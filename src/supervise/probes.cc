#include "supervise/probes.h"

#include <algorithm>
#include <utility>

namespace poststack::supervise {
namespace {

constexpr auto startup = static_cast<std::size_t>(Probes::Which::startup);
constexpr auto readiness = static_cast<std::size_t>(Probes::Which::readiness);

bool is_wanted(const Probe& probe) noexcept {
    return probe.check.kind != Check::Kind::none;
}

}  // namespace

bool Probes::are_wanted(const ProgramConfig& program) noexcept {
    return is_wanted(program.startup) || is_wanted(program.readiness) ||
           is_wanted(program.liveness);
}

Probes::Probes(sys::Poller& poller,
               const ProgramConfig& program,
               CheckFrame frame,
               bool gate_open,
               Callbacks callbacks)
    : poller_(poller),
      frame_(std::move(frame)),
      callbacks_(std::move(callbacks)),
      gate_open_(gate_open) {
    const std::array probes{&program.startup, &program.readiness, &program.liveness};
    const auto now = std::chrono::steady_clock::now();
    for (std::size_t index = 0; index < slots_.size(); ++index) {
        if (!is_wanted(*probes[index])) continue;
        slots_[index].probe = probes[index];
        slots_[index].next = now + probes[index]->delay;
    }
}

bool Probes::is_held(std::size_t index) const noexcept {
    const Slot& first = slots_[startup];
    return index != startup && (!gate_open_ || (first.probe != nullptr && !first.passed));
}

void Probes::set_gate(bool open, Time now) {
    if (std::exchange(gate_open_, open) == open) return;
    for (Slot& slot : slots_) {
        if (&slot == &slots_[startup] || slot.probe == nullptr) continue;
        slot.run.reset();
        slot.passed = false;
        slot.failures = slot.successes = 0;
        slot.text.clear();
        slot.next = now + slot.probe->delay;
    }
}

std::string Probes::readiness_text() const {
    const std::string& text = slots_[readiness].text;
    return text.empty() ? "its readiness probe has not answered yet" : text;
}

std::optional<Probes::Time> Probes::deadline() const noexcept {
    std::optional<Time> nearest;
    for (std::size_t index = 0; index < slots_.size(); ++index) {
        const Slot& slot = slots_[index];
        if (slot.probe == nullptr || slot.is_over || is_held(index)) continue;
        const bool is_asking = slot.run && !slot.run->is_over();
        const auto due = is_asking ? std::optional(slot.run->deadline()) : slot.next;
        if (due && (!nearest || *due < *nearest)) nearest = due;
    }
    return nearest;
}

void Probes::tick(Time now) {
    for (std::size_t index = 0; index < slots_.size(); ++index) {
        Slot& slot = slots_[index];
        if (slot.probe == nullptr || slot.is_over || is_held(index)) continue;
        if (slot.run && !slot.run->is_over()) {
            if (now >= slot.run->deadline()) slot.run->expire();
            continue;
        }
        if (!slot.next || now < *slot.next) continue;
        slot.next = now + slot.probe->period;
        slot.run.reset();
        auto run = start_check(poller_,
                               slot.probe->check,
                               frame_,
                               slot.probe->timeout,
                               [this, index](const CheckAnswer& answer) { take(index, answer); });
        slot.run = std::move(run);
    }
}

void Probes::take(std::size_t index, const CheckAnswer& answer) {
    Slot& slot = slots_[index];
    slot.text = answer.text;
    slot.failures = answer.good ? 0 : slot.failures + 1;
    slot.successes = answer.good ? slot.successes + 1 : 0;
    const bool failed = slot.failures >= slot.probe->failures;
    const bool passed = slot.successes >= slot.probe->successes;
    if (index == readiness) {
        if (!passed && !failed) return;
        slot.passed = passed;
        if (slot.told != passed) callbacks_.readiness_changed(passed, slot.text);
        slot.told = passed;
        return;
    }
    if (index == startup && passed) {
        slot.passed = true;
        slot.is_over = true;
    } else if (failed) {
        slot.is_over = true;
        callbacks_.failed(static_cast<Which>(index), slot.text);
    }
}

bool Probes::is_ready() const noexcept {
    if (is_held(readiness)) return false;
    return slots_[readiness].probe == nullptr || slots_[readiness].passed;
}

CheckRun* Probes::find_run(pid_t pid) noexcept {
    for (Slot& slot : slots_) {
        if (slot.run && slot.run->pid() == pid) return slot.run.get();
    }
    return nullptr;
}

}  // namespace poststack::supervise
