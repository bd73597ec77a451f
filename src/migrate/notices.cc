#include "migrate/notices.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace poststack::migrate {
namespace {

constexpr std::size_t most_of_a_text = 20;
constexpr std::size_t longest = 500;  // bytes

/// On one line, cut at a character.
std::string short_line(std::string text) {
    std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    if (text.size() <= longest) return text;
    std::size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U)
        --end;
    return text.substr(0, end) + "...";
}

}  // namespace

void NoticeLog::begin(const std::string& name, const Expansion* expansion) {
    if (name != name_) first_ = notices_.size();
    notices_.resize(first_);
    name_ = name;
    expansion_ = expansion;
    left_out_ = 0;
}

void NoticeLog::add(const TextPosition& start, const pg::Notice& notice) noexcept {
    if (notices_.size() - first_ >= most_of_a_text) {
        ++left_out_;
        return;
    }
    try {
        ServerNotice shown{name_,
                           start.line,
                           start.column,
                           to_lower(notice.severity),
                           notice.sqlstate,
                           notice.message};
        if (expansion_ != nullptr) shown.message = expansion_->redact(std::move(shown.message));
        shown.message = short_line(std::move(shown.message));
        notices_.push_back(shown);
        tell(fmt::format("{}: {}:{}:{}: {}",
                         shown.severity,
                         shown.file,
                         shown.line,
                         shown.column,
                         shown.message));
    } catch (...) {
        ++left_out_;  // it is only something to show; the statement goes on
    }
}

void NoticeLog::end() {
    if (left_out_ == 0) return;
    tell(fmt::format("notice: {}: {} more {} not shown",
                     name_,
                     left_out_,
                     left_out_ == 1 ? "message of the server is" : "messages of the server are"));
    left_out_ = 0;
}

void NoticeLog::tell(const std::string& text) const {
    if (on_progress_) on_progress_({.kind = ProgressEvent::Kind::notice, .text = text});
}

}  // namespace poststack::migrate
