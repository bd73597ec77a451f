#include "lint/source.h"

#include <algorithm>
#include <cstddef>

#include "base/error.h"
#include "base/text.h"
#include "migrate/expansion.h"
#include "migrate/header.h"
#include "migrate/scanner.h"

namespace poststack::lint {
namespace {

using migrate::TextPosition;

constexpr std::size_t none = std::string_view::npos;
constexpr std::string_view copy_end = "\\.";

std::vector<std::string> split_words(std::string_view text) {
    std::vector<std::string> words;
    while (true) {
        const std::size_t begin = text.find_first_not_of(" \t\r,");
        if (begin == none) return words;
        text.remove_prefix(begin);
        const std::size_t end = std::min(text.find_first_of(" \t\r,"), text.size());
        words.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

/// The index behind the block comment that starts at `at`.
std::size_t skip_block(std::string_view text, std::size_t at) noexcept {
    int depth = 0;
    while (at + 1 < text.size()) {
        const std::string_view two = text.substr(at, 2);
        at += two == "/*" || two == "*/" ? 2 : 1;
        if (two == "/*") ++depth;
        if (two == "*/" && --depth == 0) return at;
    }
    return text.size();
}

/// Reads the comments that lie between two statements.
class GapReader {
  public:
    /// `start` is where the gap begins; `text` reaches up to the next statement.
    GapReader(Source& source, TextPosition start, std::string_view text) noexcept
        : source_(source), start_(start), text_(text) {}

    void read() {
        for (std::size_t at = 0; (at = text_.find_first_not_of(" \t\r\n\f\v", at)) != none;) {
            if (text_.substr(at).starts_with("/*")) {
                at = skip_block(text_, at);
                continue;
            }
            const std::size_t end = std::min(text_.find('\n', at), text_.size());
            const std::string_view line = text_.substr(at, end - at);
            if (line.starts_with("--")) read_comment(trim(line.substr(2)), at);
            at = end;
        }
    }

  private:
    void read_comment(std::string_view comment, std::size_t at) {
        constexpr std::string_view mark = "poststack:";
        if (to_lower(comment.substr(0, mark.size())) != mark) return;
        std::vector<std::string> words = split_words(comment.substr(mark.size()));
        if (words.empty()) return;
        const std::string verb = words.front();
        words.erase(words.begin());
        if (words.empty()) words.emplace_back(every_rule);
        if (verb != "ignore" && verb != "ignore-file") return;
        IgnoreComment found{.rules = std::move(words),
                            .whole_file = verb == "ignore-file",
                            .statement = source_.statements.size(),
                            .start = start_};
        found.start.advance(text_.substr(0, at));
        // Behind a statement on its last line it is about that statement.
        const bool trails = text_.substr(0, at).find('\n') == none;
        if (trails && found.statement > 0) --found.statement;
        source_.comments.push_back(std::move(found));
    }

    Source& source_;
    TextPosition start_;
    std::string_view text_;
};

/// Where the text goes on behind COPY's data, which starts on the line after `from`.
std::size_t behind_copy_data(std::string_view text, std::size_t from) noexcept {
    for (std::size_t at = text.find('\n', from); at != none; at = text.find('\n', at)) {
        ++at;
        const std::size_t end = std::min(text.find('\n', at), text.size());
        if (trim(text.substr(at, end - at)) == copy_end) return end;
    }
    return text.size();
}

class SourceReader {
  public:
    explicit SourceReader(Source& source) noexcept : source_(source) {}

    void read() {
        constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
        if (source_.text.starts_with(byte_order_mark)) gap_.offset = byte_order_mark.size();
        migrate::TextSource bytes(source_.text);
        migrate::Scanner scanner(bytes, source_.name);
        while (const auto statement = scanner.next()) {
            read_gap(statement->start.offset);
            add(*statement);
        }
        read_gap(source_.text.size());
    }

  private:
    void read_gap(std::uint64_t until) {
        const std::string_view gap =
            std::string_view(source_.text).substr(gap_.offset, until - gap_.offset);
        if (gap.find("--") != none) GapReader(source_, gap_, gap).read();
    }

    void add(const migrate::Statement& statement) {
        const std::string_view all(source_.text);
        const auto begin = statement.start.offset;
        const std::string_view text = all.substr(begin, statement.body_end - begin);
        source_.statements.push_back({.text = text,
                                      .start = statement.start,
                                      .control = migrate::classify(text),
                                      .ignored = {}});
        std::size_t end = statement.end;
        if (statement.is_copy_in) end = behind_copy_data(all, end);
        gap_ = statement.start;
        gap_.advance(all.substr(begin, end - begin));
    }

    Source& source_;
    TextPosition gap_;  // where the text behind the last statement starts
};

/// The scanner's message starts with "name:line:column: ", which becomes the position.
SourceProblem to_problem(const Error& error, const std::string& name) {
    SourceProblem problem{.message = error.message(), .hint = error.hint(), .start = {}};
    if (!problem.message.starts_with(name + ":")) return problem;
    std::string_view rest = std::string_view(problem.message).substr(name.size() + 1);
    const auto take_number = [&rest]() -> std::uint32_t {
        const auto number = parse_integer(rest.substr(0, rest.find(':')));
        if (!number) return 0;
        rest.remove_prefix(rest.find(':') + 1);
        return static_cast<std::uint32_t>(*number);
    };
    if (const std::uint32_t line = take_number(); line > 0) problem.start.line = line;
    if (const std::uint32_t column = take_number(); column > 0) problem.start.column = column;
    problem.message = std::string(trim(rest));
    return problem;
}

/// Writes a placeholder over each variable. It is as long, so that all places stay what they are.
void place_variables(Source& source) {
    if (source.variables.empty()) return;
    const migrate::Expansion expansion(source.variables, nullptr);
    for (std::size_t index = 0; index < source.statements.size(); ++index) {
        SourceStatement& statement = source.statements[index];
        if (statement.text.find("${") == none) continue;
        try {
            const std::string text =
                expansion.with_placeholders(statement.text, {source.name, statement.start}, {});
            source.text.replace(statement.start.offset, text.size(), text);  // as long: in place
        } catch (const Error&) {
            source.statements.resize(index);
            throw;
        }
        statement.control = migrate::classify(statement.text);
    }
}

/// Replaces each `from` in `text`.
void replace_all(std::string& text, std::string_view from, std::string_view by) {
    for (std::size_t at = text.find(from); at != none; at = text.find(from, at + by.size()))
        text.replace(at, from.size(), by);
}

void spread_ignored(Source& source) {
    for (const IgnoreComment& comment : source.comments) {
        if (comment.whole_file || comment.statement >= source.statements.size()) continue;
        auto& ignored = source.statements[comment.statement].ignored;
        ignored.insert(ignored.end(), comment.rules.begin(), comment.rules.end());
    }
}

}  // namespace

bool Source::ignores(std::string_view rule, std::size_t statement) const noexcept {
    const auto names = [rule](const std::vector<std::string>& rules) {
        return std::any_of(rules.begin(), rules.end(), [rule](const std::string& ignored) {
            return ignored == rule || ignored == every_rule;
        });
    };
    const bool by_file =
        std::any_of(comments.begin(), comments.end(), [&](const IgnoreComment& comment) {
            return comment.whole_file && names(comment.rules);
        });
    return by_file || (statement < statements.size() && names(statements[statement].ignored));
}

std::string Source::with_variables(std::string message) const {
    for (const std::string& variable : variables)
        replace_all(message, migrate::placeholder_of(variable), "${" + variable + "}");
    return message;
}

bool Source::put_number(std::string& statement, std::size_t at) const {
    if (at >= statement.size()) return false;
    const std::string_view rest = std::string_view(statement).substr(at);
    for (const std::string& variable : variables) {
        const std::size_t length = migrate::placeholder_of(variable).size();
        if (!rest.starts_with(migrate::placeholder_of(variable))) continue;
        statement.replace(at, length, length, '1');
        return true;
    }
    return false;
}

void Source::release_text() noexcept {
    for (SourceStatement& statement : statements)
        statement.text = {};
    std::string().swap(text);
}

void read_source(Source& source) {
    try {
        SourceReader(source).read();
        const migrate::Header header = migrate::parse_header(source.text, source.name);
        source.no_transaction = header.no_transaction;
        source.is_irreversible = header.irreversible;
        source.variables = header.variables;
        place_variables(source);
    } catch (const Error& error) {
        source.problem = to_problem(error, source.name);
    }
    spread_ignored(source);
}

}  // namespace poststack::lint
