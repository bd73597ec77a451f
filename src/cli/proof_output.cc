#include "cli/proof_output.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/output.h"
#include "base/text.h"
#include "catalog/diff.h"
#include "sys/env.h"

namespace poststack::cli {

namespace {

std::string note(const workflow::PairProof& pair) {
    std::vector<std::string> parts;
    if (pair.column_order) parts.emplace_back("column order differs");
    if (!pair.lost.empty()) parts.push_back("rows lost: " + join(pair.lost, ", "));
    return join(parts, "; ");
}

/// What is wrong with a pair, in lines under the table.
void print_problem(Context& context, const workflow::PairProof& pair) {
    if (pair.problem.empty()) return;
    context.out << fmt::format("\n{}: {}\n", pair.file.file_name, pair.problem);
    const std::string difference = catalog::to_text(pair.difference);
    for (const std::string_view line : split(difference, '\n')) {
        if (!line.empty()) context.out << "  " << line << '\n';
    }
    if (!pair.hint.empty()) context.out << "  hint: " << pair.hint << '\n';
}

std::string counts(const workflow::ProofReport& report) {
    using enum workflow::Verdict;
    std::vector<std::string> parts;
    for (const auto verdict :
         {lossless, lossy, irreversible, no_rollback, broken, failed, not_reached}) {
        const std::size_t number = report.count(verdict);
        if (number > 0) parts.push_back(fmt::format("{} {}", number, workflow::name(verdict)));
    }
    if (!report.repeatables.empty()) {
        const auto bad = static_cast<std::size_t>(std::count_if(
            report.repeatables.begin(), report.repeatables.end(), [](const auto& file) {
                return !file.problem.empty();
            }));
        parts.push_back(fmt::format("{} repeatable", report.repeatables.size() - bad));
        if (bad > 0) parts.push_back(fmt::format("{} not repeatable", bad));
    }
    return parts.empty() ? "there are no migrations" : join(parts, ", ");
}

}  // namespace

void print_proof(Context& context, const workflow::ProofReport& report) {
    Table table({"VERSION", "NAME", "ROLLBACK", "NOTE"});
    for (const workflow::PairProof& pair : report.pairs) {
        table.add({pair.file.digits,
                   pair.file.name,
                   std::string(workflow::name(pair.verdict)),
                   note(pair)});
    }
    if (!table.empty()) context.out << table.to_text(sys::terminal_width());
    for (const workflow::PairProof& pair : report.pairs)
        print_problem(context, pair);
    for (const workflow::RepeatableProof& file : report.repeatables) {
        if (file.problem.empty()) continue;
        context.out << fmt::format("\n{}: {}\n", file.file_name, file.problem);
        if (!file.hint.empty()) context.out << "  hint: " << file.hint << '\n';
    }
    context.out << fmt::format("{} ({})\n", counts(report), human_duration(report.took));
}

Json proof_json(const workflow::ProofReport& report) {
    Json pairs = Json::array();
    for (const workflow::PairProof& pair : report.pairs) {
        pairs.push_back({{"version", pair.file.digits},
                         {"name", pair.file.name},
                         {"verdict", workflow::name(pair.verdict)},
                         {"proven", workflow::is_proven(pair.verdict)},
                         {"column_order", pair.column_order},
                         {"lost", pair.lost},
                         {"problem", pair.problem.empty() ? Json(nullptr) : Json(pair.problem)},
                         {"differences", catalog::to_json(pair.difference)},
                         {"checksum", pair.checksum.empty() ? Json(nullptr) : Json(pair.checksum)},
                         {"duration_ms", static_cast<double>(pair.took.count()) / 1e6}});
    }
    Json repeatables = Json::array();
    for (const workflow::RepeatableProof& file : report.repeatables) {
        repeatables.push_back(
            {{"file_name", file.file_name},
             {"proven", file.problem.empty()},
             {"problem", file.problem.empty() ? Json(nullptr) : Json(file.problem)}});
    }
    return {{"proven", report.is_proven()},
            {"server_version", report.server_version},
            {"duration_ms", static_cast<double>(report.took.count()) / 1e6},
            {"pairs", std::move(pairs)},
            {"repeatables", std::move(repeatables)}};
}

}  // namespace poststack::cli
