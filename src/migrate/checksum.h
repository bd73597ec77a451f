// What makes two texts of a migration the same, in layers from strict to lenient.
//
// raw: the bytes. Normalised: the bytes without a byte order mark and with LF for CRLF, so that an
// editor's or git's idea of line ends does not count. Tokens: what the server would make of it, so
// that comments, blanks and the case of unquoted words do not count either. A text that differs
// from the applied one in raw bytes alone, or in normalised bytes but not in tokens, has a
// *cosmetic* change; one with other tokens a *semantic* change.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "migrate/lex.h"
#include "sys/hash.h"

namespace poststack::migrate {

/// SHA-256 of a text without a byte order mark and with LF for CRLF.
class NormalisedHash {
  public:
    void update(std::string_view bytes);
    [[nodiscard]] std::string finish();

  private:
    void add(std::string_view bytes);

    sys::Sha256 hash_;
    std::string start_;     ///< the first bytes, until it is known whether they are a mark
    bool started_ = false;  ///< start_ was judged
    bool return_ = false;   ///< the last byte was a carriage return that is not hashed yet
};

/// SHA-256 of the tokens of statements and of COPY data.
class TokenHash {
  public:
    /// Adds one statement (without its semicolon).
    void add_statement(std::string_view statement, LexRules rules);

    /// Adds the next piece of COPY data, which ends behind a line; line ends are normalised.
    void add_data(std::string_view data);

    [[nodiscard]] std::string finish();

  private:
    void put(char kind, std::string_view text);
    void flush();

    sys::Sha256 hash_;
    std::string buffer_;  ///< hashing many short pieces one by one is slow
};

}  // namespace poststack::migrate
