#include "http/client.h"

#include <cstring>
#include <functional>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "support/caught.h"
#include "sys/file.h"

namespace poststack::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Serves one connection on a unix socket in a thread.
class OneServer {
  public:
    explicit OneServer(std::function<void(int)> serve) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
        listener_ = sys::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(
            ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
            0);
        EXPECT_EQ(::listen(listener_.get(), 4), 0);
        thread_ = std::thread([this, serve = std::move(serve)] {
            const sys::UniqueFd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (peer) serve(peer.get());
        });
    }

    OneServer(const OneServer&) = delete;
    OneServer& operator=(const OneServer&) = delete;

    ~OneServer() {
        ::shutdown(listener_.get(), SHUT_RDWR);
        thread_.join();
    }

    [[nodiscard]] std::filesystem::path path() const { return directory_.path() / "s"; }

  private:
    sys::TempDir directory_;
    sys::UniqueFd listener_;
    std::thread thread_;
};

/// Reads until `text` has come or the other side closed.
std::string read_until(int fd, std::string_view text) {
    std::string got;
    char buffer[4096];
    while (got.find(text) == std::string::npos) {
        const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
        if (count <= 0) break;
        got.append(buffer, static_cast<std::size_t>(count));
    }
    return got;
}

void say(int fd, std::string_view text) {
    (void)::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
}

TEST(HttpClient, SendsABodyAndReadsTheAnswer) {
    std::string asked;
    OneServer server([&](int fd) {
        asked = read_until(fd, "{\"a\":1}");
        say(fd, "HTTP/1.1 100 Continue\r\n\r\n");
        say(fd, "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        say(fd, "2\r\nde\r\n0\r\n\r\n");
    });

    Answer answer = send(server.path(),
                         {.method = "POST",
                          .target = "/x",
                          .headers = {{"Content-Type", "application/json"}},
                          .body = "{\"a\":1}"});

    EXPECT_EQ(answer.status(), 201);
    EXPECT_EQ(answer.read_all(), "abcde");
    EXPECT_THAT(asked, StartsWith("POST /x HTTP/1.1\r\n"));
    EXPECT_THAT(asked, HasSubstr("Content-Length: 7\r\n"));
}

TEST(HttpClient, StreamsABodyLargerThanTheSocketTakes) {
    std::string got;
    OneServer server([&](int fd) {
        got = read_until(fd, "\r\n0\r\n\r\n");
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    int parts = 0;

    Answer answer = send(server.path(),
                         {.method = "POST",
                          .target = "/build",
                          .source = [&](char* buffer, std::size_t size) -> std::size_t {
                              if (++parts > 40) return 0;
                              std::memset(buffer, 'x', size);
                              return size;
                          }});

    EXPECT_EQ(answer.read_all(), "ok");
    EXPECT_GT(got.size(), 40U * 64U * 1024U);
}

TEST(HttpClient, StopsSendingWhenTheAnswerRefuses) {
    OneServer server([&](int fd) {
        (void)read_until(fd, "\r\n\r\n");
        say(fd, "HTTP/1.1 400 Bad Request\r\nContent-Length: 6\r\n\r\nno, no");
        (void)::shutdown(fd, SHUT_WR);
        char buffer[4096];
        while (::recv(fd, buffer, sizeof buffer, 0) > 0)
            std::this_thread::sleep_for(1ms);
    });

    Answer answer =
        send(server.path(),
             {.method = "POST", .target = "/build", .source = [](char* buffer, std::size_t size) {
                  std::memset(buffer, 'x', size);
                  return size;  // without end
              }});

    EXPECT_EQ(answer.status(), 400);
    EXPECT_EQ(answer.read_all(), "no, no");
}

TEST(HttpClient, HandsOverAnUpgradedConnection) {
    OneServer server([&](int fd) {
        (void)read_until(fd, "\r\n\r\n");
        say(fd, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nearly ");
        const std::string raw = read_until(fd, "no such end");
        say(fd, raw + " back");
    });

    Answer answer = send(server.path(), {.method = "POST", .target = "/exec", .upgrade = true});
    answer.write("there and");
    answer.close_write();

    EXPECT_EQ(answer.read_all(), "early there and back");
}

TEST(HttpClient, TellsSilenceFromTheEnd) {
    OneServer server([&](int fd) {
        (void)read_until(fd, "\r\n\r\n");
        say(fd, "HTTP/1.1 200 OK\r\n\r\nx");
        (void)read_until(fd, "the end");
    });

    Answer answer = send(server.path(), {.target = "/logs", .silence_limit = 50ms});

    EXPECT_EQ(answer.read(), "x");
    EXPECT_EQ(answer.read_within(1ms), std::nullopt);
    EXPECT_FALSE(answer.ended());
    EXPECT_EQ(test::caught([&] { (void)answer.read(); }).kind(), ErrorKind::timeout);
}

TEST(HttpClient, SaysWhyThereIsNoAnswer) {
    const sys::TempDir directory;
    const auto none = directory.path() / "none";
    const Error absent = test::caught([&] { (void)send(none, {.target = "/"}); });
    EXPECT_EQ(absent.kind(), ErrorKind::not_found);
    EXPECT_THAT(absent.message(), HasSubstr(none.string()));

    (void)sys::create_file(none, "");
    EXPECT_EQ(test::caught([&] { (void)send(none, {.target = "/"}); }).kind(), ErrorKind::timeout);

    OneServer closes([](int fd) { (void)read_until(fd, "\r\n\r\n"); });
    const Error closed = test::caught([&] { (void)send(closes.path(), {.target = "/"}); });
    EXPECT_EQ(closed.kind(), ErrorKind::io);
    EXPECT_EQ(closed.message(), "cannot read the answer: the connection was closed before it came");

    OneServer cuts([](int fd) {
        (void)read_until(fd, "\r\n\r\n");
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    });
    Answer half = send(cuts.path(), {.target = "/"});
    EXPECT_EQ(test::caught([&] { (void)half.read_all(); }).message(),
              "cannot read the answer: the message ended early");
}

}  // namespace
}  // namespace poststack::http
