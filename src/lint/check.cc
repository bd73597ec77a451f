#include "lint/check.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace poststack::lint {
namespace {

/// "CREATE INDEX "i" takes a SHARE lock on "t" and scans it: no writes until it is built".
std::string to_sentence(const Rule& rule, const Details& details, std::string_view table) {
    std::string text = details.what;
    const std::string_view effect = details.effect.empty() ? rule.effect : details.effect;
    const bool locks = !rule.lock.empty();
    if (locks) text += fmt::format(" takes {} on {}", rule.lock, table);
    if (!effect.empty()) text += fmt::format("{} {}", locks ? " and" : "", effect);
    const std::string_view why = details.why.empty() ? rule.why : details.why;
    return fmt::format("{}: {}", text, why);
}

}  // namespace

void Check::begin_statement(std::size_t index, Node parsed) {
    index_ = index;
    parsed_ = parsed;
}

Place Check::place() const noexcept {
    const migrate::TextPosition& start = current().start;
    return {index_, start.line, start.column};
}

Place Check::place(Node part) const {
    const Node location = part["location"];
    if (!location || location.number() < 0) return place();
    migrate::TextPosition at = current().start;
    at.advance(text().substr(0, static_cast<std::size_t>(location.number())));
    return {index_, at.line, at.column};
}

bool Check::is_new(std::string_view table) const {
    const Relation* known = schema().relations.find(table);
    return known != nullptr && known->made_by == pair();
}

bool Check::is_live(std::string_view table) const {
    const Relation* known = schema().relations.find(table);
    if (known == nullptr) return true;
    if (known->is_temporary || known->made_by == pair()) return false;
    if (known->made_by != 0 && schema().is_live) return false;
    return !known->size || !known->size->is_empty;
}

bool Check::undoes(const Effect& drop) const {
    if (setup_.undone == nullptr) return false;
    return std::any_of(setup_.undone->begin(), setup_.undone->end(), [&](const Effect& effect) {
        const bool made = effect.act == Act::create && effect.is_about(drop);
        const bool renamed = effect.act == Act::rename && effect.new_name == drop.name;
        return made || renamed;
    });
}

std::string Check::describe(std::string_view table) const {
    const Relation* known = schema().relations.find(table);
    if (known == nullptr || !known->size) return fmt::format("\"{}\"", table);
    std::string text = fmt::format("\"{}\" ({}", table, human_bytes(known->size->bytes));
    if (known->size->rows >= 0) text += fmt::format(", about {} rows", known->size->rows);
    return text + ")";
}

Finding Check::make_finding(Place place, const Rule& rule, Details details) const {
    const std::string table = details.table.empty() ? "the table" : describe(details.table);
    return {.rule = &rule,
            .file = source().name,
            .place = place,
            .object = details.table,
            .message = to_sentence(rule, details, table),
            .instead =
                details.instead.empty() ? std::string(rule.instead) : std::move(details.instead)};
}

void Check::report_at(Place place, const Rule& rule, Details details) {
    findings_.push_back(make_finding(place, rule, std::move(details)));
}

void Check::report_later(Place place,
                         const Rule& rule,
                         Details details,
                         std::function<bool(const Schema&)> holds) {
    if (is_rollback()) return;
    deferred_.push_back({make_finding(place, rule, std::move(details)), std::move(holds)});
}

void Check::hold(std::string table) {
    if (!in_transaction() || !is_live(table)) return;
    if (held_names_.insert(table).second) held_.push_back(std::move(table));
}

}  // namespace poststack::lint
