// Taking over a database that another tool, or nobody, has migrated so far.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "migrate/apply.h"
#include "migrate/foreign_files.h"
#include "pg/conninfo.h"
#include "sys/file.h"

namespace poststack::migrate {

enum class Adoption {
    baseline,  ///< recorded as applied; nothing of it runs
    apply,     ///< left for the next migrate
    conflict,  ///< what the history, the files and the database say does not fit
    present,   ///< in our ledger already
};

[[nodiscard]] std::string_view name(Adoption adoption) noexcept;

struct AdoptedFile {
    std::string source;     ///< the other tool's file; "" when only its history knows it
    std::string file_name;  ///< ours: "002_add_users.sql"
    std::string version;    ///< as in file_name
    Adoption adoption = Adoption::apply;
    std::string reason;        ///< of a conflict
    std::string applied_at;    ///< when the other tool applied it, where it says
    std::size_t objects = 0;   ///< named by its CREATE statements
    std::size_t existing = 0;  ///< how many of them are in the database
    bool has_rollback = false;
};

struct AdoptOptions {
    std::optional<Tool> tool = {};             ///< whose history; nothing: the only one there is
    std::filesystem::path source = {};         ///< empty: the project's own migrations
    std::optional<std::string> baseline = {};  ///< no history: files up to this version are applied
    bool dry_run = false;
    std::chrono::milliseconds wait_limit{60'000};
    std::optional<sys::Owner> owner = {};  ///< of the files written
    ProgressCallback on_progress = {};
};

struct AdoptReport {
    std::string tool;     ///< "" with a baseline
    std::string history;  ///< its table
    std::vector<AdoptedFile> files;
    std::vector<std::string> warnings;

    [[nodiscard]] std::size_t count(Adoption adoption) const noexcept;
};

/// Compares another tool's files with its history and the database, and unless it is a dry run or
/// there is a conflict records what is applied in our ledger, all of it in one transaction, and
/// then writes the files into `directory` as NNN_name.sql and NNN_name.rollback.sql.
///
/// Nothing of another tool's is changed. A file that is there with other content is a conflict.
/// Killed between ledger and files, the next migrate refuses (files are missing) and the next
/// adopt goes on.
/// Errors: not_found without history and baseline, or for an unknown version; usage when several
///   tools have left a history; config for files that cannot be taken over, or another tool's
///   layout in `directory` itself; as apply() otherwise.
[[nodiscard]] AdoptReport adopt(const pg::ConnInfo& target,
                                const std::filesystem::path& directory,
                                const AdoptOptions& options);

}  // namespace poststack::migrate
