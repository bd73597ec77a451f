#include "pgfiles/resources.h"

#include <string>

#include <gtest/gtest.h>

#include "sys/file.h"

namespace poststack::pgfiles {
namespace {

constexpr std::uint64_t mib = 1ULL << 20;

/// A /proc and /sys/fs/cgroup of our own.
class FindResources : public testing::Test {
  protected:
    void put(const std::string& name, const std::string& text) {
        const auto path = directory_.path() / name;
        sys::make_directories(path.parent_path());
        sys::replace_file(path, text);
    }

    [[nodiscard]] Resources find() const {
        return find_resources(
            {.proc = directory_.path() / "proc", .cgroup = directory_.path() / "cgroup"});
    }

    void SetUp() override { put("proc/meminfo", "MemTotal:        8388608 kB\nMemFree:  1 kB\n"); }

  private:
    sys::TempDir directory_;
};

TEST_F(FindResources, UsesTheMachineWithoutLimits) {
    const Resources resources = find();

    EXPECT_EQ(resources.memory, 8192 * mib);
    EXPECT_FALSE(resources.memory_is_limit);
    EXPECT_GE(resources.cpus, 1.0);
}

TEST_F(FindResources, ReadsVersionTwo) {
    put("proc/self/cgroup", "0::/user/app\n");
    put("cgroup/user/app/memory.max", "536870912\n");
    put("cgroup/user/app/cpu.max", "50000 100000\n");

    const Resources resources = find();

    EXPECT_EQ(resources.memory, 512 * mib);
    EXPECT_TRUE(resources.memory_is_limit);
    EXPECT_DOUBLE_EQ(resources.cpus, 0.5);
}

TEST_F(FindResources, TakesTheParentsLimitWhenItIsSmaller) {
    put("proc/self/cgroup", "0::/user/app\n");
    put("cgroup/user/memory.max", "268435456\n");
    put("cgroup/user/app/memory.max", "max\n");
    put("cgroup/user/app/cpu.max", "max 100000\n");

    EXPECT_EQ(find().memory, 256 * mib);
}

TEST_F(FindResources, ReadsVersionOne) {
    put("proc/self/cgroup", "4:memory:/app\n2:cpu,cpuacct:/app\n0::/\n");
    put("cgroup/memory/app/memory.limit_in_bytes", "1073741824\n");
    put("cgroup/cpu/app/cpu.cfs_quota_us", "25000\n");
    put("cgroup/cpu/app/cpu.cfs_period_us", "100000\n");

    const Resources resources = find();

    EXPECT_EQ(resources.memory, 1024 * mib);
    EXPECT_TRUE(resources.memory_is_limit);
    EXPECT_DOUBLE_EQ(resources.cpus, 0.25);
}

TEST_F(FindResources, TakesVersionOnesHugeNumberForNoLimit) {
    put("proc/self/cgroup", "4:memory:/app\n");
    put("cgroup/memory/app/memory.limit_in_bytes", "9223372036854771712\n");
    put("cgroup/cpu/cpu.cfs_quota_us", "-1\n");

    EXPECT_FALSE(find().memory_is_limit);
}

TEST_F(FindResources, TakesTheMountForTheContainersOwnGroup) {
    put("proc/self/cgroup", "0::/not/visible/here\n");
    put("cgroup/memory.max", "134217728\n");

    EXPECT_EQ(find().memory, 128 * mib);
}

}  // namespace
}  // namespace poststack::pgfiles
