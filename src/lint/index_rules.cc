// Building, rebuilding and dropping indexes.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "lint/definitions.h"
#include "lint/families.h"
#include "lint/names.h"

namespace poststack::lint {
namespace {

constexpr Rule blocking_index_build{
    .name = "blocking-index-build",
    .severity = Severity::error,
    .finds = "CREATE INDEX without CONCURRENTLY on a table in use",
    .lock = "SHARE",
    .effect = "reads all of it",
    .why = "no INSERT, UPDATE or DELETE goes through until the index is built",
    .instead =
        "Write CREATE INDEX CONCURRENTLY in a file of its own that starts with "
        "\"-- poststack: no-transaction\"."};

constexpr Rule blocking_index_drop{
    .name = "blocking-index-drop",
    .severity = Severity::warning,
    .finds = "DROP INDEX without CONCURRENTLY on a table in use",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "",
    .why = "it waits for every query that runs, and every new one waits behind it",
    .instead =
        "Write DROP INDEX CONCURRENTLY in a file of its own that starts with "
        "\"-- poststack: no-transaction\"."};

constexpr Rule blocking_reindex{
    .name = "blocking-reindex",
    .severity = Severity::error,
    .finds = "REINDEX without CONCURRENTLY",
    .lock = "SHARE",
    .effect = "ACCESS EXCLUSIVE on each index while it is rebuilt",
    .why = "writes wait until it is done, and so do queries that would use the index",
    .instead =
        "Write REINDEX ... CONCURRENTLY in a file that starts with "
        "\"-- poststack: no-transaction\"."};

constexpr Rule concurrently_if_not_exists{
    .name = "concurrently-if-not-exists",
    .severity = Severity::warning,
    .finds = "CREATE INDEX CONCURRENTLY IF NOT EXISTS",
    .lock = "",
    .effect = "",
    .why =
        "a build that failed leaves an invalid index of this name, which then counts as there "
        "and is never used",
    .instead = "Leave IF NOT EXISTS out, or write DROP INDEX CONCURRENTLY IF EXISTS in front."};

constexpr Rule duplicate_index{.name = "duplicate-index",
                               .severity = Severity::warning,
                               .finds = "a new index over the columns of one that is there",
                               .lock = "",
                               .effect = "",
                               .why = "every write pays for both and no query needs the second",
                               .instead = "Leave it out, or drop the other one."};

constexpr const Rule* rules[] = {&blocking_index_build,
                                 &blocking_index_drop,
                                 &blocking_reindex,
                                 &concurrently_if_not_exists,
                                 &duplicate_index};

std::string in_quotes(std::string_view name) {
    return fmt::format("\"{}\"", name);
}

bool same_columns(const Index& a, const Index& b) {
    const bool plain = std::none_of(
        a.columns.begin(), a.columns.end(), [](const auto& column) { return column.empty(); });
    return plain && a.columns == b.columns && a.method == b.method && !a.partial && !b.partial &&
           b.valid && (a.unique == b.unique || b.unique);
}

/// Partitioned tables take no CONCURRENTLY.
std::string way_out(const Check& check, const std::string& table) {
    const Relation* relation = check.schema().relations.find(table);
    if (relation == nullptr || !relation->is_partitioned) return {};
    return "Write CREATE INDEX ON ONLY the partitioned table, CREATE INDEX CONCURRENTLY on each "
           "partition, then ALTER INDEX ... ATTACH PARTITION.";
}

void look_at_create(Check& check, Node body) {
    const std::string table = relation_name(body["relation"]);
    const Index index = read_index(body);
    const std::string name(body["idxname"].text());
    const std::string what = name.empty() ? "CREATE INDEX" : "CREATE INDEX " + in_quotes(name);
    const bool concurrent = body["concurrent"].flag();
    // On ONLY a partitioned table it is a definition without rows.
    const bool only = !body["relation"]["inh"].flag();
    if (!concurrent && !only) {
        if (check.is_live(table)) {
            check.report(blocking_index_build,
                         {.what = what, .table = table, .instead = way_out(check, table)});
        }
        check.hold(table);
    } else if (concurrent && body["if_not_exists"].flag()) {
        check.report(concurrently_if_not_exists,
                     {.what = fmt::format("CREATE INDEX CONCURRENTLY IF NOT EXISTS {}",
                                          in_quotes(index.name))});
    }
    // An index with INCLUDE columns or another order may be wanted beside a plain one.
    if (body["indexIncludingParams"].size() > 0) return;
    const Relation* relation = check.schema().relations.find(table);
    if (relation == nullptr) return;
    for (const Index& other : relation->indexes) {
        if (other.name == index.name || !same_columns(index, other)) continue;
        check.report(duplicate_index,
                     {.what = fmt::format(
                          "{} repeats {} of {}", what, in_quotes(other.name), in_quotes(table))});
        return;
    }
}

void look_at_drop(Check& check, Node body) {
    if (body["removeType"].text() != "OBJECT_INDEX" || body["concurrent"].flag()) return;
    for (const Node object : body["objects"]) {
        const std::string index = dropped_name(object);
        const std::string* table = check.schema().index_tables.find(index);
        if (table != nullptr && !check.is_live(*table)) continue;
        check.report(blocking_index_drop,
                     {.what = "DROP INDEX " + in_quotes(index), .table = table ? *table : ""});
    }
}

void look_at_reindex(Check& check, Node body) {
    if (has_option(body["params"], "concurrently")) return;
    const Node relation = body["relation"];
    const std::string name = relation ? relation_name(relation) : std::string(body["name"].text());
    std::string table;
    if (body["kind"].text() == "REINDEX_OBJECT_TABLE") table = name;
    if (body["kind"].text() == "REINDEX_OBJECT_INDEX") {
        if (const std::string* owner = check.schema().index_tables.find(name)) table = *owner;
    }
    if (!table.empty() && !check.is_live(table)) return;
    check.report(blocking_reindex, {.what = "REINDEX of " + in_quotes(name), .table = table});
}

class IndexRules final : public Family {
  public:
    void look(Check& check) override {
        const Node node = check.node();
        if (const Node body = node.as("IndexStmt")) look_at_create(check, body);
        if (const Node body = node.as("DropStmt")) look_at_drop(check, body);
        if (const Node body = node.as("ReindexStmt")) look_at_reindex(check, body);
    }
};

}  // namespace

FamilyEntry index_family() {
    return {rules, []() -> std::unique_ptr<Family> { return std::make_unique<IndexRules>(); }};
}

}  // namespace poststack::lint
