// Choosing a TCP port without two stacks choosing the same one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "sys/fd.h"

namespace poststack::instance {

/// A port that no other poststack on this machine will pick while this lives.
///
/// Between "it is free" and the moment postgres listens there is a gap; the reservation closes it:
/// a name in the abstract socket namespace, which is exactly as wide as the port space (one network
/// namespace), belongs to nobody's file system and is gone with the process.
class PortReservation {
  public:
    /// Nothing when another poststack holds `port`, or something listens on it.
    [[nodiscard]] static std::optional<PortReservation> try_reserve(std::uint16_t port);

    /// The first that can be had from `first` upwards. Errors: conflict after 1000 tries.
    [[nodiscard]] static PortReservation first_free(std::uint16_t first);

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  private:
    PortReservation(std::uint16_t port, sys::UniqueFd fd) noexcept
        : port_(port), fd_(std::move(fd)) {}

    std::uint16_t port_;
    sys::UniqueFd fd_;
};

/// Who listens on `port`, for a message: the program and its pid, or only the account.
[[nodiscard]] std::string port_holder_text(std::uint16_t port);

/// The error for a port that somebody else listens on, naming the holder.
[[nodiscard]] Error port_taken(std::uint16_t port);

}  // namespace poststack::instance
