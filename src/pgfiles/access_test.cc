#include "pgfiles/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace poststack::pgfiles {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(RenderHba, LetsTheSuperuserInByPeerBeforeTheGeneralLine) {
    const std::string text = render_hba("postgres");

    const auto superuser = text.find("local   all          \"postgres\"  peer map=poststack");
    const auto everybody = text.find("local   all          all  scram-sha-256");
    ASSERT_NE(superuser, std::string::npos);
    ASSERT_NE(everybody, std::string::npos);
    EXPECT_LT(superuser, everybody);
}

TEST(RenderHba, NeverTrustsAndNeverLeavesTheMachine) {
    const std::string text = render_hba("postgres");
    for (const std::string_view line : split(text, '\n')) {
        if (line.starts_with("#")) continue;
        EXPECT_THAT(std::string(line), Not(HasSubstr("trust")));
        if (line.starts_with("host")) {
            EXPECT_TRUE(line.find("127.0.0.1/32") != std::string_view::npos ||
                        line.find("::1/128") != std::string_view::npos)
                << line;
            EXPECT_THAT(std::string(line), HasSubstr("scram-sha-256"));
        }
    }
}

TEST(RenderIdent, MapsEachAccount) {
    const std::string text = render_ident("postgres", {"root", "odd \"name"});

    EXPECT_THAT(text, HasSubstr("poststack  \"root\"  \"postgres\"\n"));
    EXPECT_THAT(text, HasSubstr("poststack  \"odd \"\"name\"  \"postgres\"\n"));
}

}  // namespace
}  // namespace poststack::pgfiles
