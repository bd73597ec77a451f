#include "cli/output_stream.h"

#include <cerrno>
#include <string_view>

#include "base/error.h"
#include "sys/errno_error.h"
#include "sys/stdio.h"

namespace poststack::cli {

DescriptorBuffer::DescriptorBuffer(int fd, bool by_line, OnFailure on_failure)
    : fd_(fd), by_line_(by_line), on_failure_(on_failure) {
    setp(room_.data(), room_.data() + room_.size());
}

void DescriptorBuffer::flush() {
    const std::string_view pending(pbase(), static_cast<std::size_t>(pptr() - pbase()));
    const int code = sys::write_standard(fd_, pending);
    setp(room_.data(), room_.data() + room_.size());
    if (code == 0 || on_failure_ == OnFailure::ignore) return;
    if (code == EPIPE) throw ReaderGone();
    throw Error(ErrorKind::io, "cannot write standard output: " + sys::errno_text(code));
}

DescriptorBuffer::int_type DescriptorBuffer::overflow(int_type byte) {
    flush();
    if (traits_type::eq_int_type(byte, traits_type::eof())) return traits_type::not_eof(byte);
    const char character = traits_type::to_char_type(byte);
    sputc(character);
    if (by_line_ && character == '\n') flush();
    return byte;
}

std::streamsize DescriptorBuffer::xsputn(const char* text, std::streamsize size) {
    const std::streamsize taken = std::streambuf::xsputn(text, size);
    if (by_line_ && size > 0 && text[size - 1] == '\n') flush();
    return taken;
}

int DescriptorBuffer::sync() {
    flush();
    return 0;
}

DescriptorStream::DescriptorStream(int fd, bool by_line, OnFailure on_failure)
    : std::ostream(nullptr), buffer_(fd, by_line, on_failure) {
    rdbuf(&buffer_);
    // A single '\n' goes into the buffer without passing by it.
    if (by_line) setf(std::ios::unitbuf);
    exceptions(std::ios::badbit);  // lets the buffer's own exception through
}

}  // namespace poststack::cli
