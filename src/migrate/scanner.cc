#include "migrate/scanner.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace poststack::migrate {
namespace {

constexpr std::size_t piece = 64U << 10;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// psql's test for "this statement makes a routine", letter for letter.
bool makes_routine(const std::array<char, 4>& head) noexcept {
    if (head[0] != 'c') return false;
    if (head[1] == 'f' || head[1] == 'p') return true;
    return head[1] == 'o' && head[2] == 'r' && (head[3] == 'f' || head[3] == 'p');
}

/// The line that ends COPY data is at most: backslash, dot, carriage return, newline.
constexpr std::size_t longest_copy_end = 4;

/// The length of the end line when `text` starts with it, else 0.
std::size_t copy_end(std::string_view text) noexcept {
    if (!text.starts_with("\\.")) return 0;
    std::size_t size = 2;
    if (size < text.size() && text[size] == '\r') ++size;
    if (size == text.size()) return size;
    return text[size] == '\n' ? size + 1 : 0;
}

/// The word of a backslash command: "\restrict" -> "restrict".
std::string_view command_word(std::string_view line) noexcept {
    return line.substr(0, line.find_first_of(" \t\r\f\v;"));
}

std::string advice_for(std::string_view command) {
    if (command == "i" || command == "ir" || command == "include") {
        return "Put the content of that file into this one.";
    }
    if (command == "copy") {
        return "Use COPY ... FROM stdin with the data in this file, or INSERT.";
    }
    if (command == "c" || command == "connect") {
        return "Remove it: a migration runs in the project's own database.";
    }
    return "Remove it: a migration is plain SQL, only \\restrict and \\unrestrict are accepted.";
}

}  // namespace

std::size_t TextSource::read(char* into, std::size_t count) {
    const std::size_t size = std::min(count, rest_.size());
    std::memcpy(into, rest_.data(), size);
    rest_.remove_prefix(size);
    return size;
}

Scanner::Scanner(ByteSource& source, std::string name) : source_(source), name_(std::move(name)) {
    while (filled_ < byte_order_mark.size() && fill()) {
    }
    if (window().starts_with(byte_order_mark)) {
        cursor_ = byte_order_mark.size();
        counted_.offset = cursor_;  // an editor does not count it as a column
    }
}

std::optional<Statement> Scanner::next() {
    if (copy_ != CopyState::none) skip_copy_data();
    if (hold_ == no_hold) drop_before(base_ + cursor_);
    Progress progress;
    std::optional<std::uint64_t> begin;
    std::uint64_t body_end = 0;
    for (;;) {
        const Token token = next_token(window(), cursor_, rules_);
        if (token.kind >= TokenKind::end && needs_more(token)) {
            read_more(begin.value_or(base_ + token.begin), token);
            continue;
        }
        cursor_ = token.end;
        if (token.kind == TokenKind::end && !begin) return std::nullopt;
        if (token.kind == TokenKind::backslash) {
            skip_meta_command(token.begin, begin.has_value());
            continue;
        }
        if (token.kind == TokenKind::semicolon && !begin) continue;  // an empty statement
        const bool closes = token.kind == TokenKind::semicolon && progress.is_closed();
        if (closes || token.kind == TokenKind::end) {
            return finish(*begin, body_end, progress.copy_in);
        }
        if (!begin) begin = base_ + token.begin;
        body_end = base_ + token.end;
        follow(token, progress);
    }
}

/// Reads more because `token` ends with the buffer; what lies before `keep` may be dropped.
/// Errors: config when it can have no end.
void Scanner::read_more(std::uint64_t keep, const Token& token) {
    if (token.kind >= TokenKind::open_string) fail_open(token);
    cursor_ = token.begin;
    drop_before(std::min(keep, hold_));
    if (!fill()) rules_.complete = true;
}

void Scanner::follow(const Token& token, Progress& progress) const noexcept {
    switch (token.kind) {
        case TokenKind::open: ++progress.parens; break;
        case TokenKind::close:
            if (progress.parens > 0) --progress.parens;
            break;
        case TokenKind::word:
            progress.count_word(window().substr(token.begin, token.end - token.begin));
            return;  // may stand behind COPY's FROM
        default: break;
    }
    progress.after_begin = false;
    progress.after_as = token.kind == TokenKind::symbol && window()[token.begin] == '.';
    progress.after_from = false;
    if (progress.words == 0) progress.tokens_before = true;
}

