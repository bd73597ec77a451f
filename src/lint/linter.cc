#include "lint/linter.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>

#include "lint/check.h"
#include "lint/families.h"
#include "lint/file_rules.h"
#include "lint/pair_rules.h"
#include "lint/parser.h"
#include "lint/source.h"
#include "lint/track.h"
#include "lint/words.h"
#include "sys/file.h"

namespace poststack::lint {
namespace {

/// Rows to insert need no parsing, and there may be megabytes of them.
constexpr std::size_t longest_insert = 65'536;

bool is_bulk_data(std::string_view sql) {
    if (sql.size() < longest_insert) return false;
    const std::vector<std::string> words = first_words(sql, 1);
    return !words.empty() && (words.front() == "insert" || words.front() == "values");
}

/// A variable may stand for a name, or where only a number may: INCREMENT BY ${N}.
Parsed parse(const Source& source, std::string_view text) {
    Parsed parsed = lint::parse(text);
    if (parsed.tree || source.variables.empty()) return parsed;
    std::string reason = source.with_variables(parsed.reason);
    std::string numbers(text);
    while (!parsed.tree && source.put_number(numbers, parsed.refused_at))
        parsed = lint::parse(numbers);
    if (!parsed.tree) parsed.reason = std::move(reason);
    return parsed;
}

bool hides_effects(std::string_view type) noexcept {
    return type.empty() || type == "DoStmt" || type == "CallStmt";
}

/// One file with what was found in it, before its comments are heard.
struct FileRun {
    Source source;
    bool report = true;
    std::vector<Finding> findings = {};
    std::vector<Deferred> deferred = {};
};

template <class List>
void move_to(List& to, List from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

/// Shows variables in place of what stood for them.
void name_variables(const Source& source, Finding& finding) {
    if (source.variables.empty()) return;
    for (std::string* text : {&finding.object, &finding.message, &finding.instead})
        *text = source.with_variables(std::move(*text));
}

class Linter {
  public:
    explicit Linter(Schema schema) : schema_(std::move(schema)) {}

    void run_pair(const LintPair& pair) {
        ++pair_;
        Half up;
        Half down;
        FileRun* migration = nullptr;
        FileRun* rollback = nullptr;
        if (pair.migration) migration = &run_file(*pair.migration, schema_, up, nullptr);
        if (pair.rollback) {
            // What it undoes is still there for the next migration.
            Schema undone(&schema_);
            static const std::vector<Effect> nothing;
            const auto* made = migration == nullptr ? &nothing : &up.effects;
            rollback = &run_file(*pair.rollback, undone, down, made);
        }
        if (migration == nullptr || !pair.expects_rollback) return;
        for (Finding& finding : check_pair(up, down, {schema_, pair_})) {
            const bool in_rollback = rollback != nullptr && finding.file == rollback->source.name;
            (in_rollback ? rollback : migration)->findings.push_back(std::move(finding));
        }
    }

    LintReport finish() {
        for (const auto& run : runs_) {
            if (run->report) collect(*run);
        }
        return std::move(report_);
    }

  private:
    FileRun& run_file(const LintFile& file,
                      Schema& schema,
                      Half& half,
                      const std::vector<Effect>* undone);
    void run_statement(Check& check, std::size_t index, Schema& schema, Half& half);
    void collect(FileRun& run);

    Schema schema_;
    std::size_t pair_ = 0;
    std::vector<std::unique_ptr<Family>> families_;  // of the file being read
    bool reports_ = true;                            // it is to be reported on
    std::vector<std::unique_ptr<FileRun>> runs_;
    LintReport report_;
};

FileRun& Linter::run_file(const LintFile& file,
                          Schema& schema,
                          Half& half,
                          const std::vector<Effect>* undone) {
    FileRun& run = *runs_.emplace_back(std::make_unique<FileRun>());
    run.report = reports_ = file.report;
    run.source.name = file.name;
    run.source.text = file.text ? *file.text : sys::read_file(file.path);
    read_source(run.source);
    half.source = &run.source;

    Check check({.source = run.source,
                 .schema = schema,
                 .pair = pair_,
                 .is_rollback = undone != nullptr,
                 .undone = undone});
    families_.clear();
    for (const auto& entry : families())
        families_.push_back(entry().make());
    for (std::size_t index = 0; index < run.source.statements.size(); ++index)
        run_statement(check, index, schema, half);
    for (const auto& family : families_)
        family->finish(check);
    run.findings = check.take_findings();
    run.deferred = check.take_deferred();
    run.source.release_text();
    if (run.report) ++report_.files;
    return run;
}

void Linter::run_statement(Check& check, std::size_t index, Schema& schema, Half& half) {
    const std::string_view text = check.source().statements[index].text;
    const bool is_data = is_bulk_data(text);
    const Parsed parsed = is_data ? Parsed{} : parse(check.source(), text);
    const Node node = parsed.statement();
    check.begin_statement(index, node);
    if (reports_) ++report_.statements;
    if (!node && !is_data) {
        if (reports_) {
            report_.not_analysed.push_back({check.source().name, check.place(), parsed.reason});
        }
    }
    half.is_opaque = half.is_opaque || (!is_data && hides_effects(node.type()));
    for (const auto& family : families_)
        family->look(check);
    for (Effect& effect : effects_of(node)) {
        effect.place = check.place();
        half.effects.push_back(std::move(effect));
    }
    track(schema, node, pair_);
}

void Linter::collect(FileRun& run) {
    for (Deferred& deferred : run.deferred) {
        if (deferred.holds(schema_)) run.findings.push_back(std::move(deferred.finding));
    }
    // In a live database other things are found than without it.
    std::vector<Finding> comments;
    if (!schema_.is_live) comments = check_comments(run.source, run.findings);
    move_to(run.findings, check_file(run.source));
    move_to(run.findings, std::move(comments));
    std::erase_if(run.findings, [&](const Finding& finding) {
        return run.source.ignores(finding.rule->name, finding.place.statement);
    });
    for (Finding& finding : run.findings)
        name_variables(run.source, finding);
    std::stable_sort(
        run.findings.begin(), run.findings.end(), [](const Finding& a, const Finding& b) {
            return std::pair(a.place.line, a.place.column) <
                   std::pair(b.place.line, b.place.column);
        });
    move_to(report_.findings, std::move(run.findings));
}

}  // namespace

std::size_t LintReport::count(Severity severity) const noexcept {
    return static_cast<std::size_t>(
        std::count_if(findings.begin(), findings.end(), [severity](const Finding& finding) {
            return finding.rule->severity == severity;
        }));
}

LintReport lint(const std::vector<LintPair>& pairs, Schema schema) {
    Linter linter(std::move(schema));
    for (const LintPair& pair : pairs)
        linter.run_pair(pair);
    return linter.finish();
}

}  // namespace poststack::lint
