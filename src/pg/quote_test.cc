#include <gtest/gtest.h>

#include "base/error.h"
#include "pg/connection.h"

namespace poststack::pg {
namespace {

TEST(QuoteIdentifier, DoublesQuotes) {
    EXPECT_EQ(quote_identifier("plain"), "\"plain\"");
    EXPECT_EQ(quote_identifier("a\"b"), "\"a\"\"b\"");
}

TEST(QuoteLiteral, DoublesQuotes) {
    EXPECT_EQ(quote_literal("it's"), "'it''s'");
}

TEST(QuoteLiteral, MarksBackslashes) {
    EXPECT_EQ(quote_literal("a\\b'c"), "E'a\\\\b''c'");
}

TEST(QuoteLiteral, RefusesNul) {
    EXPECT_THROW((void)quote_literal(std::string_view("a\0b", 3)), Error);
    EXPECT_THROW((void)quote_identifier(std::string_view("a\0b", 3)), Error);
}

}  // namespace
}  // namespace poststack::pg
