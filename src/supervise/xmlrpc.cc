#include "supervise/xmlrpc.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "supervise/base64.h"

namespace poststack::supervise {
namespace {

constexpr int deepest = 32;

/// Appends the UTF-8 form of `code`; false for what is no character.
bool append_utf8(std::string& out, std::uint32_t code) {
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    const auto byte = [&out](std::uint32_t bits) { out += static_cast<char>(bits); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xc0U | (code >> 6U));
        byte(0x80U | (code & 0x3fU));
    } else if (code < 0x10000) {
        byte(0xe0U | (code >> 12U));
        byte(0x80U | ((code >> 6U) & 0x3fU));
        byte(0x80U | (code & 0x3fU));
    } else {
        byte(0xf0U | (code >> 18U));
        byte(0x80U | ((code >> 12U) & 0x3fU));
        byte(0x80U | ((code >> 6U) & 0x3fU));
        byte(0x80U | (code & 0x3fU));
    }
    return true;
}

bool append_entity(std::string& out, std::string_view name) {
    constexpr std::array<std::pair<std::string_view, char>, 5> known{
        {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}}};
    for (const auto& [word, letter] : known) {
        if (word != name) continue;
        out += letter;
        return true;
    }
    if (!name.starts_with('#')) return false;
    name.remove_prefix(1);
    int base = 10;
    if (name.starts_with('x')) {
        base = 16;
        name.remove_prefix(1);
    }
    std::uint32_t code = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), code, base);
    return error == std::errc() && end == name.data() + name.size() && append_utf8(out, code);
}

/// Reads elements one after the other. Attributes, comments and namespaces are not known.
class Reader {
  public:
    explicit Reader(std::string_view text) noexcept : text_(text) {}

    void skip_prolog() {
        skip_blanks();
        if (text_.starts_with("<?xml")) {
            const std::size_t end = text_.find("?>");
            text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 2);
        }
    }

    bool take(std::string_view tag) {
        skip_blanks();
        if (!text_.starts_with(tag)) return false;
        text_.remove_prefix(tag.size());
        return true;
    }

    /// The text up to the next tag, entities filled in.
    std::optional<std::string> take_text() {
        std::string result;
        while (!text_.empty() && text_.front() != '<') {
            if (text_.front() != '&') {
                result += text_.front();
                text_.remove_prefix(1);
                continue;
            }
            const std::size_t end = text_.find(';');
            if (end == std::string_view::npos || end > 10) return std::nullopt;
            if (!append_entity(result, text_.substr(1, end - 1))) return std::nullopt;
            text_.remove_prefix(end + 1);
        }
        return result;
    }

    std::optional<XmlValue> take_value(int depth) {
        if (depth > deepest || !take("<value>")) return std::nullopt;
        auto value = take_typed(depth);
        if (!value || !take("</value>")) return std::nullopt;
        return value;
    }

    [[nodiscard]] bool at_end() {
        skip_blanks();
        return text_.empty();
    }

  private:
    void skip_blanks() noexcept {
        while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n' ||
                                  text_.front() == '\r' || text_.front() == '\t')) {
            text_.remove_prefix(1);
        }
    }

    std::optional<std::string> take_element(std::string_view close) {
        auto text = take_text();
        if (!text || !text_.starts_with(close)) return std::nullopt;
        text_.remove_prefix(close.size());
        return text;
    }

    std::optional<XmlValue> take_typed(int depth) {
        if (text_.starts_with("</value>")) return XmlValue(std::string());
        const std::string_view before = text_;
        if (take("<int>")) return to_integer(take_element("</int>"));
        if (take("<i4>")) return to_integer(take_element("</i4>"));
        if (take("<i8>")) return to_integer(take_element("</i8>"));
        if (take("<boolean>")) return to_boolean(take_element("</boolean>"));
        if (take("<string/>")) return XmlValue(std::string());
        if (take("<string>")) return to_text(take_element("</string>"));
        if (take("<base64>")) return to_bytes(take_element("</base64>"));
        if (take("<double>")) return to_double(take_element("</double>"));
        if (take("<nil/>")) return XmlValue();
        if (take("<array>")) return take_array(depth);
        if (take("<struct>")) return take_struct(depth);
        text_ = before;  // without a type it is a string, blanks and all
        return to_text(take_text());
    }

    static std::optional<XmlValue> to_text(std::optional<std::string> text) {
        if (!text) return std::nullopt;
        return XmlValue(std::move(*text));
    }

    static std::optional<XmlValue> to_integer(const std::optional<std::string>& text) {
        const auto number = text ? parse_integer(trim(*text)) : std::nullopt;
        if (!number) return std::nullopt;
        return XmlValue(*number);
    }

    static std::optional<XmlValue> to_boolean(const std::optional<std::string>& text) {
        if (!text || (*text != "0" && *text != "1")) return std::nullopt;
        return XmlValue(*text == "1");
    }

    static std::optional<XmlValue> to_double(const std::optional<std::string>& text) {
        double number = 0;
        if (!text) return std::nullopt;
        const auto [end, error] =
            std::from_chars(text->data(), text->data() + text->size(), number);
        if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
        return XmlValue(number);
    }

    static std::optional<XmlValue> to_bytes(const std::optional<std::string>& text) {
        auto bytes = text ? decode_base64(*text) : std::nullopt;
        if (!bytes) return std::nullopt;
        return XmlValue(std::move(*bytes));
    }

    std::optional<XmlValue> take_array(int depth) {
        XmlValue::Array array;
        if (take("<data/>"))
            return take("</array>") ? std::optional(XmlValue(array)) : std::nullopt;
        if (!take("<data>")) return std::nullopt;
        while (!take("</data>")) {
            auto value = take_value(depth + 1);
            if (!value) return std::nullopt;
            array.push_back(std::move(*value));
        }
        if (!take("</array>")) return std::nullopt;
        return XmlValue(std::move(array));
    }

    std::optional<XmlValue> take_struct(int depth) {
        XmlValue::Struct members;
        while (!take("</struct>")) {
            if (!take("<member>") || !take("<name>")) return std::nullopt;
            auto name = take_element("</name>");
            if (!name) return std::nullopt;
            auto value = take_value(depth + 1);
            if (!value || !take("</member>")) return std::nullopt;
            members.emplace_back(std::move(*name), std::move(*value));
        }
        return XmlValue(std::move(members));
    }

    std::string_view text_;
};

