// A database and a directory of migrations for one test.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "migrate/apply.h"
#include "migrate/rollback.h"
#include "pg/connection.h"
#include "server.h"
#include "sys/file.h"

namespace poststack::test {

/// One fresh database of the shared server and an empty migrations directory.
class MigrationProject {
  public:
    MigrationProject() : target_(shared_server().fresh_database()) {}

    /// Writes a file, replacing one of that name.
    void write(const std::string& name, std::string_view content) {
        sys::replace_file(folder_.path() / name, content);
    }

    /// `NNN_tN.sql` that makes table tN, with its rollback.
    void write_table(int number) {
        const std::string table = "t" + std::to_string(number);
        const std::string digits = number < 10 ? "00" : "0";
        const std::string stem = digits + std::to_string(number) + "_" + table;
        write(stem + ".sql", "CREATE TABLE " + table + " (id int PRIMARY KEY);\n");
        write(stem + ".rollback.sql", "DROP TABLE " + table + ";\n");
    }

    void remove(const std::string& name) { sys::remove_file(folder_.path() / name); }

    migrate::ApplyResult apply(const migrate::ApplyOptions& options = {}) {
        return migrate::apply(target_, folder_.path(), options);
    }

    migrate::RollbackResult rollback(const migrate::RollbackOptions& options = {}) {
        return migrate::rollback(target_, folder_.path(), options);
    }

    /// The Error that applying ends with; fails the test when it does not.
    std::optional<Error> apply_error(const migrate::ApplyOptions& options = {}) {
        try {
            static_cast<void>(apply(options));
        } catch (const Error& error) {
            return error;
        }
        return std::nullopt;
    }

    /// The first cell of a query, "" for null.
    std::string ask(const std::string& sql) {
        pg::Connection connection(target_);
        const pg::Result result = connection.script(sql);
        return result.rows() == 0 ? "" : std::string(result.value(0, 0));
    }

    /// "001,002": what the ledger holds.
    std::string applied() {
        return ask(
            "SELECT string_agg(version::text, ',' ORDER BY version) "
            "FROM poststack.schema_migrations");
    }

    /// True when the table is there.
    bool has_table(const std::string& name) {
        return ask("SELECT to_regclass('" + name + "') IS NOT NULL") == "t";
    }

    [[nodiscard]] const pg::ConnInfo& target() const noexcept { return target_; }

    [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }

  private:
    sys::TempDir folder_;
    pg::ConnInfo target_;
};

}  // namespace poststack::test
