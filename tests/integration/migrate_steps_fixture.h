// A table and a no-transaction file behind it.
#pragma once

#include <string>
#include <vector>

#include "migrate/checksum.h"
#include "migrate/progress.h"
#include "migrate_fixture.h"

namespace poststack::test {

inline const std::string no_transaction = "-- poststack: no-transaction\n";

class StepsTest : public testing::Test {
  protected:
    /// Writes 001_a.sql with a table of 100 rows in it, and applies it.
    void make_table() {
        project_.write("001_a.sql",
                       "CREATE TABLE a (id int, n int);\n"
                       "INSERT INTO a SELECT i, i % 50 FROM generate_series(1, 100) i;\n");
        project_.write("001_a.rollback.sql", "DROP TABLE a;");
        static_cast<void>(project_.apply());
    }

    /// Applies and keeps what was said.
    migrate::ApplyResult apply_and_listen(migrate::RunOptions run = {}) {
        run.on_progress = [this](const migrate::ProgressEvent& event) {
            if (event.kind == migrate::ProgressEvent::Kind::notice) said_.push_back(event.text);
        };
        return project_.apply({.run = run});
    }

    std::string progress() {
        return project_.ask(
            "SELECT format('%s %s done, running %s', direction, statements_done, "
            "coalesce(statement_running::text, 'none')) FROM poststack.migration_progress");
    }

    std::string valid_indexes() {
        return project_.ask(
            "SELECT string_agg(indexrelid::regclass::text, ',' ORDER BY "
            "indexrelid::regclass::text) FROM pg_index WHERE indrelid = 'a'::regclass AND "
            "indisvalid");
    }

    /// Records statement `number` of 002_b.sql as announced, as a run that died then leaves it.
    void announce(std::size_t number, const std::string& statement, const std::string& seen = " ") {
        migrate::TokenHash done;
        migrate::Progress progress;
        progress.version = migrate::Version{2};
        progress.file_name = "002_b.sql";
        progress.done = number - 1;
        migrate::TokenHash running;
        running.add_statement(statement, {});
        progress.done_checksum = done.finish();
        progress.running = number;
        progress.running_checksum = running.finish();
        progress.running_text = statement;
        progress.seen_before = seen;
        project_.ask(migrate::record_progress_sql(progress, {"me", "here"}));
    }

    MigrationProject project_;
    std::vector<std::string> said_;
};

}  // namespace poststack::test
