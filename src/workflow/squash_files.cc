// The files of a squash (squash.h). One rename decides: before it nothing has happened, behind it
// everything will.
#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"
#include "workflow/squash.h"

namespace poststack::workflow {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view drafts = ".squash-pending.";  ///< what a killed write leaves

/// Everything a squash does, in one file that is there from the moment it is decided until all of
/// it is done.
struct Moves {
    fs::path migrations;
    fs::path folder;
    std::string target;              ///< name of the baseline
    std::vector<std::string> names;  ///< of what moves
    std::string text;                ///< of the baseline
};

fs::path pending_path(const fs::path& migrations) {
    return migrations / migrate::pending_squash;
}

void rename_file(const fs::path& from, const fs::path& to) {
    std::error_code failed;
    fs::rename(from, to, failed);
    if (failed) {
        throw Error(
            failed == std::errc::permission_denied ? ErrorKind::denied : ErrorKind::io,
            fmt::format(
                R"(cannot move "{}" to "{}": {})", from.string(), to.string(), failed.message()));
    }
}

/// Does what is left of `moves`. Each step may have been done already: what has moved must not be
/// overwritten by a baseline of the same name.
void carry_out(const Moves& moves) {
    fs::create_directories(moves.folder);
    for (const std::string& name : moves.names) {
        if (sys::find_info(moves.migrations / name) && !sys::find_info(moves.folder / name))
            rename_file(moves.migrations / name, moves.folder / name);
    }
    sys::sync_directory(moves.folder);
    sys::replace_file(moves.migrations / moves.target, moves.text, {.mode = 0644});
    fs::remove(pending_path(moves.migrations));
    sys::sync_directory(moves.migrations);
}

/// Names, one a line, an empty line, the text.
std::string to_text(const Moves& moves) {
    return fmt::format("{}\n{}\n{}\n\n{}",
                       moves.folder.filename().string(),
                       moves.target,
                       join(moves.names, "\n"),
                       moves.text);
}

Moves read_moves(const fs::path& migrations) {
    const std::string all = sys::read_file(pending_path(migrations));
    const std::size_t end = all.find("\n\n");
    std::vector<std::string> lines;
    if (end != std::string::npos) {
        for (const std::string_view line : split(std::string_view(all).substr(0, end), '\n'))
            lines.emplace_back(line);
    }
    if (lines.size() < 3) {
        throw Error(
            ErrorKind::config,
            fmt::format("\"{}\" is not what poststack wrote", pending_path(migrations).string()));
    }
    return {migrations,
            migrations / lines[0],
            lines[1],
            {lines.begin() + 2, lines.end()},
            all.substr(end + 2)};
}

}  // namespace

std::string put_baseline(const migrate::MigrationSet& set,
                         migrate::Version up_to,
                         const std::string& text) {
    const migrate::MigrationFile* last = set.find(up_to);
    if (last == nullptr)
        throw Error(ErrorKind::bug, "a squash up to a migration that is not there");
    Moves moves;
    moves.migrations = set.directory;
    moves.folder = set.directory / fmt::format("squashed-{}", last->digits);
    moves.target = fmt::format("{}_baseline.sql", last->digits);
    if (fs::exists(moves.folder)) {
        throw Error(ErrorKind::conflict,
                    fmt::format("\"{}\" exists already", moves.folder.string()))
            .hint("Remove it or move it away: it holds the files of an earlier squash.");
    }
    for (const migrate::MigrationFile& file : set.files) {
        if (file.version > up_to) continue;
        moves.names.push_back(file.file_name);
        if (!file.rollback_file.empty()) moves.names.push_back(file.rollback_file);
    }
    moves.text = text;
    sys::replace_file(pending_path(set.directory), to_text(moves), {.mode = 0644});
    carry_out(moves);
    return moves.target;
}

std::optional<std::string> finish_squash(const fs::path& migrations) {
    if (!sys::find_info(migrations)) return std::nullopt;
    for (const std::string& name : sys::list_directory(migrations)) {
        if (name.starts_with(drafts)) sys::remove_file(migrations / name);
    }
    if (!sys::find_info(pending_path(migrations))) return std::nullopt;
    const Moves moves = read_moves(migrations);
    carry_out(moves);
    return moves.target;
}

}  // namespace poststack::workflow
