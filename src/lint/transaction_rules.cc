// What fits into the transaction that migrate runs a file in.
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "lint/families.h"
#include "lint/names.h"

namespace poststack::lint {
namespace {

using migrate::StatementKind;

constexpr Rule needs_no_transaction{
    .name = "needs-no-transaction",
    .severity = Severity::error,
    .finds =
        "a statement that the server refuses inside a transaction (CONCURRENTLY, VACUUM, "
        "ALTER SYSTEM, ...) in a file that runs as one",
    .lock = "",
    .effect = "",
    .why = "the server refuses it inside a transaction, and migrate runs this file in one",
    .instead = "Move it into a file of its own that starts with \"-- poststack: no-transaction\"."};

constexpr Rule transaction_control{
    .name = "transaction-control",
    .severity = Severity::error,
    .finds = "BEGIN, COMMIT or ROLLBACK other than one pair around the whole file",
    .lock = "",
    .effect = "",
    .why = "migrate runs the file and its ledger row in one transaction and refuses it",
    .instead = "Leave it out, or split the file."};

constexpr Rule needless_no_transaction{
    .name = "needless-no-transaction",
    .severity = Severity::info,
    .finds = "\"-- poststack: no-transaction\" on a file in which nothing needs it",
    .lock = "",
    .effect = "",
    .why = "when a statement fails, those before it stay",
    .instead = "Leave the comment out: the file then runs whole or not at all."};

constexpr Rule enum_value_in_use{
    .name = "enum-value-in-use",
    .severity = Severity::error,
    .finds = "ALTER TYPE ... ADD VALUE and the new value in one transaction",
    .lock = "",
    .effect = "",
    .why = "the server refuses a new value until the transaction that added it is committed",
    .instead = "Move what uses the value into the next migration."};

constexpr const Rule* rules[] = {
    &needs_no_transaction, &transaction_control, &needless_no_transaction, &enum_value_in_use};

bool controls(StatementKind kind) noexcept {
    return kind == StatementKind::begin || kind == StatementKind::commit ||
           kind == StatementKind::commit_chain || kind == StatementKind::rollback ||
           kind == StatementKind::two_phase;
}

/// True for a file that is BEGIN ... COMMIT from end to end, which migrate understands.
bool is_wrapped(const Source& source) noexcept {
    const auto& statements = source.statements;
    if (statements.size() < 2) return false;
    return statements.front().control.kind == StatementKind::begin &&
           statements.back().control.kind == StatementKind::commit;
}

class TransactionRules final : public Family {
  public:
    void look(Check& check) override {
        const StatementKind kind = check.control().kind;
        if (kind == StatementKind::outside_only) {
            needs_none_ = true;
            if (check.in_transaction()) {
                check.report(needs_no_transaction, {std::string(check.control().command)});
            }
        }
        if (controls(kind)) look_at_control(check);
        if (const Node body = check.node().as("AlterEnumStmt")) remember_value(check, body);
        look_for_values(check);
        // Whoever writes a DO or CALL there may have COMMIT inside.
        const std::string_view type = check.node().type();
        if (!check.node() || type == "DoStmt" || type == "CallStmt") needs_none_ = true;
    }

    void finish(Check& check) override {
        if (check.in_transaction() || needs_none_ || check.source().statements.size() < 2) return;
        check.report_at({},
                        needless_no_transaction,
                        {"every statement of this no-transaction file may run in a transaction"});
    }

  private:
    static void look_at_control(Check& check) {
        const std::size_t index = check.place().statement;
        const std::size_t last = check.source().statements.size() - 1;
        const bool at_edge = index == 0 || index == last;
        if (at_edge && is_wrapped(check.source()) && check.in_transaction()) return;
        check.report(transaction_control,
                     {fmt::format("{} inside of the file", check.control().command)});
    }

    void remember_value(Check& check, Node body) {
        if (!check.in_transaction() || body["oldVal"]) return;
        const std::string type = dotted_name(body["typeName"]);
        const std::size_t* made_by = check.schema().enums.find(type);
        // A type of this very transaction takes its new values at once.
        if (made_by != nullptr && *made_by == check.pair()) return;
        values_.emplace_back(std::string(body["newVal"].text()), type);
    }

    void look_for_values(Check& check) {
        if (values_.empty() || check.node().type() == "AlterEnumStmt") return;
        for (const Node constant : check.node().inside("sval")) {
            for (const auto& [value, type] : values_) {
                if (constant.text() != value) continue;
                check.report(
                    enum_value_in_use,
                    {fmt::format("'{}' was added to \"{}\" in this transaction", value, type)});
                return;
            }
        }
    }

    bool needs_none_ = false;
    std::vector<std::pair<std::string, std::string>> values_;
};

}  // namespace

FamilyEntry transaction_family() {
    return {rules,
            []() -> std::unique_ptr<Family> { return std::make_unique<TransactionRules>(); }};
}

}  // namespace poststack::lint
