#include "sys/hash.h"

#include <gtest/gtest.h>

namespace poststack::sys {
namespace {

// Source: FIPS 180-4 examples.
TEST(Sha256, MatchesTheStandard) {
    EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, TakesAStreamInPieces) {
    const std::string text(1000, 'a');
    Sha256 hash;
    for (std::size_t at = 0; at < text.size(); at += 7)
        hash.update(text.substr(at, 7));

    EXPECT_EQ(hash.finish(), sha256(text));
}

}  // namespace
}  // namespace poststack::sys