void append_escaped(std::string& out, std::string_view text) {
    for (const char letter : text) {
        switch (letter) {
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '&': out += "&amp;"; break;
            default:
                // XML has no way to write most control characters.
                const auto code = static_cast<unsigned char>(letter);
                const bool is_allowed = code >= 0x20 || letter == '\n' || letter == '\t';
                out += is_allowed ? letter : (letter == '\r' ? ' ' : '?');
        }
    }
}

/// UTF-8 with what is none replaced: an invalid byte would make the whole answer unreadable.
std::string to_utf8(std::string_view text) {
    std::string clean;
    while (!text.empty()) {
        const auto first = static_cast<unsigned char>(text.front());
        std::size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : 3;
        if (first >= 0xf0) length = first < 0xf5 ? 4 : 0;
        bool is_good = length > 0 && length <= text.size();
        for (std::size_t at = 1; is_good && at < length; ++at) {
            is_good = (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U;
        }
        clean += is_good ? text.substr(0, length) : std::string_view("?");
        text.remove_prefix(is_good ? length : 1);
    }
    return clean;
}

void append_value(std::string& out, const XmlValue& value);

struct Writer {
    std::string& out;

    void operator()(std::monostate /*nil*/) const { out += "<nil/>"; }

    void operator()(std::int64_t number) const { out += fmt::format("<int>{}</int>", number); }

    void operator()(bool truth) const {
        out += truth ? "<boolean>1</boolean>" : "<boolean>0</boolean>";
    }

    void operator()(double number) const { out += fmt::format("<double>{}</double>", number); }

    void operator()(const std::string& text) const {
        out += "<string>";
        append_escaped(out, to_utf8(text));
        out += "</string>";
    }

    void operator()(const XmlValue::Array& array) const {
        out += "<array><data>";
        for (const XmlValue& value : array)
            append_value(out, value);
        out += "</data></array>";
    }

    void operator()(const XmlValue::Struct& members) const {
        out += "<struct>";
        for (const auto& [name, value] : members) {
            out += "<member><name>";
            append_escaped(out, name);
            out += "</name>";
            append_value(out, value);
            out += "</member>";
        }
        out += "</struct>";
    }
};

void append_value(std::string& out, const XmlValue& value) {
    out += "<value>";
    std::visit(Writer{out}, value.value);
    out += "</value>";
}

constexpr std::string_view prolog = "<?xml version='1.0'?>\n";

}  // namespace

