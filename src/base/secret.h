// A value that must never be printed.
#pragma once

#include <string>
#include <utility>

namespace poststack {

/// A password or key. It has no formatter and no stream operator, so logging one does not compile.
///
/// The memory is wiped when the value dies or is moved away. Copies are made only by clone().
class Secret {
  public:
    Secret() noexcept = default;

    explicit Secret(std::string value) noexcept : value_(std::move(value)) {}

    Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }

    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;

    ~Secret() { wipe(); }

    /// Returns the plain text. Every call of it is a place to review.
    [[nodiscard]] const std::string& reveal() const noexcept { return value_; }

    /// Returns a second owner of the same value.
    [[nodiscard]] Secret clone() const { return Secret(value_); }

    [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

  private:
    void wipe() noexcept;
    std::string value_;
};

}  // namespace poststack
