// Statements that cannot run in a transaction: what they make or remove, and how the catalogue
// tells whether one that was cut off has worked.
//
// Before such a statement runs, OutsideStatement::observe() writes down what is there; that text is
// recorded with the intent. Should the run die, the next one compares: an index that is valid, has
// the same definition and was not there before is the work of the lost statement.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "migrate/lock_level.h"
#include "pg/connection.h"

namespace poststack::migrate {

enum class OutsideKind : std::uint8_t {
    create_index,      ///< CREATE INDEX CONCURRENTLY
    drop_index,        ///< DROP INDEX CONCURRENTLY
    reindex,           ///< REINDEX: may be run again
    create_object,     ///< CREATE DATABASE, TABLESPACE, SUBSCRIPTION
    drop_object,       ///< DROP of one of those
    detach_partition,  ///< ALTER TABLE ... DETACH PARTITION ... CONCURRENTLY
    repeatable,        ///< VACUUM, CLUSTER, ALTER SYSTEM, ...: may be run again
    undecidable,       ///< CALL or DO that commits by itself, and what is not known
};

/// What is written in one statement, as SQL text.
struct OutsideStatement {
    OutsideKind kind = OutsideKind::undecidable;
    std::string object;      ///< the index, database, ..., partition; "" for an index without name
    std::string relation;    ///< the table of the index, the parent of the partition
    std::string definition;  ///< behind the table's name: "USING gin (tags) WHERE ..."
    std::string catalogue;   ///< of create_object and drop_object: "pg_database.datname"
    bool unique = false;
};

/// Reads a statement that classify() calls outside_only, or a CALL or DO.
[[nodiscard]] OutsideStatement parse_outside(std::string_view statement);

/// The strongest lock that a statement which classify() calls outside_only takes on a table;
/// nothing for those that take none. Source: manual 13.3.1 and the commands' own pages.
[[nodiscard]] std::optional<LockLevel> lock_taken_outside(std::string_view statement);

/// True for CALL and DO, which may commit by themselves: tried in a transaction first.
[[nodiscard]] bool may_commit_itself(std::string_view statement) noexcept;

/// What is known about a statement that was cut off.
enum class OutsideVerdict : std::uint8_t { done, again, unknown };

/// Looks into the catalogue for one statement, with the session's role and search_path.
class OutsideObserver {
  public:
    using Say = std::function<void(const std::string&)>;

    /// `say` is told what is tidied up.
    OutsideObserver(pg::Connection& connection, const OutsideStatement& statement, Say say)
        : connection_(connection), statement_(statement), say_(std::move(say)) {}

    /// Makes way and returns what to remember. An index in the way that a failed CONCURRENTLY left
    /// invalid is dropped. Errors: conflict while another session still builds it.
    [[nodiscard]] std::string prepare();

    /// Judges a statement that was cut off; `seen` is what prepare() returned then. What it left
    /// half-made is dropped. Errors: as prepare().
    [[nodiscard]] OutsideVerdict judge(const std::string& seen);

    /// Drops what a statement that just failed left half-made. Never throws.
    void tidy(const std::string& seen) noexcept;

    /// Checks what a statement that succeeded has made.
    /// Errors: conflict for an index that is there but not valid.
    void verify();

  private:
    struct Index {
        std::string oid;
        std::string name;  ///< schema-qualified and quoted
        std::string definition;
        bool valid = false;
        bool named = false;     ///< it has the name the statement gives
        bool building = false;  ///< a session works on it
    };

    [[nodiscard]] std::vector<Index> indexes();
    [[nodiscard]] std::vector<Index> leftovers();
    [[nodiscard]] OutsideVerdict judge_create(const std::string& seen);
    [[nodiscard]] OutsideVerdict judge_detach();
    [[nodiscard]] bool has_object();
    [[nodiscard]] std::string wanted_definition();
    void drop(const Index& index);
    void drop_leftovers(const std::string& seen);

    pg::Connection& connection_;
    const OutsideStatement& statement_;
    Say say_;
};

}  // namespace poststack::migrate
