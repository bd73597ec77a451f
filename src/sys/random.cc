#include "sys/random.h"

#include <array>
#include <cerrno>
#include <string_view>
#include <sys/random.h>

#include <fmt/format.h>

#include "sys/errno_error.h"

namespace poststack::sys {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// `length` characters of the first `letters` (at most 64) of the alphabet, each equally likely.
Secret random_text(std::size_t length, std::size_t letters) {
    std::string text;
    text.reserve(length);  // one buffer: growing would leave copies behind
    std::array<unsigned char, 64> bytes{};
    while (text.size() < length) {
        fill_random(bytes.data(), bytes.size());
        for (const unsigned char byte : bytes) {
            const std::size_t index = byte & 63U;
            if (index < letters && text.size() < length) text += alphabet[index];
        }
    }
    return Secret(std::move(text));
}

}  // namespace

void fill_random(void* bytes, std::size_t count) {
    auto* next = static_cast<unsigned char*>(bytes);
    while (count > 0) {
        const ssize_t got = ::getrandom(next, count, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            throw Error(ErrorKind::io,
                        fmt::format("cannot get random bytes: {}", errno_text(errno)));
        }
        next += got;
        count -= static_cast<std::size_t>(got);
    }
}

std::uint64_t random_u64() {
    std::uint64_t number = 0;
    fill_random(&number, sizeof number);
    return number;
}

Secret random_alphanumeric(std::size_t length) {
    return random_text(length, 62);
}

Secret random_token(std::size_t length) {
    return random_text(length, 64);
}

std::string random_uuid() {
    const std::uint64_t high = (random_u64() & ~0xf000ULL) | 0x4000ULL;         // version 4
    const std::uint64_t low = (random_u64() & ~(3ULL << 62U)) | (2ULL << 62U);  // RFC variant
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                       high >> 32U,
                       (high >> 16U) & 0xffffU,
                       high & 0xffffU,
                       low >> 48U,
                       low & 0xffffffffffffULL);
}

}  // namespace poststack::sys
