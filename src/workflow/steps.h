// The steps of a command, told to the user as each ends.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "sys/clock.h"
#include "workflow/stack.h"

namespace poststack::workflow {

/// Times the steps and tells of each as it ends.
class Steps {
  public:
    explicit Steps(const OnStep& on_step)
        : on_step_(on_step), began_(sys::system_clock().now()), mark_(began_) {}

    void done(std::string name, std::string detail, bool changed) {
        const auto now = sys::system_clock().now();
        changed_ = changed_ || changed;
        if (on_step_) on_step_({std::move(name), std::move(detail), now - mark_, changed});
        mark_ = now;
    }

    [[nodiscard]] bool changed() const noexcept { return changed_; }

    [[nodiscard]] std::chrono::nanoseconds total() const {
        return sys::system_clock().now() - began_;
    }

  private:
    const OnStep& on_step_;
    std::chrono::steady_clock::time_point began_;
    std::chrono::steady_clock::time_point mark_;
    bool changed_ = false;
};

}  // namespace poststack::workflow
