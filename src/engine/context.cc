// Which files of a directory a build gets.
#include <filesystem>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "engine/ignore.h"
#include "engine/tar.h"
#include "sys/errno_error.h"
#include "sys/file.h"

namespace poststack::engine {
namespace {

namespace fs = std::filesystem;

class Collector {
  public:
    Collector(const fs::path& root, const IgnoreList& ignore, const std::string& dockerfile)
        : root_(root), ignore_(ignore), dockerfile_(dockerfile) {}

    void walk(const std::string& below) {
        for (const std::string& name : sys::list_directory(root_ / below))
            visit(below.empty() ? name : below + "/" + name);
    }

    [[nodiscard]] std::vector<TarEntry> take() { return std::move(entries_); }

  private:
    void visit(const std::string& path) {
        if (is_private(path)) return;
        const auto info = sys::find_info(root_ / path);
        if (!info) return;  // gone meanwhile
        const bool excluded = ignore_.excludes(path) && path != dockerfile_;
        if (info->type == sys::FileType::directory) {
            // A PostgreSQL data directory is nothing for an image.
            if (sys::find_info(root_ / path / "PG_VERSION")) return;
            if (!excluded) add(path, *info);
            const bool may_hold = ignore_.brings_back() || dockerfile_.starts_with(path + "/");
            if (!excluded || may_hold) walk(path);
            return;
        }
        if (!excluded && info->type != sys::FileType::other) add(path, *info);
    }

    void add(const std::string& path, const sys::FileInfo& info) {
        TarEntry entry;
        entry.name = path;
        entry.mode = info.mode;
        entry.modified = std::chrono::system_clock::to_time_t(info.modified);
        if (info.type == sys::FileType::directory) {
            entry.type = TarType::directory;
        } else if (info.type == sys::FileType::symlink) {
            entry.type = TarType::symlink;
            entry.content = fs::read_symlink(root_ / path).native();
        } else {
            entry.path = root_ / path;
            entry.size = info.size;
        }
        entries_.push_back(std::move(entry));
    }

    const fs::path& root_;
    const IgnoreList& ignore_;
    const std::string& dockerfile_;
    std::vector<TarEntry> entries_;
};

}  // namespace

std::vector<TarEntry> collect_context(const fs::path& directory, const std::string& dockerfile) {
    if (!sys::find_info(directory / dockerfile, true)) {
        throw Error(ErrorKind::not_found,
                    fmt::format("there is no \"{}\"", (directory / dockerfile).native()));
    }
    auto text = sys::find_file(directory / (dockerfile + ".dockerignore"));
    if (!text) text = sys::find_file(directory / ".dockerignore");
    const IgnoreList ignore(text.value_or(""));
    Collector collector(directory, ignore, dockerfile);
    collector.walk("");
    return collector.take();
}

}  // namespace poststack::engine
