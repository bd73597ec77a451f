#include "instance/data_directory.h"

#include <chrono>
#include <cstdio>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "instance/clone_tree.h"
#include "pgfiles/control_file.h"
#include "pgfiles/postmaster_pid.h"
#include "sys/act_as.h"
#include "sys/errno_error.h"
#include "sys/file.h"
#include "sys/random.h"

namespace poststack::instance {
namespace {

namespace fs = std::filesystem;

fs::path marker_path(const Place& place) {
    return place.data.string() + ".unsynced";
}

/// Differs after each boot of the kernel; empty where it cannot be read.
std::string boot_id() {
    return std::string(trim(sys::find_file("/proc/sys/kernel/random/boot_id", 128).value_or("")));
}

void write_identity(const fs::path& data, const pgfiles::DataIdentity& identity, bool sync) {
    sys::replace_file(
        data / pgfiles::identity_file_name, pgfiles::to_text(identity), {.sync = sync});
}

using OnSetAside = std::function<void(const fs::path&)>;

void set_aside(const Place& place, const OnSetAside& on_set_aside) {
    const fs::path aside = fmt::format(
        "{}.unfinished-{}", place.data.string(), utc_timestamp(std::chrono::system_clock::now()));
    sys::rename_synced(place.data, aside);
    if (on_set_aside) on_set_aside(aside);
}

/// Deals with the marker of an earlier run.
void settle_marker(const Place& place, const OnSetAside& on_set_aside) {
    const fs::path marker = marker_path(place);
    const auto text = sys::find_file(marker, 128);
    if (!text) return;
    const bool has_data = sys::find_info(place.data).has_value();
    const bool same_boot = !boot_id().empty() && trim(*text) == boot_id();
    if (has_data && same_boot) return;  // the coming start syncs it again
    if (has_data) set_aside(place, on_set_aside);
    sys::remove_file(marker);
    sys::sync_directory(place.base);
}

void remove_drafts(const Place& place) {
    for (const std::string& name : sys::list_directory(place.base)) {
        if (name.starts_with("data.new-")) sys::remove_tree(place.base / name);
    }
}

void rename_into_place(const fs::path& draft, const fs::path& data) {
    if (::rename(draft.c_str(), data.c_str()) != 0) sys::throw_errno("rename to", data);
}

void remove_quietly(const fs::path& draft) noexcept {
    try {
        sys::remove_tree(draft);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the next start removes it
    }
}

/// True when the directory that `identity` was written in is still there and is the same instance.
bool origin_exists(const pgfiles::DataIdentity& identity) {
    try {
        const auto origin = pgfiles::find_identity(identity.data_path);
        return origin && origin->instance_id == identity.instance_id;
    } catch (const Error&) {
        return true;  // there is something that we cannot read: the safe answer
    }
}

/// The copy of a running server misses what was in memory, and its files are of different instants.
void refuse_running_copy(const Place& place, const pgfiles::DataIdentity& identity) {
    const auto pid_file = pgfiles::find_postmaster_pid(place.data);
    if (!pid_file || pid_file->data_directory == place.data) return;
    if (pgfiles::read_control(place.data).state == pgfiles::ClusterState::shut_down) return;
    throw Error(
        ErrorKind::conflict,
        fmt::format("data directory \"{}\" was copied from \"{}\" while its server ran; such "
                    "a copy is not consistent",
                    place.data.string(),
                    identity.data_path.string()))
        .hint(
            fmt::format("Stop the server of \"{}\" and copy again, or remove \"{}\" to begin with "
                        "an empty database here.",
                        identity.project_path.string(),
                        place.base.string()));
}

[[noreturn]] void throw_foreign(const Place& place, const pgfiles::DataIdentity& identity) {
    throw Error(ErrorKind::conflict,
                fmt::format("data directory \"{}\" belongs to the project in \"{}\"",
                            place.data.string(),
                            identity.project_path.string()))
        .hint("Run poststack there, or give this project a data directory of its own.");
}

}  // namespace

Adoption adopt_data(const Place& place,
                    const Owner& owner,
                    const std::function<void(const fs::path&)>& on_set_aside) {
    const sys::ActAs as(place.account);
    settle_marker(place, on_set_aside);
    if (!pgfiles::find_data_version(place.data)) {
        remove_drafts(place);
        return Adoption::none;
    }
    auto identity = pgfiles::find_identity(place.data);
    if (!identity) {
        throw Error(
            ErrorKind::conflict,
            fmt::format("data directory \"{}\" was not made by poststack", place.data.string()))
            .hint("Move it away, or dump it and restore into a new database.");
    }
    const bool same_place = identity->data_path == place.data;
    const bool same_owner = identity->project_id == owner.project_id;
    if (same_place && same_owner && identity->project_path == owner.project) return Adoption::own;
    if (same_place && !same_owner) throw_foreign(place, *identity);

    const bool copied = !same_place && origin_exists(*identity);
    if (copied) {
        refuse_running_copy(place, *identity);
        identity->instance_id = sys::random_uuid();
    }
    identity->project_id = owner.project_id;
    identity->project_path = owner.project;
    identity->data_path = place.data;
    write_identity(place.data, *identity, true);
    return copied ? Adoption::copied : Adoption::moved;
}

std::unique_ptr<NewTemplate> create_data(const Binaries& binaries,
                                         const InitdbPlan& plan,
                                         const Place& place,
                                         const Owner& owner,
                                         const std::function<void()>& on_template) {
    const sys::ActAs as(place.account);
    const fs::path draft = place.base / fmt::format("data.new-{:016x}", sys::random_u64());
    auto source = ensure_template(binaries, plan, place, on_template);
    try {
        if (source) {
            clone_tree(source->directory, draft, place.account);
            if (source->unfinished) source->unfinished->complete();
            pgfiles::rewrite_identity(draft, pgfiles::new_system_identifier());
        } else {
            make_data_directory(binaries, plan, place, draft);
        }
        pgfiles::DataIdentity identity{.project_id = owner.project_id,
                                       .instance_id = sys::random_uuid(),
                                       .project_path = owner.project,
                                       .data_path = place.data,
                                       .system_identifier = 0};
        identity.system_identifier = pgfiles::read_system_identifier(draft);
        write_identity(draft, identity, false);  // synced with everything else
        sys::replace_file(marker_path(place), boot_id() + "\n");
        rename_into_place(draft, place.data);
        return source ? std::move(source->unfinished) : nullptr;
    } catch (...) {
        remove_quietly(draft);  // a full disk needs the room
        throw;
    }
}

bool is_unsynced(const Place& place) {
    return sys::find_info(marker_path(place)).has_value();
}

BackgroundSync::BackgroundSync(Place place)
    : place_(std::move(place)), thread_([this] {
          try {
              const sys::ActAs as(place_.account);
              sync_tree(place_.data, place_.account);
              sys::remove_file(marker_path(place_));
              sys::sync_directory(place_.base);
          } catch (...) {
              failure_ = std::current_exception();
          }
      }) {}

BackgroundSync::~BackgroundSync() {
    if (thread_.joinable()) thread_.join();
}

void BackgroundSync::finish() {
    if (thread_.joinable()) thread_.join();
    if (failure_) std::rethrow_exception(failure_);
}

}  // namespace poststack::instance
