#include "migrate/adopt_candidate.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "migrate/checksum.h"
#include "migrate/created_objects.h"
#include "migrate/header.h"
#include "migrate/script.h"
#include "sys/file.h"
#include "sys/hash.h"

namespace poststack::migrate {
namespace {

constexpr std::size_t usual_digits = 3;
constexpr std::size_t longest_version = 18;

/// A file name that read_migrations() takes for a migration.
std::string clean_name(std::string_view name) {
    std::string clean;
    for (const char c : name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' ||
                           (static_cast<unsigned char>(c) & 0x80U) != 0;
        if (plain) {
            clean += c;
        } else if (!clean.empty() && clean.back() != '_') {
            clean += '_';
        }
    }
    while (clean.ends_with('_'))
        clean.pop_back();
    if (clean.empty()) clean = "migration";
    if (clean.ends_with("_rollback")) clean += "_up";  // the other name is a rollback's
    return clean;
}

/// How wide a chain's numbers are written; nothing when they do not ascend.
std::optional<std::size_t> width_of_numbers(const ForeignChain& chain) {
    std::size_t width = usual_digits;
    std::int64_t last = -1;
    for (const ForeignFile& file : chain.files) {
        if (!file.number || *file.number <= last) return std::nullopt;
        last = *file.number;
        width = std::max(width, std::to_string(last).size());
    }
    return width <= longest_version ? std::optional(width) : std::nullopt;
}

AdoptCandidate to_candidate(ForeignFile foreign, std::int64_t number, std::size_t width) {
    AdoptCandidate one;
    one.key = std::move(foreign.key);
    one.report.source = std::move(foreign.source);
    one.file.version = {number};
    one.file.digits = fmt::format("{:0{}}", number, width);
    one.file.name = clean_name(foreign.name);
    one.file.file_name = one.file.stem() + ".sql";
    const std::string_view mark =
        foreign.text.no_transaction ? "-- poststack: no-transaction\n" : "";
    one.up = std::string(mark) + foreign.text.up;
    if (foreign.text.down) {
        one.down = std::string(mark) + *foreign.text.down;
        one.file.rollback_file = one.file.stem() + ".rollback.sql";
    }
    one.file.sha256 = sys::sha256(one.up);
    one.file.size = one.up.size();
    return one;
}

}  // namespace

void AdoptCandidate::set_conflict(std::string reason) {
    if (report.adoption == Adoption::conflict) return;
    report.adoption = Adoption::conflict;
    report.reason = std::move(reason);
}

void AdoptCandidate::mark_applied() noexcept {
    if (report.adoption == Adoption::apply) report.adoption = Adoption::baseline;
}

std::vector<AdoptCandidate> own_candidates(const MigrationSet& set) {
    std::vector<AdoptCandidate> found;
    for (const MigrationFile& file : set.files) {
        AdoptCandidate one;
        one.file = file;
        one.key = std::to_string(file.version.number);
        one.report.source = file.file_name;
        one.up = sys::read_file(set.path(file.file_name));
        if (!file.rollback_file.empty()) one.down = sys::read_file(set.path(file.rollback_file));
        found.push_back(std::move(one));
    }
    return found;
}

std::vector<AdoptCandidate> foreign_candidates(ForeignChain chain) {
    const auto numbers = width_of_numbers(chain);
    const std::size_t width =
        numbers.value_or(std::max(usual_digits, std::to_string(chain.files.size()).size()));
    std::vector<AdoptCandidate> found;
    for (ForeignFile& file : chain.files) {
        const std::int64_t number =
            numbers ? *file.number : static_cast<std::int64_t>(found.size()) + 1;
        found.push_back(to_candidate(std::move(file), number, width));
    }
    return found;
}

std::vector<AdoptCandidate> repeatable_candidates(std::vector<ForeignFile> files) {
    std::vector<AdoptCandidate> found;
    for (ForeignFile& file : files) {
        AdoptCandidate one = to_candidate(std::move(file), 0, usual_digits);
        one.file.repeatable = true;
        one.file.digits.clear();
        one.file.file_name = one.file.stem() + ".sql";
        found.push_back(std::move(one));
    }
    return found;
}

void describe(AdoptCandidate& one, pg::Connection& connection) {
    one.report.file_name = one.file.file_name;
    one.report.version = one.file.digits;
    one.report.has_rollback = one.down.has_value();
    const bool standard = connection.parameter_status("standard_conforming_strings") != "off";
    try {
        const Header header = parse_header(one.up, one.file.file_name);
        one.file.description = header.description;
        TextSource source(one.up);
        const ScriptPlan plan =
            check_script(source, one.file.file_name, {header.no_transaction, standard});
        one.tokens = plan.token_checksum;
        const auto objects = created_objects(one.up, one.file.file_name, standard);
        one.report.objects = objects.size();
        one.report.existing = count_existing(connection, objects);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::config) throw;
        one.set_conflict(error.message());
    }
    NormalisedHash normalised;
    normalised.update(one.up);
    one.normalised = normalised.finish();
}

void mark_by_objects(std::vector<AdoptCandidate>& candidates) {
    for (AdoptCandidate& one : candidates) {
        const AdoptedFile& report = one.report;
        if (report.objects == 0 || report.existing == 0) continue;
        if (report.existing == report.objects) {
            one.mark_applied();
        } else {
            one.set_conflict(fmt::format(
                "{} of the {} objects it makes are there", report.existing, report.objects));
        }
    }
    bool applied = false;
    for (auto one = candidates.rbegin(); one != candidates.rend(); ++one) {
        if (applied && one->report.objects == 0) one->mark_applied();
        applied |= one->report.adoption == Adoption::baseline;
    }
}

}  // namespace poststack::migrate
