// Puts the values of variables into one text (docs/migrations.md, "Variables").
//
// Only a text that names its variables at its top has any: `-- poststack: variables A B`. There
// ${A} becomes the value as it is, ${'A'} a string literal and ${"A"} a quoted identifier. Inside
// of strings, quoted identifiers, dollar quotes, comments and COPY data nothing is replaced. The
// file is cut into statements, checked and recorded as it was written; what is sent is made last.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "migrate/lex.h"
#include "migrate/position.h"
#include "migrate/variables.h"

namespace poststack::migrate {

/// A text with its values, and the way back from there to the file.
struct ExpandedText {
    std::string sql;

    /// The index in the text as written of what stands at `index` in `sql`: inside of a value the
    /// place of its "${".
    [[nodiscard]] std::size_t written_index(std::size_t index) const noexcept;

    /// One value that was put in.
    struct Patch {
        std::size_t written_begin = 0;
        std::size_t written_end = 0;
        std::size_t begin = 0;  ///< in sql
        std::size_t end = 0;
    };

    std::vector<Patch> patches;
};

/// Where a text stands, for messages.
struct TextPlace {
    const std::string& name;  ///< the file
    TextPosition start;       ///< of the text in it
};

struct VariableReference;

class Expansion {
  public:
    /// `names` are those the file asks for.
    Expansion(std::vector<std::string> names, SharedVariables values);

    /// The text to send for `written`, which holds whole tokens.
    ///
    /// Errors: config, as "name:line:column: ...", for a variable without a value or that the file
    ///   does not ask for, and for one that cannot stand there.
    [[nodiscard]] ExpandedText expand(std::string_view written,
                                      const TextPlace& place,
                                      LexRules rules) const;

    /// The same for one statement, which must stay one whatever the values are.
    /// Errors: config as expand(), and for values that end the statement or open a string.
    [[nodiscard]] ExpandedText expand_statement(std::string_view written,
                                                const TextPlace& place,
                                                LexRules rules) const;

    /// Lines about variables inside of strings and quoted identifiers, which stay as they are.
    [[nodiscard]] std::vector<std::string> find_quoted(std::string_view written,
                                                       const TextPlace& place,
                                                       LexRules rules) const;

    /// `written` with an identifier or literal of the same length in place of each variable
    /// (`placeholder_of`): for whoever reads SQL and has no values, as lint does.
    ///
    /// Errors: config as expand(), but for what depends on a value.
    [[nodiscard]] std::string with_placeholders(std::string_view written,
                                                const TextPlace& place,
                                                LexRules rules) const;

    /// `error` without secret values. For whatever comes back from the server.
    [[nodiscard]] Error redact(const Error& error) const;

    [[nodiscard]] std::string redact(std::string text) const;

  private:
    void check_reference(const VariableReference& reference, const TextPlace& place) const;
    [[nodiscard]] std::string value_of(const VariableReference& reference,
                                       const TextPlace& place) const;
    [[nodiscard]] bool is_asked_for(std::string_view name) const noexcept;

    std::vector<std::string> names_;
    SharedVariables values_;
};

/// Null for a text that asks for no variables.
[[nodiscard]] std::shared_ptr<const Expansion> make_expansion(const std::vector<std::string>& names,
                                                              const SharedVariables& values);

/// "__tenant_" for "TENANT": what stands for ${TENANT}; between quotes for the quoted forms.
[[nodiscard]] std::string placeholder_of(std::string_view name);

}  // namespace poststack::migrate
