// XML-RPC, as much of it as supervisorctl and Python's xmlrpc.client speak.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace poststack::supervise {

/// A value: int, boolean, string (also base64), double, array, struct or nil.
struct XmlValue {
    using Array = std::vector<XmlValue>;
    using Struct = std::vector<std::pair<std::string, XmlValue>>;

    std::variant<std::monostate, std::int64_t, bool, std::string, double, Array, Struct> value;

    XmlValue() = default;
    // Implicit on purpose: answers are written as nested lists.
    template <class T>
        requires(!std::is_same_v<std::remove_cvref_t<T>, XmlValue>)
    XmlValue(T&& from)  // NOLINT(google-explicit-constructor)
    {
        using Plain = std::remove_cvref_t<T>;
        if constexpr (std::is_same_v<Plain, bool>) {
            value.emplace<bool>(from);
        } else if constexpr (std::is_integral_v<Plain>) {
            value.emplace<std::int64_t>(static_cast<std::int64_t>(from));
        } else if constexpr (std::is_convertible_v<T, std::string_view>) {
            value.emplace<std::string>(std::string_view(from));
        } else {
            value.emplace<Plain>(std::forward<T>(from));
        }
    }

    [[nodiscard]] const std::string* text() const noexcept;
    [[nodiscard]] std::optional<std::int64_t> integer() const noexcept;
    [[nodiscard]] std::optional<bool> boolean() const noexcept;
    [[nodiscard]] const Array* array() const noexcept;
    /// The member of a struct; nullptr when there is none.
    [[nodiscard]] const XmlValue* find(std::string_view name) const noexcept;
};

struct XmlCall {
    std::string method;
    XmlValue::Array params;
};

/// Reads a <methodCall>; nothing for anything else. Nesting and size are bounded.
[[nodiscard]] std::optional<XmlCall> parse_call(std::string_view text);

[[nodiscard]] std::string response_text(const XmlValue& value);
[[nodiscard]] std::string fault_text(int code, std::string_view message);

/// A whole <methodCall>, for the client side.
[[nodiscard]] std::string call_text(const XmlCall& call);

struct XmlFault {
    std::int64_t code = 0;
    std::string text;
};

/// Reads a <methodResponse>: its value, or the fault. Nothing for anything else.
[[nodiscard]] std::optional<std::variant<XmlValue, XmlFault>> parse_response(std::string_view text);

}  // namespace poststack::supervise
