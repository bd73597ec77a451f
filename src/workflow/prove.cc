#include "workflow/prove.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <span>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/error.h"
#include "workflow/prover.h"
#include "workflow/server_wide.h"

namespace poststack::workflow {

namespace {

using migrate::MigrationFile;
using migrate::MigrationSet;
using Clock = std::chrono::steady_clock;

/// Proves `pairs` in order; false when the chain ended.
bool run_all(Prover& prover,
             std::span<PairProof> pairs,
             const std::function<void(const PairProof&)>& done) {
    for (PairProof& pair : pairs) {
        const auto begin = Clock::now();
        const bool goes_on = prover.run(pair);
        pair.took = Clock::now() - begin;
        done(pair);
        if (!goes_on) return false;
    }
    return true;
}

/// Those from `from` up to `to`.
std::vector<const MigrationFile*> files(const MigrationSet& set, std::size_t from, std::size_t to) {
    std::vector<const MigrationFile*> some;
    for (std::size_t index = from; index < to; ++index)
        some.push_back(&set.files.at(index));
    return some;
}

/// Proves a later part of a chain in a thread of its own.
class Helper {
  public:
    /// `place` is where the pairs from `first` on go; the files before them are applied without a
    /// proof.
    Helper(const MigrationSet& set,
           const ProveOptions& options,
           std::size_t first,
           std::span<PairProof> place)
        : set_(set),
          options_(options),
          first_(first),
          place_(place),
          pairs_(place.begin(), place.end()),
          thread_([this](const std::stop_token& stop) { run(stop); }) {}

    [[nodiscard]] std::size_t first() const noexcept { return first_; }
    [[nodiscard]] std::span<PairProof> place() const noexcept { return place_; }

    /// Waits for the end and puts the pairs in their place; false when they could not be proven
    /// here: a migration before them fails, or the server has no room for one more session.
    /// Errors: interrupted; bug.
    bool finish() {
        thread_.join();
        if (failure_) {
            if (failure_->kind() == ErrorKind::interrupted || failure_->kind() == ErrorKind::bug)
                throw Error(*failure_);
            return false;
        }
        std::move(pairs_.begin(), pairs_.end(), place_.begin());
        return true;
    }

  private:
    void run(const std::stop_token& stop) noexcept {
        try {
            const std::unique_ptr<ScratchDatabase> scratch = options_.make_helper();
            Prover prover(*scratch, set_, options_.seeds);
            prover.skip(files(set_, 0, first_));
            for (PairProof& pair : pairs_) {
                if (stop.stop_requested()) return;
                if (!run_all(prover, {&pair, 1}, [](const PairProof&) {})) break;
            }
            prover.check_state();
        } catch (const Error& error) {
            failure_ = error;
        } catch (const std::exception& error) {
            failure_ = Error(ErrorKind::bug, error.what());
        }
    }

    const MigrationSet& set_;
    const ProveOptions& options_;
    std::size_t first_;
    std::span<PairProof> place_;
    std::vector<PairProof> pairs_;
    std::optional<Error> failure_;
    std::jthread thread_;  // last: it uses the others
};

}  // namespace

std::string_view name(Verdict verdict) noexcept {
    constexpr std::array<std::string_view, 7> names = {
        "lossless", "lossy", "irreversible", "no rollback", "broken", "failed", "not reached"};
    return names[static_cast<std::size_t>(verdict)];
}

bool is_proven(Verdict verdict) noexcept {
    return verdict == Verdict::lossless || verdict == Verdict::lossy ||
           verdict == Verdict::irreversible;
}

std::size_t ProofReport::count(Verdict verdict) const noexcept {
    return static_cast<std::size_t>(
        std::count_if(pairs.begin(), pairs.end(), [&](const PairProof& pair) {
            return pair.verdict == verdict;
        }));
}

bool ProofReport::is_proven() const noexcept {
    const bool repeatable =
        std::all_of(repeatables.begin(), repeatables.end(), [](const RepeatableProof& proof) {
            return proof.problem.empty();
        });
    return repeatable && std::all_of(pairs.begin(), pairs.end(), [](const PairProof& pair) {
               return workflow::is_proven(pair.verdict);
           });
}

namespace {

constexpr std::size_t fewest_for_helper = 20;  ///< pairs; another database takes a moment to make
constexpr std::size_t most_workers = 4;

/// Applying a file takes this part of proving it.
constexpr double skip_cost = 0.12;

std::size_t count_workers(const MigrationSet& set,
                          const ProveOptions& options,
                          std::span<const PairProof> pairs) {
    const std::size_t processors = std::thread::hardware_concurrency();
    const std::size_t workers =
        std::min({pairs.size() / fewest_for_helper, processors, most_workers});
    if (!options.make_helper || workers < 2) return 1;
    const bool apart = std::none_of(pairs.begin(), pairs.end(), [&](const PairProof& pair) {
        return may_change_server(set, pair.file);
    });
    return apart ? workers : 1;
}

/// Where each worker's part begins, and where the last ends: parts that take equally long.
std::vector<std::size_t> split(std::size_t pairs, std::size_t workers) {
    std::vector<double> ends = {0.0};
    while (ends.size() <= workers)
        ends.push_back(1.0 + ends.back() * (1.0 - skip_cost));
    std::vector<std::size_t> places;
    places.reserve(ends.size());
    for (const double end : ends)
        places.push_back(
            static_cast<std::size_t>(std::lround(static_cast<double>(pairs) * end / ends.back())));
    return places;
}

}  // namespace

ProofReport prove(ScratchDatabase& scratch, const MigrationSet& set, const ProveOptions& options) {
    const auto start = Clock::now();
    ProofReport report;
    report.scratch = scratch.name();
    for (const MigrationFile& file : set.files) {
        if (options.target && file.version > *options.target) break;
        report.pairs.emplace_back();
        report.pairs.back().file = file;
    }
    std::size_t index = 0;
    const auto done = [&](const PairProof& pair) {
        if (options.on_pair) options.on_pair(pair, ++index, report.pairs.size());
    };
    const std::span<PairProof> all(report.pairs);
    const std::vector<std::size_t> places =
        split(all.size(), count_workers(set, options, report.pairs));
    std::deque<Helper> helpers;
    for (std::size_t part = 1; part + 1 < places.size(); ++part) {
        const std::size_t first = places[part];
        helpers.emplace_back(set, options, first, all.subspan(first, places[part + 1] - first));
    }
    Prover prover(scratch, set, options.seeds);
    report.server_version = prover.server_version();
    std::size_t reached = places.at(1);
    bool goes_on = run_all(prover, all.first(reached), done);
    for (Helper& helper : helpers) {
        if (!goes_on) break;
        if (helper.finish()) {
            for (const PairProof& pair : helper.place()) {
                if (pair.verdict != Verdict::not_reached) done(pair);
            }
            const Verdict last = helper.place().back().verdict;
            goes_on = last != Verdict::not_reached && last != Verdict::failed;
        } else {
            prover.skip(files(set, reached, helper.first()));
            goes_on = run_all(prover, helper.place(), done);
            reached = helper.first() + helper.place().size();
        }
    }
    const bool complete = report.pairs.size() == set.files.size() && goes_on;
    // What a helper has proven is not applied here yet.
    if (complete && !set.repeatables.empty()) prover.skip(files(set, reached, set.files.size()));
    prover.check_state();
    if (complete) report.repeatables = prove_repeatables(scratch, set);
    report.took = Clock::now() - start;
    return report;
}

}  // namespace poststack::workflow
