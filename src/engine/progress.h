// Progress of builds and imports: one JSON object a line. A failure comes inside of it, while the
// status of the answer says 200.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace poststack::engine {

/// What the lines have told so far. Pure; input may be cut anywhere.
class ProgressReader {
  public:
    explicit ProgressReader(std::function<void(std::string_view)> on_line = {})
        : on_line_(std::move(on_line)) {}

    void feed(std::string_view bytes);

    /// Reads a last line that has no end.
    void finish();

    /// Why it failed; nothing when it did not.
    [[nodiscard]] const std::optional<std::string>& error() const noexcept { return error_; }

    /// The id of what was made, when it was told.
    [[nodiscard]] const std::string& id() const noexcept { return id_; }

    /// The last lines of output, for the report of a failure.
    [[nodiscard]] std::string last_lines() const;

    /// The last "STEP 3/7 : RUN x" that began.
    [[nodiscard]] const std::string& step() const noexcept { return step_; }

  private:
    void take_line(std::string_view line);
    void take_document(const Json& document);
    void take_text(std::string_view text);

    std::function<void(std::string_view)> on_line_;
    std::string line_;
    std::string output_;  // of the engine, not complete to a line yet
    std::vector<std::string> recent_;
    std::optional<std::string> error_;
    std::string id_;
    std::string step_;
};

}  // namespace poststack::engine
