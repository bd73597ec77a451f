#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "lint/families.h"
#include "lint/file_rules.h"
#include "lint/pair_rules.h"
#include "lint/rule.h"

namespace poststack::lint {
namespace {

std::vector<const Rule*> collect() {
    std::vector<const Rule*> rules;
    for (const auto& entry : families()) {
        const auto list = entry().rules;
        rules.insert(rules.end(), list.begin(), list.end());
    }
    for (const auto list : {pair_rules(), file_rules()})
        rules.insert(rules.end(), list.begin(), list.end());
    return rules;
}

}  // namespace

std::span<FamilyEntry (*const)()> families() {
    static constexpr std::array entries = {index_family,
                                           constraint_family,
                                           new_column_family,
                                           column_family,
                                           table_family,
                                           partition_family,
                                           trigger_family,
                                           drop_family,
                                           data_family,
                                           transaction_family,
                                           security_family,
                                           session_family,
                                           design_family};
    return entries;
}

std::span<const Rule* const> all_rules() {
    static const std::vector<const Rule*> rules = collect();
    return rules;
}

const Rule* find_rule(std::string_view name) {
    for (const Rule* rule : all_rules()) {
        if (rule->name == name) return rule;
    }
    return nullptr;
}

std::string spelling_hint(std::string_view name) {
    std::vector<std::string> names;
    for (const Rule* rule : all_rules())
        names.emplace_back(rule->name);
    if (const auto near = nearest(name, names)) return fmt::format("Did you mean \"{}\"?", *near);
    return "See the names with \"poststack database lint --list-rules\".";
}

std::string_view name(Severity severity) noexcept {
    switch (severity) {
        case Severity::info: return "info";
        case Severity::warning: return "warning";
        case Severity::error: return "error";
    }
    return "error";
}

}  // namespace poststack::lint
