// Statements that change rows.
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "lint/families.h"
#include "lint/names.h"

namespace poststack::lint {
namespace {

constexpr Rule update_all{
    .name = "update-without-where",
    .severity = Severity::error,
    .finds = "UPDATE without WHERE on a table in use",
    .lock = "ROW EXCLUSIVE",
    .effect = "writes every row anew",
    .why =
        "each row stays locked to the end of the transaction, and the table and its indexes "
        "grow to twice their size",
    .instead = "Update in batches of some thousand rows, each in a transaction of its own."};

constexpr Rule delete_all{
    .name = "delete-without-where",
    .severity = Severity::error,
    .finds = "DELETE without WHERE on a table in use",
    .lock = "ROW EXCLUSIVE",
    .effect = "removes every row",
    .why = "nothing brings the rows back once it is committed",
    .instead = "Say which rows with WHERE, and delete many of them in batches."};

constexpr Rule ddl_and_backfill{
    .name = "ddl-and-backfill",
    .severity = Severity::error,
    .finds =
        "UPDATE, DELETE or INSERT ... SELECT behind a statement that has locked a table in "
        "the same transaction",
    .lock = "",
    .effect = "",
    .why = "whoever needs that table waits until the rows are done too",
    .instead = "Move the data into the next migration."};

constexpr const Rule* rules[] = {&update_all, &delete_all, &ddl_and_backfill};

class DataRules final : public Family {
  public:
    void look(Check& check) override {
        const Node node = check.node();
        const std::string_view type = node.type();
        if (type == "UpdateStmt" || type == "DeleteStmt" || type == "InsertStmt" ||
            type == "MergeStmt") {
            look_at(check, type, node.body());
        }
        // WITH gone AS (DELETE FROM ...) SELECT ...
        for (const Node part : node.body()["withClause"].inside("ctequery")) {
            const std::string_view inner = part.type();
            if (inner != "SelectStmt") look_at(check, inner, part.body());
        }
    }

  private:
    static void look_at(Check& check, std::string_view type, Node body) {
        const std::string table = relation_name(body["relation"]);
        if (!body["whereClause"] && check.is_live(table)) {
            if (type == "UpdateStmt") check.report(update_all, {"UPDATE without WHERE", table});
            if (type == "DeleteStmt") check.report(delete_all, {"DELETE without WHERE", table});
        }
        look_for_lock(check, type, body, table);
    }

    static void look_for_lock(Check& check,
                              std::string_view type,
                              Node body,
                              const std::string& table) {
        if (check.held().empty()) return;
        const bool is_insert = type == "InsertStmt";
        // INSERT ... VALUES is a handful of rows.
        if (is_insert && !body["selectStmt"].as("SelectStmt")["fromClause"]) return;
        const std::string word(type.substr(0, type.size() - std::string_view("Stmt").size()));
        check.report(ddl_and_backfill,
                     {fmt::format("{} \"{}\" runs while this transaction keeps {} locked",
                                  verb(word),
                                  table,
                                  quoted_list(check.held()))});
    }

    static std::string_view verb(std::string_view word) noexcept {
        if (word == "Update") return "UPDATE of";
        if (word == "Delete") return "DELETE from";
        return word == "Insert" ? "INSERT ... SELECT into" : "MERGE into";
    }
};

}  // namespace

FamilyEntry data_family() {
    return {rules, []() -> std::unique_ptr<Family> { return std::make_unique<DataRules>(); }};
}

}  // namespace poststack::lint
