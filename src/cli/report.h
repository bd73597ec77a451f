// How an error is shown: the message grammar of docs/errors.md, or one JSON object.
#pragma once

#include <string>

#include "base/error.h"

namespace poststack::cli {

/// "poststack: error: ...", "  while ..." and "  hint: ..." lines; passwords in URLs masked.
[[nodiscard]] std::string error_text(const Error& error, bool colour);

/// {"error":{"kind","message","context","hint","sqlstate","detail"}} and a newline.
[[nodiscard]] std::string error_json(const Error& error);

}  // namespace poststack::cli
