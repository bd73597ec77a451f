// Reads the text of a .env file into assignments that know where their bytes are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/env_file.h"

namespace poststack::config {

/// One pass over the text of a .env file (syntax: env_file.h).
class EnvParser {
  public:
    /// `file` (text, path and environment) outlives the parser.
    explicit EnvParser(const EnvFile& file) : file_(file), text_(file.text_) {}

    /// Errors: config, naming file, line and what is wrong.
    [[nodiscard]] std::vector<EnvFile::Assignment> parse();

  private:
    [[noreturn]] void fail(int line, std::string_view what) const;
    [[nodiscard]] std::string origin(int line) const;

    void statement();
    [[nodiscard]] std::string take_name();
    void take_value(EnvFile::Assignment& assignment);
    [[nodiscard]] std::string take_plain(EnvFile::Assignment& assignment);
    [[nodiscard]] std::string take_quoted(char quote);
    void expect_line_end();
    [[nodiscard]] std::string replace(std::string_view value, int line) const;

    void skip_blanks();
    void skip_line();
    [[nodiscard]] bool at_end() const noexcept { return at_ >= text_.size(); }
    [[nodiscard]] bool at_line_end() const noexcept;
    [[nodiscard]] char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }

    const EnvFile& file_;
    const std::string& text_;
    std::size_t at_ = 0;
    int line_ = 1;
    std::vector<EnvFile::Assignment> found_;
};

}  // namespace poststack::config
