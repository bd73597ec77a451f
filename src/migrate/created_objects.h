// What a migration's CREATE statements would make, and whether the database has it already.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pg/connection.h"

namespace poststack::migrate {

struct CreatedObject {
    enum class Kind { relation, type, schema, routine };
    Kind kind = Kind::relation;
    std::string name;  ///< as written, with its schema where it has one
};

/// The objects that `text` creates and that must not be there before: statements with IF NOT EXISTS
/// or OR REPLACE are left out. Errors: as Scanner.
[[nodiscard]] std::vector<CreatedObject> created_objects(std::string_view text,
                                                         const std::string& name,
                                                         bool standard_strings);

/// How many of `objects` the database has. One round trip; none without objects.
[[nodiscard]] std::size_t count_existing(pg::Connection& connection,
                                         const std::vector<CreatedObject>& objects);

}  // namespace poststack::migrate
