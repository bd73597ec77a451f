#include "http/parser.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace poststack::http {
namespace {

struct Message {
    Head head;
    std::string body;
    bool keeps_alive = false;
};

struct Outcome {
    std::vector<Message> messages;
    std::string problem;
    std::string rest;  ///< input behind the last complete message
};

/// Reads until nothing comes any more; each element of `pieces` is put in on its own.
Outcome read(const std::vector<std::string_view>& pieces, bool closed, Parser parser) {
    Outcome outcome;
    Message message;
    const auto take = [&](Event event) {
        if (event == Event::head) message.head = parser.head();
        if (event == Event::body) message.body += parser.body();
        if (event == Event::failed) outcome.problem = parser.problem();
        if (event == Event::end) {
            message.keeps_alive = parser.keeps_alive();
            outcome.messages.push_back(std::move(message));
            message = {};
        }
    };
    for (std::string_view piece : pieces) {
        Event event = Event::more;
        do {
            event = parser.next(piece);
            take(event);
        } while (event != Event::more && event != Event::failed);
        if (event == Event::failed) return outcome;
    }
    if (closed && !parser.is_idle()) take(parser.finish());
    return outcome;
}

Outcome read(Kind kind, std::string_view text, bool closed = false) {
    return read(std::vector{text}, closed, Parser(kind));
}

constexpr std::string_view chunked_answer =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-One: 1\r\n\r\n"
    "5\r\nhello\r\nA;name=\"x\"\r\n, engine\r\n\r\n0\r\nTrailer: yes\r\n\r\n";

TEST(Parser, ReadsAnAnswerWithItsLength) {
    const Outcome got = read(Kind::response,
                             "HTTP/1.1 404 Not Found\r\nContent-Type:application/json\r\n"
                             "content-length: 2\r\n\r\n{}");

    ASSERT_EQ(got.messages.size(), 1U) << got.problem;
    EXPECT_EQ(got.messages[0].head.status, 404);
    EXPECT_EQ(got.messages[0].head.reason, "Not Found");
    EXPECT_EQ(got.messages[0].head.find("CONTENT-TYPE"), "application/json");
    EXPECT_EQ(got.messages[0].body, "{}");
    EXPECT_TRUE(got.messages[0].keeps_alive);
}

TEST(Parser, ReadsChunksWithExtensionsAndTrailers) {
    const Outcome got = read(Kind::response, chunked_answer);

    ASSERT_EQ(got.messages.size(), 1U) << got.problem;
    EXPECT_EQ(got.messages[0].body, "hello, engine\r\n");
}

TEST(Parser, ReadsTheSameHoweverTheInputIsCut) {
    const std::string two = std::string(chunked_answer) +
                            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\nContent-Length: 3\r\n"
                            "\r\nabc";
    const std::string_view all = two;
    for (std::size_t cut = 0; cut <= all.size(); ++cut) {
        const Outcome got =
            read({all.substr(0, cut), all.substr(cut)}, false, Parser(Kind::response));

        ASSERT_EQ(got.messages.size(), 3U) << "cut at " << cut << ": " << got.problem;
        EXPECT_EQ(got.messages[0].body, "hello, engine\r\n") << "cut at " << cut;
        EXPECT_EQ(got.messages[1].head.status, 100);
        EXPECT_EQ(got.messages[2].body, "abc");
        EXPECT_FALSE(got.messages[2].keeps_alive);
    }
}

TEST(Parser, ReadsByteByByte) {
    std::vector<std::string_view> bytes;
    for (std::size_t index = 0; index < chunked_answer.size(); ++index)
        bytes.push_back(chunked_answer.substr(index, 1));

    const Outcome got = read(bytes, false, Parser(Kind::response));

    ASSERT_EQ(got.messages.size(), 1U) << got.problem;
    EXPECT_EQ(got.messages[0].body, "hello, engine\r\n");
}

TEST(Parser, ReadsUntilTheEndWhereNothingElseIsSaid) {
    const Outcome got = read(Kind::response, "HTTP/1.1 200 OK\r\n\r\nto the end", true);

    ASSERT_EQ(got.messages.size(), 1U) << got.problem;
    EXPECT_EQ(got.messages[0].body, "to the end");
    EXPECT_FALSE(got.messages[0].keeps_alive);
}

TEST(Parser, LeavesWhatFollowsASwitchOfProtocols) {
    std::string_view input = "HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\nraw bytes";
    Parser parser(Kind::response);

    EXPECT_EQ(parser.next(input), Event::head);
    EXPECT_EQ(parser.next(input), Event::end);

    EXPECT_EQ(parser.head().status, 101);
    EXPECT_EQ(input, "raw bytes");
}

TEST(Parser, KnowsAnswersWithoutBody) {
    Parser head(Kind::response);
    head.expect_no_body();
    const Outcome got = read({"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
                              "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n"
                              "HTTP/1.1 204 No Content\r\n\r\n"},
                             false,
                             head);

    EXPECT_EQ(got.messages.size(), 3U) << got.problem;
}

TEST(Parser, ReadsRequestsOneAfterTheOther) {
    const Outcome got =
        read(Kind::request,
             "\r\nGET /health?full=1 HTTP/1.1\r\nHost: x\r\n\r\n"
             "POST /stop HTTP/1.1\r\nContent-Length: 4\r\nConnection: a, Close\r\n\r\nbody");

    ASSERT_EQ(got.messages.size(), 2U) << got.problem;
    EXPECT_EQ(got.messages[0].head.method, "GET");
    EXPECT_EQ(got.messages[0].head.target, "/health?full=1");
    EXPECT_TRUE(got.messages[0].keeps_alive);
    EXPECT_EQ(got.messages[1].body, "body");
    EXPECT_FALSE(got.messages[1].keeps_alive);
}

TEST(Parser, RefusesWhatItCannotBeSureOf) {
    const struct {
        Kind kind;
        std::string_view text;
        std::string_view problem;
    } cases[] = {
        {Kind::response, "SSH-2.0-OpenSSH\r\n", "the answer is not HTTP/1"},
        {Kind::response, "HTTP/2 200\r\n", "the answer is not HTTP/1"},
        {Kind::response, "HTTP/1.1 2x0 OK\r\n", "the status is not a number of three digits"},
        {Kind::response, "HTTP/1.1 2000 OK\r\n", "the status is not a number of three digits"},
        {Kind::response, "HTTP/1.1 200 OK\r\nName : x\r\n", "a header field is broken"},
        {Kind::response, "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n", "a header field is broken"},
        {Kind::response,
         "HTTP/1.1 200 OK\r\nA: b\rc\r\n",
         "a header field holds a control character"},
        {Kind::response,
         "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
         "the content length is not one number"},
        {Kind::response,
         "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
         "the content length is not one number"},
        {Kind::response,
         "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
         "the content length is not one number"},
        {Kind::response,
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
         "the transfer encoding is not known"},
        {Kind::response,
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
         "the chunk size is not a number"},
        {Kind::response,
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
         "a chunk is longer than its size"},
        {Kind::request, "GET /\r\n", "the request line is broken"},
        {Kind::request, "GET / x HTTP/1.1\r\n", "the request line is broken"},
        {Kind::request, "GET / HTTP/2.0\r\n", "the request is not HTTP/1"},
        {Kind::request,
         "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
         "the request has a length and is chunked too"},
    };
    for (const auto& one : cases) {
        EXPECT_EQ(read(one.kind, one.text).problem, one.problem) << one.text;
    }
}

TEST(Parser, SaysThatAMessageEndedEarly) {
    for (const std::string_view text :
         {"HTTP/1.1 200 OK\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"}) {
        EXPECT_EQ(read(Kind::response, text, true).problem, "the message ended early") << text;
    }
}

TEST(Parser, KeepsNoMoreThanItsLimits) {
    const Limits small{.head = 64, .fields = 2};
    const std::string endless(1000, 'x');
    const std::string fields = "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n";
    const std::string trailers =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + endless + "\r\n\r\n";

    EXPECT_EQ(read({endless}, false, Parser(Kind::response, small)).problem,
              "the head is too long");
    EXPECT_EQ(read({fields}, false, Parser(Kind::response, small)).problem,
              "there are too many header fields");
    EXPECT_EQ(read({trailers}, false, Parser(Kind::response, small)).problem,
              "the head is too long");
}

TEST(Message, WritesWhatTheParserReads) {
    Head head;
    head.method = "POST";
    head.target = "/v1.41/build?t=x";
    head.set("Host", "engine");
    head.set("host", "other");
    head.set("Transfer-Encoding", "chunked");
    const std::string text = request_text(head) + chunk_text("") +
                             chunk_text(std::string(20, 'z')) + std::string(last_chunk);

    const Outcome got = read(Kind::request, text);

    ASSERT_EQ(got.messages.size(), 1U) << got.problem;
    EXPECT_EQ(got.messages[0].head.target, "/v1.41/build?t=x");
    EXPECT_EQ(got.messages[0].head.headers.size(), 2U);
    EXPECT_EQ(got.messages[0].head.find("Host"), "other");
    EXPECT_EQ(got.messages[0].body, std::string(20, 'z'));
}

TEST(Message, WritesNothingThatWouldBreakIt) {
    Head request;
    request.method = "GET";
    request.target = "/a b";
    EXPECT_EQ(request_text(request), "");
    request.target = "/";
    request.headers = {{"A", "x\r\nB: y"}};
    EXPECT_EQ(request_text(request), "");

    Head response;
    response.status = 200;
    response.reason = "OK";
    EXPECT_EQ(response_text(response), "HTTP/1.1 200 OK\r\n\r\n");
    response.headers = {{"A b", "x"}};
    EXPECT_EQ(response_text(response), "");
}

}  // namespace
}  // namespace poststack::http
