// Turns the rows of the catalogue queries into objects (queries.h).
#pragma once

#include <cstdint>
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
    /// Adds all rows of one query's result; `by_unit` when the query can be read unit by unit.
    void add(const pg::Result& rows, bool by_unit);

    /// The objects, those of column orders included. Empties the collector.
    [[nodiscard]] std::vector<ObjectPtr> take();

  private:
    using Key = std::pair<Kind, std::string>;

    void note_position(Object& column, const pg::Result& rows, std::size_t row);

    std::map<Key, std::shared_ptr<Object>> objects_;
    struct Order {
        std::int64_t unit = 0;
        std::map<std::int64_t, std::string> names;  ///< by number
    };
    std::map<std::string, Order> columns_;  ///< by parent label
};

}  // namespace poststack::catalog
