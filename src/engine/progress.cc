#include "engine/progress.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/json_fields.h"

namespace poststack::engine {
namespace {

constexpr std::size_t kept_lines = 20;

}  // namespace

void ProgressReader::feed(std::string_view bytes) {
    for (;;) {
        const auto end = bytes.find('\n');
        line_.append(bytes.substr(0, end));
        if (end == std::string_view::npos) return;
        bytes.remove_prefix(end + 1);
        take_line(line_);
        line_.clear();
    }
}

void ProgressReader::finish() {
    if (!trim(line_).empty()) take_line(line_);
    line_.clear();
    if (!output_.empty()) take_text("\n");
}

void ProgressReader::take_line(std::string_view line) {
    if (trim(line).empty()) return;
    const Json document = Json::parse(line, nullptr, false);
    if (document.is_object()) take_document(document);
}

void ProgressReader::take_document(const Json& document) {
    const Json& detail = object(document, "errorDetail");
    std::string error = text(document, "error");
    if (error.empty()) error = text(detail, "message");
    if (!error.empty()) error_ = std::string(trim(error));
    if (const std::string id = text(object(document, "aux"), "ID"); !id.empty()) id_ = id;
    if (const std::string id = text(document, "status"); id.starts_with("sha256:")) id_ = id;
    if (const std::string stream = text(document, "stream"); !stream.empty()) take_text(stream);
}

void ProgressReader::take_text(std::string_view text) {
    output_ += text;
    for (;;) {
        const auto end = output_.find('\n');
        if (end == std::string::npos) return;
        std::string line = output_.substr(0, end);
        output_.erase(0, end + 1);
        if (line.ends_with('\r')) line.pop_back();
        if (trim(line).empty()) continue;
        // "Step 2/5 : RUN x" of docker, "STEP 2/5: RUN x" of podman.
        if (to_lower(line.substr(0, 5)) == "step ") step_ = line;
        if (on_line_) on_line_(line);
        recent_.push_back(std::move(line));
        if (recent_.size() > kept_lines) recent_.erase(recent_.begin());
    }
}

std::string ProgressReader::last_lines() const {
    return join(recent_, "\n");
}

}  // namespace poststack::engine
