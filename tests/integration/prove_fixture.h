// A chain of migrations that is proven on a scratch database of the shared server.
#pragma once

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "require_tool.h"
#include "server.h"
#include "sys/file.h"
#include "workflow/prove.h"

namespace poststack::workflow {

class ProveTest : public ::testing::Test {
  protected:
    void SetUp() override { POSTSTACK_REQUIRE_TOOL("postgres"); }

    /// Adds a migration and, unless `down` is null, its rollback.
    void add(const std::string& stem, const std::string& up, const char* down) {
        std::ofstream(folder_.path() / (stem + ".sql")) << up;
        if (down != nullptr) std::ofstream(folder_.path() / (stem + ".rollback.sql")) << down;
    }

    ProofReport run(const ProveOptions& options = {}) {
        const pg::ConnInfo info = test::shared_server().fresh_database();
        ScratchDatabase scratch({info.clone(), info.clone(), {}});
        return prove(scratch, migrate::read_migrations(folder_.path()), options);
    }

    /// The proof of one more pair behind a first one that makes table t (a int, b text, c int).
    PairProof prove_pair(const std::string& up, const char* down) {
        add("001_base", "CREATE TABLE t (a int, b text, c int);", "DROP TABLE t;");
        add("002_tested", up, down);
        add("003_after", "CREATE TABLE after_it (a int);", "DROP TABLE after_it;");
        const ProofReport report = run();
        EXPECT_EQ(report.pairs.size(), 3U);
        EXPECT_EQ(name(report.pairs[0].verdict), "lossless");
        EXPECT_EQ(name(report.pairs[2].verdict), "lossless") << report.pairs[2].problem;
        return report.pairs[1];
    }

    sys::TempDir folder_;
};

}  // namespace poststack::workflow
