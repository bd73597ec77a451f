#include "sys/hash.h"

#include <new>

#include <sodium/crypto_hash_sha256.h>
#include <sodium/utils.h>

namespace poststack::sys {
namespace {

using State = crypto_hash_sha256_state;
static_assert(sizeof(State) <= 128 && alignof(State) <= 16, "Sha256::state_ is too small");

State* state_in(std::array<std::byte, 128>& bytes) noexcept {
    return std::launder(reinterpret_cast<State*>(bytes.data()));
}

}  // namespace

Sha256::Sha256() : state_{} {
    crypto_hash_sha256_init(new (state_.data()) State);
}

void Sha256::update(std::string_view bytes) {
    crypto_hash_sha256_update(
        state_in(state_), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::string Sha256::finish() {
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256_final(state_in(state_), digest.data());
    std::string text(digest.size() * 2 + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), digest.data(), digest.size());
    text.pop_back();  // sodium ends it with NUL
    return text;
}

std::string sha256(std::string_view bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

}  // namespace poststack::sys
