#include "supervise/config.h"

#include <csignal>
#include <functional>

#include <gmock/gmock.h>

#include "base/error.h"
#include "supervise/config_fixture.h"
#include "supervise/section.h"

namespace poststack::supervise {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using namespace std::chrono_literals;

std::string refusal(const std::string& text) {
    try {
        (void)read_text(text);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::config);
        return std::string(error.what()) + "|" + error.hint();
    }
    return "(none)";
}

std::vector<std::string> notices_of(const Config& config) {
    std::vector<std::string> texts;
    for (const Notice& notice : config.notices)
        texts.push_back(notice.place.to_text() + ": " + notice.text);
    return texts;
}

std::vector<std::string> names_of(const Config& config) {
    std::vector<std::string> names;
    for (const ProgramConfig& program : config.programs)
        names.push_back(program.full_name());
    return names;
}

TEST(Config, KnowsTheDefaultsOfSupervisord) {
    const Config config = read_text("[program:api]\ncommand = /bin/api --port 1\n");

    ASSERT_EQ(config.programs.size(), 1U);
    const ProgramConfig& api = config.programs[0];
    EXPECT_THAT(api.argv, ElementsAre("/bin/api", "--port", "1"));
    EXPECT_EQ(api.full_name(), "api");
    EXPECT_TRUE(api.autostart);
    EXPECT_EQ(api.autorestart, Restart::unexpected);
    EXPECT_EQ(api.startsecs, 1s);
    EXPECT_EQ(api.startretries, 3);
    EXPECT_THAT(api.exitcodes, ElementsAre(0));
    EXPECT_EQ(api.stopsignal, SIGTERM);
    EXPECT_EQ(api.stopwait, 10s);
    EXPECT_EQ(api.priority, 999);
    EXPECT_EQ(api.stdout_log.kind, LogTarget::Kind::automatic);
    EXPECT_EQ(api.stdout_log.max_bytes, 50U << 20);
    EXPECT_EQ(api.stdout_log.backups, 10);
    EXPECT_THAT(config.notices, IsEmpty());
}

TEST(Config, ReadsEveryKeyOfAProgram) {
    const Config config = read_text(
        "[program:a]\ncommand=a\npriority=5\nautostart=no\nautorestart=true\nstartsecs=0\n"
        "startretries=9\nexitcodes=0,2\nstopsignal=USR1\nstopwaitsecs=3\nstopasgroup=yes\n"
        "user=1000\numask=077\ndirectory=/tmp\nenvironment=A=\"1\",B='%(ENV_X)s'\n"
        "redirect_stderr=true\nstdout_logfile=/var/a.log\nstdout_logfile_maxbytes=2KB\n"
        "stdout_logfile_backups=0\n",
        {{"X", "50%"}});

    const ProgramConfig& a = config.programs.at(0);
    EXPECT_EQ(a.priority, 5);
    EXPECT_FALSE(a.autostart);
    EXPECT_EQ(a.autorestart, Restart::always);
    EXPECT_EQ(a.startsecs, 0s);
    EXPECT_EQ(a.startretries, 9);
    EXPECT_THAT(a.exitcodes, ElementsAre(0, 2));
    EXPECT_EQ(a.stopsignal, SIGUSR1);
    EXPECT_TRUE(a.stopasgroup);
    EXPECT_TRUE(a.killasgroup);
    EXPECT_EQ(a.umask, 077U);
    EXPECT_THAT(a.environment, ElementsAre(Pair("A", "1"), Pair("B", "50%")));
    EXPECT_EQ(a.stdout_log.kind, LogTarget::Kind::file);
    EXPECT_EQ(a.stdout_log.max_bytes, 2048U);
    EXPECT_EQ(a.stderr_log.kind, LogTarget::Kind::none);
}

TEST(Config, MakesProcessesOfNumprocsAndGroups) {
    const Config config = read_text(
        "[program:w]\ncommand=w %(process_num)d\nnumprocs=2\nnumprocs_start=3\n"
        "process_name=%(program_name)s_%(process_num)02d\npriority=7\n"
        "[program:x]\ncommand=x %(group_name)s\n[group:g]\nprograms=x\npriority=1\n");

    EXPECT_THAT(names_of(config), ElementsAre("g:x", "w:w_03", "w:w_04"));
    EXPECT_THAT(config.programs[0].argv, ElementsAre("x", "g"));
    EXPECT_THAT(config.programs[2].argv, ElementsAre("w", "4"));
}

TEST(Config, IncludesInOrderWithHere) {
    const Config config =
        read_memory({{"/etc/s.conf", "[supervisord]\n[include]\nfiles = conf.d/*\n"},
                     {"/etc/conf.d/a", "[program:a]\ncommand=%(here)s/a\n"},
                     {"/etc/conf.d/b", "[program:a]\ncommand=%(here)s/b\n"}});

    EXPECT_THAT(config.programs.at(0).argv, ElementsAre("/etc/conf.d/b"));
}

TEST(Config, RecognisesPostgres) {
    const Config config = read_text(
        "[program:db]\ncommand=/usr/lib/postgresql/16/bin/postgres -D /data\npriority=100\n"
        "stopsignal=TERM\n[program:api]\ncommand=api\npriority=200\n");

    const ProgramConfig& db = config.programs.at(0);
    EXPECT_TRUE(db.is_postgres);
    EXPECT_EQ(db.ready.kind, Check::Kind::postgres);
    EXPECT_EQ(db.pgdata, "/data");
    EXPECT_EQ(db.stopsignal, SIGINT);
    EXPECT_THAT(config.programs.at(1).depends_on, ElementsAre("db"));
    EXPECT_THAT(notices_of(config), Contains(HasSubstr("s.conf:5: TERM is PostgreSQL's smart")));
}

