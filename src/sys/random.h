// Random values from the kernel (getrandom(2)).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/secret.h"

namespace poststack::sys {

/// Fills `bytes`. Errors: io.
void fill_random(void* bytes, std::size_t count);
[[nodiscard]] std::uint64_t random_u64();

/// `length` characters of A-Z a-z 0-9, each equally likely.
[[nodiscard]] Secret random_alphanumeric(std::size_t length);

/// `length` characters of the URL-safe base64 alphabet.
[[nodiscard]] Secret random_token(std::size_t length);

/// A version 4 UUID (RFC 9562), lower case.
[[nodiscard]] std::string random_uuid();

}  // namespace poststack::sys
