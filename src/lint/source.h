// A SQL file cut into statements, with the comments that speak to the linter.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "migrate/position.h"
#include "migrate/statement.h"

namespace poststack::lint {

struct SourceStatement {
    std::string_view text;  ///< without its semicolon; placeholders for variables
    migrate::TextPosition start;
    migrate::Classified control;
    std::vector<std::string> ignored;  ///< rules that a comment switches off for this one
};

/// Stands for all rules where a comment names none.
inline constexpr std::string_view every_rule = "*";

/// A "-- poststack: ignore..." comment.
struct IgnoreComment {
    std::vector<std::string> rules;
    bool whole_file = false;
    std::size_t statement = 0;  ///< of the statement it is for
    migrate::TextPosition start;
};

/// Why the file could not be read to its end.
struct SourceProblem {
    std::string message;
    std::string hint;
    migrate::TextPosition start;
};

struct Source {
    std::string name;                    ///< as it is shown
    std::string text;                    ///< the statements look into it
    std::vector<std::string> variables;  ///< that the file asks for
    std::vector<SourceStatement> statements;
    std::vector<IgnoreComment> comments;
    bool no_transaction = false;
    bool is_irreversible = false;
    std::optional<SourceProblem> problem;

    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    Source(Source&&) = delete;
    Source& operator=(Source&&) = delete;
    ~Source() = default;

    /// Frees the text; the statements keep their places.
    void release_text() noexcept;

    /// `message` with ${NAME} for each placeholder.
    [[nodiscard]] std::string with_variables(std::string message) const;

    /// Puts a number of the same length over the placeholder of a variable that begins at `at` in
    /// `statement`; false when there is none.
    bool put_number(std::string& statement, std::size_t at) const;

    /// True when a comment for the whole file or for this statement switches the rule off.
    [[nodiscard]] bool ignores(std::string_view rule, std::size_t statement) const noexcept;
};

/// Cuts `source.text` into `source.statements` and reads the comments. What migrate would refuse
/// ends up in `source.problem`; the statements before it stay.
void read_source(Source& source);

}  // namespace poststack::lint
