// What a container writes: frames of standard output and error, or one raw stream with a TTY.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "http/client.h"

namespace poststack::engine {

enum class Channel { out, err };

using OnOutput = std::function<void(Channel, std::string_view)>;

/// Takes frames apart: a byte for the channel (1 out, 2 err), three zeros, the length as four bytes
/// (big endian), then that many bytes. Pure; input may be cut anywhere.
class FrameReader {
  public:
    /// Hands on what is complete so far. Errors: io for what is no frame.
    void feed(std::string_view bytes, const OnOutput& on_output);

    /// True between two frames: the stream may end here.
    [[nodiscard]] bool is_idle() const noexcept { return header_.empty() && left_ == 0; }

  private:
    std::string header_;
    std::uint32_t left_ = 0;
    Channel channel_ = Channel::out;
};

/// Reads `answer` to its end. Whether there are frames is known from the container's configuration
/// alone: the engines' header fields do not tell.
void read_output(http::Answer& answer, bool tty, const OnOutput& on_output);

}  // namespace poststack::engine
