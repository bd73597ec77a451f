#include "cli/report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace poststack::cli {
namespace {

Error port_taken() {
    Error error(ErrorKind::conflict, "port 5433 is in use by \"postgres\" (pid 812)");
    error.add_context("starting the server of project \"orders\"");
    error.set_hint("Set another port in poststack.yaml, or stop the other server.");
    return error;
}

TEST(ErrorText, FollowsTheMessageGrammar) {
    EXPECT_EQ(error_text(port_taken(), false),
              "poststack: error: port 5433 is in use by \"postgres\" (pid 812)\n"
              "  while starting the server of project \"orders\"\n"
              "  hint: Set another port in poststack.yaml, or stop the other server.\n");
}

TEST(ErrorText, ShowsWhatTheServerSaid) {
    const Error error = Error(ErrorKind::database, "duplicate key")
                            .sqlstate("23505")
                            .detail("Key (id)=(1) already exists.");

    EXPECT_EQ(error_text(error, false),
              "poststack: error: duplicate key (SQLSTATE 23505)\n"
              "  detail: Key (id)=(1) already exists.\n");
}

TEST(ErrorText, MasksPasswords) {
    const Error error(ErrorKind::io, "cannot use postgresql://app:topsecret@h/db");

    EXPECT_EQ(error_text(error, false).find("topsecret"), std::string::npos);
    EXPECT_EQ(error_json(error).find("topsecret"), std::string::npos);
}

TEST(ErrorText, IsOneLineWhenInterrupted) {
    Error error = Error(ErrorKind::interrupted, "interrupted by SIGINT").signal(2);
    error.add_context("waiting for the server");

    EXPECT_EQ(error_text(error, false), "poststack: interrupted by SIGINT\n");
}

TEST(ErrorText, NamesTheSourceOfABug) {
    const Error error(ErrorKind::bug, "impossible", "/home/me/poststack/src/pg/result.cc", 12);

    EXPECT_EQ(error_text(error, false),
              "poststack: bug: impossible\n  at src/pg/result.cc:12; please report it\n");
}

TEST(ErrorJson, HasEveryKeyAndOneLine) {
    const std::string text = error_json(port_taken());
    const Json error = Json::parse(text).at("error");

    EXPECT_EQ(text.find('\n'), text.size() - 1);
    EXPECT_EQ(error.at("kind"), "conflict");
    EXPECT_EQ(error.at("context").size(), 1U);
    EXPECT_TRUE(error.at("sqlstate").is_null());
    EXPECT_TRUE(error.at("detail").is_null());
}

TEST(ErrorJson, ReplacesBytesThatAreNotUtf8) {
    const Json error = Json::parse(error_json(Error(ErrorKind::io, "bad \xff byte")));

    EXPECT_EQ(error.at("error").at("message"), "bad \uFFFD byte");
}

}  // namespace
}  // namespace poststack::cli
