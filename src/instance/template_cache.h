// Templates: data directories made once by initdb, never served, copied for each new project.
//
// A template is made beside its final name, synced, and renamed into place under a lock, so one
// that a crash left half-made is never used. Its key covers everything that decides its content:
// the server's full version, superuser, initdb's options, locale, C library and ICU versions, time
// zone.
//
// The project that needs the template first does not wait for all of that: it clones what initdb
// has made, and while its server starts a thread completes the template.
#pragma once

#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "instance/binaries.h"
#include "instance/place.h"
#include "sys/file.h"

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

/// Runs initdb into `target` (must not exist) as the place's account and adds our pg_hba.conf and
/// pg_ident.conf. Not synced, no spare database. Errors: tool with initdb's last lines.
void make_data_directory(const Binaries& binaries,
                         const InitdbPlan& plan,
                         const Place& place,
                         const std::filesystem::path& target);

/// A template in the making: initdb is done with it. Holds the template's lock.
class NewTemplate {
  public:
    NewTemplate(Binaries binaries,
                InitdbPlan plan,
                Place place,
                std::filesystem::path draft,
                sys::FileLock lock);
    NewTemplate(const NewTemplate&) = delete;
    NewTemplate& operator=(const NewTemplate&) = delete;

    /// Waits for complete(). Without that call it removes what was made.
    ~NewTemplate();

    /// Starts the rest in a thread: the spare database, the sync and the final name. Nobody may
    /// read the directory from then on.
    void complete();

    /// Waits for the end of complete(). Errors: tool, io, interrupted; then there is no template.
    void wait();

  private:
    void finish() const;

    Binaries binaries_;
    InitdbPlan plan_;
    Place place_;
    std::filesystem::path draft_;
    sys::FileLock lock_;
    std::exception_ptr failure_;
    std::thread thread_;
};

/// What a new data directory is cloned from.
struct TemplateSource {
    std::filesystem::path directory;
    std::unique_ptr<NewTemplate> unfinished;  ///< set when this call began it: complete() it
};

/// Finds the template, or makes it as far as a clone needs; nothing when this server writes a
/// pg_control that we cannot rewrite (then use make_data_directory). `on_make` is told before the
/// slow part. Two at once: one makes it, the other waits.
[[nodiscard]] std::optional<TemplateSource> ensure_template(const Binaries& binaries,
                                                            const InitdbPlan& plan,
                                                            const Place& place,
                                                            const std::function<void()>& on_make);

}  // namespace poststack::instance