void Scanner::Progress::count_word(std::string_view word) noexcept {
    if (words < head.size()) {
        constexpr std::array<std::string_view, 5> opening = {
            "create", "function", "procedure", "or", "replace"};
        for (const std::string_view known : opening) {
            if (is_word(word, known)) head[words] = known[0];
        }
        if (words == 0 && !tokens_before) copy = is_word(word, "copy");
    }
    ++words;
    if (parens > 0) return;
    if (copy) {
        copy_in = copy_in || (after_from && (is_word(word, "stdin") || is_word(word, "stdout")));
        after_from = is_word(word, "from");
    } else if (makes_routine(head)) {
        // Only BEGIN ATOMIC opens a body, and a body holds no other one: elsewhere "begin" is a
        // name, as "case" and "end" are behind AS and a dot. psql counts each of them and reads on.
        const bool opens = begins == 0 && after_begin && is_word(word, "atomic");
        const bool nests = begins > 0 && !after_as && is_word(word, "case");
        if (opens || nests) ++begins;
        if (begins > 0 && !after_as && is_word(word, "end")) --begins;
        after_begin = is_word(word, "begin");
        after_as = is_word(word, "as");
    }
}

Statement Scanner::finish(std::uint64_t begin, std::uint64_t body_end, bool copy_in) {
    Statement statement;
    statement.start = position_of(begin);
    statement.end = base_ + cursor_;
    statement.body_end = body_end;
    statement.is_copy_in = copy_in;
    statement.joins_previous = std::exchange(joins_, !copy_in);
    counted_ = statement.start;
    if (copy_in) {
        copy_ = CopyState::announced;
        copy_start_ = statement.start;
    }
    return statement;
}

/// Handles the backslash command at `at`, which is in the buffer. In pg_dump's files the two
/// accepted ones stand alone on a line between statements.
void Scanner::skip_meta_command(std::size_t at, bool inside_statement) {
    const std::uint64_t start = base_ + at;
    const std::size_t line_end = find_line_end(start);
    at = static_cast<std::size_t>(start - base_);
    const std::string_view line = trim(window().substr(at + 1, line_end - at - 1));
    const std::string_view command = command_word(line);
    const std::string_view key = trim(line.substr(command.size()));
    const bool opens = command == "restrict";
    if ((!opens && command != "unrestrict") || inside_statement) {
        fail(start,
             fmt::format("\"\\{}\" is a command of psql, not SQL", command),
             advice_for(command));
    }
    if (key.empty()) fail(start, fmt::format("\"\\{}\" lacks its key", command));
    if (opens == restrict_key_.has_value() || (!opens && key != *restrict_key_)) {
        fail(start, fmt::format("\"\\{}\" does not match the one before it", command));
    }
    restrict_key_ = opens ? std::optional<std::string>(key) : std::nullopt;
    cursor_ = line_end;
    joins_ = false;
}

/// The index of the newline at or behind `from` (or of the text's end), which stays in the buffer.
std::size_t Scanner::find_line_end(std::uint64_t from) {
    for (std::size_t searched = 0;;) {
        const auto start = static_cast<std::size_t>(from - base_);
        const std::size_t newline = window().find('\n', start + searched);
        if (newline != std::string_view::npos) return newline;
        searched = filled_ - start;
        drop_before(std::min(from, hold_));
        if (!fill()) return filled_;
    }
}

/// Goes from the semicolon of a COPY to the line after it, where its data starts.
void Scanner::begin_copy_data() {
    hold_ = no_hold;
    const std::uint64_t from = base_ + cursor_;
    const std::size_t line_end = find_line_end(from);
    cursor_ = static_cast<std::size_t>(from - base_);
    const std::string_view rest = window().substr(0, line_end);
    const Token token = next_token(rest, cursor_, {rules_.standard_strings, true});
    if (token.kind != TokenKind::end) {
        fail(base_ + token.begin,
             "something follows COPY ... FROM STDIN on its line, where its data should start",
             "Put it on a line of its own, below the \"\\.\" that ends the data.");
    }
    cursor_ = std::min(line_end + 1, filled_);
    copy_ = CopyState::inside;
    copy_line_start_ = true;
}

