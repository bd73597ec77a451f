// Groups and the whole: another configuration, reload, shutdown.
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "supervise/ctl_session.h"
#include "supervise/rpc.h"

namespace poststack::supervise {
namespace {

/// The three lists of reloadConfig's answer: added, changed, removed.
std::array<std::vector<std::string>, 3> lists_of(const XmlValue& answer) {
    std::array<std::vector<std::string>, 3> lists;
    const XmlValue::Array* outer = answer.array();
    const XmlValue::Array* inner =
        outer == nullptr || outer->empty() ? nullptr : outer->front().array();
    for (std::size_t index = 0; inner != nullptr && index < std::min(inner->size(), lists.size());
         ++index) {
        const XmlValue::Array* names = (*inner)[index].array();
        for (const XmlValue& name : names == nullptr ? XmlValue::Array() : *names) {
            if (name.text() != nullptr) lists[index].push_back(*name.text());
        }
    }
    return lists;
}

}  // namespace

void Ctl::reread(Words /*words*/) {
    const auto lists = lists_of(value("reloadConfig"));
    constexpr std::array<std::string_view, 3> what{"available", "changed", "disappeared"};
    for (std::size_t index = 0; index < lists.size(); ++index) {
        for (const std::string& name : lists[index])
            say(fmt::format("{}: {}", name, what[index]));
    }
    if (text_.empty()) say("No config updates to processes");
}

bool Ctl::change_group(const std::string& name, std::string_view method) {
    const Answer answer = call(std::string(method), {XmlValue(name)});
    const auto* fault = std::get_if<XmlFault>(&answer);
    if (fault == nullptr) return true;
    const auto code = static_cast<Fault>(fault->code);
    if (code == Fault::already_added) {
        say("ERROR: process group already active");
        return false;
    }
    if (code == Fault::still_running) {
        say(fmt::format("ERROR: process/group still running: {}", name));
    } else if (code == Fault::bad_name) {
        say(fmt::format("ERROR: no such process/group: {}", name));
    } else {
        say(fmt::format("ERROR: {}", fault->text));
    }
    fail(1);
    return false;
}

void Ctl::change(Words names, std::string_view method, std::string_view done) {
    for (const std::string& name : names) {
        if (change_group(name, method)) say(fmt::format("{}: {} process group", name, done));
    }
}

bool Ctl::is_group(const std::string& name) {
    const XmlValue all = value("getAllProcessInfo");
    const XmlValue::Array* infos = all.array();
    if (infos == nullptr) return false;
    return std::ranges::any_of(*infos, [&name](const XmlValue& info) {
        const XmlValue* group = info.find("group");
        return group != nullptr && group->text() != nullptr && *group->text() == name;
    });
}

void Ctl::update(Words words) {
    const auto [added, changed, removed] = lists_of(value("reloadConfig"));
    const auto is_meant = [&words](const std::string& name) {
        return words.empty() || std::ranges::find(words, name) != words.end() ||
               std::ranges::find(words, "all") != words.end();
    };
    for (const std::string& word : words) {
        const bool is_known =
            word == "all" || is_group(word) || std::ranges::find(added, word) != added.end();
        if (is_known) continue;
        say(fmt::format("ERROR: no such group: {}", word));
        fail(1);
    }
    const auto take_out = [this](const std::string& name) {
        (void)value("stopProcessGroup", {XmlValue(name), XmlValue(true)});
        say(fmt::format("{}: stopped", name));
        return change_group(name, "removeProcessGroup");
    };
    for (const std::string& name : removed) {
        if (is_meant(name) && take_out(name)) say(fmt::format("{}: removed process group", name));
    }
    for (const std::string& name : changed) {
        if (is_meant(name) && take_out(name) && change_group(name, "addProcessGroup")) {
            say(fmt::format("{}: updated process group", name));
        }
    }
    for (const std::string& name : added) {
        if (is_meant(name) && change_group(name, "addProcessGroup")) {
            say(fmt::format("{}: added process group", name));
        }
    }
}

void Ctl::reload(Words /*words*/) {
    (void)value("restart");
    say("Restarted supervisord");
}

void Ctl::shutdown(Words /*words*/) {
    (void)value("shutdown");
    say("Shut down");
}

}  // namespace poststack::supervise
