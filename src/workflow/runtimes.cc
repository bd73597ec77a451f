#include "workflow/runtimes.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"

namespace poststack::workflow {
namespace {

constexpr std::array<std::string_view, 3> names = {"native", "podman", "docker"};

}  // namespace

std::span<const std::string_view> available_runtimes() noexcept {
    return names;
}

bool is_available_runtime(std::string_view name) noexcept {
    const auto all = available_runtimes();
    return std::find(all.begin(), all.end(), name) != all.end();
}

std::string available_runtimes_text() {
    std::string text;
    const auto all = available_runtimes();
    for (std::size_t index = 0; index < all.size(); ++index) {
        if (index > 0) text += index + 1 == all.size() ? " or " : ", ";
        text += all[index];
    }
    return text;
}

void check_runtime_name(std::string_view name, std::string_view source) {
    if (is_available_runtime(name)) return;
    throw Error(
        ErrorKind::config,
        fmt::format(
            "runtime \"{}\" ({}) is not available in this version of poststack", name, source))
        .hint(fmt::format("Use {}, or leave the setting out.", available_runtimes_text()));
}

}  // namespace poststack::workflow