std::optional<std::string_view> Scanner::copy_data() {
    if (copy_ == CopyState::announced) begin_copy_data();
    while (copy_ == CopyState::inside) {
        const std::string_view rest = window().substr(cursor_);
        if (copy_line_start_ && rest.size() < longest_copy_end && !rules_.complete) {
            refill_copy();
            continue;
        }
        if (const std::size_t end = copy_line_start_ ? copy_end(rest) : 0; end > 0) {
            cursor_ += end;
            copy_ = CopyState::none;
            joins_ = false;
            return std::nullopt;
        }
        const std::size_t marker = rest.find("\n\\.");
        std::size_t size = marker == std::string_view::npos ? rest.rfind('\n') : marker;
        size = size == std::string_view::npos ? rest.size() : size + 1;
        if (size == 0) {
            refill_copy();
            continue;
        }
        cursor_ += size;
        copy_line_start_ = rest[size - 1] == '\n';
        return rest.substr(0, size);
    }
    return std::nullopt;
}

void Scanner::refill_copy() {
    drop_before(base_ + cursor_);
    if (fill()) return;
    if (rules_.complete) {
        throw Error(ErrorKind::config,
                    fmt::format("{}:{}:{}: the data of this COPY ... FROM STDIN has no end",
                                name_,
                                copy_start_.line,
                                copy_start_.column))
            .hint("End the data with a line that holds \"\\.\" and nothing else.");
    }
    rules_.complete = true;
}

void Scanner::skip_copy_data() {
    while (copy_data()) {
    }
}

std::string_view Scanner::text(std::uint64_t from, std::uint64_t to) const {
    if (from < base_ || to > base_ + filled_ || from > to) {
        throw Error(ErrorKind::bug, "the scanner no longer holds the text asked for");
    }
    return window().substr(static_cast<std::size_t>(from - base_),
                           static_cast<std::size_t>(to - from));
}

/// Reads more behind what is there; false at the end of the file. A NUL byte is refused here: the
/// protocol cannot carry one, and psql would silently drop the rest of its line.
bool Scanner::fill() {
    const std::size_t room = std::max(piece, filled_);  // doubling keeps long statements linear
    if (buffer_.size() < filled_ + piece) buffer_.resize(filled_ + room);
    const std::size_t count = source_.read(buffer_.data() + filled_, buffer_.size() - filled_);
    const std::size_t nul = std::string_view(buffer_.data() + filled_, count).find('\0');
    filled_ += count;
    if (nul != std::string_view::npos) {
        fail(base_ + filled_ - count + nul, "a NUL byte, which SQL text cannot hold");
    }
    return count > 0;
}

/// Gives up the text before `offset`. Moves bytes only when that frees half of the buffer.
void Scanner::drop_before(std::uint64_t offset) {
    const auto count = static_cast<std::size_t>(offset - base_);
    if (count == 0 || count < filled_ / 2) return;
    if (counted_.offset < offset) {
        counted_.advance(text(counted_.offset, offset));
    }
    std::memmove(buffer_.data(), buffer_.data() + count, filled_ - count);
    filled_ -= count;
    cursor_ -= count;
    base_ = offset;
}

TextPosition Scanner::position_of(std::uint64_t offset) const noexcept {
    TextPosition position = counted_;
    if (offset > position.offset) {
        position.advance(window().substr(static_cast<std::size_t>(position.offset - base_),
                                         static_cast<std::size_t>(offset - position.offset)));
    }
    return position;
}

void Scanner::fail(std::uint64_t offset, std::string_view what, std::string hint) const {
    const TextPosition at = position_of(offset);
    throw Error(ErrorKind::config, fmt::format("{}:{}:{}: {}", name_, at.line, at.column, what))
        .hint(std::move(hint));
}

void Scanner::fail_open(const Token& token) const {
    const std::string_view what = token.kind == TokenKind::open_string   ? "string"
                                  : token.kind == TokenKind::open_quoted ? "quoted identifier"
                                  : token.kind == TokenKind::open_dollar ? "dollar-quoted string"
                                                                         : "comment";
    fail(base_ + token.begin, fmt::format("the {} that starts here has no end", what));
}

}  // namespace poststack::migrate
