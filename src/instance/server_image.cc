#include "instance/server_image.h"

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/tar.h"
#include "instance/image_files.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/hash.h"
#include "sys/process.h"

namespace poststack::instance {
namespace {

namespace fs = std::filesystem;
using engine::Client;
using namespace std::chrono_literals;

/// How old a root file system may be: Debian's security updates are wanted.
constexpr auto rootfs_age = std::chrono::hours(24 * 7);
constexpr const char* key_label = "dev.poststack.image.key";

/// What both ways of making the base put into it. The Dockerfile says the same.
constexpr std::string_view base_packages = "bash,ca-certificates,curl,gettext-base,procps,tzdata";

/// Changes with everything that goes into the image.
std::string image_key(std::string_view directory,
                      const std::map<std::string, std::string>& values) {
    sys::Sha256 hash;
    for (const ImageFile& file : image_files()) {
        if (!file.path.starts_with(directory)) continue;
        hash.update(file.path);
        hash.update(file.content);
    }
    for (const auto& [name, value] : values)
        hash.update(fmt::format("{}={}\n", name, value));
    return hash.finish().substr(0, 16);
}

std::vector<engine::TarEntry> image_context(std::string_view directory) {
    std::vector<engine::TarEntry> entries;
    for (const ImageFile& file : image_files()) {
        if (!file.path.starts_with(directory)) continue;
        const std::string name(file.path.substr(directory.size()));
        const bool is_program = file.content.starts_with("#!");
        entries.push_back({.name = name,
                           .mode = is_program ? 0755U : 0644U,
                           .content = std::string(file.content)});
    }
    return entries;
}

std::optional<BuiltImage> find_current(const Client& client,
                                       const std::string& name,
                                       const std::string& key,
                                       const ImageOptions& options) {
    if (options.no_cache) return std::nullopt;
    const auto image = engine::find_image(client, client.local_image(name));
    if (!image) return std::nullopt;
    const auto at = image->labels.find(key_label);
    if (at == image->labels.end() || at->second != key) return std::nullopt;
    return BuiltImage{.name = name, .id = image->id, .built = false};
}

std::map<std::string, std::string> labels_of(const std::string& name, const std::string& key) {
    return {{image_label, name}, {key_label, key}};
}

/// The words of mmdebstrap for a root file system in `draft`. PostgreSQL comes without its JIT
/// compiler, which is half of the whole: LLVM.
std::vector<std::string> bootstrap_command(const std::string& suite,
                                           std::optional<int> major,
                                           const fs::path& draft) {
    std::string packages(base_packages);
    std::vector<std::string> argv{"mmdebstrap", "--quiet", "--variant=minbase"};
    for (const char* path : {"exclude=/usr/share/man/*",
                             "exclude=/usr/share/doc/*",
                             "include=/usr/share/doc/*/copyright",
                             "exclude=/usr/share/locale/*"}) {
        argv.push_back(fmt::format("--dpkgopt=path-{}", path));
    }
    if (major) {
        packages +=
            fmt::format(",catatonit,xz-utils,zstd,postgresql-{0},postgresql-{0}-pgvector", *major);
        for (const char* path : {"/usr/lib/*/libLLVM*",
                                 "/usr/lib/*/libz3*",
                                 "/usr/lib/postgresql/*/lib/llvmjit*",
                                 "/usr/lib/postgresql/*/lib/bitcode/*"}) {
            argv.push_back(fmt::format("--dpkgopt=path-exclude={}", path));
        }
        argv.emplace_back(
            "--essential-hook=echo postgres:x:999: >>\"$1\"/etc/group;"
            " echo postgres:x:999:999::/var/lib/postgresql:/bin/bash >>\"$1\"/etc/passwd;"
            " mkdir -p \"$1\"/etc/postgresql-common;"
            " echo create_main_cluster = false >\"$1\"/etc/postgresql-common/createcluster.conf");
    }
    argv.emplace_back("--customize-hook=rm -rf \"$1\"/var/log/* \"$1\"/var/cache/*");
    argv.push_back("--include=" + packages);
    argv.insert(argv.end(), {suite, draft.string()});
    return argv;
}

/// A root file system of `suite`, with PostgreSQL when `major` is given: from the cache, or made.
fs::path make_rootfs(const std::string& suite,
                     std::optional<int> major,
                     const ImageOptions& options) {
    if (!sys::find_program("mmdebstrap")) {
        throw Error(ErrorKind::not_found,
                    "the base image can come neither from a registry nor from Debian's packages: "
                    "mmdebstrap is not installed")
            .hint("Install it: apt install mmdebstrap");
    }
    const std::string name = major ? fmt::format("debian-{}-postgresql-{}.tar", suite, *major)
                                   : fmt::format("debian-{}.tar", suite);
    sys::make_directories(options.cache, 0700);
    const fs::path path = options.cache / name;
    const auto lock = sys::FileLock::acquire(path.string() + ".lock",
                                             std::chrono::minutes(30),
                                             fmt::format("the making of \"{}\"", name));
    const auto kept = sys::find_info(path);
    const bool is_young =
        kept && sys::system_clock().today() - kept->modified < rootfs_age && !options.no_cache;
    if (is_young) return path;
    if (options.on_notice) {
        options.on_notice(
            fmt::format("Making Debian {} from its packages with mmdebstrap, once in "
                        "a week on this machine.",
                        suite));
    }
    const fs::path draft = options.cache / (name + ".draft.tar");
    sys::remove_file(draft);
    const std::string said = sys::run_checked(
        {.argv = bootstrap_command(suite, major, draft), .directory = "/", .unset = {"TMPDIR"}},
        std::chrono::minutes(30));
    if (options.on_line && !said.empty()) options.on_line(said);
    sys::rename_synced(draft, path);
    return path;
}

/// True when `image` is there or came from a registry.
bool have_or_pull(const Client& client, const std::string& image, const ImageOptions& options) {
    if (engine::find_image(client, image)) return true;
    try {
        engine::pull_image(client, image, options.on_line);
        return true;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted || error.kind() == ErrorKind::io) throw;
        if (options.on_notice) {
            options.on_notice(fmt::format("No registry gave \"{}\" ({}).", image, error.message()));
        }
        return false;
    }
}

std::string import_rootfs(const Client& client,
                          const std::string& name,
                          const std::string& key,
                          const fs::path& tar) {
    std::vector<std::string> changes{"ENV LANG=C.UTF-8"};
    for (const auto& [label, value] : labels_of(name, key))
        changes.push_back(fmt::format("LABEL {}={}", label, value));
    return engine::import_image(
        client, client.local_image(name), engine::file_source(tar), changes);
}

/// One build from the files of images/<directory>.
struct ImageBuild {
    std::string directory;  ///< "postgres/"
    std::string name;
    std::string key;
    std::map<std::string, std::string> arguments;
};

BuiltImage run_build(const Client& client, const ImageBuild& build, const ImageOptions& options) {
    const std::string id =
        engine::build_image(client,
                            {.name = client.local_image(build.name),
                             .context = engine::tar_source(image_context(build.directory)),
                             .arguments = build.arguments,
                             .labels = labels_of(build.name, build.key),
                             .no_cache = options.no_cache,
                             // apt asks the machine's own name servers.
                             .network = "host"},
                            [&](std::string_view line) {
                                if (options.on_line) options.on_line(line);
                            });
    return {.name = build.name, .id = id, .built = true};
}

bool use_bootstrap(const Client& client, const std::string& from, const ImageOptions& options) {
    return options.bootstrap || !have_or_pull(client, from, options);
}

std::string debian_image(const std::string& suite) {
    return fmt::format("docker.io/library/debian:{}-slim", suite);
}

}  // namespace

