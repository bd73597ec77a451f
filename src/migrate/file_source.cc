#include "migrate/file_source.h"

#include <array>
#include <string_view>

namespace poststack::migrate {

std::size_t FileSource::read(char* into, std::size_t count) {
    const std::size_t got = reader_.read(into, count);
    hash_.update(std::string_view(into, got));
    if (normalised_) normalised_->update(std::string_view(into, got));
    size_ += got;
    return got;
}

std::string FileSource::finish() {
    std::array<char, 16U << 10> rest;
    while (read(rest.data(), rest.size()) > 0) {
    }
    return hash_.finish();
}

}  // namespace poststack::migrate
