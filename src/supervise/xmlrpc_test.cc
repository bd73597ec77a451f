#include "supervise/xmlrpc.h"

#include <gmock/gmock.h>

#include "supervise/base64.h"

namespace poststack::supervise {
namespace {

using ::testing::HasSubstr;

TEST(XmlRpc, ReadsWhatPythonSends) {
    const auto call = parse_call(
        "<?xml version='1.0'?>\n<methodCall>\n<methodName>supervisor.startProcess</methodName>\n"
        "<params>\n<param>\n<value><string>a&amp;b &#x20ac;</string></value>\n</param>\n<param>\n"
        "<value><boolean>1</boolean></value>\n</param>\n<param><value><int>-7</int></value></param>"
        "<param><value>plain</value></param></params>\n</methodCall>\n");

    ASSERT_TRUE(call);
    EXPECT_EQ(call->method, "supervisor.startProcess");
    ASSERT_EQ(call->params.size(), 4U);
    EXPECT_EQ(*call->params[0].text(), "a&b \xe2\x82\xac");
    EXPECT_EQ(call->params[1].boolean(), true);
    EXPECT_EQ(call->params[2].integer(), -7);
    EXPECT_EQ(*call->params[3].text(), "plain");
}

TEST(XmlRpc, RefusesWhatIsNoCall) {
    for (const char* text : {"",
                             "<methodCall>",
                             "<methodCall><methodName>a</methodName></methodCall>x",
                             "<methodCall><methodName>&bad;</methodName></methodCall>",
                             "<methodCall><methodName>a</methodName><params><param><value><int>x"
                             "</int></value></param></params></methodCall>"}) {
        EXPECT_FALSE(parse_call(text)) << text;
    }
}

TEST(XmlRpc, BoundsNesting) {
    std::string text = "<methodCall><methodName>a</methodName><params><param>";
    for (int depth = 0; depth < 100'000; ++depth)
        text += "<value><array><data>";

    EXPECT_FALSE(parse_call(text));
}

TEST(XmlRpc, ReadsAnswersAndFaults) {
    const XmlValue value(XmlValue::Array{XmlValue("a"), XmlValue(7)});
    const auto answer = parse_response(response_text(value));
    ASSERT_TRUE(answer);
    EXPECT_EQ(std::get<XmlValue>(*answer).array()->at(1).integer(), 7);

    const auto fault = parse_response(fault_text(10, "BAD_NAME: x"));
    ASSERT_TRUE(fault);
    EXPECT_EQ(std::get<XmlFault>(*fault).code, 10);
    EXPECT_EQ(std::get<XmlFault>(*fault).text, "BAD_NAME: x");

    for (const char* text : {"",
                             "<methodResponse></methodResponse>",
                             "<methodResponse><params></params></methodResponse>",
                             "<methodResponse><fault><value>x</value></fault></methodResponse>",
                             "<methodResponse><params><param><value>x</value></param></params>"}) {
        EXPECT_FALSE(parse_response(text)) << text;
    }
}

TEST(XmlRpc, Base64GoesThereAndBack) {
    for (const std::string bytes : {"", "u", "u:", "u:p", "user:p\xff\x00s"}) {
        EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
    }
    EXPECT_EQ(encode_base64("user:pass"), "dXNlcjpwYXNz");
    EXPECT_EQ(encode_base64("a"), "YQ==");
}

TEST(XmlRpc, WritesOnlyWhatXmlCanSay) {
    const std::string text = response_text(
        XmlValue(XmlValue::Array{XmlValue("<a & \x01\xff>"), XmlValue(true), XmlValue(3)}));

    EXPECT_THAT(text, HasSubstr("<string>&lt;a &amp; ??&gt;</string>"));
    EXPECT_THAT(text, HasSubstr("<boolean>1</boolean>"));
    EXPECT_THAT(fault_text(10, "BAD_NAME: x"), HasSubstr("<int>10</int>"));
}

}  // namespace
}  // namespace poststack::supervise
