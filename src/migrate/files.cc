#include "migrate/files.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "migrate/file_source.h"
#include "migrate/header.h"
#include "sys/file.h"

namespace poststack::migrate {
namespace {

constexpr std::string_view sql_suffix = ".sql";
constexpr std::string_view rollback_suffix = ".rollback.sql";
constexpr std::string_view repeatable_prefix = "R__";
constexpr std::size_t longest_version = 18;  // always fits 64 bits
constexpr std::size_t header_bytes = 16U << 10;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// A file name cut at its parts; `digits` is empty when it is not NNN_name.
struct NameParts {
    std::string_view digits;
    std::string_view name;
};

NameParts cut_name(std::string_view stem) noexcept {
    const auto end = std::find_if_not(stem.begin(), stem.end(), is_digit);
    const auto count = static_cast<std::size_t>(end - stem.begin());
    if (count == 0 || count + 1 >= stem.size() || stem[count] != '_') return {};
    return {stem.substr(0, count), stem.substr(count + 1)};
}

std::optional<Version> find_version(std::string_view digits) noexcept {
    const std::size_t first = std::min(digits.find_first_not_of('0'), digits.size());
    if (digits.empty() || digits.size() - first > longest_version) return std::nullopt;
    if (!std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
    Version version;
    for (const char c : digits)
        version.number = version.number * 10 + (c - '0');
    return version;
}

/// Names that other tools give to the way back: run as a migration they would do harm.
bool is_foreign_rollback(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 4> endings = {".down", ".undo", ".revert", "_rollback"};
    return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) {
        return name.ends_with(ending);
    });
}

/// Sorts the names of one directory into migrations, rollbacks and what looks like a mistake.
class Listing {
  public:
    explicit Listing(MigrationSet& set) : set_(set) {}

    void add(const std::string& name) {
        if (name.starts_with('.')) return;
        if (name.starts_with(repeatable_prefix) && name.ends_with(sql_suffix)) {
            add_repeatable(name);
        } else if (name.ends_with(rollback_suffix)) {
            rollbacks_.emplace(name.substr(0, name.size() - rollback_suffix.size()), name);
        } else if (name.ends_with(sql_suffix)) {
            add_migration(name);
        } else if (to_lower(name).ends_with(sql_suffix)) {
            warn(name, "its ending is not \".sql\" in lower case");
        }
    }

    void finish() {
        auto& files = set_.files;
        std::stable_sort(files.begin(), files.end(), [](const auto& left, const auto& right) {
            return left.version < right.version;
        });
        std::sort(set_.repeatables.begin(),
                  set_.repeatables.end(),
                  [](const MigrationFile& left, const MigrationFile& right) {
                      return left.file_name < right.file_name;
                  });
        refuse_duplicates();
        for (MigrationFile& file : files) {
            const auto found = rollbacks_.find(file.stem());
            if (found == rollbacks_.end()) continue;
            file.rollback_file = found->second;
            rollbacks_.erase(found);
        }
        for (const auto& [stem, name] : rollbacks_) {
            warn(name, fmt::format("there is no \"{}{}\"", stem, sql_suffix));
        }
    }

  private:
    void warn(std::string_view name, std::string_view reason) {
        set_.warnings.push_back(fmt::format("\"{}\" is ignored: {}", name, reason));
    }

    void add_repeatable(const std::string& file_name) {
        if (file_name.ends_with(rollback_suffix)) {
            warn(file_name, "a repeatable file is undone by running an older text of it");
            return;
        }
        MigrationFile file;
        file.repeatable = true;
        file.name =
            file_name.substr(repeatable_prefix.size(),
                             file_name.size() - repeatable_prefix.size() - sql_suffix.size());
        file.file_name = file_name;
        if (file.name.empty()) {
            warn(file_name, "its name is not R__name.sql");
        } else {
            set_.repeatables.push_back(std::move(file));
        }
    }

    void add_migration(const std::string& file_name) {
        const std::string_view stem(file_name.data(), file_name.size() - sql_suffix.size());
        const NameParts parts = cut_name(stem);
        if (parts.digits.empty()) {
            warn(file_name, "its name is neither NNN_name.sql nor R__name.sql");
            return;
        }
        if (is_foreign_rollback(parts.name)) {
            throw Error(ErrorKind::config,
                        fmt::format("\"{}\" looks like another tool's rollback",
                                    set_.path(file_name).string()))
                .hint("Name a rollback NNN_name.rollback.sql, after its NNN_name.sql.");
        }
        const std::optional<Version> version = find_version(parts.digits);
        if (!version) {
            throw Error(ErrorKind::config,
                        fmt::format("the version of \"{}\" has more than {} digits",
                                    set_.path(file_name).string(),
                                    longest_version));
        }
        MigrationFile file;
        file.version = *version;
        file.digits = parts.digits;
        file.name = parts.name;
        file.file_name = file_name;
        set_.files.push_back(std::move(file));
    }

