#include "supervise/plan.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "supervise/config_fixture.h"

namespace poststack::supervise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;
using Waves = std::vector<std::vector<std::string>>;

Waves by_name(const Config& config, const std::vector<std::vector<std::size_t>>& waves) {
    Waves names;
    for (const auto& wave : waves) {
        names.emplace_back();
        for (const std::size_t index : wave)
            names.back().push_back(config.programs[index].full_name());
    }
    return names;
}

TEST(Plan, PriorityImpliesWaitingForWhatSaysWhenItIsReady) {
    const Config config = read_text(
        "[program:db]\ncommand=postgres -D /d\npriority=1\n[program:plain]\ncommand=p\npriority=2\n"
        "[program:api]\ncommand=a\npriority=3\n");

    EXPECT_THAT(config.programs[1].depends_on, ElementsAre("db"));
    EXPECT_THAT(config.programs[2].depends_on, ElementsAre("db"));
    EXPECT_EQ(by_name(config, start_waves(config)), (Waves{{"db"}, {"plain", "api"}}));
    EXPECT_EQ(by_name(config, stop_waves(config)), (Waves{{"api"}, {"plain"}, {"db"}}));
}

TEST(Plan, DependsOnReplacesWhatPriorityImplies) {
    const Config config = read_text(
        "[program:db]\ncommand=postgres -D /d\npriority=9\n"
        "[program:migrate]\ncommand=m\none_shot=true\ndepends_on=db\n"
        "[program:api]\ncommand=a\npriority=1\ndepends_on=migrate\n"
        "[program:free]\ncommand=f\npriority=99\ndepends_on=none\n");

    EXPECT_EQ(by_name(config, start_waves(config)), (Waves{{"db", "free"}, {"migrate"}, {"api"}}));
    EXPECT_EQ(by_name(config, stop_waves(config)), (Waves{{"free"}, {"api"}, {"migrate"}, {"db"}}));
}

TEST(Plan, RefusesUnknownNamesAndCircles) {
    EXPECT_THAT(
        [] { (void)read_text("[program:api]\ncommand=a\ndepends_on=dv\n"); },
        ThrowsMessage<Error>(HasSubstr("s.conf:2: \"depends_on\" of \"api\" names \"dv\"")));
    EXPECT_THAT(
        [] {
            (void)read_text(
                "[program:a]\ncommand=a\ndepends_on=b\n[program:b]\ncommand=b\ndepends_on=a\n");
        },
        ThrowsMessage<Error>(HasSubstr("goes round in a circle: a -> b -> a")));
}

TEST(Plan, KnowsTheLongestStart) {
    const Config config = read_text("[program:a]\ncommand=a\n");

    EXPECT_EQ(longest_start(config.programs[0]), std::chrono::seconds(10));
}

}  // namespace
}  // namespace poststack::supervise
