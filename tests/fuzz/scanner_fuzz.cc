// Any bytes as a migration: the scanner cuts them into statements or refuses them by line, and what
// it finds does not depend on the pieces in which it gets to read them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fuzz/check.h"
#include "migrate/checksum.h"
#include "migrate/scanner.h"
#include "migrate/statement.h"

namespace poststack::migrate {
namespace {

/// Hands out at most `piece` bytes at a time.
class PieceSource final : public ByteSource {
  public:
    PieceSource(std::string_view text, std::size_t piece) noexcept : rest_(text), piece_(piece) {}

    [[nodiscard]] std::size_t read(char* into, std::size_t count) override {
        const std::size_t size = std::min({count, piece_, rest_.size()});
        std::memcpy(into, rest_.data(), size);
        rest_.remove_prefix(size);
        return size;
    }

  private:
    std::string_view rest_;
    std::size_t piece_;
};

/// What a scan says: the statements with their places and data, and the refusal that ended it.
struct Findings {
    std::vector<std::string> statements;
    std::vector<std::string> data;
    std::string refusal;

    friend bool operator==(const Findings&, const Findings&) = default;
};

void look_at(Scanner& scanner, const Statement& statement, std::string_view text, Findings& found) {
    fuzz::check(statement.start.offset < statement.body_end, "a statement has a first token");
    fuzz::check(statement.body_end <= statement.end, "a statement's body lies inside it");
    fuzz::check(statement.end <= text.size(), "a statement lies inside the file");
    const std::string_view got = scanner.text(statement.start.offset, statement.end);
    fuzz::check(got == text.substr(statement.start.offset, got.size()), "the text is the file's");
    TextPosition counted;
    counted.advance(text.substr(0, statement.start.offset));
    fuzz::check(counted.line == statement.start.line, "lines are counted as an editor does");
    found.statements.push_back(std::to_string(statement.start.line) + ":" +
                               std::to_string(statement.start.column) + " " + std::string(got));
    found.statements.emplace_back(classify(got).command);
    if (!statement.is_copy_in) return;
    std::string data;
    while (const auto piece = scanner.copy_data())
        data += *piece;
    found.data.push_back(std::move(data));
}

Findings scan(std::string_view text, std::size_t piece, bool standard_strings) {
    PieceSource source(text, piece);
    Findings found;
    std::uint64_t behind = 0;
    try {
        Scanner scanner(source, "fuzz.sql");
        scanner.set_standard_strings(standard_strings);
        while (const auto statement = scanner.next()) {
            fuzz::check(statement->start.offset >= behind, "statements follow each other");
            behind = statement->end;
            look_at(scanner, *statement, text, found);
        }
    } catch (const Error& error) {
        fuzz::check(error.kind() == ErrorKind::config, "a refusal is about the file");
        found.refusal = error.message();
        fuzz::check(found.refusal.starts_with("fuzz.sql:"), "a refusal names file and line");
    }
    return found;
}

void run(std::string_view input) {
    if (input.empty()) return;
    const auto shape = static_cast<unsigned char>(input.front());
    const std::string_view text = input.substr(1);
    const bool standard_strings = (shape & 1U) == 0;
    const std::size_t piece = 1 + (shape >> 1U);
    const Findings whole = scan(text, text.size() + 1, standard_strings);
    const Findings pieces = scan(text, piece, standard_strings);
    if (text.find('\0') == std::string_view::npos) {
        fuzz::check(whole == pieces, "the pieces a file is read in do not matter");
    } else {
        // Refused as soon as it is read, which is before or after the statements in front of it.
        fuzz::check(!whole.refusal.empty() && !pieces.refusal.empty(), "a NUL byte is refused");
    }
}

}  // namespace
}  // namespace poststack::migrate

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    poststack::migrate::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
