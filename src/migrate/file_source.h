// A migration file as a source of bytes that knows its own SHA-256.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "migrate/checksum.h"
#include "migrate/scanner.h"
#include "sys/file_reader.h"
#include "sys/hash.h"

namespace poststack::migrate {

/// Reads a file once and hashes what it hands out: what is recorded is what was run.
class FileSource final : public ByteSource {
  public:
    /// Errors: as sys::FileReader.
    explicit FileSource(const std::filesystem::path& path) : reader_(path) {}

    /// From now on the normalised checksum is computed as well. To be called before reading.
    void normalise() { normalised_.emplace(); }

    [[nodiscard]] std::size_t read(char* into, std::size_t count) override;

    /// Reads on to the end and returns the SHA-256 of the whole file. Call once.
    [[nodiscard]] std::string finish();

    /// The normalised checksum, after finish(); "" without normalise(). Call once.
    [[nodiscard]] std::string finish_normalised() {
        return normalised_ ? normalised_->finish() : std::string{};
    }

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  private:
    sys::FileReader reader_;
    sys::Sha256 hash_;
    std::optional<NormalisedHash> normalised_;
    std::uint64_t size_ = 0;
};

}  // namespace poststack::migrate
