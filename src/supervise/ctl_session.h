// What each command of "poststack-init ctl" does: calls of XML-RPC, and the lines of supervisorctl.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "supervise/config.h"
#include "supervise/ctl.h"
#include "supervise/xmlrpc.h"

namespace poststack::supervise {

using Words = std::span<const std::string>;

/// One command against one server; collects what is to be printed.
class Ctl {
  public:
    /// Errors: config when the file opens no socket.
    explicit Ctl(const Config& config);

    [[nodiscard]] CtlOutcome outcome() const { return {text_, code_}; }

    void status(Words words);
    void start(Words words) { act(words, {"start", "started"}, {XmlValue(true)}); }
    void stop(Words words) { act(words, {"stop", "stopped"}, {XmlValue(true)}); }
    void restart(Words words) {
        stop(words);
        start(words);
    }
    void signal(Words words) {
        act(words.subspan(1), {"signal", "signalled"}, {XmlValue(words.front())});
    }
    void clear(Words words);
    void tail(Words words);
    void pid(Words words);
    void version(Words words);
    void avail(Words words);
    void reread(Words words);
    void update(Words words);
    void add(Words words) { change(words, "addProcessGroup", "added"); }
    void remove(Words words) { change(words, "removeProcessGroup", "removed"); }
    void reload(Words words);
    void shutdown(Words words);

  private:
    struct Verb {
        std::string_view method;
        std::string_view done;
    };
    using Answer = std::variant<XmlValue, XmlFault>;

    Answer call(const std::string& method, XmlValue::Array params = {});
    /// The answer of a method that has no reason to fail. Errors: io when it does.
    XmlValue value(const std::string& method, XmlValue::Array params = {});
    void say(const std::string& line) { text_ += line + "\n"; }
    /// supervisorctl's code is that of the last failure.
    void fail(int code) noexcept { code_ = code; }
    void tell(const std::string& name, std::int64_t code, const Verb& verb);
    void tell_all(const XmlValue& results, const Verb& verb);
    void act(Words names, const Verb& verb, const XmlValue::Array& extra);
    void change(Words names, std::string_view method, std::string_view done);
    [[nodiscard]] bool is_group(const std::string& name);
    bool change_group(const std::string& name, std::string_view method);

    const ServerConfig& server_;
    std::string text_;
    int code_ = 0;
};

}  // namespace poststack::supervise
