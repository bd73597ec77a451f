// SHA-256 (libsodium).
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace poststack::sys {

/// SHA-256 of a stream of pieces.
class Sha256 {
  public:
    Sha256();
    void update(std::string_view bytes);
    /// Ends the stream; lower-case hexadecimal, 64 characters.
    [[nodiscard]] std::string finish();

  private:
    alignas(16) std::array<std::byte, 128> state_;
};

[[nodiscard]] std::string sha256(std::string_view bytes);

}  // namespace poststack::sys
