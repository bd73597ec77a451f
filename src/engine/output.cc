#include "engine/output.h"

#include <algorithm>

#include "base/error.h"

namespace poststack::engine {
namespace {

constexpr std::size_t header_size = 8;

std::uint32_t length_of(std::string_view header) noexcept {
    std::uint32_t length = 0;
    for (std::size_t index = 4; index < header_size; ++index)
        length = (length << 8U) | static_cast<unsigned char>(header[index]);
    return length;
}

}  // namespace

void FrameReader::feed(std::string_view bytes, const OnOutput& on_output) {
    while (!bytes.empty()) {
        if (left_ == 0) {
            const auto count = std::min(header_size - header_.size(), bytes.size());
            header_.append(bytes.substr(0, count));
            bytes.remove_prefix(count);
            if (header_.size() < header_size) return;
            if (header_[0] < 0 || header_[0] > 2 || header_[1] != 0 || header_[2] != 0 ||
                header_[3] != 0) {
                throw Error(ErrorKind::io, "the engine's output is no sequence of frames");
            }
            channel_ = header_[0] == 2 ? Channel::err : Channel::out;
            left_ = length_of(header_);
            header_.clear();
            continue;
        }
        const auto part = bytes.substr(0, left_);
        bytes.remove_prefix(part.size());
        left_ -= static_cast<std::uint32_t>(part.size());
        on_output(channel_, part);
    }
}

void read_output(http::Answer& answer, bool tty, const OnOutput& on_output) {
    FrameReader frames;
    while (const auto part = answer.read()) {
        if (tty) {
            on_output(Channel::out, *part);
        } else {
            frames.feed(*part, on_output);
        }
    }
}

}  // namespace poststack::engine
