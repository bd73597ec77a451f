// The life of a data directory up to the moment a server starts in it.
//
// nothing -> a draft beside the final name -> renamed -> synced. The rename comes before the sync,
// so that the server can start meanwhile; a marker file (DATA.unsynced, durable before the rename)
// holds the kernel's boot id until the sync is done. Found later with the same boot id, the sync is
// done again: by the next start, and by every command before it hands the database to anybody. With
// another one the machine went down in that window: nobody was ever told that this database is
// ready, so it is set aside (never removed), said, and made again.
//
// All functions expect the volume lock to be held by the caller.
#pragma once

#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "instance/binaries.h"
#include "instance/place.h"
#include "instance/template_cache.h"
#include "pgfiles/data_identity.h"

namespace poststack::instance {

/// Whose project it is about.
struct Owner {
    std::filesystem::path project;  ///< absolute directory
    std::string project_id;
};

enum class Adoption {
    none,    ///< there is no data directory
    own,     ///< it is where it always was
    moved,   ///< the project was moved: the recorded paths were brought up to date
    copied,  ///< the project is a copy of a stopped one: it got an instance id of its own
};

/// Looks at what is there and settles whose it is. Sets aside what a power failure left half-made,
/// and tells `on_set_aside` (may be empty) where it is now.
///
/// Errors: conflict when it is a copy of a running server, or another project's.
[[nodiscard]] Adoption adopt_data(
    const Place& place,
    const Owner& owner,
    const std::function<void(const std::filesystem::path&)>& on_set_aside);

/// Makes a new data directory, by clone of a template where possible. Unsynced: the marker says so.
/// Returns the template when it was made for this one and is still being completed.
/// Errors: io, tool, denied.
[[nodiscard]] std::unique_ptr<NewTemplate> create_data(const Binaries& binaries,
                                                       const InitdbPlan& plan,
                                                       const Place& place,
                                                       const Owner& owner,
                                                       const std::function<void()>& on_template);

/// True while the data directory still waits for its sync.
[[nodiscard]] bool is_unsynced(const Place& place);

/// Makes the data directory durable in a thread of its own, then takes the marker away.
class BackgroundSync {
  public:
    explicit BackgroundSync(Place place);
    BackgroundSync(const BackgroundSync&) = delete;
    BackgroundSync& operator=(const BackgroundSync&) = delete;
    ~BackgroundSync();

    /// Waits for the end. Errors: io.
    void finish();

  private:
    Place place_;
    std::exception_ptr failure_;
    std::thread thread_;
};

}  // namespace poststack::instance
