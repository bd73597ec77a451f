// A migration file as a source of bytes that knows its own SHA-256.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "migrate/scanner.h"
#include "sys/file_reader.h"
#include "sys/hash.h"

namespace poststack::migrate {

/// Reads a file once and hashes what it hands out: what is recorded is what was run.
class FileSource final : public ByteSource {
  public:
    /// Errors: as sys::FileReader.
    explicit FileSource(const std::filesystem::path& path) : reader_(path) {}

    [[nodiscard]] std::size_t read(char* into, std::size_t count) override;

    /// Reads on to the end and returns the SHA-256 of the whole file. Call once.
    [[nodiscard]] std::string finish();

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  private:
    sys::FileReader reader_;
    sys::Sha256 hash_;
    std::uint64_t size_ = 0;
};

}  // namespace poststack::migrate
