#include "migrate/checksum.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "migrate/script.h"

namespace poststack::migrate {
namespace {

std::string normalised(std::string_view text, std::size_t piece = 1000) {
    NormalisedHash hash;
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
        hash.update(text.substr(0, piece));
    return hash.finish();
}

std::string tokens(std::string_view text) {
    TextSource source(text);
    return check_script(source, "a.sql", {}).token_checksum;
}

TEST(NormalisedHash, IgnoresTheMarkAndTheKindOfLineEnd) {
    const std::string plain = normalised("a\nb\n\nc");
    EXPECT_EQ(plain, sys::sha256("a\nb\n\nc"));
    EXPECT_EQ(normalised("\xef\xbb\xbf"
                         "a\r\nb\r\n\r\nc"),
              plain);
}

TEST(NormalisedHash, KeepsOtherCarriageReturns) {
    EXPECT_EQ(normalised("a\rb\r\r\n"), sys::sha256("a\rb\r\n"));
    EXPECT_EQ(normalised("\r"), sys::sha256("\r"));
    EXPECT_NE(normalised("a\r"), normalised("a\n"));
}

TEST(NormalisedHash, DoesNotDependOnThePieces) {
    const std::string text = "\xef\xbb\xbf\r\na\r\rb\r\n\r\n\rc\r";
    for (std::size_t piece = 1; piece < text.size(); ++piece)
        EXPECT_EQ(normalised(text, piece), normalised(text)) << piece;
}

TEST(TokenHash, IgnoresWhatTheServerDoesNotSee) {
    const std::string plain = tokens("CREATE TABLE a (id int);\nSELECT 'x';");
    for (const char* same : {
             "create  table A(id INT) ; -- why\nSELECT 'x'",
             "/* first /* of */ two */ CREATE TABLE a (id int);\r\n;;\r\nSELECT 'x';\n",
         }) {
        EXPECT_EQ(tokens(same), plain) << same;
    }
}

TEST(TokenHash, SeesWhatTheServerSees) {
    const std::vector<std::pair<const char*, const char*>> pairs = {
        {"SELECT 'x';", "SELECT 'X';"},
        {"SELECT 'x';", "SELECT x;"},
        {"SELECT \"A\";", "SELECT A;"},
        {"SELECT a @- b;", "SELECT a @ - b;"},
        {"SELECT 1; SELECT 2;", "SELECT 1 SELECT 2;"},
        {"SELECT $$a$$;", "SELECT $$A$$;"},
        {"SELECT 'a  b';", "SELECT 'a b';"},
        {"COPY t FROM stdin;\na\n\\.\n", "COPY t FROM stdin;\nb\n\\.\n"},
        {"COPY t FROM stdin;\na\n\\.\n", "COPY t FROM stdin;\nA\n\\.\n"}};
    for (const auto& [one, other] : pairs)
        EXPECT_NE(tokens(one), tokens(other)) << one << " and " << other;
}

TEST(TokenHash, IgnoresLineEndsInData) {
    EXPECT_EQ(tokens("COPY t FROM stdin;\r\na\r\nb\r\n\\.\r\n"),
              tokens("COPY t FROM stdin;\na\nb\n\\.\n"));
}

}  // namespace
}  // namespace poststack::migrate
