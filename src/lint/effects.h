// What a file makes, removes and renames, so that a migration and its rollback can be laid side by
// side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lint/rule.h"
#include "lint/tree.h"

namespace poststack::lint {

enum class Act : std::uint8_t { create, drop, rename, alter };

/// The kind of an alter that gives a sequence to a table.
inline constexpr std::string_view sequence_owner = "owner of sequence";

/// One object that a statement makes, removes, renames or changes in place.
struct Effect {
    Act act = Act::create;
    std::string kind = {};  ///< "table", "column", ...; of alter: what is changed, "type of column"
    std::string name = {};  ///< of objects that belong to a table: without it
    std::string parent = {};    ///< the table it belongs to, "" for what stands alone
    std::string new_name = {};  ///< of a rename
    bool if_exists = false;     ///< DROP ... IF EXISTS
    bool if_missing = false;    ///< CREATE ... IF NOT EXISTS or OR REPLACE: it may have been there
    bool cascade = false;
    std::vector<std::string> uses = {};     ///< names of what it cannot live without
    std::vector<std::string> columns = {};  ///< of its table: it goes when one of them does
    Place place = {};

    /// "table \"orders\"" or "column \"note\" of \"orders\"".
    [[nodiscard]] std::string to_text() const;

    /// True when both are about one object.
    [[nodiscard]] bool is_about(const Effect& other) const noexcept;
};

/// The effects of one statement, without their places.
[[nodiscard]] std::vector<Effect> effects_of(Node statement);

/// What an object of a removed kind is called: "OBJECT_TABLE" to "table"; "" for what is not
/// followed. Types and domains are one kind, and so are functions and procedures.
[[nodiscard]] std::string_view kind_of(std::string_view object_type) noexcept;

}  // namespace poststack::lint
