// Turns the rows of the catalogue queries into objects (queries.h).
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "catalog/fingerprint.h"
#include "pg/result.h"

namespace poststack::catalog {

/// Collects rows and puts together what belongs to one object.
class Collector {
  public:
    /// Adds all rows of one query's result.
    void add(const pg::Result& rows);

    /// The objects, those of column orders included. Empties the collector.
    [[nodiscard]] std::vector<ObjectPtr> take();

  private:
    using Key = std::pair<Kind, std::string>;

    void note_position(Object& column, const pg::Result& rows, std::size_t row);

    std::map<Key, std::shared_ptr<Object>> objects_;
    std::map<std::string, std::map<std::int64_t, std::string>> columns_;  ///< by parent label
};

}  // namespace poststack::catalog
