// Templates: data directories made once by initdb, never served, copied for each new project.
//
// A template is made beside its final name, synced, and renamed into place under a lock, so one
// that a crash left half-made is never used. Its key covers everything that decides its content:
// the server's full version, superuser, initdb's options, locale, C library and ICU versions, time
// zone.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "instance/binaries.h"
#include "instance/place.h"

namespace poststack::instance {

/// The superuser of every server that poststack makes.
inline constexpr std::string_view superuser = "postgres";

/// The database in a template that becomes the project's by ALTER DATABASE ... RENAME: far cheaper
/// than CREATE DATABASE on a running server.
inline constexpr std::string_view spare_database = "poststack_spare";

/// How initdb is called.
struct InitdbPlan {
    std::string locale;                ///< "C.UTF-8", "de_DE.UTF-8"
    std::string timezone;              ///< "Etc/UTC"
    std::vector<std::string> options;  ///< all but -D
    std::string key;                   ///< hexadecimal, names the template
    std::string description;           ///< what went into the key, one item a line
};

/// What the settings choose.
struct InitdbChoice {
    std::string locale = "C.UTF-8";  ///< "C" is used where the machine does not have it
    std::string timezone = "UTC";
};

/// Decides options and key for `binaries`.
[[nodiscard]] InitdbPlan plan_initdb(const Binaries& binaries, const InitdbChoice& choice);

/// Runs initdb into `target` (must not exist) as the place's account and adds our pg_hba.conf,
/// pg_ident.conf and the spare database. Not synced. Errors: tool with initdb's last lines.
void make_data_directory(const Binaries& binaries,
                         const InitdbPlan& plan,
                         const Place& place,
                         const std::filesystem::path& target);

/// Returns the template's directory, making it when it is not there yet; nothing when this server
/// writes a pg_control that we cannot rewrite (then use make_data_directory). `on_make` is told
/// before the slow part. Two at once: one makes it, the other waits.
[[nodiscard]] std::optional<std::filesystem::path> ensure_template(
    const Binaries& binaries,
    const InitdbPlan& plan,
    const Place& place,
    const std::function<void()>& on_make);

}  // namespace poststack::instance
