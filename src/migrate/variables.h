// The values of ${NAME} in migration files.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"

namespace poststack::migrate {

/// True for letters, digits and "_", not beginning with a digit.
[[nodiscard]] bool is_variable_name(std::string_view name) noexcept;

struct Variable {
    Secret value;
    bool is_secret = false;  ///< never shown; it may stand in files as ${'NAME'} and ${"NAME"} only
};

/// Values by name. Whoever asks for one is a place to review: no value is ever part of a message,
/// of the ledger or of a log.
class Variables {
  public:
    /// Sets or replaces a value. Names such as DB_PASSWORD or API_TOKEN are secret by themselves.
    /// Errors: config for a bad name and a value that is not UTF-8; `origin` is where it was found.
    void set(const std::string& name, Secret value, std::string_view origin);

    /// Marks each variable that holds `secret` as one, whatever its name is.
    void mark_secret(const Secret& secret);

    /// Nothing when it has no value.
    [[nodiscard]] const Variable* find(std::string_view name) const noexcept;

    [[nodiscard]] bool empty() const noexcept { return values_.empty(); }

    /// A second owner of the same values.
    [[nodiscard]] Variables clone() const;

    /// `text` with ${NAME} in place of each secret value, and of each quoted piece of one.
    [[nodiscard]] std::string redact(std::string text) const;

    /// The same for all texts of an error; the detail of a data error is left out, for it may hold
    /// a part of a value.
    [[nodiscard]] Error redact(const Error& error) const;

  private:
    std::map<std::string, Variable, std::less<>> values_;
};

/// Null when nobody gave any.
using SharedVariables = std::shared_ptr<const Variables>;

/// `variables` and SCHEMA with the name `schema`, unless that is empty.
[[nodiscard]] SharedVariables with_schema(const SharedVariables& variables,
                                          const std::string& schema);

}  // namespace poststack::migrate
