#include "pgfiles/control_file.h"

#include <cstring>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "pgfiles/wal_segment.h"
#include "sys/file.h"

namespace poststack::pgfiles {
namespace {

/// A pg_control of the given layout with a valid CRC.
std::string make_control(std::uint32_t version, std::size_t crc_offset, std::uint32_t state) {
    std::string bytes(8192, '\0');
    const std::uint64_t identifier = 0x0102030405060708ULL;
    const std::uint32_t catalog = 202209061;
    std::memcpy(bytes.data(), &identifier, 8);
    std::memcpy(bytes.data() + 8, &version, 4);
    std::memcpy(bytes.data() + 12, &catalog, 4);
    std::memcpy(bytes.data() + 16, &state, 4);
    const std::uint32_t crc = crc32c(std::string_view(bytes).substr(0, crc_offset));
    std::memcpy(bytes.data() + crc_offset, &crc, 4);
    return bytes;
}

TEST(Crc32c, MatchesTheVectorOfTheRfc) {
    EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
}

TEST(ParseControl, FindsTheCrcOfEachLayout) {
    for (const auto& [version, offset] : {std::pair{1300U, 288U}, {1700U, 288U}, {1800U, 292U}}) {
        const auto control = parse_control(make_control(version, offset, 6));

        ASSERT_TRUE(control.has_value()) << version;
        EXPECT_EQ(control->system_identifier, 0x0102030405060708ULL);
        EXPECT_EQ(control->control_version, version);
        EXPECT_EQ(control->catalog_version, 202209061U);
        EXPECT_EQ(control->state, ClusterState::in_production);
        EXPECT_EQ(control->crc_offset, offset);
        EXPECT_TRUE(is_known_layout(*control));
    }
}

TEST(ParseControl, RefusesADamagedFile) {
    std::string bytes = make_control(1300, 288, 1);
    bytes[100] = 'x';

    EXPECT_FALSE(parse_control(bytes).has_value());
    EXPECT_FALSE(parse_control("").has_value());
    EXPECT_FALSE(parse_control(std::string(100, '\0')).has_value());
}

TEST(ParseControl, DoesNotKnowALayoutOfTheFuture) {
    const auto control = parse_control(make_control(2100, 300, 1));

    ASSERT_TRUE(control.has_value());
    EXPECT_FALSE(is_known_layout(*control));
}

TEST(WithIdentity, ChangesIdentifierNonceAndCrcAlone) {
    const std::string before = make_control(1800, 292, 1);
    const std::string nonce(32, 'n');

    const std::string after = with_identity(before, 42, nonce);

    const auto control = parse_control(after);
    ASSERT_TRUE(control.has_value());
    EXPECT_EQ(control->system_identifier, 42U);
    EXPECT_EQ(after.substr(257, 32), nonce);
    EXPECT_EQ(after.substr(8, 249), before.substr(8, 249));
    EXPECT_EQ(after.substr(296), before.substr(296));
}

TEST(WithIdentity, RefusesAnUnknownLayout) {
    EXPECT_THROW((void)with_identity(make_control(2100, 300, 1), 42, std::string(32, 'n')), Error);
}

TEST(NewSystemIdentifier, DiffersEachTime) {
    EXPECT_NE(new_system_identifier(), new_system_identifier());
}

TEST(RewriteIdentity, ChangesControlAndWal) {
    const sys::TempDir directory;
    sys::make_directories(directory.path() / "global");
    sys::make_directories(directory.path() / "pg_wal" / "archive_status");
    sys::replace_file(directory.path() / "global" / "pg_control", make_control(1300, 288, 1));
    std::string segment(8192, '\0');
    const std::uint32_t segment_bytes = 16U << 20;
    segment[2] = 0x02;
    std::memcpy(segment.data() + 32, &segment_bytes, 4);
    const auto wal = directory.path() / "pg_wal" / "000000010000000000000001";
    const auto empty = directory.path() / "pg_wal" / "000000010000000000000002";
    sys::replace_file(wal, segment);
    sys::replace_file(empty, std::string(8192, '\0'));

    rewrite_identity(directory.path(), 77);

    EXPECT_EQ(read_control(directory.path()).system_identifier, 77U);
    EXPECT_EQ(parse_wal_header(sys::read_file(wal)).value().system_identifier, 77U);
    EXPECT_EQ(sys::read_file(empty), std::string(8192, '\0'));
}

TEST(ReadControl, SaysWhatIsWrongWithADamagedFile) {
    const sys::TempDir directory;
    sys::make_directories(directory.path() / "global");
    sys::replace_file(directory.path() / "global" / "pg_control", std::string(8192, 'x'));

    EXPECT_THAT([&] { (void)read_control(directory.path()); },
                testing::ThrowsMessage<Error>(testing::HasSubstr("no checksum in it matches")));
}

TEST(IsWalSegmentName, TakesSegmentsOnly) {
    EXPECT_TRUE(is_wal_segment_name("000000010000000000000001"));
    EXPECT_FALSE(is_wal_segment_name("00000002.history"));
    EXPECT_FALSE(is_wal_segment_name("archive_status"));
}

}  // namespace
}  // namespace poststack::pgfiles
