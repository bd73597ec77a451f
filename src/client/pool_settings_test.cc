#include "poststack/pool_settings.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace poststack {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

PoolSettings read(const std::map<std::string, std::string>& values) {
    return PoolSettings::from_values([&](const std::string& name) -> std::optional<std::string> {
        const auto found = values.find(name);
        if (found == values.end()) return std::nullopt;
        return found->second;
    });
}

TEST(PoolSettings, DefaultsAreThoseOfTheDocument) {
    const PoolSettings settings = read({});

    EXPECT_EQ(settings.size, 20);
    EXPECT_EQ(settings.max_overflow, 40);
    EXPECT_EQ(settings.timeout, milliseconds(30'000));
    EXPECT_EQ(settings.recycle, milliseconds(3'600'000));
    EXPECT_TRUE(settings.pre_ping);
    EXPECT_EQ(settings.query_timeout, milliseconds(30'000));
    EXPECT_EQ(settings.lock_timeout, milliseconds(5'000));
    EXPECT_EQ(settings.idle_timeout, milliseconds(60'000));
    EXPECT_EQ(settings.retry_limit, 3);
    EXPECT_EQ(settings.retry_interval, milliseconds(500));
    EXPECT_FALSE(settings.jit);
}

TEST(PoolSettings, ReadsNumbersSecondsAndFlags) {
    const PoolSettings settings = read({{"DB_POOL_SIZE", " 5 "},
                                        {"DB_RETRY_INTERVAL", "0.25"},
                                        {"DB_POOL_PRE_PING", "False"},
                                        {"DB_POOL_TIMEOUT", ""}});

    EXPECT_EQ(settings.size, 5);
    EXPECT_EQ(settings.retry_interval, milliseconds(250));
    EXPECT_FALSE(settings.pre_ping);
    EXPECT_EQ(settings.timeout, milliseconds(30'000));
}

TEST(PoolSettings, NamesTheVariableThatIsWrong) {
    const std::pair<const char*, const char*> cases[] = {
        {"DB_POOL_SIZE", "many"},
        {"DB_POOL_SIZE", "-1"},
        {"DB_POOL_TIMEOUT", "30s"},
        {"DB_POOL_TIMEOUT", "."},
        {"DB_POOL_PRE_PING", "aye"},
        {"DB_RETRY_INTERVAL", "1e999"},
    };
    for (const auto& [name, value] : cases) {
        EXPECT_THAT([&] { (void)read({{name, value}}); }, ThrowsMessage<Error>(HasSubstr(name)))
            << value;
    }
}

TEST(PoolSettings, APoolHasAtLeastOneConnection) {
    EXPECT_THAT([] { (void)read({{"DB_POOL_SIZE", "0"}}); },
                ThrowsMessage<Error>(HasSubstr("DB_POOL_SIZE must be at least 1")));
}

}  // namespace
}  // namespace poststack
