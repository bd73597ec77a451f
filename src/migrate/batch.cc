#include "migrate/batch.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "pg/copy.h"

namespace poststack::migrate {
namespace {

constexpr std::uint64_t piece = 64U << 10;

/// The line of COPY's data in the server's context "COPY t, line 3, column a: ...", 0 without one.
std::uint32_t copy_line(std::string_view detail) {
    constexpr std::string_view label = ", line ";
    const std::size_t at = detail.find(label);
    if (!detail.starts_with("COPY ") && detail.find("\nCOPY ") == std::string_view::npos) return 0;
    if (at == std::string_view::npos) return 0;
    const std::string_view rest = detail.substr(at + label.size());
    const auto number = parse_integer(rest.substr(0, rest.find_first_not_of("0123456789")));
    return number && *number > 0 ? static_cast<std::uint32_t>(*number) : 0;
}

}  // namespace

/// Hears the server's notices while it lives. `place` gives where the statement that one is from
/// begins; null: it is none of the text's.
class Batch::Listening {
  public:
    template <class Place>
    Listening(const Batch& batch, Place place) : connection_(batch.connection_) {
        if (batch.notices_ == nullptr) return;
        connection_.on_notice([&notices = *batch.notices_, place](const pg::Notice& notice) {
            if (const TextPosition* start = place(notice)) notices.add(*start, notice);
        });
    }
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;
    ~Listening() { connection_.on_notice({}); }

  private:
    pg::Connection& connection_;
};

Batch::Batch(pg::Connection& connection,
             Scanner& scanner,
             const Expansion* expansion,
             std::string opening)
    : connection_(connection),
      scanner_(scanner),
      expansion_(expansion),
      opening_(std::move(opening)) {}

void Batch::add(const Statement& statement) {
    const bool joins = starts_.empty() || statement.joins_previous;
    if (!joins || statement.is_copy_in) flush();
    if (statement.is_copy_in) {
        copy(statement);
        return;
    }
    if (starts_.empty()) scanner_.hold_from(statement.start.offset);
    starts_.push_back(statement.start);
    end_ = statement.body_end;
    if (ends_piece(statement)) flush();
}

bool Batch::ends_piece(const Statement& statement) const {
    if (end_ - starts_.front().offset >= piece) return true;
    if (expansion_ == nullptr)
        return may_change_reading(scanner_.text(statement.start.offset, statement.body_end));
    return may_change_reading(text_of(statement.start, statement.body_end).sql);
}

/// What is sent for the text from `start` to the offset `end`.
ExpandedText Batch::text_of(const TextPosition& start, std::uint64_t end) const {
    const std::string_view written = scanner_.text(start.offset, end);
    if (expansion_ == nullptr) return {std::string(written), {}};
    return expansion_->expand(
        written, {scanner_.name(), start}, {.standard_strings = scanner_.standard_strings()});
}

/// Where in the file character number `character` of `text` stands, which begins at `start`.
TextPosition Batch::place_in(const ExpandedText& text,
                             const TextPosition& start,
                             std::size_t character) const {
    TextPosition at = start;
    const std::size_t index = text.written_index(byte_of_character(text.sql, character));
    at.advance(scanner_.text(start.offset, start.offset + index));
    return at;
}

void Batch::flush() {
    if (starts_.empty() && opening_.empty()) return;
    const std::string opening = std::exchange(opening_, {});
    send(starts_.empty() ? ExpandedText{} : text_of(starts_.front(), end_), opening);
    starts_.clear();
    // What the server says about its string rules counts, not what the text seemed to set.
    scanner_.set_standard_strings(connection_.parameter_status("standard_conforming_strings") !=
                                  "off");
}

void Batch::send(const ExpandedText& text, const std::string& opening) {
    const auto opening_statements =
        static_cast<std::size_t>(std::count(opening.begin(), opening.end(), ';'));
    std::size_t done = 0;
    const Listening listening(*this, [&](const pg::Notice& notice) -> const TextPosition* {
        if (starts_.empty() || notice.statements_before < opening_statements) return nullptr;
        return &starts_[std::min(notice.statements_before - opening_statements,
                                 starts_.size() - 1)];
    });
    try {
        connection_.script_each(opening + text.sql, [&](const pg::Result&) { ++done; });
    } catch (const Error& error) {
        if (starts_.empty() || done < opening_statements) {
            const bool parsed = done > 0 || error.position() <= static_cast<int>(opening.size());
            if (starts_.empty() || parsed) throw;
        }
        const std::size_t character =
            error.position() > 0 ? static_cast<std::size_t>(error.position()) : 0;
        if (character > opening.size())
            fail(error, place_in(text, starts_.front(), character - opening.size()));
        const std::size_t index = done - opening_statements;
        fail(error, starts_[std::min(index, starts_.size() - 1)]);
    }
}

void Batch::copy(const Statement& statement) {
    if (!opening_.empty()) flush();
    // The data pushes the statement out of the scanner.
    const std::string written(scanner_.text(statement.start.offset, statement.end));
    const ExpandedText text = text_of(statement.start, statement.body_end);
    const Listening listening(*this, [&](const pg::Notice&) { return &statement.start; });
    try {
        pg::CopyIn copy(connection_, text.sql);
        while (const auto data = scanner_.copy_data()) {
            copy.put(*data);
            if (on_copy_data_) on_copy_data_(*data);
        }
        copy.end();
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::database) throw;
        TextPosition at = statement.start;
        if (error.position() > 0) {
            const auto character = static_cast<std::size_t>(error.position());
            at.advance(std::string_view(written).substr(
                0, text.written_index(byte_of_character(text.sql, character))));
        } else if (const std::uint32_t line = copy_line(error.detail()); line > 0) {
            TextPosition last = statement.start;
            last.advance(written);
            at = {statement.start.offset, last.line + line, 1};
        }
        fail(error, at);
    }
}

void Batch::fail(const Error& error, const TextPosition& at) const {
    Error placed =
        Error(error.kind(),
              fmt::format("{}:{}:{}: {}", scanner_.name(), at.line, at.column, error.message()))
            .sqlstate(error.sqlstate())
            .detail(error.detail())
            .hint(error.hint());
    if (error.signal() != 0) placed = std::move(placed).signal(error.signal());
    if (error.is_retryable()) placed = std::move(placed).retryable();
    throw placed;
}

}  // namespace poststack::migrate
