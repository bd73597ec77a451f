// Reading one mapping of a compose file: each key once, by its type; what nobody asked for is
// refused by name and place, or listed as ignored.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/compose_model.h"
#include "config/yaml_tree.h"

namespace poststack::config {

/// A key that is read past, and why that is harmless.
struct IgnoredKey {
    std::string_view key;
    std::string_view why;
};

/// The text of a scalar; numbers and booleans are the text that was written.
/// Errors: config when `node` is a list or a mapping.
[[nodiscard]] std::string scalar_text(const YamlNode& node, std::string_view key);

/// A shell-like text as words ("echo 'a b'" is two), or a list as it is.
/// Errors: config for an open quote.
[[nodiscard]] std::vector<std::string> command_words(const YamlNode& node, std::string_view key);

/// Compose durations: "1m30s", "500ms", "1h", "90"(seconds).
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_compose_duration(
    std::string_view text);

/// One mapping. Every reader returns nothing when the key is absent or null. All throw config
/// errors with the place for a value of another type.
class ComposeFields {
  public:
    /// `subject` is for messages: `service "web"`. A node that is null has no keys.
    ComposeFields(const YamlNode& node, std::string subject);

    [[nodiscard]] const YamlNode* find(std::string_view key);
    [[nodiscard]] std::optional<std::string> text(std::string_view key);
    [[nodiscard]] std::string text_or(std::string_view key, std::string_view fallback = "");
    [[nodiscard]] bool boolean(std::string_view key, bool fallback = false);
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key);
    [[nodiscard]] std::optional<int> octal(std::string_view key);  ///< a file mode
    [[nodiscard]] std::optional<double> decimal(std::string_view key);
    [[nodiscard]] std::optional<std::uint64_t> size(std::string_view key);  ///< bytes
    [[nodiscard]] std::optional<std::chrono::milliseconds> duration(std::string_view key);
    [[nodiscard]] std::vector<std::string> list(std::string_view key);
    [[nodiscard]] ComposeMap map(std::string_view key);
    [[nodiscard]] ComposeVariables variables(std::string_view key);

    /// One of `words`. Errors: config that names them all.
    [[nodiscard]] std::optional<std::string> choice(std::string_view key,
                                                    std::span<const std::string_view> words);

    /// Refuses every key that was not asked for, but "x-...", and adds those of `harmless` to
    /// `ignored`. Errors: config, with the nearest key that exists.
    void finish(std::span<const IgnoredKey> harmless, std::vector<std::string>& ignored) const;

    [[nodiscard]] const std::string& subject() const noexcept { return subject_; }

  private:
    [[noreturn]] void wrong(const YamlNode& node,
                            std::string_view key,
                            std::string_view what) const;

    const YamlNode& node_;
    std::string subject_;
    std::vector<std::string> asked_;
};

}  // namespace poststack::config
