// The files that an adoption is about, as migrations of ours.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "migrate/adopt.h"
#include "migrate/files.h"
#include "migrate/foreign_files.h"
#include "pg/connection.h"

namespace poststack::migrate {

/// One file on its way: what it was, what it will be, what is known about it.
struct AdoptCandidate {
    AdoptedFile report;
    std::string key;  ///< ForeignFile::key
    MigrationFile file;
    std::string up;
    std::optional<std::string> down;
    std::string normalised;  ///< checksums, see migrate/checksum.h
    std::string tokens;

    /// The first reason counts.
    void set_conflict(std::string reason);

    /// Says that its changes are there already, unless it is in conflict.
    void mark_applied() noexcept;
};

/// The migrations of ours in `set`.
[[nodiscard]] std::vector<AdoptCandidate> own_candidates(const MigrationSet& set);

/// Another tool's files under the names they will have: with its numbers where those ascend, else
/// counted from 1.
[[nodiscard]] std::vector<AdoptCandidate> foreign_candidates(ForeignChain chain);

/// Flyway's repeatable files under the names they will have.
[[nodiscard]] std::vector<AdoptCandidate> repeatable_candidates(std::vector<ForeignFile> files);

/// Reads the text as migrate would, and looks what of it the database has. What migrate would
/// refuse becomes a conflict.
void describe(AdoptCandidate& candidate, pg::Connection& connection);

/// Marks as applied what the database has the objects of, for a look alone: nobody has said what is
/// applied. Some of a file's objects are a conflict. What makes nothing that can be looked for goes
/// with what comes after it.
void mark_by_objects(std::vector<AdoptCandidate>& candidates);

}  // namespace poststack::migrate
