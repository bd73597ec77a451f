#include "pgfiles/server_conf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace poststack::pgfiles {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t gib = 1ULL << 30;

TEST(Tune, UsesAQuarterOfALimitForSharedBuffers) {
    const ServerTuning tuning =
        tune({.memory = 2 * gib, .memory_is_limit = true, .cpus = 2.0}, 100);

    EXPECT_EQ(tuning.shared_buffers_mb, 512U);
    EXPECT_EQ(tuning.effective_cache_size_mb, 1536U);
    EXPECT_EQ(tuning.maintenance_work_mem_mb, 128U);
    EXPECT_EQ(tuning.work_mem_mb, 7U);
    EXPECT_EQ(tuning.max_wal_size_mb, 1024U);
    EXPECT_EQ(tuning.max_parallel_workers, 2);
    EXPECT_EQ(tuning.max_parallel_workers_per_gather, 1);
}

TEST(Tune, TakesASmallShareOfAMachineWithoutLimit) {
    const ServerTuning tuning =
        tune({.memory = 64 * gib, .memory_is_limit = false, .cpus = 16.0}, 100);

    EXPECT_EQ(tuning.shared_buffers_mb, 128U);
    EXPECT_EQ(tuning.effective_cache_size_mb, 32768U);
    EXPECT_EQ(tuning.max_parallel_workers_per_gather, 4);
}

TEST(Tune, StaysAboveTheLeastThatWorks) {
    const ServerTuning tuning =
        tune({.memory = 32U << 20, .memory_is_limit = true, .cpus = 0.5}, 500);

    EXPECT_EQ(tuning.shared_buffers_mb, 16U);
    EXPECT_EQ(tuning.work_mem_mb, 1U);
    EXPECT_EQ(tuning.maintenance_work_mem_mb, 16U);
    EXPECT_EQ(tuning.max_wal_size_mb, 256U);
    EXPECT_EQ(tuning.max_parallel_workers, 1);
    EXPECT_EQ(tuning.max_parallel_workers_per_gather, 0);
}

TEST(RenderServerConf, EndsWithTheUsersOwnSettings) {
    const std::string text = render_server_conf(tune({}, 42), {{"log_statement", "it's"}});

    EXPECT_THAT(text, HasSubstr("max_connections = 42\n"));
    EXPECT_THAT(text, testing::EndsWith("log_statement = 'it''s'\n"));
}

TEST(WithInclude, AddsTheLineOnce) {
    const std::string once = with_include("port = 5432\n");

    EXPECT_THAT(once, HasSubstr("\ninclude_if_exists = 'poststack.conf'\n"));
    EXPECT_EQ(with_include(once), once);
}

}  // namespace
}  // namespace poststack::pgfiles