std::string suite_of(int major) {
    return major <= 15 ? "bookworm" : "trixie";
}

VolumeLayout volume_layout(int major) {
    // As the official images have it: from 18 on the volume is one level higher.
    if (major >= 18) {
        return {.volume = "/var/lib/postgresql",
                .data = fmt::format("/var/lib/postgresql/{}/pgdata", major)};
    }
    return {.volume = "/var/lib/postgresql/data", .data = "/var/lib/postgresql/data/pgdata"};
}

BuiltImage build_base(const Client& client, const std::string& suite, const ImageOptions& options) {
    const std::string name = fmt::format("poststack/base-debian:{}", suite);
    const std::string key = image_key("base-debian/", {{"suite", suite}});
    if (auto image = find_current(client, name, key, options)) return *image;
    const std::string from = debian_image(suite);
    if (use_bootstrap(client, from, options)) {
        const fs::path tar = make_rootfs(suite, std::nullopt, options);
        return {.name = name, .id = import_rootfs(client, name, key, tar), .built = true};
    }
    return run_build(
        client,
        {.directory = "base-debian/", .name = name, .key = key, .arguments = {{"FROM", from}}},
        options);
}

std::string postgres_image(int major) {
    return fmt::format("poststack/postgres:{}", major);
}

BuiltImage build_postgres(const Client& client, int major, const ImageOptions& options) {
    const std::string name = postgres_image(major);
    const std::string suite = suite_of(major);
    const VolumeLayout layout = volume_layout(major);
    const std::string key =
        image_key("postgres/", {{"major", std::to_string(major)}, {"suite", suite}});
    if (auto image = find_current(client, name, key, options)) return *image;
    std::string from;
    const bool in_debian =
        (suite == "bookworm" && major == 15) || (suite == "trixie" && major == 17);
    if (in_debian && use_bootstrap(client, debian_image(suite), options)) {
        // With PostgreSQL in it already: one run of dpkg instead of two.
        from = fmt::format("poststack/base-postgres:{}", major);
        (void)import_rootfs(client, from, key, make_rootfs(suite, major, options));
    } else {
        from = build_base(client, suite, options).name;
    }
    return run_build(client,
                     {.directory = "postgres/",
                      .name = name,
                      .key = key,
                      .arguments = {{"FROM", client.local_image(from)},
                                    {"MAJOR", std::to_string(major)},
                                    {"VOLUME", layout.volume},
                                    {"DATA", layout.data}}},
                     options);
}

std::optional<engine::Image> find_postgres_image(const Client& client, int major) {
    return engine::find_image(client, client.local_image(postgres_image(major)));
}

}  // namespace poststack::instance