const std::string* XmlValue::text() const noexcept {
    return std::get_if<std::string>(&value);
}

std::optional<std::int64_t> XmlValue::integer() const noexcept {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
    return std::nullopt;
}

std::optional<bool> XmlValue::boolean() const noexcept {
    if (const auto* truth = std::get_if<bool>(&value)) return *truth;
    if (const auto number = integer()) return *number != 0;
    return std::nullopt;
}

const XmlValue::Array* XmlValue::array() const noexcept {
    return std::get_if<Array>(&value);
}

const XmlValue* XmlValue::find(std::string_view name) const noexcept {
    const auto* members = std::get_if<Struct>(&value);
    if (members == nullptr) return nullptr;
    const auto found = std::ranges::find(*members, name, &std::pair<std::string, XmlValue>::first);
    return found == members->end() ? nullptr : &found->second;
}

std::optional<XmlCall> parse_call(std::string_view text) {
    Reader reader(text);
    reader.skip_prolog();
    XmlCall call;
    if (!reader.take("<methodCall>") || !reader.take("<methodName>")) return std::nullopt;
    const auto name = reader.take_text();
    if (!name || !reader.take("</methodName>")) return std::nullopt;
    call.method = trim(*name);
    if (reader.take("<params>")) {
        while (!reader.take("</params>")) {
            if (!reader.take("<param>")) return std::nullopt;
            auto value = reader.take_value(0);
            if (!value || !reader.take("</param>")) return std::nullopt;
            call.params.push_back(std::move(*value));
        }
    } else {
        (void)reader.take("<params/>");
    }
    if (!reader.take("</methodCall>") || !reader.at_end()) return std::nullopt;
    return call;
}

std::optional<std::variant<XmlValue, XmlFault>> parse_response(std::string_view text) {
    Reader reader(text);
    reader.skip_prolog();
    if (!reader.take("<methodResponse>")) return std::nullopt;
    const bool is_fault = reader.take("<fault>");
    if (!is_fault && (!reader.take("<params>") || !reader.take("<param>"))) return std::nullopt;
    auto value = reader.take_value(0);
    if (!value || !reader.take(is_fault ? "</fault>" : "</param>")) return std::nullopt;
    if (!is_fault && !reader.take("</params>")) return std::nullopt;
    if (!reader.take("</methodResponse>") || !reader.at_end()) return std::nullopt;
    if (!is_fault) return std::move(*value);
    const XmlValue* code = value->find("faultCode");
    const XmlValue* words = value->find("faultString");
    if (code == nullptr || !code->integer()) return std::nullopt;
    const std::string* said = words == nullptr ? nullptr : words->text();
    return XmlFault{*code->integer(), said == nullptr ? "" : *said};
}

std::string response_text(const XmlValue& value) {
    std::string text(prolog);
    text += "<methodResponse><params><param>";
    append_value(text, value);
    return text + "</param></params></methodResponse>";
}

std::string fault_text(int code, std::string_view message) {
    std::string text(prolog);
    text += "<methodResponse><fault>";
    append_value(text,
                 XmlValue::Struct{{"faultCode", code}, {"faultString", std::string(message)}});
    return text + "</fault></methodResponse>";
}

std::string call_text(const XmlCall& call) {
    std::string text(prolog);
    text += "<methodCall><methodName>";
    append_escaped(text, call.method);
    text += "</methodName><params>";
    for (const XmlValue& value : call.params) {
        text += "<param>";
        append_value(text, value);
        text += "</param>";
    }
    return text + "</params></methodCall>";
}

}  // namespace poststack::supervise
