#include "instance/binaries.h"

#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/errno_error.h"
#include "sys/file.h"
#include "sys/process.h"

namespace poststack::instance {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

bool is_program(const fs::path& path) {
    struct stat raw{};
    return ::stat(path.c_str(), &raw) == 0 && S_ISREG(raw.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
}

bool has_programs(const fs::path& directory) {
    return is_program(directory / "postgres") && is_program(directory / "initdb");
}

/// What identifies the program file without running it.
std::string file_stamp(const fs::path& path) {
    struct stat raw{};
    if (::stat(path.c_str(), &raw) != 0) return {};
    return fmt::format("{}:{}:{}:{}.{:09}",
                       raw.st_dev,
                       raw.st_ino,
                       raw.st_size,
                       raw.st_mtim.tv_sec,
                       raw.st_mtim.tv_nsec);
}

/// The versions seen so far: lines "STAMP<tab>VERSION" in CACHE/versions. Losing it costs a start
/// of `postgres --version`, so nothing that goes wrong with it matters.
class VersionCache {
  public:
    explicit VersionCache(const std::optional<fs::path>& directory) {
        if (directory) path_ = *directory / "versions";
    }

    [[nodiscard]] std::optional<std::string> find(const std::string& stamp) const {
        if (path_.empty()) return std::nullopt;
        try {
            const std::string text = sys::find_file(path_, 1U << 20).value_or("");
            for (const std::string_view line : split(text, '\n')) {
                const std::size_t tab = line.find('\t');
                if (tab != std::string_view::npos && line.substr(0, tab) == stamp) {
                    return std::string(line.substr(tab + 1));
                }
            }
        } catch (const Error&) {
            return std::nullopt;
        }
        return std::nullopt;
    }

    void remember(const std::string& stamp, const std::string& version) const {
        if (path_.empty()) return;
        try {
            sys::make_directories(path_.parent_path(), 0700);
            std::string text = sys::find_file(path_, 1U << 20).value_or("");
            if (text.size() > (64U << 10)) text.clear();
            sys::replace_file(path_, text + stamp + '\t' + version + '\n');
        } catch (const Error&) {
            return;
        }
    }

  private:
    fs::path path_;
};

sys::ToolResult ask_version(const fs::path& program, const std::optional<sys::Account>& account) {
    sys::ProcessPlan plan;
    plan.argv = {program.string(), "--version"};
    plan.clean_environment = true;
    plan.directory = "/";
    plan.account = account;  // root does not run programs of others
    return sys::run_tool(plan, 10s);
}

std::optional<Binaries> examine(const fs::path& directory,
                                const std::optional<sys::Account>& account,
                                const VersionCache& cache) {
    if (!has_programs(directory)) return std::nullopt;
    const std::string stamp = file_stamp(directory / "postgres");
    auto version = cache.find(stamp);
    if (!version) {
        const auto result = ask_version(directory / "postgres", account);
        version = result.status.ok() ? std::string(trim(result.output)) : std::string();
        if (parse_major(*version)) cache.remember(stamp, *version);
    }
    const auto major = parse_major(*version);
    if (!major) return std::nullopt;
    return Binaries{.directory = directory, .version_text = *version, .major = *major};
}

/// ROOT/<major>/bin, the newest first.
std::vector<fs::path> versioned_directories(const fs::path& root) {
    std::vector<std::pair<std::int64_t, fs::path>> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(root, error)) {
        const auto major = parse_integer(entry.path().filename().string());
        if (major) found.emplace_back(*major, entry.path() / "bin");
    }
    std::sort(found.rbegin(), found.rend());
    std::vector<fs::path> directories;
    directories.reserve(found.size());
    for (auto& [major, directory] : found)
        directories.push_back(std::move(directory));
    return directories;
}

std::vector<fs::path> candidates(const BinariesQuery& query) {
    std::vector<fs::path> directories;
    for (const std::string_view part : split(query.path, ':')) {
        if (part.starts_with('/')) directories.emplace_back(part);
    }
    for (fs::path& directory : versioned_directories(query.versioned_root)) {
        directories.push_back(std::move(directory));
    }
    return directories;
}

std::string package(const BinariesQuery& query) {
    return query.major ? fmt::format("postgresql-{}", *query.major) : "postgresql";
}

[[noreturn]] void throw_too_old(const Binaries& binaries) {
    throw Error(ErrorKind::config,
                fmt::format("PostgreSQL in \"{}\" is version {}, and {} is the oldest that works",
                            binaries.directory.string(),
                            binaries.major,
                            oldest_major))
        .hint("Install a newer one: sudo apt-get install postgresql");
}

/// The programs are there. One of another system's lacks a library, or a newer one.
[[noreturn]] void throw_does_not_run(const BinariesQuery& query) {
    const fs::path program = *query.directory / "postgres";
    const sys::ToolResult result = ask_version(program, query.account);
    const std::string_view said = trim(result.errors.empty() ? result.output : result.errors);
    throw Error(ErrorKind::not_found,
                fmt::format("\"{}\" (setting postgres_bin) does not run here: {}",
                            program.string(),
                            said.substr(0, said.find('\n'))))
        .hint(fmt::format("Install PostgreSQL for this system: sudo apt-get install {}",
                          package(query)));
}

Binaries from_setting(const BinariesQuery& query, const VersionCache& cache) {
    const auto found = examine(*query.directory, query.account, cache);
    if (!found && has_programs(*query.directory)) throw_does_not_run(query);
    if (!found) {
        throw Error(ErrorKind::not_found,
                    fmt::format("no PostgreSQL server in \"{}\" (setting postgres_bin)",
                                query.directory->string()))
            .hint(fmt::format("Name the folder that holds postgres and initdb, or install one: "
                              "sudo apt-get install {}",
                              package(query)));
    }
    if (found->major < oldest_major) throw_too_old(*found);
    if (query.major && found->major != *query.major) {
        throw Error(ErrorKind::config,
                    fmt::format("PostgreSQL in \"{}\" (setting postgres_bin) is version {}, and "
                                "version {} is wanted",
                                query.directory->string(),
                                found->major,
                                *query.major))
            .hint("Change postgres_version or postgres_bin so that they agree.");
    }
    return *found;
}

}  // namespace

