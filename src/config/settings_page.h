// docs/settings.md, made from the key table.
#pragma once

#include <string>

namespace poststack::config {

/// The whole page, in Markdown.
[[nodiscard]] std::string settings_page();

}  // namespace poststack::config
