#include "sys/net.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "sys/fd.h"

namespace poststack::sys {
namespace {

/// A TCP socket on 127.0.0.1 with a port of the kernel's choice.
struct Listener {
    explicit Listener(bool listening = true)
        : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
        if (listening) {
            EXPECT_EQ(::listen(fd.get(), 1), 0);
        }
        EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
        port = ntohs(address.sin_port);
    }

    UniqueFd fd;
    std::uint16_t port = 0;
};

TEST(Port, IsTakenWhileSomebodyListens) {
    const Listener listener;

    EXPECT_FALSE(is_port_free(listener.port));
}

TEST(Port, OfAListenerNamesItsHolder) {
    const Listener listener;

    const auto holder = find_port_holder(listener.port);

    ASSERT_TRUE(holder);
    EXPECT_EQ(holder->pid, ::getpid());
    EXPECT_EQ(holder->program, "sys_test");
    EXPECT_EQ(holder->uid, ::geteuid());
}

TEST(Port, WithoutListenerHasNoHolder) {
    const Listener bound(false);

    EXPECT_FALSE(find_port_holder(bound.port));
}

TEST(Port, SearchGoesPastTakenOnes) {
    const Listener listener;

    const auto found = find_free_port(listener.port);

    ASSERT_TRUE(found);
    EXPECT_GT(*found, listener.port);
}

TEST(Port, SearchEndsAtTheLastPort) {
    const auto found = find_free_port(65535);

    if (found) {
        EXPECT_EQ(*found, 65535);
    }
}

}  // namespace
}  // namespace poststack::sys
