// Settings that outlive the file, and code that the linter cannot see into.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "lint/families.h"
#include "lint/names.h"
#include "lint/words.h"

namespace poststack::lint {
namespace {

constexpr Rule path_left_set{
    .name = "search-path-left-set",
    .severity = Severity::warning,
    .finds = "SET search_path without RESET in the same file",
    .lock = "",
    .effect = "",
    .why =
        "where the session goes on, as in psql and most tools, later statements find other "
        "tables",
    .instead =
        "Write SET LOCAL search_path, or RESET search_path at the end, or name the "
        "schemas."};

constexpr Rule role_left_set{
    .name = "role-left-set",
    .severity = Severity::warning,
    .finds = "SET ROLE or SET SESSION AUTHORIZATION without RESET in the same file",
    .lock = "",
    .effect = "",
    .why =
        "where the session goes on, later statements run with other rights, the tool's own "
        "history included",
    .instead = "Write SET LOCAL ROLE, or RESET ROLE at the end."};

constexpr Rule dynamic_ddl{
    .name = "dynamic-ddl",
    .severity = Severity::warning,
    .finds = "a DO block that runs EXECUTE",
    .lock = "",
    .effect = "",
    .why =
        "neither a reader nor this linter sees which locks the statements take that it puts "
        "together",
    .instead =
        "Write the statements out; where names differ from database to database, list the "
        "ones there can be."};

constexpr Rule ddl_in_do{
    .name = "ddl-in-do",
    .severity = Severity::info,
    .finds = "a DO block that creates, alters or drops something",
    .lock = "",
    .effect = "",
    .why =
        "this linter does not look into the block for locks, and what it does depends on the "
        "database it runs in",
    .instead = "Write the statements in the file itself."};

constexpr const Rule* rules[] = {&path_left_set, &role_left_set, &dynamic_ddl, &ddl_in_do};

/// Settings that are followed, by the server's names.
const Rule* rule_of(std::string_view setting) noexcept {
    if (setting == "search_path") return &path_left_set;
    if (setting == "role" || setting == "session_authorization") return &role_left_set;
    return nullptr;
}

constexpr std::array<std::string_view, 6> ddl_words = {
    "create", "alter", "drop", "truncate", "grant", "reindex"};

class SessionRules final : public Family {
  public:
    void look(Check& check) override {
        const Node node = check.node();
        if (const Node body = node.as("VariableSetStmt")) look_at_set(check, body);
        if (const Node body = node.as("SelectStmt")) look_at_call(check, body);
        if (const Node body = node.as("DoStmt")) look_at_do(check, body);
        if (node.type() == "DiscardStmt") left_.clear();
    }

    void finish(Check& check) override {
        for (const Left& item : left_)
            check.report_at(item.place, *item.rule, {item.what});
    }

  private:
    struct Left {
        const Rule* rule;
        std::string what;
        Place place;
    };

    void set(Check& check, const Rule& rule, std::string what) {
        reset(rule);
        left_.push_back({&rule, std::move(what), check.place()});
    }

    void reset(const Rule& rule) {
        std::erase_if(left_, [&](const Left& item) { return item.rule == &rule; });
    }

    void look_at_set(Check& check, Node body) {
        const std::string_view kind = body["kind"].text();
        if (kind == "VAR_RESET_ALL") return left_.clear();
        const std::string_view setting = body["name"].text();
        const Rule* rule = rule_of(setting);
        if (rule == nullptr || body["is_local"].flag()) return;
        const std::string_view first = body["args"].front().as("A_Const")["sval"]["sval"].text();
        if (kind == "VAR_RESET" || kind == "VAR_SET_DEFAULT" || first == "none") {
            return reset(*rule);
        }
        set(check, *rule, fmt::format("SET {} lasts longer than this file", setting));
    }

    /// SELECT pg_catalog.set_config('search_path', '', false), as pg_dump writes it.
    void look_at_call(Check& check, Node body) {
        for (const Node call : body["targetList"].inside("FuncCall")) {
            if (owned_name(call["funcname"]).name != "set_config" || call["args"].size() != 3) {
                continue;
            }
            std::vector<Node> arguments;
            for (const Node argument : call["args"])
                arguments.push_back(argument.as("A_Const"));
            const Rule* rule = rule_of(arguments[0]["sval"]["sval"].text());
            if (rule == nullptr || arguments[2]["boolval"]["boolval"].flag()) continue;
            set(check, *rule, "set_config of search_path lasts longer than this file");
        }
    }

    static void look_at_do(Check& check, Node body) {
        const std::string_view code = find_option(body["args"], "as").as("String")["sval"].text();
        const std::vector<std::string> words = first_words(code, code.size());
        const auto has = [&](std::string_view word) {
            return std::find(words.begin(), words.end(), word) != words.end();
        };
        if (has("execute")) {
            check.report(dynamic_ddl, {"DO runs EXECUTE"});
        } else if (std::any_of(ddl_words.begin(), ddl_words.end(), has)) {
            check.report(ddl_in_do, {"DO changes the schema"});
        }
    }

    std::vector<Left> left_;
};

}  // namespace

FamilyEntry session_family() {
    return {rules, []() -> std::unique_ptr<Family> { return std::make_unique<SessionRules>(); }};
}

}  // namespace poststack::lint
