// The standard descriptors of this process.
#pragma once

#include <string_view>

namespace poststack::sys {

/// Opens /dev/null on those of the descriptors 0, 1, 2 that our parent closed, so that no file we
/// open gets their numbers. A write to such a descriptor still fails. Call first in main.
void reserve_standard_fds() noexcept;

/// Writes to standard output (1) or error (2); an errno instead of an exception, 0 for success.
[[nodiscard]] int write_standard(int fd, std::string_view bytes) noexcept;

}  // namespace poststack::sys
