#include "pgfiles/startup_probe.h"

#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "sys/fd.h"
#include "sys/file.h"

namespace poststack::pgfiles {
namespace {

using namespace std::chrono_literals;

/// A server that answers one startup packet with fixed bytes.
class FakeServer {
  public:
    explicit FakeServer(std::string answer) : listener_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string path = (directory_.path() / ".s.PGSQL.5999").string();
        std::memcpy(static_cast<char*>(address.sun_path), path.c_str(), path.size() + 1);
        EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address),
                  0);
        EXPECT_EQ(::listen(listener_.get(), 1), 0);
        thread_ = std::thread([this, text = std::move(answer)] {
            const sys::UniqueFd peer(::accept(listener_.get(), nullptr, nullptr));
            char packet[256];
            EXPECT_GT(::recv(peer.get(), packet, sizeof packet, 0), 8);
            EXPECT_EQ(::send(peer.get(), text.data(), text.size(), 0),
                      static_cast<ssize_t>(text.size()));
        });
    }

    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;

    ~FakeServer() { thread_.join(); }

    [[nodiscard]] ProbeResult probe_it() const {
        return probe({.socket_directory = directory_.path(), .address = {}, .port = 5999},
                     "app",
                     "app",
                     10s);
    }

  private:
    sys::TempDir directory_;
    sys::UniqueFd listener_;
    std::thread thread_;
};

std::string error_message(const std::string& sqlstate, const std::string& text) {
    using namespace std::string_literals;
    const std::string body = "SFATAL\0C"s + sqlstate + "\0M"s + text + "\0\0"s;
    std::string length(4, '\0');
    length[3] = static_cast<char>(body.size() + 4);
    return "E" + length + body;
}

TEST(Probe, SeesAnAcceptingServer) {
    const FakeServer server(std::string("R\0\0\0\x17\0\0\0\x0a", 9));

    EXPECT_EQ(server.probe_it().answer, ProbeAnswer::accepting);
}

TEST(Probe, TellsAStartingServerApart) {
    const FakeServer server(error_message("57P03", "the database system is starting up"));

    const ProbeResult result = server.probe_it();

    EXPECT_EQ(result.answer, ProbeAnswer::starting);
    EXPECT_EQ(result.message, "the database system is starting up");
}

TEST(Probe, TellsAFullServerApart) {
    const FakeServer server(error_message("53300", "sorry, too many clients already"));

    EXPECT_EQ(server.probe_it().answer, ProbeAnswer::too_many);
}

TEST(Probe, TakesAnyOtherErrorForALivingServer) {
    const FakeServer server(error_message("28000", "no entry"));

    const ProbeResult result = server.probe_it();

    EXPECT_EQ(result.answer, ProbeAnswer::refused);
    EXPECT_EQ(result.sqlstate, "28000");
}

TEST(Probe, SeesThatSomethingElseAnswers) {
    const FakeServer server("HTTP/1.1 400 Bad Request\r\n\r\n");

    EXPECT_EQ(server.probe_it().answer, ProbeAnswer::not_postgres);
}

TEST(Probe, SeesThatNothingListens) {
    const sys::TempDir directory;

    const ProbeResult result = probe(
        {.socket_directory = directory.path(), .address = {}, .port = 5999}, "app", "app", 1s);

    EXPECT_EQ(result.answer, ProbeAnswer::no_listener);
}

}  // namespace
}  // namespace poststack::pgfiles
