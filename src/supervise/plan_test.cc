#include "supervise/plan.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "supervise/config_fixture.h"
#include "supervise/review.h"

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

TEST(Plan, PostgresStopsLastWhateverItsPriority) {
    const Config config = read_text(
        "[program:db]\ncommand=postgres -D /d\n[program:api]\ncommand=a\n"
        "[eventlistener:ear]\ncommand=e\nevents=TICK_5\n");

    EXPECT_EQ(by_name(config, stop_waves(config)), (Waves{{"api"}, {"db"}, {"ear"}}));
}

TEST(Review, SaysWhatTheAuthorAssumed) {
    const Config config = read_text(
        "[program:db]\ncommand=postgres -D /d\npriority=1\n"
        "[program:api]\ncommand=a\npriority=2\nstopwaitsecs=30\n"
        "[program:mon]\ncommand=m\npriority=3\nstopwaitsecs=1\n");
    std::vector<std::string> said;
    for (const Notice& notice : review(config))
        said.push_back(notice.place.to_text() + " " + notice.text);

    EXPECT_THAT(said,
                ElementsAre(HasSubstr(":1 no program is \"critical\""),
                            HasSubstr(":2 \"db\" is called ready by its own sign"),
                            HasSubstr(":5 \"api\" may take 30 s to stop, but has at most 5 s"),
                            HasSubstr(":9 \"mon\" comes after \"api\" by priority")));
}

TEST(Review, ThePlanHasWorstCaseTimes) {
    const Config config = read_text(
        "[program:db]\ncommand=postgres -D /d\npriority=1\n"
        "[program:api]\ncommand=a\npriority=2\n");

    const std::string plan = describe_plan(config);

    EXPECT_THAT(plan, HasSubstr("2     api      when ready: db  it has run for 1 s  10 s"));
    EXPECT_THAT(plan, HasSubstr("Stop, within 9 s of which the last 4 s are PostgreSQL's"));
    EXPECT_THAT(plan, HasSubstr("1     api      TERM, KILL       5 s"));
    EXPECT_THAT(plan, HasSubstr("2     db       INT, QUIT, KILL  4 s"));
}

}  // namespace
}  // namespace poststack::supervise
