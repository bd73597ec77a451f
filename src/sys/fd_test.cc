#include "sys/fd.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"

namespace poststack::sys {
namespace {

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

TEST(UniqueFd, ClosesItsDescriptorOnce) {
    int number = -1;
    {
        const Pipe pipe = make_pipe();
        number = pipe.read_end.get();
        EXPECT_TRUE(is_open(number));
    }
    EXPECT_FALSE(is_open(number));
}

TEST(UniqueFd, MovesAndReleases) {
    Pipe pipe = make_pipe();
    const int number = pipe.read_end.get();

    UniqueFd other = std::move(pipe.read_end);
    EXPECT_EQ(other.get(), number);
    other = UniqueFd();

    EXPECT_FALSE(is_open(number));
    const int kept = pipe.write_end.release();
    EXPECT_FALSE(pipe.write_end);
    EXPECT_TRUE(is_open(kept));
    ::close(kept);
}

TEST(MakePipe, ClosesAtExec) {
    const Pipe pipe = make_pipe();

    EXPECT_NE(::fcntl(pipe.read_end.get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_NE(::fcntl(pipe.write_end.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(WriteAll, FillsANonBlockingPipeCompletely) {
    Pipe pipe = make_pipe();
    ::fcntl(pipe.write_end.get(), F_SETFL, O_NONBLOCK);
    const std::string bytes(1U << 20, 'x');
    std::size_t read = 0;
    std::thread reader([&] {
        std::array<char, 4096> buffer{};
        for (;;) {
            const ssize_t count = ::read(pipe.read_end.get(), buffer.data(), buffer.size());
            if (count <= 0) return;
            read += static_cast<std::size_t>(count);
        }
    });

    write_all(pipe.write_end.get(), bytes, "pipe");
    pipe.write_end = UniqueFd();
    reader.join();

    EXPECT_EQ(read, bytes.size());
}

TEST(WriteAll, NamesWhatCouldNotBeWritten) {
    const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    try {
        write_all(full.get(), "x", "report");
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::io);
        EXPECT_EQ(error.message(), "cannot write \"report\": No space left on device");
    }
}

}  // namespace
}  // namespace poststack::sys
