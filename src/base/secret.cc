#include "base/secret.h"

#include <cstring>

namespace poststack {

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe();
        value_ = std::move(other.value_);
        other.wipe();
    }
    return *this;
}

void Secret::wipe() noexcept {
    // A moved-from short string keeps its characters in the object itself: wipe the whole capacity.
    value_.resize(value_.capacity());
    ::explicit_bzero(value_.data(), value_.size());
    value_.clear();
}

}  // namespace poststack
