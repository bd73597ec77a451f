#include "lint/file_rules.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

namespace poststack::lint {
namespace {

constexpr Rule unreadable{
    .name = "unreadable-file",
    .severity = Severity::error,
    .finds =
        "a file that migrate refuses: an unfinished string or comment, a psql command, an "
        "unknown \"-- poststack:\" word",
    .lock = "",
    .effect = "",
    .why = "migrate refuses the file",
    .instead = "Correct it; what follows in the file was not looked at."};

constexpr Rule unknown_rule{
    .name = "unknown-rule",
    .severity = Severity::warning,
    .finds = "an ignore comment with a name that no rule has",
    .lock = "",
    .effect = "",
    .why = "the comment does nothing",
    .instead = "See the names with \"poststack database lint --list-rules\"."};

constexpr Rule unused_ignore{.name = "unused-ignore",
                             .severity = Severity::info,
                             .finds = "an ignore comment for something that is not found there",
                             .lock = "",
                             .effect = "",
                             .why = "it would hide what a later edit brings in",
                             .instead = "Remove the name from the comment."};

constexpr const Rule* rules[] = {&unreadable, &unknown_rule, &unused_ignore};

Finding make(const Source& source,
             const migrate::TextPosition& at,
             const Rule& rule,
             const std::string& what) {
    return {.rule = &rule,
            .file = source.name,
            .place = {source.statements.size(), at.line, at.column},
            .object = {},
            .message = fmt::format("{}: {}", what, rule.why),
            .instead = std::string(rule.instead)};
}

/// What a comment can be about: unknown names are reported as such, these are about it itself.
bool is_about_comments(std::string_view rule) noexcept {
    return rule == unknown_rule.name || rule == unused_ignore.name;
}

bool is_used(const IgnoreComment& comment,
             std::string_view rule,
             const std::vector<Finding>& found) {
    return std::any_of(found.begin(), found.end(), [&](const Finding& finding) {
        const bool there = comment.whole_file || finding.place.statement == comment.statement;
        return there && (rule == every_rule || finding.rule->name == rule);
    });
}

}  // namespace

std::span<const Rule* const> file_rules() {
    return rules;
}

std::vector<Finding> check_file(const Source& source) {
    std::vector<Finding> findings;
    if (source.problem) {
        const SourceProblem& problem = *source.problem;
        findings.push_back(make(source, problem.start, unreadable, problem.message));
        if (!problem.hint.empty()) findings.back().instead = problem.hint;
    }
    for (const IgnoreComment& comment : source.comments) {
        for (const std::string& rule : comment.rules) {
            if (rule == every_rule || find_rule(rule) != nullptr) continue;
            findings.push_back(make(
                source, comment.start, unknown_rule, fmt::format("there is no rule \"{}\"", rule)));
            findings.back().instead = spelling_hint(rule);
        }
    }
    return findings;
}

std::vector<Finding> check_comments(const Source& source, const std::vector<Finding>& found) {
    std::vector<Finding> findings;
    for (const IgnoreComment& comment : source.comments) {
        for (const std::string& rule : comment.rules) {
            const bool known = rule == every_rule || find_rule(rule) != nullptr;
            if (!known || is_about_comments(rule) || is_used(comment, rule, found)) continue;
            const std::string what = rule == every_rule
                                         ? "nothing is found here that could be ignored"
                                         : fmt::format("\"{}\" is not found here", rule);
            findings.push_back(make(source, comment.start, unused_ignore, what));
        }
    }
    return findings;
}

}  // namespace poststack::lint