std::optional<int> parse_major(const std::string& version_text) {
    const std::size_t at = version_text.find("(PostgreSQL) ");
    if (at == std::string::npos) return std::nullopt;
    std::string_view rest = std::string_view(version_text).substr(at + 13);
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    const auto major = parse_integer(rest.substr(0, digits));
    if (!major || *major <= 0 || *major > 999) return std::nullopt;
    return static_cast<int>(*major);
}

Binaries find_binaries(const BinariesQuery& query, const std::optional<fs::path>& cache_directory) {
    const VersionCache cache(cache_directory);
    if (query.directory) return from_setting(query, cache);
    std::optional<Binaries> too_old;
    for (const fs::path& directory : candidates(query)) {
        const auto found = examine(directory, query.account, cache);
        if (!found || (query.major && found->major != *query.major)) continue;
        if (found->major >= oldest_major) return *found;
        if (!too_old) too_old = found;
    }
    if (too_old) throw_too_old(*too_old);
    throw Error(ErrorKind::not_found,
                query.major ? fmt::format("no PostgreSQL {} server on this machine", *query.major)
                            : std::string("no PostgreSQL server on this machine"))
        .hint(fmt::format("Install it: sudo apt-get install {} (or set postgres_bin to the folder "
                          "that holds postgres and initdb)",
                          package(query)));
}

std::vector<Binaries> list_binaries(const BinariesQuery& query) {
    const VersionCache cache(std::nullopt);
    std::vector<Binaries> found;
    auto directories = candidates(query);
    if (query.directory) directories.insert(directories.begin(), *query.directory);
    for (const fs::path& directory : directories) {
        if (auto one = examine(directory, query.account, cache)) found.push_back(std::move(*one));
    }
    std::stable_sort(found.begin(), found.end(), [](const Binaries& left, const Binaries& right) {
        return left.major > right.major;
    });
    return found;
}

}  // namespace poststack::instance
