// The containers and images of a stack and of its neighbours: listed, removed, cleaned up.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/container.h"
#include "workflow/stack.h"

namespace poststack::workflow {

/// Whose a container is.
enum class Owner {
    project,  ///< this project's
    other,    ///< another project's of poststack
    foreign,  ///< a PostgreSQL that poststack did not make: shown, never touched
};

struct ListedContainer {
    Owner owner = Owner::project;
    std::string service;  ///< "postgres"; empty when it is not ours
    std::string project;  ///< name
    engine::Container container;
};

struct ListedImage {
    std::string name;  ///< empty: a newer one took its name
    std::string id;
    std::uint64_t size = 0;
    std::int64_t created = 0;  ///< seconds since 1970
    std::size_t containers = 0;
};

struct ListQuery {
    bool all = false;  ///< also of other projects
    bool images = false;
};

struct ContainerListing {
    std::string engine;  ///< "docker 20.10.24"; empty when the stack is native and asks none
    std::vector<ListedContainer> containers;
    std::vector<ListedImage> images;
};

/// What there is at the stack's engine, or for a native stack at any engine that answers.
[[nodiscard]] ContainerListing list_containers(const StackRequest& request, const ListQuery& query);

/// "running", "paused", "exited (1)", "exited (137, out of memory)", "restarting (3 times)".
[[nodiscard]] std::string state_text(const engine::Container& container);

struct RemoveQuery {
    bool force = false;    ///< stops it first
    bool volumes = false;  ///< the data too
    /// Asked before data dies: what it is. False: nothing is done.
    std::function<bool(const std::string&)> confirm;
};

struct RemoveResult {
    std::string container;  ///< that was removed; empty when there was none
    std::string volume;
};

/// Removes the server's container and, where asked for, its volume once that has proved to hold
/// this project's database.
///
/// Errors: not_found (a native stack), conflict (it runs and `force` is not set; the volume is
/// another's; the answer was no: nothing was done), of the engine.
RemoveResult remove_container(const StackRequest& request, const RemoveQuery& query);

struct CleanResult {
    std::vector<std::string> containers;
    std::vector<std::string> networks;
    std::vector<std::string> images;
    std::vector<std::string> kept_volumes;
};

/// Removes this project's containers that do not run, its networks that nobody uses, and images of
/// poststack that a newer one has replaced. Volumes stay. With `all` also containers that do not
/// run of projects whose directory is gone.
CleanResult clean_containers(const StackRequest& request, bool all);

}  // namespace poststack::workflow
