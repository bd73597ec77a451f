#include "migrate/expansion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "migrate/script.h"

namespace poststack::migrate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string name = "m/001_a.sql";

SharedVariables values() {
    auto variables = std::make_shared<Variables>();
    variables->set("A", Secret("x y"), "--var");
    variables->set("Q", Secret("it's \"q\" \\"), "--var");
    variables->set("T", Secret("acme"), "--var");
    variables->set("EMPTY", Secret(""), "--var");
    variables->set("DB_PASSWORD", Secret("hunter'2"), "--var");
    return variables;
}

Expansion expansion() {
    return Expansion({"A", "Q", "T", "EMPTY", "DB_PASSWORD", "NONE"}, values());
}

std::string expand(const std::string& text) {
    return expansion().expand_statement(text, {name, {}}, {}).sql;
}

std::string refusal(const std::string& text) {
    try {
        return "accepted: " + expand(text);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::config);
        return error.message() + " | " + error.hint();
    }
}

TEST(Expansion, PutsValuesInThreeForms) {
    EXPECT_EQ(expand("SELECT ${A}"), "SELECT x y");
    EXPECT_EQ(expand("SELECT ${'A'}, ${\"A\"}"), "SELECT 'x y', \"x y\"");
    EXPECT_EQ(expand("SELECT ${'Q'}, ${\"Q\"}"), R"(SELECT E'it''s "q" \\', "it's ""q"" \")");
    EXPECT_EQ(expand("SELECT * FROM tenant_${T}_users, ${\"T\"}.t, t1${T}"),
              "SELECT * FROM tenant_acme_users, \"acme\".t, t1acme");
    EXPECT_EQ(expand("SELECT ${EMPTY}1"), "SELECT 1");
    EXPECT_EQ(expand("ALTER ROLE r PASSWORD ${'DB_PASSWORD'}"),
              "ALTER ROLE r PASSWORD 'hunter''2'");
}

TEST(Expansion, LeavesQuotesAndCommentsAlone) {
    for (const char* text : {"SELECT '${A}'",
                             "SELECT \"${A}\"",
                             "SELECT $$ ${A} $$",
                             "SELECT $a${A}$a$",
                             "SELECT 1 -- ${A} ${NONE}\n",
                             "SELECT 1 /* ${A} /* ${X} */ */",
                             "SELECT E'\\'${A}'"}) {
        EXPECT_EQ(expansion().expand(text, {name, {}}, {}).sql, text);
    }
}

TEST(Expansion, SaysWhereAndWhatToType) {
    EXPECT_EQ(refusal("SELECT 1,\n  ${NONE}"),
              "m/001_a.sql:2:3: variable \"NONE\" has no value | Give it one: --var NONE=VALUE, "
              "POSTSTACK_VAR_NONE=VALUE in the environment or .env, or \"NONE: VALUE\" below "
              "\"variables:\" in poststack.yaml.");
    EXPECT_THAT(refusal("SELECT ${OTHER}"),
                HasSubstr("1:8: this file does not ask for variable \"OTHER\" | Add it to a line "
                          "at the top: -- poststack: variables A Q T EMPTY DB_PASSWORD NONE "
                          "OTHER"));
    for (const char* text : {"SELECT ${ A }", "SELECT ${'A\"}", "SELECT ${1}", "SELECT ${"})
        EXPECT_THAT(refusal(text), HasSubstr("\"${\" begins no variable")) << text;
    EXPECT_THAT(refusal("SELECT ${\"EMPTY\"}"), HasSubstr("is empty, which no identifier can be"));
    EXPECT_THAT(refusal("SELECT ${DB_PASSWORD}"),
                HasSubstr("is a secret and cannot stand here as it is | Write ${'DB_PASSWORD'}"));
}

TEST(Expansion, RefusesWhatWouldMeltTogether) {
    for (const char* text : {"SELECT E${'A'}",
                             "SELECT 'a'${'A'}",
                             "SELECT ${'A'}'b'",
                             "SELECT x${\"A\"}",
                             "SELECT ${\"A\"}y",
                             "SELECT ${'A'}${'T'}"})
        EXPECT_THAT(refusal(text), HasSubstr("touches what stands beside it")) << text;
}

TEST(Expansion, KeepsOneStatementOne) {
    for (const char* value : {"1; DROP TABLE t", "'", "\"", "$$", "/*", "1 --", "\\i x", "1;"}) {
        auto variables = std::make_shared<Variables>();
        variables->set("V", Secret(value), "--var");
        try {
            const auto text =
                Expansion({"V"}, variables).expand_statement("SELECT ${V}", {name, {}}, {});
            ADD_FAILURE() << "accepted: " << text.sql;
        } catch (const Error& error) {
            EXPECT_THAT(error.message(),
                        HasSubstr("1:8: with the values of its variables this is no longer one "
                                  "statement"));
        }
    }
}

TEST(Expansion, FindsTheWayBack) {
    const std::string written = "SELECT ${'A'}, nope, ${T}.x";
    const ExpandedText text = expansion().expand(written, {name, {}}, {});
    EXPECT_EQ(text.written_index(text.sql.find("nope")), written.find("nope"));
    EXPECT_EQ(text.written_index(text.sql.find("x y")), written.find("${'A'}"));
    EXPECT_EQ(text.written_index(text.sql.find("acme") + 2), written.find("${T}"));
    EXPECT_EQ(text.written_index(text.sql.find(".x")), written.find(".x"));
    EXPECT_EQ(text.written_index(3), 3U);
}

TEST(Expansion, NotesVariablesInsideOfQuotes) {
    const Expansion some({"A"}, values());
    EXPECT_THAT(some.find_quoted("SELECT 1,\n 'a ${A}', $$${A}$$, '${B}'", {name, {}}, {}),
                ElementsAre("m/001_a.sql:2:5: ${A} inside of quotes is not replaced; write ${'A'} "
                            "or ${\"A\"} outside of them"));
    EXPECT_THAT(some.find_quoted("SELECT ${'A'}", {name, {}}, {}), IsEmpty());
}

TEST(Expansion, JudgesTheTextThatIsSent) {
    auto variables = std::make_shared<Variables>();
    variables->set("V", Secret("CONCURRENTLY"), "--var");
    TextSource source("CREATE INDEX ${V} i ON t (a);");
    try {
        static_cast<void>(
            check_script(source, name, {false, true, make_expansion({"V"}, variables)}));
        FAIL() << "accepted";
    } catch (const Error& error) {
        EXPECT_THAT(error.message(), HasSubstr("CREATE INDEX CONCURRENTLY cannot run inside"));
    }
}

TEST(Expansion, HashesTheTextAsItWasWritten) {
    const auto hash = [](const std::string& text, const SharedVariables& variables) {
        TextSource source(text);
        return check_script(source, name, {false, true, make_expansion({"T"}, variables)})
            .token_checksum;
    };
    auto other = std::make_shared<Variables>();
    other->set("T", Secret("other"), "--var");
    EXPECT_EQ(hash("SELECT ${T};", values()), hash("SELECT ${T};", other));
    EXPECT_NE(hash("SELECT ${T};", values()), hash("SELECT acme;", values()));
}

std::string placeholders(const std::string& text) {
    try {
        return Expansion({"A", "B", "C"}, nullptr).with_placeholders(text, {name, {}}, {});
    } catch (const Error& error) {
        return error.message();
    }
}

TEST(Expansion, MakesPlaceholdersOfTheSameLength) {
    EXPECT_EQ(placeholders("SELECT ${'A'}, ${\"B\"}, t_${C}, '${D}'"),
              "SELECT '__a_', \"__b_\", t___c_, '${D}'");
    EXPECT_EQ(placeholder_of("A"), "__a_");
}

TEST(Expansion, NeedsNoValuesToRefuseWhatNoValueMends) {
    EXPECT_EQ(placeholders("SELECT ${D}"),
              name + ":1:8: this file does not ask for variable \"D\"");
    EXPECT_EQ(placeholders("SELECT ${A B}"), name + ":1:8: \"${\" begins no variable");
    EXPECT_EQ(placeholders("SELECT t${'A'}"),
              name + ":1:9: variable \"A\" touches what stands beside it");
}

TEST(Variables, AreNotShown) {
    const SharedVariables variables = values();
    const Error error = variables->redact(Error(ErrorKind::database, "role \"hunter'2\" or x y")
                                              .detail("Key (p)=(hunter'2)")
                                              .hint("not hunter''2")
                                              .sqlstate("42710"));
    EXPECT_EQ(error.message(), "role \"${DB_PASSWORD}\" or x y");
    EXPECT_EQ(error.detail(), "Key (p)=(${DB_PASSWORD})");
    EXPECT_EQ(error.hint(), "not ${DB_PASSWORD}");
    EXPECT_EQ(error.sqlstate(), "42710");
    EXPECT_EQ(variables->redact(std::string("at or near \"unter\", not \"x\"")),
              "at or near \"${DB_PASSWORD}\", not \"x\"");
    EXPECT_EQ(
        variables
            ->redact(Error(ErrorKind::database, "bad").detail("Token \"hunt\"").sqlstate("22P02"))
            .detail(),
        "");
}

TEST(Variables, KnowASecretByItsNameOrValue) {
    Variables variables;
    variables.set("X", Secret("s3cret"), "--var");
    variables.set("TENANT", Secret("acme"), "--var");
    for (const char* secret : {"apiToken", "STRIPE_KEY", "Pwd", "client_secret"}) {
        variables.set(secret, Secret("v"), "--var");
        EXPECT_TRUE(variables.find(secret)->is_secret) << secret;
    }
    variables.mark_secret(Secret("s3cret"));
    EXPECT_TRUE(variables.find("X")->is_secret);
    EXPECT_FALSE(variables.find("TENANT")->is_secret);
    EXPECT_EQ(variables.find("KEYS"), nullptr);
}

TEST(Variables, RefuseABadName) {
    Variables variables;
    for (const char* bad : {"", "1A", "A-B", "A B"}) {
        try {
            variables.set(bad, Secret("value"), "--var");
            FAIL() << "accepted " << bad;
        } catch (const Error& error) {
            EXPECT_THAT(error.message(), HasSubstr("is not the name of a variable"));
            EXPECT_THAT(error.message(), Not(HasSubstr("value\"")));
        }
    }
}

}  // namespace
}  // namespace poststack::migrate
