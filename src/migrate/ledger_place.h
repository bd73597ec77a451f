// Which ledger a run is about: the database's, or that of one schema of it.
#pragma once

#include <string>
#include <string_view>

namespace poststack::migrate {

/// The two advisory locks of one ledger (migrate/lock.h), each as class and key.
struct LockKeys {
    int turn_class = 0;
    int turn_key = 0;
    int work_class = 0;
    int work_key = 0;
};

/// Names the tables of one ledger. The database's own lies in schema "poststack"; a schema with a
/// ledger of its own (`--schema`) has it inside, as poststack_schema_migrations and so on, so that
/// the two are dumped, restored and dropped together.
class LedgerPlace {
  public:
    /// The database's ledger.
    LedgerPlace() = default;

    /// That of `schema`; "" is the database's.
    /// Errors: usage for schemas of the server or of poststack and for names too long.
    explicit LedgerPlace(std::string schema);

    /// "" for the database's ledger.
    [[nodiscard]] const std::string& schema() const noexcept { return schema_; }

    [[nodiscard]] bool is_database() const noexcept { return schema_.empty(); }

    /// "poststack.schema_migrations", or "\"acme\".poststack_schema_migrations".
    [[nodiscard]] std::string table(std::string_view name) const;

    /// `sql` that speaks of tables as "poststack.name", for this place. For fixed text alone.
    [[nodiscard]] std::string localise(std::string_view sql) const;

    /// `schema "poststack"`, for messages.
    [[nodiscard]] std::string describe() const;

    [[nodiscard]] LockKeys lock_keys() const;

  private:
    std::string schema_;
};

}  // namespace poststack::migrate
