// podman's API as a process that we start: podman has no daemon.
#pragma once

#include <filesystem>

namespace poststack::engine {

/// Starts "podman system service" at `socket` and waits until it answers. It lives on without us
/// and ends by itself when nobody asked it anything for a while. Two callers at once start one.
///
/// Errors: not_found (no podman), tool (it ended; its last lines), timeout, denied, io.
void start_podman_service(const std::filesystem::path& socket);

}  // namespace poststack::engine
