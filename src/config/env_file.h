// The project's .env file, by the rules of docker compose.
//
// A file is a list of lines that keep their bytes; only a value that is set is written anew. What
// an assignment may look like:
//
//   NAME=plain text            up to " #" or the line's end; ${..} is replaced
//   NAME='as it is'            may span lines; nothing is replaced
//   NAME="text\n"              may span lines; \n \r \t \" \\ \$ are escapes, ${..} is replaced
//   export NAME=..., NAME: ... the same; a bare NAME takes its value from the environment
//
// ${NAME}, $NAME, ${NAME:-default}, ${NAME-default}, ${NAME:?text}, ${NAME?text}, ${NAME:+other},
// ${NAME+other} look in the process environment first and then at the lines above; $$ is a dollar.
// Source: Compose documentation, "Env file syntax" and "Interpolation".
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace poststack::config {

using Environment = std::map<std::string, std::string>;

/// A parsed .env file that can be changed and written back.
class EnvFile {
  public:
    EnvFile() = default;

    /// Parses `text`; `path` is for messages and save(). Errors: config, naming file, line and what
    /// is wrong, never the value.
    [[nodiscard]] static EnvFile parse(std::string text,
                                       std::filesystem::path path,
                                       Environment environment = {});

    /// Reads `path`; a missing file is an empty one (exists() tells).
    ///
    /// An own regular file that others may read is set to 0600, and `notices` told so. "Own" is a
    /// file of this account, or for root of the folder's owner.
    /// Errors: config for a symlink, a folder, another account's file and broken lines; denied, io.
    [[nodiscard]] static EnvFile load(const std::filesystem::path& path,
                                      const Environment& environment,
                                      std::vector<std::string>& notices);

    /// The value of the last assignment of `name`, everything replaced.
    [[nodiscard]] std::optional<std::string> find(std::string_view name) const;

    /// The line (from 1) of the last assignment of `name`; 0 when there is none.
    [[nodiscard]] int line(std::string_view name) const;

    /// File name and line of the last assignment of `name`, for messages: ".env:3".
    [[nodiscard]] std::string where(std::string_view name) const;

    /// Names in the order of their first assignment.
    [[nodiscard]] std::vector<std::string> names() const;

    /// Replaces the value of the last assignment of `name`, or appends a line. The rest of the line
    /// (export, blanks, an inline comment) stays. The value is quoted as needed.
    void set(std::string_view name, std::string_view value);

    /// Appends a comment line.
    void append_comment(std::string_view text);

    /// The file's bytes as they would be written.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    [[nodiscard]] bool exists() const noexcept { return exists_; }

    /// True when set() changed something since load().
    [[nodiscard]] bool is_changed() const noexcept { return text_ != loaded_; }

    /// Writes the file atomically with mode 0600, keeping its owner.
    ///
    /// Errors: conflict when the file was changed since load(); denied, io.
    void save();

  private:
    struct Assignment {
        std::string name;
        std::string value;
        std::size_t value_begin = 0;  ///< bytes of the written value in text_
        std::size_t value_end = 0;
        int line = 0;
        bool has_value = true;  ///< false for a bare NAME
        bool is_set = true;     ///< false for a bare NAME that the environment does not have
    };

    friend class EnvParser;
    [[nodiscard]] const Assignment* last(std::string_view name) const;
    static void append_line(std::string& text, std::string_view line);
    void assign(std::string text);

    std::filesystem::path path_;
    Environment environment_;
    std::string text_;
    std::string loaded_;
    bool exists_ = false;
    std::vector<Assignment> assignments_;
};

/// `value` as it is written behind "NAME=": bare when harmless, else in single or double quotes.
[[nodiscard]] std::string quote_env_value(std::string_view value);

}  // namespace poststack::config
