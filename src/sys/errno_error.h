// Turning errno into an Error of the right kind.
#pragma once

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"

namespace poststack::sys {

/// Returns the plain text of `code` ("No space left on device").
[[nodiscard]] std::string errno_text(int code);

/// Throws for a failed call: `cannot <verb> "<path>": <reason>`.
///
/// Kinds: ENOENT, ENOTDIR -> not_found; EACCES, EPERM -> denied; everything else (also EROFS,
/// ENOSPC, EDQUOT) -> io. ENOSPC, EDQUOT, EROFS carry a hint of their own.
[[noreturn]] void throw_errno(std::string_view verb,
                              const std::filesystem::path& path,
                              int code = errno);

}  // namespace poststack::sys
