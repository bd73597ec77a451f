#include "sys/errno_error.h"

#include <array>
#include <cstring>

#include <fmt/format.h>

namespace poststack::sys {
namespace {

ErrorKind kind_of(int code) noexcept {
    switch (code) {
        case ENOENT:
        case ENOTDIR: return ErrorKind::not_found;
        case EACCES:
        case EPERM: return ErrorKind::denied;
        default: return ErrorKind::io;
    }
}

std::string hint_of(int code) {
    switch (code) {
        case ENOSPC: return "Free some space on that file system, then run the command again.";
        case EDQUOT: return "Free some of your disk quota, then run the command again.";
        case EROFS: return "Make that file system writable, or work in another directory.";
        default: return {};
    }
}

}  // namespace

std::string errno_text(int code) {
    std::array<char, 256> buffer{};
    return ::strerror_r(code, buffer.data(), buffer.size());  // the GNU one: returns the text
}

void throw_errno(std::string_view verb, const std::filesystem::path& path, int code) {
    throw Error(kind_of(code),
                fmt::format("cannot {} \"{}\": {}", verb, path.native(), errno_text(code)))
        .hint(hint_of(code));
}

}  // namespace poststack::sys
