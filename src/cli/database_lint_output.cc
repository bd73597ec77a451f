#include "cli/database_lint_output.h"

#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/output.h"

namespace poststack::cli {

namespace {

using lint::Finding;
using lint::Severity;

std::string counted(std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string summary(const lint::LintReport& report) {
    std::string text = fmt::format("{}, {} and {} of advice in {} with {}",
                                   counted(report.count(Severity::error), "error"),
                                   counted(report.count(Severity::warning), "warning"),
                                   counted(report.count(Severity::info), "piece"),
                                   counted(report.files, "file"),
                                   counted(report.statements, "statement"));
    if (!report.not_analysed.empty()) {
        text += fmt::format(", {} of them not analysed", report.not_analysed.size());
    }
    return text;
}

/// `in_property`: the parts between "::error " and the last "::" have more that must not be there.
std::string escape_annotation(std::string_view text, bool in_property) {
    std::string escaped;
    for (const char c : text) {
        const bool special = c == '%' || c == '\r' || c == '\n';
        if (special || (in_property && (c == ':' || c == ','))) {
            escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        } else {
            escaped += c;
        }
    }
    return escaped;
}

std::string_view annotation_level(Severity severity) noexcept {
    switch (severity) {
        case Severity::error: return "error";
        case Severity::warning: return "warning";
        case Severity::info: break;
    }
    return "notice";
}

Json to_json(const Finding& finding) {
    return {{"rule", finding.rule->name},
            {"severity", name(finding.rule->severity)},
            {"file", finding.file},
            {"line", finding.place.line},
            {"column", finding.place.column},
            {"object", finding.object.empty() ? Json() : Json(finding.object)},
            {"lock", finding.rule->lock.empty() ? Json() : Json(finding.rule->lock)},
            {"message", finding.message},
            {"instead", finding.instead}};
}

Json to_json(const lint::NotAnalysed& item) {
    return {{"file", item.file},
            {"line", item.place.line},
            {"column", item.place.column},
            {"reason", item.reason}};
}

}  // namespace

std::string findings_as_text(const lint::LintReport& report) {
    fmt::memory_buffer text;
    const auto out = std::back_inserter(text);
    for (const Finding& finding : report.findings) {
        fmt::format_to(out,
                       "{}:{}:{}: {}: {} [{}]\n    {}\n",
                       finding.file,
                       finding.place.line,
                       finding.place.column,
                       name(finding.rule->severity),
                       finding.message,
                       finding.rule->name,
                       finding.instead);
    }
    for (const lint::NotAnalysed& item : report.not_analysed) {
        fmt::format_to(out,
                       "{}:{}:{}: not analysed: {}\n",
                       item.file,
                       item.place.line,
                       item.place.column,
                       item.reason);
    }
    fmt::format_to(out, "{}\n", summary(report));
    return fmt::to_string(text);
}

std::string findings_as_annotations(const lint::LintReport& report) {
    std::string text;
    for (const Finding& finding : report.findings) {
        text += fmt::format("::{} file={},line={},col={},title={}::{}\n",
                            annotation_level(finding.rule->severity),
                            escape_annotation(finding.file, true),
                            finding.place.line,
                            finding.place.column,
                            finding.rule->name,
                            escape_annotation(finding.message + ". " + finding.instead, false));
    }
    return text;
}

Json findings_as_json(const lint::LintReport& report, bool failed) {
    Json findings = Json::array();
    for (const Finding& finding : report.findings)
        findings.push_back(to_json(finding));
    Json not_analysed = Json::array();
    for (const lint::NotAnalysed& item : report.not_analysed)
        not_analysed.push_back(to_json(item));
    return {{"failed", failed},
            {"files", report.files},
            {"statements", report.statements},
            {"errors", report.count(Severity::error)},
            {"warnings", report.count(Severity::warning)},
            {"infos", report.count(Severity::info)},
            {"findings", std::move(findings)},
            {"not_analysed", std::move(not_analysed)}};
}

std::string rules_as_text(std::size_t width) {
    Table table({"RULE", "SEVERITY", "FINDS"});
    for (const lint::Rule* rule : lint::all_rules()) {
        table.add(
            {std::string(rule->name), std::string(name(rule->severity)), std::string(rule->finds)});
    }
    return table.to_text(width);
}

Json rules_as_json() {
    Json rules = Json::array();
    for (const lint::Rule* rule : lint::all_rules()) {
        rules.push_back({{"rule", rule->name},
                         {"severity", name(rule->severity)},
                         {"finds", rule->finds},
                         {"lock", rule->lock.empty() ? Json() : Json(rule->lock)},
                         {"effect", rule->effect.empty() ? Json() : Json(rule->effect)},
                         {"why", rule->why},
                         {"instead", rule->instead}});
    }
    return rules;
}

}  // namespace poststack::cli
