// The files of a squash (squash.h): what has been moved and what has not tells how far it came.
#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"
#include "workflow/squash.h"

namespace poststack::workflow {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view pending_prefix = ".squash-";  ///< migrations ignore dot files

/// Everything a squash moves is named here, before the first of it moves.
struct Moves {
    fs::path migrations;
    fs::path folder;
    std::string target;              ///< name of the baseline
    std::vector<std::string> names;  ///< of what moves
};

fs::path list_path(const fs::path& migrations) {
    return migrations / fmt::format("{}list", pending_prefix);
}

fs::path text_path(const fs::path& migrations) {
    return migrations / fmt::format("{}baseline.sql", pending_prefix);
}

void rename_file(const fs::path& from, const fs::path& to) {
    std::error_code failed;
    fs::rename(from, to, failed);
    if (failed) {
        throw Error(
            failed == std::errc::permission_denied ? ErrorKind::denied : ErrorKind::io,
            fmt::format(
                "cannot move \"{}\" to \"{}\": {}", from.string(), to.string(), failed.message()));
    }
}

/// Does what is left of `moves`. Each step may have been done already.
void carry_out(const Moves& moves) {
    fs::create_directories(moves.folder);
    for (const std::string& name : moves.names) {
        if (fs::exists(moves.migrations / name))
            rename_file(moves.migrations / name, moves.folder / name);
    }
    if (fs::exists(text_path(moves.migrations)))
        rename_file(text_path(moves.migrations), moves.migrations / moves.target);
    fs::remove(list_path(moves.migrations));
}

std::string list_text(const Moves& moves) {
    return fmt::format(
        "{}\n{}\n{}\n", moves.folder.filename().string(), moves.target, join(moves.names, "\n"));
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
    sys::replace_file(text_path(set.directory), text, {.mode = 0644});
    sys::replace_file(list_path(set.directory), list_text(moves), {.mode = 0644});
    carry_out(moves);
    return moves.target;
}

bool finish_squash(const fs::path& migrations) {
    if (!fs::exists(list_path(migrations))) return false;
    const std::string text = sys::read_file(list_path(migrations));
    std::vector<std::string> lines;
    for (const std::string_view line : split(text, '\n')) {
        if (!line.empty()) lines.emplace_back(line);
    }
    if (lines.size() < 3) {
        throw Error(
            ErrorKind::config,
            fmt::format("\"{}\" is not what poststack wrote", list_path(migrations).string()));
    }
    Moves moves{migrations, migrations / lines[0], lines[1], {lines.begin() + 2, lines.end()}};
    carry_out(moves);
    return true;
}

}  // namespace poststack::workflow
