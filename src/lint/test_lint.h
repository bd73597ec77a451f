// Shared by the linter's tests: lint texts and see which rules spoke.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lint/linter.h"

namespace poststack::lint::test {

inline LintFile text_file(std::string name, std::string text) {
    return {.path = {}, .name = std::move(name), .report = true, .text = std::move(text)};
}

/// One file on its own, without a rollback.
inline LintReport lint_text(std::string sql, Schema schema = {}) {
    LintPair pair{.migration = text_file("a.sql", std::move(sql)), .expects_rollback = false};
    return lint({pair}, std::move(schema));
}

inline LintReport lint_texts(std::string up, std::optional<std::string> down) {
    LintPair pair{.migration = text_file("001_a.sql", std::move(up))};
    if (down) pair.rollback = text_file("001_a.rollback.sql", std::move(*down));
    return lint({pair});
}

inline bool found(const LintReport& report, std::string_view rule) {
    return std::any_of(report.findings.begin(), report.findings.end(), [&](const Finding& f) {
        return f.rule->name == rule;
    });
}

/// For failure messages: "rule 1:1 message" a line.
inline std::string to_text(const LintReport& report) {
    std::string text;
    for (const Finding& f : report.findings) {
        text += std::string(f.rule->name) + " " + f.file + ":" + std::to_string(f.place.line) +
                ":" + std::to_string(f.place.column) + " " + f.message + "\n";
    }
    return text;
}

}  // namespace poststack::lint::test
