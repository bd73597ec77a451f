// Any bytes as an XML-RPC call or answer: it is read or not, and what was read is written and read
// back the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "fuzz/check.h"
#include "supervise/xmlrpc.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace poststack;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto answer = supervise::parse_response(text)) {
        if (const auto* value = std::get_if<supervise::XmlValue>(&*answer)) {
            const std::string once = supervise::response_text(*value);
            const auto again = supervise::parse_response(once);
            fuzz::check(again && std::holds_alternative<supervise::XmlValue>(*again),
                        "an answer that was written is read");
        }
        return 0;
    }
    const auto call = supervise::parse_call(text);
    if (!call) return 0;
    // The first writing replaces what XML cannot say; from then on nothing may change.
    const std::string once = supervise::call_text(*call);
    const auto again = supervise::parse_call(once);
    fuzz::check(again.has_value(), "what was written is read");
    fuzz::check(supervise::call_text(*again) == once, "what was read is written the same");
    (void)supervise::response_text(supervise::XmlValue(call->params));
    return 0;
}
