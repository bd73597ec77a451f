#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/output.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/doctor_checks.h"
#include "sys/env.h"

namespace poststack::cli {

namespace {

bool all_there(const std::vector<Finding>& findings) {
    return std::none_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.verdict == Verdict::missing;
    });
}

Json to_json(const std::vector<Finding>& findings, bool native) {
    Json list = Json::array();
    const auto or_null = [](const std::string& text) {
        return text.empty() ? Json(nullptr) : Json(text);
    };
    for (const Finding& finding : findings) {
        list.push_back({{"subject", finding.subject},
                        {"verdict", name(finding.verdict)},
                        {"found", finding.found},
                        {"advice", or_null(finding.advice)},
                        {"package", or_null(finding.package)}});
    }
    return {{"usable_runtimes", native ? Json::array({"native"}) : Json::array()},
            {"findings", std::move(list)}};
}

std::string to_text(const std::vector<Finding>& findings, bool native) {
    Table table({"", "FOUND"});
    std::string advice;
    std::vector<std::string> packages;
    for (const Finding& finding : findings) {
        const std::string_view mark = finding.verdict == Verdict::ok     ? ""
                                      : finding.verdict == Verdict::note ? " (note)"
                                                                         : " (missing)";
        table.add({finding.subject + std::string(mark), finding.found});
        if (finding.verdict == Verdict::ok || finding.advice.empty()) continue;
        advice += fmt::format("{}: {}", finding.subject, finding.advice);
        if (!finding.package.empty()) advice += fmt::format(" Package: {}.", finding.package);
        advice += '\n';
        if (finding.verdict == Verdict::missing && !finding.package.empty()) {
            packages.push_back(finding.package);
        }
    }
    std::string text = table.to_text(sys::terminal_width());
    if (!advice.empty()) text += "\n" + advice;
    text += native ? "\nThe native runtime is usable.\n"
                   : "\nThe native runtime is not usable, and no other is supported yet.\n";
    if (!packages.empty()) {
        text += "To install what is missing: apt-get install " + join(packages, " ") + "\n";
    }
    return text;
}

int run_doctor(Context& context) {
    std::error_code ignored;
    Machine machine{.environment = context.environment,
                    .directory = context.options.project_directory
                                     ? *context.options.project_directory
                                     : std::filesystem::current_path(ignored)};
    std::vector<Finding> findings = check_native(machine);
    const bool native = all_there(findings);
    for (const std::vector<Finding>& more : {check_engines(), check_machine(machine)}) {
        findings.insert(findings.end(), more.begin(), more.end());
    }
    if (context.json()) {
        context.print(to_json(findings, native));
    } else {
        context.out << to_text(findings, native);
    }
    return native ? 0 : 1;
}

}  // namespace

Command make_doctor_command() {
    return {.path = {"doctor"},
            .summary = "Show what this machine lacks, and the package to install",
            .description =
                "Looks only: nothing is installed, started or written. Exits 1 when no "
                "runtime is usable.",
            .examples = {"doctor", "doctor --json"},
            .run = run_doctor};
}

}  // namespace poststack::cli
