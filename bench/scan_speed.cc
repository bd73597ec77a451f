// usage: scan_speed scan|limit FILE PASSES
//
// Prints the seconds of the fastest pass over FILE, which lies in memory: "scan" cuts it into
// statements and drops COPY data as `database migrate` does; "limit" does the least that any
// reader does that can name a line: it copies each piece and counts the newlines.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "migrate/scanner.h"
#include "sys/file.h"

namespace {

using poststack::migrate::Scanner;
using poststack::migrate::TextSource;

/// Number of statements.
std::size_t scan(std::string_view text) {
    TextSource source(text);
    Scanner scanner(source, "a.sql");
    std::size_t count = 0;
    while (const auto statement = scanner.next()) {
        ++count;
        while (statement->is_copy_in && scanner.copy_data()) {
        }
    }
    return count;
}

/// Number of lines.
std::size_t count_lines(std::string_view text) {
    static std::array<char, 64U << 10> piece;
    TextSource source(text);
    std::size_t count = 0;
    while (const std::size_t size = source.read(piece.data(), piece.size())) {
        const char* at = piece.data();
        const char* const end = at + size;
        while ((at = static_cast<const char*>(
                    std::memchr(at, '\n', static_cast<std::size_t>(end - at)))) != nullptr) {
            ++count;
            if (++at == end) break;
        }
    }
    return count;
}

int run(std::string_view what, const char* file, long long passes) {
    const std::string text = poststack::sys::read_file(file);
    double best = 0;
    std::size_t seen = 0;
    for (long long pass = 0; pass < passes; ++pass) {
        const auto begin = std::chrono::steady_clock::now();
        seen = what == "scan" ? scan(text) : count_lines(text);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        best = pass == 0 ? took.count() : std::min(best, took.count());
    }
    fmt::print("{:.9f} {} {}\n", best, text.size(), seen);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const auto passes = argc == 4 ? poststack::parse_integer(argv[3]) : std::nullopt;
    if (!passes || *passes < 1) {
        fmt::print(stderr, "usage: scan_speed scan|limit FILE PASSES\n");
        return 2;
    }
    try {
        return run(argv[1], argv[2], *passes);
    } catch (const std::exception& error) {
        fmt::print(stderr, "scan_speed: {}\n", error.what());
        return 1;
    }
}
