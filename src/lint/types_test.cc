#include "lint/types.h"

#include <gtest/gtest.h>

#include "lint/parser.h"

namespace poststack::lint {
namespace {

Type type_of(const std::string& text) {
    const Parsed parsed = parse("ALTER TABLE t ADD COLUMN c " + text);
    const Node command = parsed.statement().as("AlterTableStmt")["cmds"].front();
    return read_type(command.as("AlterTableCmd")["def"].as("ColumnDef")["typeName"]);
}

struct Change {
    const char* from;
    const char* to;
    bool is_free;
};

class TypeChange : public testing::TestWithParam<Change> {};

TEST_P(TypeChange, IsFreeOrNot) {
    const Change& change = GetParam();
    EXPECT_EQ(is_free_change(type_of(change.from), type_of(change.to)), change.is_free)
        << change.from << " to " << change.to;
}

INSTANTIATE_TEST_SUITE_P(Types,
                         TypeChange,
                         testing::Values(Change{"varchar(50)", "varchar(200)", true},
                                         Change{"varchar(50)", "varchar(20)", false},
                                         Change{"varchar(50)", "varchar", true},
                                         Change{"varchar(50)", "text", true},
                                         Change{"text", "varchar", true},
                                         Change{"text", "varchar(50)", false},
                                         Change{"char(3)", "char(4)", false},
                                         Change{"char(3)", "text", false},
                                         Change{"integer", "bigint", false},
                                         Change{"int", "int4", true},
                                         Change{"numeric(8,2)", "numeric(10,2)", true},
                                         Change{"numeric(8,2)", "numeric(10,3)", false},
                                         Change{"numeric(8,2)", "numeric(6,2)", false},
                                         Change{"numeric(8,2)", "numeric", true},
                                         Change{"numeric", "numeric(8,2)", false},
                                         Change{"timestamp", "timestamptz", false},
                                         Change{"timestamptz(3)", "timestamptz(6)", true},
                                         Change{"timestamptz(3)", "timestamptz(0)", false},
                                         Change{"interval(3)", "interval hour", false},
                                         Change{"bit varying(8)", "bit varying(9)", true},
                                         Change{"cidr", "inet", true},
                                         Change{"inet", "cidr", false},
                                         Change{"json", "jsonb", false},
                                         Change{"varchar(5)[]", "text[]", false},
                                         Change{"s.mood", "text", false}));

TEST(Type, IsWrittenAsPeopleDo) {
    EXPECT_EQ(to_text(type_of("int4")), "integer");
    EXPECT_EQ(to_text(type_of("character varying(50)")), "varchar(50)");
    EXPECT_EQ(to_text(type_of("numeric(8,2)[]")), "numeric(8,2)[]");
    EXPECT_EQ(to_text(type_of("timestamp with time zone")), "timestamptz");
    EXPECT_EQ(to_text(type_of("billing.mood")), "billing.mood");
    EXPECT_EQ(to_text(type_of("bigserial")), "bigserial");
}

TEST(Type, KnowsSerialByEverySpelling) {
    for (const char* spelling : {"serial", "serial4", "bigserial", "serial8", "smallserial"}) {
        EXPECT_TRUE(is_serial(type_of(spelling))) << spelling;
    }
    EXPECT_FALSE(is_serial(type_of("bigint")));
}

}  // namespace
}  // namespace poststack::lint
