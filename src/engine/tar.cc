#include "engine/tar.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "sys/errno_error.h"

namespace poststack::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t block = 512;

// Offsets and widths of a ustar header. Source: POSIX.1-2017, pax, "ustar Interchange Format".
constexpr std::size_t name_width = 100;
constexpr std::size_t link_width = 100;

using Header = std::array<char, block>;

void put(Header& header, std::size_t at, std::string_view text) {
    std::copy(text.begin(), text.end(), header.begin() + static_cast<std::ptrdiff_t>(at));
}

/// Octal with a NUL behind it; `width` counts that.
void put_number(Header& header, std::size_t at, std::size_t width, std::uint64_t value) {
    put(header, at, fmt::format("{:0{}o}", value, width - 1));
}

std::string header_text(char type,
                        std::string_view name,
                        std::string_view link,
                        std::uint64_t size,
                        const TarEntry& entry) {
    Header header{};
    put(header, 0, name.substr(0, name_width));
    put_number(header, 100, 8, entry.mode & 07777U);
    put_number(header, 108, 8, 0);  // root
    put_number(header, 116, 8, 0);
    // What ustar's field cannot hold stands in the pax header before this one.
    put_number(header, 124, 12, std::min<std::uint64_t>(size, 077777777777));
    put_number(
        header, 136, 12, static_cast<std::uint64_t>(std::max<std::int64_t>(0, entry.modified)));
    put(header, 148, "        ");
    header[156] = type;
    put(header, 157, link.substr(0, link_width));
    put(header, 257, std::string_view("ustar\00000", 8));
    std::uint32_t sum = 0;
    for (const char byte : header)
        sum += static_cast<unsigned char>(byte);
    put_number(header, 148, 7, sum);
    header[154] = '\0';
    return {header.data(), header.size()};
}

/// One "length key=value\n" record, whose length counts itself.
std::string pax_record(std::string_view key, std::string_view value) {
    const std::string rest = fmt::format(" {}={}\n", key, value);
    std::size_t length = rest.size() + 1;
    while (std::to_string(length).size() + rest.size() != length)
        ++length;
    return std::to_string(length) + rest;
}

std::string padding(std::uint64_t size) {
    return std::string((block - size % block) % block, '\0');
}

/// Everything before the content of an entry.
std::string entry_head(const TarEntry& entry, std::uint64_t size) {
    constexpr std::uint64_t largest = 077777777777;
    std::string name = entry.name;
    if (entry.type == TarType::directory && !name.ends_with('/')) name += '/';
    const std::string_view link =
        entry.type == TarType::symlink ? entry.content : std::string_view();
    std::string records;
    if (name.size() > name_width) records += pax_record("path", name);
    if (link.size() > link_width) records += pax_record("linkpath", link);
    if (size > largest) records += pax_record("size", std::to_string(size));
    std::string head;
    if (!records.empty()) {
        TarEntry plain;
        head =
            header_text('x', "pax", {}, records.size(), plain) + records + padding(records.size());
    }
    constexpr std::array<char, 3> types = {'0', '5', '2'};
    const char type = types.at(static_cast<std::size_t>(entry.type));
    return head + header_text(type, name, link, size, entry);
}

sys::UniqueFd open_file(const fs::path& path) {
    sys::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file) sys::throw_errno("read", path);
    return file;
}

std::size_t read_some(int fd, char* buffer, std::size_t size, const fs::path& path) {
    for (;;) {
        const ssize_t got = ::read(fd, buffer, size);
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) sys::throw_errno("read", path);
    }
}

}  // namespace

/// Opens the next entry; false at the end of all.
bool TarStream::begin_next() {
    if (next_ == entries_.size()) {
        if (ended_) return false;
        ended_ = true;
        pending_ = std::string(2 * block, '\0');
        pending_at_ = 0;
        return true;
    }
    current_ = &entries_[next_++];
    size_ = 0;
    if (current_->type == TarType::file) {
        size_ = current_->path.empty() ? current_->content.size() : current_->size;
        if (!current_->path.empty()) file_ = open_file(current_->path);
    }
    left_ = size_;
    pending_ = entry_head(*current_, size_);
    pending_at_ = 0;
    return true;
}

std::size_t TarStream::read_content(char* buffer, std::size_t size) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left_, size));
    std::size_t got = wanted;
    if (current_->path.empty()) {
        std::memcpy(buffer, current_->content.data() + (size_ - left_), wanted);
    } else {
        got = read_some(file_.get(), buffer, wanted, current_->path);
        if (got == 0) {
            throw Error(ErrorKind::conflict,
                        fmt::format("\"{}\" became shorter while it was read", current_->name))
                .hint("Run this again when nothing writes there.");
        }
    }
    left_ -= got;
    if (left_ == 0) {
        file_ = sys::UniqueFd();
        pending_ = padding(size_);
        pending_at_ = 0;
    }
    return got;
}

std::size_t TarStream::read(char* buffer, std::size_t size) {
    std::size_t filled = 0;
    while (filled < size) {
        if (pending_at_ < pending_.size()) {
            const auto count = std::min(size - filled, pending_.size() - pending_at_);
            std::memcpy(buffer + filled, pending_.data() + pending_at_, count);
            pending_at_ += count;
            filled += count;
        } else if (left_ > 0) {
            filled += read_content(buffer + filled, size - filled);
        } else if (!begin_next()) {
            break;
        }
    }
    return filled;
}

http::BodySource tar_source(std::vector<TarEntry> entries) {
    // Shared by the copies that std::function makes of its target.
    auto stream = std::make_shared<TarStream>(std::move(entries));
    return [stream](char* buffer, std::size_t size) { return stream->read(buffer, size); };
}

http::BodySource file_source(const fs::path& path) {
    auto file = std::make_shared<sys::UniqueFd>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!*file) sys::throw_errno("read", path);
    return [file, path](char* buffer, std::size_t size) {
        return read_some(file->get(), buffer, size, path);
    };
}

}  // namespace poststack::engine
