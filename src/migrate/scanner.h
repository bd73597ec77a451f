// Cuts a SQL file into statements by psql's rules, reading it piece by piece.
//
// What psql does and this scanner does the same way: a semicolon ends a statement only outside of
// parentheses and outside of the BEGIN ... END body of CREATE [OR REPLACE] FUNCTION|PROCEDURE
// (begin and case open a level, end closes one, counted as words); dollar quotes, nested comments,
// E'' and U&'' strings, standard_conforming_strings; a byte-order mark is skipped; the data of
// COPY ... FROM STDIN starts on the line after the statement's and ends with a line "\.".
//
// Where it is stricter than psql, on purpose: backslash commands other than \restrict and
// \unrestrict are refused, as are a NUL byte, an unfinished string or comment, COPY data without
// its "\." line and a second statement on the line of a COPY ... FROM STDIN. In all of these psql
// either runs something that is not SQL or guesses. It follows the server where psql, which reads
// line by line, does not: E'a' that goes on as '...' in the next line keeps its backslash rules.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "migrate/lex.h"
#include "migrate/position.h"

namespace poststack::migrate {

/// Where a scanner gets its bytes from.
class ByteSource {
  public:
    ByteSource() = default;
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;
    virtual ~ByteSource() = default;

    /// Puts at most `count` bytes at `into` and returns how many; 0 only at the end.
    [[nodiscard]] virtual std::size_t read(char* into, std::size_t count) = 0;
};

/// Text in memory as a source; the text must outlive it.
class TextSource final : public ByteSource {
  public:
    explicit TextSource(std::string_view text) noexcept : rest_(text) {}

    [[nodiscard]] std::size_t read(char* into, std::size_t count) override;

  private:
    std::string_view rest_;
};

/// One statement of a file. The text is got from the scanner, by offsets.
struct Statement {
    TextPosition start;           ///< of its first token
    std::uint64_t end = 0;        ///< offset behind its last byte, the semicolon included
    std::uint64_t body_end = 0;   ///< offset behind its last token, without the semicolon
    bool is_copy_in = false;      ///< COPY ... FROM STDIN: its data follows (copy_data())
    bool joins_previous = false;  ///< only blanks and comments lie between it and the one before
};

/// Reads one file. Memory: the statements held plus a buffer of 64 KiB to 256 KiB.
class Scanner {
  public:
    /// `name` is the file in messages; `source` must outlive the scanner.
    Scanner(ByteSource& source, std::string name);

    /// Moves to the next statement; nothing at the end. Skips COPY data nobody asked for.
    /// Errors: config, as "name:line:column: ...", for what is refused (see above).
    [[nodiscard]] std::optional<Statement> next();

    /// After a statement with is_copy_in: the next piece of its data, nothing at the end of it.
    /// The piece is valid until the next call. Errors: config when the data has no end.
    [[nodiscard]] std::optional<std::string_view> copy_data();

    /// Keeps the text from `offset` on until the next call; it must still be there, i.e. lie at or
    /// behind the last offset given or the start of the last statement.
    void hold_from(std::uint64_t offset) noexcept { hold_ = offset; }

    /// The bytes between two offsets that are held.
    [[nodiscard]] std::string_view text(std::uint64_t from, std::uint64_t to) const;

    /// Statements read from now on follow this value of standard_conforming_strings.
    void set_standard_strings(bool on) noexcept { rules_.standard_strings = on; }

    [[nodiscard]] bool standard_strings() const noexcept { return rules_.standard_strings; }

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

  private:
    /// What psql remembers about the statement it is in.
    struct Progress {
        int parens = 0;
        int begins = 0;              ///< open BEGIN ATOMIC and CASE levels of a routine's body
        bool after_begin = false;    ///< the token before was BEGIN
        bool after_as = false;       ///< the token before was AS or a dot: a name follows
        std::size_t words = 0;       ///< unquoted words so far
        std::array<char, 4> head{};  ///< first letters of CREATE OR REPLACE FUNCTION|PROCEDURE
        bool tokens_before = false;  ///< something else than a word came first
        bool copy = false;           ///< the first token is COPY
        bool after_from = false;     ///< the token before was COPY's FROM
        bool copy_in = false;

        [[nodiscard]] bool is_closed() const noexcept { return parens == 0 && begins == 0; }

        void count_word(std::string_view word) noexcept;
    };

    enum class CopyState : std::uint8_t { none, announced, inside };
    static constexpr std::uint64_t no_hold = ~0ULL;

    /// True when the text behind the buffer decides what this token is.
    [[nodiscard]] bool needs_more(const Token& token) const noexcept {
        return token.kind > TokenKind::end || !rules_.complete;
    }

    [[nodiscard]] bool fill();
    void drop_before(std::uint64_t offset);
    void read_more(std::uint64_t keep, const Token& token);
    void follow(const Token& token, Progress& progress) const noexcept;
    void skip_meta_command(std::size_t at, bool inside_statement);
    [[nodiscard]] std::size_t find_line_end(std::uint64_t from);
    void begin_copy_data();
    void refill_copy();
    void skip_copy_data();
    [[nodiscard]] Statement finish(std::uint64_t begin, std::uint64_t body_end, bool copy_in);
    [[nodiscard]] std::string_view window() const noexcept { return {buffer_.data(), filled_}; }
    [[nodiscard]] TextPosition position_of(std::uint64_t offset) const noexcept;
    [[noreturn]] void fail(std::uint64_t offset,
                           std::string_view what,
                           std::string hint = {}) const;
    [[noreturn]] void fail_open(const Token& token) const;

    ByteSource& source_;
    std::string name_;
    std::string buffer_;  // its first filled_ bytes are the file's from base_ on
    std::size_t filled_ = 0;
    std::size_t cursor_ = 0;  // the next byte to look at
    std::uint64_t base_ = 0;
    std::uint64_t hold_ = no_hold;
    TextPosition counted_;  // lines are counted up to here, which lies in the buffer
    LexRules rules_{.standard_strings = true, .complete = false};
    CopyState copy_ = CopyState::none;
    TextPosition copy_start_;  // of the COPY whose data is being read
    bool copy_line_start_ = true;
    bool joins_ = false;
    std::optional<std::string> restrict_key_;
};

}  // namespace poststack::migrate
