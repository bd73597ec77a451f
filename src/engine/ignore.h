// .dockerignore: which files of a build context are not sent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace poststack::engine {

/// The rules of one file. The last rule that matches a path, or a directory above it, decides.
///
/// A rule is a path in which * and ? stand for anything but "/", [a-z] for one letter of a set, a
/// backslash for the next letter itself, and ** for any number of directories; ! before it brings
/// back.
/// Source: docs.docker.com, "Build context", and Go's filepath.Match.
class IgnoreList {
  public:
    IgnoreList() = default;

    /// Reads the text of a file: a rule a line; empty lines and those that begin with # say
    /// nothing.
    explicit IgnoreList(std::string_view text);

    /// True when `path` (relative, with "/") is not to be sent.
    [[nodiscard]] bool excludes(std::string_view path) const;

    /// True when some rule brings back: then an excluded directory may hold what is sent.
    [[nodiscard]] bool brings_back() const noexcept { return brings_back_; }

  private:
    struct Rule {
        std::vector<std::string> parts;  ///< between the "/"
        bool excludes = true;
    };

    std::vector<Rule> rules_;
    bool brings_back_ = false;
};

/// What never leaves the machine, whatever .dockerignore says: .env and its drafts, .poststack,
/// backups and data directories.
[[nodiscard]] bool is_private(std::string_view path);

}  // namespace poststack::engine