    void refuse_duplicates() const {
        std::vector<std::string> clashes;
        for (std::size_t i = 1; i < set_.files.size(); ++i) {
            const MigrationFile& one = set_.files[i - 1];
            const MigrationFile& two = set_.files[i];
            if (one.version != two.version) continue;
            clashes.push_back(fmt::format("\"{}\" and \"{}\"", one.file_name, two.file_name));
        }
        if (clashes.empty()) return;
        throw Error(ErrorKind::config,
                    fmt::format("two migrations have the same version in \"{}\": {}",
                                set_.directory.string(),
                                join(clashes, "; ")))
            .hint("Give one of them the next free number; 2 and 002 are the same version.");
    }

    MigrationSet& set_;
    std::map<std::string, std::string, std::less<>> rollbacks_;  // stem -> file name
};

void refuse_in_repeatable(const Header& header, const std::filesystem::path& path) {
    const char* const word = header.no_transaction ? "no-transaction"
                             : header.irreversible ? "irreversible"
                             : header.baseline     ? "baseline"
                                                   : nullptr;
    if (word == nullptr) return;
    throw Error(ErrorKind::config,
                fmt::format("\"{}\": a repeatable file takes no \"{}\"", path.string(), word))
        .hint(
            "It runs in one transaction, has no version and no rollback: put this into a "
            "migration NNN_name.sql.");
}

/// Reads `file` for its checksum and header. `buffer` is scratch space, kept between files.
void read_content(const MigrationSet& set, MigrationFile& file, std::vector<char>& buffer) {
    const std::filesystem::path path = set.path(file.file_name);
    FileSource source(path);
    std::size_t filled = 0;
    while (filled < header_bytes) {
        const std::size_t got = source.read(buffer.data() + filled, header_bytes - filled);
        if (got == 0) break;
        filled += got;
    }
    const Header header = parse_header({buffer.data(), filled}, path.string());
    file.description = header.description;
    file.no_transaction = header.no_transaction;
    file.irreversible = header.irreversible;
    file.baseline = header.baseline;
    file.max_lock = header.max_lock;
    file.lock_timeout = header.lock_timeout;
    file.variables = header.variables;
    if (file.repeatable) refuse_in_repeatable(header, path);
    file.sha256 = source.finish();
    file.size = source.size();
}

}  // namespace

Version parse_version(std::string_view text) {
    const std::optional<Version> version = find_version(text);
    if (version) return *version;
    throw Error(ErrorKind::usage, fmt::format("\"{}\" is not a migration's version", text))
        .hint("Give the number a file name begins with, e.g. 004.");
}

std::string MigrationFile::stem() const {
    return repeatable ? std::string(repeatable_prefix) + name : digits + "_" + name;
}

std::filesystem::path MigrationSet::path(std::string_view file_name) const {
    return directory / file_name;
}

const MigrationFile* MigrationSet::find(Version version) const noexcept {
    const auto found = std::lower_bound(
        files.begin(), files.end(), version, [](const MigrationFile& file, Version wanted) {
            return file.version < wanted;
        });
    return found != files.end() && found->version == version ? &*found : nullptr;
}

const MigrationFile* MigrationSet::baseline() const noexcept {
    return !files.empty() && files.front().baseline ? &files.front() : nullptr;
}

MigrationSet read_migrations(const std::filesystem::path& directory) {
    MigrationSet set;
    set.directory = directory;
    Listing listing(set);
    for (const std::string& name : sys::list_directory(directory)) {
        if (name == pending_squash) {
            throw Error(ErrorKind::conflict,
                        fmt::format("a squash of \"{}\" was interrupted: some of its files have "
                                    "moved",
                                    directory.string()))
                .hint("\"poststack database squash --up-to VERSION\" finishes it.");
        }
        listing.add(name);
    }
    listing.finish();
    std::vector<char> buffer(header_bytes);
    for (MigrationFile& file : set.files)
        read_content(set, file, buffer);
    for (MigrationFile& file : set.repeatables)
        read_content(set, file, buffer);
    for (const MigrationFile& file : set.files) {
        if (!file.baseline || &file == &set.files.front()) continue;
        throw Error(ErrorKind::config,
                    fmt::format("\"{}\" is a baseline, but \"{}\" is older",
                                file.file_name,
                                set.files.front().file_name))
            .hint("A baseline takes the place of all older files: move them out of the directory.");
    }
    return set;
}

}  // namespace poststack::migrate
