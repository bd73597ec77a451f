#include "instance/place.h"

#include <array>
#include <cerrno>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "sys/act_as.h"
#include "sys/errno_error.h"
#include "sys/file.h"
#include "sys/net.h"

namespace poststack::instance {
namespace {

namespace fs = std::filesystem;

const fs::path root_data = "/var/lib/poststack";
const fs::path root_cache = "/var/cache/poststack";
const fs::path root_sockets = "/run/poststack";

std::optional<fs::path> absolute_variable(const std::map<std::string, std::string>& environment,
                                          const std::string& name) {
    const auto found = environment.find(name);
    if (found == environment.end() || !found->second.starts_with('/')) return std::nullopt;
    return fs::path(found->second);
}

sys::Account choose_account(const PlaceQuery& query) {
    if (!sys::is_root()) return sys::current_account();
    if (query.account) {
        auto named = sys::find_account(*query.account);
        if (!named || named->uid == 0) {
            throw Error(
                ErrorKind::config,
                fmt::format("cannot run PostgreSQL as \"{}\" (setting postgres_account): {}",
                            *query.account,
                            named ? "PostgreSQL refuses root" : "no such account"))
                .hint("Name an unprivileged account of this machine.");
        }
        return *named;
    }
    const auto directory = sys::find_info(query.project, true);
    if (directory && directory->uid != 0) {
        if (auto owner = sys::find_account(directory->uid)) return *owner;
    }
    if (auto postgres = sys::find_account("postgres")) return *postgres;
    throw Error(ErrorKind::not_found,
                "PostgreSQL refuses to run as root, and there is no account \"postgres\" to run it")
        .hint("Run poststack as another user, install postgresql, or set postgres_account.");
}

bool has_data(const fs::path& base) {
    std::error_code error;
    return fs::exists(base / "data" / "PG_VERSION", error);
}

/// Data stays where it is; a new data directory goes into the project when its account gets there.
fs::path choose_base(const PlaceQuery& query, const sys::Account& account) {
    const fs::path inside = query.state / "postgres";
    if (!sys::is_root()) return inside;
    const fs::path outside = root_data / query.project_id;
    if (has_data(inside)) return inside;
    if (has_data(outside)) return outside;
    return sys::can_reach(account, query.project) ? inside : outside;
}

bool is_own_directory(const fs::path& path, uid_t uid) {
    const auto info = sys::find_info(path);
    return info && info->type == sys::FileType::directory && info->uid == uid &&
           (info->mode & 0022U) == 0;
}

fs::path choose_cache(const PlaceQuery& query, const sys::Account& account) {
    if (!sys::is_root()) {
        if (const auto cache = absolute_variable(query.environment, "XDG_CACHE_HOME")) {
            return *cache / "poststack";
        }
        const auto home = absolute_variable(query.environment, "HOME");
        const fs::path directory = home ? *home : account.home;
        if (is_own_directory(directory, account.uid)) return directory / ".cache" / "poststack";
        return fs::path("/tmp") / fmt::format("poststack-{}", account.uid) / "cache";
    }
    return root_cache / std::to_string(account.uid);
}

fs::path choose_socket_parent(const PlaceQuery& query, const sys::Account& account) {
    if (sys::is_root()) return root_sockets;
    const auto runtime = absolute_variable(query.environment, "XDG_RUNTIME_DIR");
    if (runtime && is_own_directory(*runtime, account.uid)) {
        const std::size_t longest = runtime->string().size() + sizeof "/poststack/0123456789ab"
                                    "/.s.PGSQL.65535";
        if (longest <= sys::max_socket_path) return *runtime / "poststack";
    }
    return fs::path("/tmp") / fmt::format("poststack-{}", account.uid);
}

/// A Windows drive has neither owners nor modes nor safe renames (PRODUCT.md, "Supported").
void refuse_windows_drive(const fs::path& directory) {
    struct statfs info{};
    fs::path existing = directory;
    while (::statfs(existing.c_str(), &info) != 0) {
        if (existing == existing.parent_path()) return;
        existing = existing.parent_path();
    }
    // v9fs (drives under WSL2), msdos, exfat, ntfs3, fuseblk's ntfs-3g is not told apart.
    constexpr std::array<long, 4> refused{0x01021997, 0x4d44, 0x2011bab0, 0x7366746e};
    for (const long type : refused) {
        if (static_cast<long>(info.f_type) != type) continue;
        if (type == 0x01021997 && !existing.string().starts_with("/mnt/")) continue;
        throw Error(ErrorKind::config,
                    fmt::format("cannot keep a database in \"{}\": the file system has no owners "
                                "and modes",
                                directory.string()))
            .hint("Move the project to a Linux file system, such as your home directory.");
    }
}

/// Makes `path` owned by `account` with 0700, or checks that it is.
void make_private(const fs::path& path, const sys::Account& account) {
    if (::mkdir(path.c_str(), 0700) == 0) {
        if (sys::is_root() && ::lchown(path.c_str(), account.uid, account.gid) != 0) {
            sys::throw_errno("give away", path);
        }
        return;
    }
    if (errno != EEXIST) sys::throw_errno("create", path);
    if (is_own_directory(path, account.uid)) return;
    throw Error(ErrorKind::denied,
                fmt::format("\"{}\" does not belong to \"{}\" alone", path.string(), account.name))
        .hint("Remove it, or give it to that account with mode 0700.");
}

/// Lets `account` pass through `directory` (never list it): needed where root owns .poststack.
void let_pass(const fs::path& directory, const sys::Account& account) {
    const auto info = sys::find_info(directory);
    if (!info || info->uid == account.uid || (info->mode & 0001U) != 0) return;
    if (::chmod(directory.c_str(), info->mode | 0001U) != 0) {
        sys::throw_errno("change the mode of", directory);
    }
}

}  // namespace

void prepare_logs(const Place& place) {
    if (sys::find_info(place.log_directory)) return;
    const fs::path parent = place.log_directory.parent_path();
    {
        const sys::ActAs as(place.account);
        try {
            sys::make_directories(place.log_directory, 0700);
            return;
        } catch (const Error& error) {
            if (!place.switch_account || error.kind() != ErrorKind::denied) throw;
        }
    }
    sys::make_directories(parent);
    if (sys::can_reach(place.account, parent)) {
        make_private(place.log_directory, place.account);
    } else {
        sys::make_directories(place.log_directory, 0700);  // root's writer (instance/launcher.h)
    }
}

Place choose_place(const PlaceQuery& query) {
    Place place;
    place.account = choose_account(query);
    place.switch_account = sys::is_root();
    place.base = choose_base(query, place.account);
    place.data = place.base / "data";
    place.log_directory = query.logs / "database";
    place.cache = choose_cache(query, place.account);
    place.socket_parent = choose_socket_parent(query, place.account);
    refuse_windows_drive(place.base);
    return place;
}

fs::path make_socket_directory(const Place& place, const std::string& instance_id) {
    std::string hash;
    for (const char digit : instance_id) {
        if (digit != '-' && hash.size() < 12) hash += digit;
    }
    const fs::path directory = place.socket_parent / hash;
    make_private(directory, place.account);
    return directory;
}

void prepare(const Place& place) {
    if (place.switch_account) {
        // Below the project: the account passes through .poststack. Outside: directories of root's.
        const fs::path parent = place.base.parent_path();
        if (!sys::find_info(parent)) sys::make_directories(parent, 0711);
        for (fs::path step = parent; step != root_data && step.has_relative_path();
             step = step.parent_path()) {
            let_pass(step, place.account);
            if (step.filename() == ".poststack") break;
        }
        sys::make_directories(place.socket_parent, 0711);
        sys::make_directories(place.cache.parent_path(), 0711);
    } else {
        make_private(place.socket_parent, place.account);
        sys::make_directories(place.cache.parent_path(), 0700);
    }
    make_private(place.base, place.account);
    make_private(place.cache, place.account);
    prepare_logs(place);
}

}  // namespace poststack::instance
