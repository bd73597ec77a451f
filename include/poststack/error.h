// The error type of poststack, shared by the program and by the installed library.
//
// There is one exception class. What a caller may want to decide on is a property of it (kind,
// SQLSTATE, whether a retry can help), never a subclass. See docs/errors.md.
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace poststack {

/// What went wrong, as far as a caller can act on it. Each kind is one exit code of the program.
enum class ErrorKind {
    usage,        ///< 2: the command line is wrong
    config,       ///< 3: a setting or file is wrong, or two sources contradict each other
    not_found,    ///< 4: no such project, migration, database, program
    conflict,     ///< 5: locked, port taken, checksum changed, exists already: nothing was done
    denied,       ///< 6: wrong password, no permission on a socket or file
    timeout,      ///< 7: not reached in time: server down, starting or too slow
    tool,         ///< 8: an external program failed
    database,     ///< 9: the database refused; sqlstate() says why
    io,           ///< 10: disk or file system, disk full
    bug,          ///< 70: a broken invariant of poststack itself
    interrupted,  ///< 128 + signal: stopped by SIGINT or SIGTERM
};

/// Returns the name used in JSON output and docs/errors.md, e.g. "not_found".
[[nodiscard]] std::string_view name(ErrorKind kind) noexcept;

/// The one exception type thrown by poststack code.
///
/// Message grammar (docs/errors.md): what could not be done and why, lower case, no final period,
/// names in double quotes. Copying cannot throw.
class Error : public std::exception {
  public:
    explicit Error(ErrorKind kind,
                   std::string message,
                   const char* file = __builtin_FILE(),
                   int line = __builtin_LINE());

    /// Adds advice for the user: one full sentence with what to type next.
    Error&& hint(std::string text) &&;

    /// Sets the five-character SQLSTATE the server reported.
    Error&& sqlstate(std::string code) &&;

    /// Sets the server's DETAIL text.
    Error&& detail(std::string text) &&;

    /// Sets the character position (from 1) in the statement that the server reported.
    Error&& position(int characters) &&;

    /// Marks the error as one that the same call may overcome later.
    Error&& retryable() &&;

    /// Sets the signal of an interrupted command; it decides the exit code.
    Error&& signal(int number) &&;

    /// Adds a line "while ..." on the way up; the innermost comes first.
    void add_context(std::string step);

    /// Replaces the hint where an upper layer knows better what to type.
    void set_hint(std::string text);

    [[nodiscard]] const char* what() const noexcept override;
    [[nodiscard]] ErrorKind kind() const noexcept;
    [[nodiscard]] const std::string& message() const noexcept;
    [[nodiscard]] const std::string& hint() const& noexcept;
    [[nodiscard]] const std::string& sqlstate() const& noexcept;
    [[nodiscard]] const std::string& detail() const& noexcept;
    [[nodiscard]] int position() const& noexcept;
    [[nodiscard]] bool is_retryable() const noexcept;
    [[nodiscard]] int signal() const& noexcept;
    [[nodiscard]] const std::vector<std::string>& context() const noexcept;
    [[nodiscard]] const char* file() const noexcept;
    [[nodiscard]] int line() const noexcept;

  private:
    struct Data;
    std::shared_ptr<Data> data_;  // shared by the copies of one thrown error
};

/// Returns the process exit code for `error` (PRODUCT.md, docs/errors.md).
[[nodiscard]] int exit_code(const Error& error) noexcept;

/// Runs `body`; an Error leaving it gains the line `describe()` returns.
template <class Describe, class Body>
decltype(auto) with_context(Describe&& describe, Body&& body) {
    try {
        return std::forward<Body>(body)();
    } catch (Error& error) {
        error.add_context(std::forward<Describe>(describe)());
        throw;
    }
}

}  // namespace poststack
