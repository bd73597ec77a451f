// What the tests of taking over have in common: another tool's files and tables, and a look at
// ours.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "migrate/adopt.h"
#include "pg/connection.h"
#include "server.h"
#include "sys/file.h"

namespace poststack::migrate {

inline const std::string up_a = "CREATE TABLE a ();\n";
inline const std::string up_b = "CREATE TABLE b ();\n";

class Adopt : public testing::Test {
  protected:
    Adopt() : target_(test::shared_server().fresh_role()), connection_(target_) {}

    void write(const std::string& name, const std::string& text) {
        const auto path = theirs() / name;
        sys::make_directories(path.parent_path());
        sys::replace_file(path, text, {.mode = 0644});
    }

    void run(const std::string& sql) { connection_.script(sql); }

    [[nodiscard]] std::filesystem::path theirs() const { return folder_.path() / "theirs"; }
    [[nodiscard]] std::filesystem::path ours() const { return folder_.path() / "migrations"; }

    [[nodiscard]] AdoptReport adopt_now(AdoptOptions options = {}) {
        if (options.source.empty()) options.source = theirs();
        return adopt(target_, ours(), options);
    }

    /// "001_a.sql baseline", for each file.
    [[nodiscard]] static std::vector<std::string> words(const AdoptReport& report) {
        std::vector<std::string> found;
        for (const AdoptedFile& file : report.files)
            found.push_back(file.file_name + " " + std::string(name(file.adoption)));
        return found;
    }

    [[nodiscard]] std::string ledger() {
        return std::string(
            connection_
                .script("SELECT string_agg(version || ' ' || adopted_from, ',' ORDER BY version) "
                        "FROM poststack.schema_migrations")
                .value(0, 0));
    }

    /// Three files of dbmate's, two of them applied.
    void make_dbmate() {
        write("1_a.sql",
              "-- migrate:up\nCREATE TABLE a (id int);\n-- migrate:down\nDROP TABLE a;\n");
        write("2_b.sql",
              "-- migrate:up\nCREATE TABLE b (id int);\n-- migrate:down\nDROP TABLE b;\n");
        write("3_c.sql", "-- migrate:up\nCREATE TABLE c (id int);\n");
        run("CREATE TABLE public.schema_migrations (version varchar PRIMARY KEY);"
            "INSERT INTO public.schema_migrations VALUES ('1'), ('2');"
            "CREATE TABLE a (id int); CREATE TABLE b (id int)");
    }

    sys::TempDir folder_;
    pg::ConnInfo target_;
    pg::Connection connection_;
};

}  // namespace poststack::migrate