TEST(Config, WarnsOfUnknownKeysAndSections) {
    const Config config =
        read_text("[program:a]\ncommand=a\nauto_start=true\nzzzz=1\n[progam:b]\ncommand=b\n");

    EXPECT_THAT(notices_of(config),
                ElementsAre("/etc/s.conf:4: unknown key \"auto_start\" in [program:a]; did you "
                            "mean \"autostart\"?",
                            "/etc/s.conf:5: unknown key \"zzzz\" in [program:a]",
                            "/etc/s.conf:6: unknown section [progam:b]; did you mean "
                            "[program:b]?"));
}

TEST(Config, RecognisesTheListenerThatKillsOnFatal) {
    const Config config = read_text(
        "[eventlistener:quit]\nevents=PROCESS_STATE_FATAL\n"
        "command=sh -c 'echo READY; read l; kill -QUIT $PPID'\n");

    EXPECT_TRUE(config.programs.at(0).kills_on_fatal);
    EXPECT_EQ(config.programs.at(0).priority, 999);
    EXPECT_EQ(config.programs.at(0).group_priority, -1);
}

struct Refusal {
    const char* name;
    const char* text;
    const char* message;
};

TEST(Section, ReadsDurationsWithAndWithoutUnit) {
    EXPECT_EQ(find_duration("2"), 2s);
    EXPECT_EQ(find_duration(" 1.5 "), 1500ms);
    EXPECT_EQ(find_duration("0.0005"), 0ms);
    EXPECT_EQ(find_duration("250ms"), 250ms);
    EXPECT_EQ(find_duration("1.5 min"), 90s);
    EXPECT_EQ(find_duration("2H"), 2h);
    for (const char* wrong : {"", "-1", "s", "1x", "1.2.3", "1000000001"})
        EXPECT_FALSE(find_duration(wrong)) << wrong;
}

class ConfigRefuses : public ::testing::TestWithParam<Refusal> {};

TEST_P(ConfigRefuses, ByFileLineAndKey) {
    EXPECT_THAT(refusal(GetParam().text), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Values,
    ConfigRefuses,
    ::testing::Values(
        Refusal{"number",
                "[program:a]\ncommand=a\nstartsecs=soon\n",
                "/etc/s.conf:4: \"startsecs\" is \"soon\", not a whole number"},
        Refusal{"boolean",
                "[program:a]\ncommand=a\nautostart=maybe\n",
                ":4: \"autostart\" is \"maybe\", neither true nor false"},
        Refusal{"restart",
                "[program:a]\ncommand=a\nautorestart=often\n",
                ":4: \"autorestart\" is \"often\", none of false, unexpected and true"},
        Refusal{"signal",
                "[program:a]\ncommand=a\nstopsignal=NUKE\n",
                ":4: \"stopsignal\" is \"NUKE\", not a signal"},
        Refusal{"bytes",
                "[program:a]\ncommand=a\nstdout_logfile_maxbytes=5 apples\n",
                ":4: \"stdout_logfile_maxbytes\" is \"5 apples\""},
        Refusal{"codes", "[program:a]\ncommand=a\nexitcodes=0,300\n", "holds \"300\""},
        Refusal{"command", "[program:a]\nautostart=no\n", ":2: \"command\" is missing"},
        Refusal{"quote", "[program:a]\ncommand=a 'b\n", ":3: \"command\" has an open quote"},
        Refusal{"numprocs", "[program:a]\ncommand=a\nnumprocs=2\n", "has to hold %(process_num)"},
        Refusal{"expansion",
                "[program:a]\ncommand=%(ENV_NOPE)s\n",
                ":3: \"command\" uses %(ENV_NOPE)s, which is not set"},
        Refusal{"group",
                "[group:g]\nprograms=a\n",
                ":3: \"programs\" names the program \"a\", which is not there"},
        Refusal{"killasgroup",
                "[program:a]\ncommand=a\nstopasgroup=true\nkillasgroup=false\n",
                ":5: \"killasgroup\" cannot be false"},
        Refusal{"environment",
                "[program:a]\ncommand=a\nenvironment=A=\"secret\n",
                ":4: \"environment\" is not of the form KEY=\"value\",KEY2=\"value\"|"},
        Refusal{"umask", "[program:a]\ncommand=a\numask=9\n", "not an octal mode"},
        Refusal{"ready", "[program:a]\ncommand=a\nready=soon\n", ":4: \"ready\" is \"soon\", none"},
        Refusal{"host", "[program:a]\ncommand=a\nready=http://db:80/\n", "a literal address"},
        Refusal{"pgdata", "[program:a]\ncommand=postgres\n", "where its data directory is"},
        Refusal{"events", "[eventlistener:a]\ncommand=a\n", "\"events\" is missing"},
        Refusal{"fcgi", "[fcgi-program:a]\ncommand=a\n", "FastCGI sockets are not supported"},
        Refusal{"name", "[program:a b]\ncommand=a\n", "gives the name \"a b\""},
        Refusal{"twice",
                "[program:a]\ncommand=a\n[group:a]\nprograms=b\n[program:b]\ncommand=b\n"
                "process_name=a\n",
                "two processes have the name \"a\""}),
    [](const auto& refusal_case) { return std::string(refusal_case.param.name); });

TEST(Config, WantsASupervisordSection) {
    EXPECT_THROW((void)read_memory({{"/etc/s.conf", "[program:a]\ncommand=a\n"}}), Error);
}

}  // namespace
}  // namespace poststack::supervise
