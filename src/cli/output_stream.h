// Standard output and error as streams whose failures are not lost.
#pragma once

#include <array>
#include <exception>
#include <ostream>
#include <streambuf>

namespace poststack::cli {

/// Thrown out of a write to standard output when its reader is gone (`poststack status | head -1`).
/// Not an Error: nothing went wrong, there is only nobody to tell.
class ReaderGone : public std::exception {
  public:
    [[nodiscard]] const char* what() const noexcept override { return "the reader is gone"; }
};

/// What happens when a write fails.
enum class OnFailure { report, ignore };

/// A buffer over descriptor 1 or 2. With OnFailure::report a failed write throws ReaderGone, or
/// Error(io) for a full disk or a closed descriptor.
class DescriptorBuffer final : public std::streambuf {
  public:
    /// `by_line`: each write that ends a line goes out at once (a terminal, standard error).
    DescriptorBuffer(int fd, bool by_line, OnFailure on_failure);

  protected:
    int_type overflow(int_type byte) override;
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int sync() override;

  private:
    void flush();
    std::array<char, 8192> room_{};
    int fd_;
    bool by_line_;
    OnFailure on_failure_;
};

/// A stream with its own DescriptorBuffer; errors of the buffer leave it as exceptions.
class DescriptorStream final : public std::ostream {
  public:
    DescriptorStream(int fd, bool by_line, OnFailure on_failure);

  private:
    DescriptorBuffer buffer_;
};

}  // namespace poststack::cli
