#include "workflow/prover.h"

#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "catalog/tracker.h"
#include "migrate/preflight.h"
#include "migrate/proof.h"
#include "migrate/script.h"
#include "sys/file.h"
#include "workflow/chain.h"

namespace poststack::workflow {

namespace {

using catalog::Fingerprint;
using migrate::MigrationFile;
using migrate::MigrationSet;

struct Pair {
    Script up;
    std::optional<Script> down;
    std::optional<Error> refused;  ///< why there is a rollback, but none that can be run
};

/// True for errors that say something about the text, not about the server (class 53: it has no
/// room) or the user.
bool is_verdict(const Error& error) {
    return (error.kind() == ErrorKind::database && !error.sqlstate().starts_with("53")) ||
           error.kind() == ErrorKind::config;
}

std::string one_line(const Error& error) {
    std::string text = error.message();
    if (!error.sqlstate().empty()) text += fmt::format(" (SQLSTATE {})", error.sqlstate());
    return text;
}

}  // namespace

class Prover::State {
  public:
    State(ScratchDatabase& scratch, const MigrationSet& set, const Seeds& seeds)
        : scratch_(scratch), set_(set), seeds_(seeds) {
        connect();
        const migrate::Hooks hooks = migrate::read_hooks(set, true);
        if (!hooks.before_migrate) return;
        applied_.push_back(as_script(*hooks.before_migrate));
        session_->apply(applied_.back());
        state_ = tracker_->read();
    }

    [[nodiscard]] int server_version() { return session_->connection().server_version(); }

    /// Goes one file further; false when the chain ends here.
    bool run(PairProof& proof) {
        const bool goes_on = run_pair(proof);
        if (goes_on) run_seeds(proof.file.version);
        return goes_on;
    }

    void skip(const std::vector<const MigrationFile*>& files) {
        for (const MigrationFile* file : files) {
            applied_.push_back(check_migration(*file));
            session_->apply(applied_.back());
            apply_seeds(file->version);
        }
        state_ = tracker_->read();
    }

    /// Compares the state put together from changes with all of it.
    /// Errors: bug when they differ: a verdict may be wrong then.
    void check_state() {
        if (state_ == tracker_->read()) return;
        throw Error(ErrorKind::bug, "a change of the catalogue was overlooked during the proof");
    }

  private:
    bool run_pair(PairProof& proof) {
        const Pair pair = read(proof);
        const Fingerprint before = state_;
        rows_before_ = read_rows(before);
        try {
            apply_up(pair.up);
        } catch (const Error& error) {
            if (!is_verdict(error)) throw;
            session_->roll_back();
            proof.verdict = Verdict::failed;
            proof.problem = one_line(error);
            proof.hint = error.hint();
            return false;
        }
        applied_.push_back(pair.up);
        if (pair.refused) {
            fail(proof, "the rollback fails: ", *pair.refused);
            return true;
        }
        if (!pair.down) {
            proof.verdict = proof.file.irreversible ? Verdict::irreversible : Verdict::no_rollback;
            if (proof.verdict == Verdict::no_rollback) {
                proof.problem = "there is no rollback file";
                proof.hint = fmt::format(
                    "Write \"{}.rollback.sql\", or \"-- poststack: irreversible\" at "
                    "the top of the migration.",
                    proof.file.stem());
            }
            return true;
        }
        const bool for_real = pair.up.plan.no_transaction || pair.down->plan.no_transaction;
        if (for_real || !undo_and_forget(pair, before, proof)) undo_for_real(pair, before, proof);
        return true;
    }

    void connect() {
        tracker_.reset();
        session_ = std::make_unique<ChainSession>(scratch_.login(), set_.variables);
        observer_ = std::make_unique<pg::Connection>(scratch_.login());
        tracker_ = std::make_unique<catalog::Tracker>(session_->connection(), *observer_);
        if (distrusts_counts_) tracker_->distrust_counts();
        state_ = tracker_->read();
    }

    /// What the text that was just run in the open transaction has changed since state_.
    Fingerprint read_changes() {
        return tracker_->read_changes(state_, ChainSession::end_of_text());
    }

    /// The migration, committed, and the state after it.
    void apply_up(const Script& up) {
        if (up.plan.no_transaction) {
            session_->apply(up);
            state_ = tracker_->read();
            return;
        }
        tracker_->begin();
        session_->apply_inside(up);
        Fingerprint after = read_changes();
        session_->commit();
        state_ = std::move(after);
    }

    /// A text that switches the server's counting of rows off may do so for others behind it.
    void look_for_counts(const std::string& text) {
        if (!migrate::contains_word(text, "track_counts")) return;
        distrusts_counts_ = true;
        tracker_->distrust_counts();
    }

    Script check(std::string text, const std::filesystem::path& path) {
        look_for_counts(text);
        return session_->check(std::move(text), path);
    }

    /// With the hooks around it.
    Script check_migration(const MigrationFile& file) {
        Script script = session_->check_migration(set_, file);
        look_for_counts(script.text);
        return script;
    }

    Pair read(PairProof& proof) {
        const MigrationFile& file = proof.file;
        Pair pair;
        pair.up = check_migration(file);
        auto rollback = migrate::read_rollback(set_, file);
        proof.checksum = migrate::pair_checksum(pair.up.text, rollback);
        if (!rollback) return pair;
        try {
            pair.down = check(std::move(*rollback), set_.path(file.rollback_file));
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::config) throw;
            pair.refused = error;
        }
        return pair;
    }

    /// The usual way: both in one transaction that never commits. False when only the second
    /// migration failed: that may be because the two are one transaction here (a new enum value
    /// cannot be used, for one), so it has to be tried for real.
    bool undo_and_forget(const Pair& pair, const Fingerprint& before, PairProof& proof) {
        bool undone = false;
        try {
            tracker_->begin();
            session_->apply_inside(*pair.down);
            undone = true;
            if (judge_rollback(before, read_changes(), proof)) {
                session_->apply_inside(pair.up);
                judge_again(read_changes(), proof);
            }
        } catch (const Error& error) {
            if (!is_verdict(error)) throw;
            session_->roll_back();
            if (undone) return false;
            fail(proof, "the rollback fails: ", error);
            return true;
        }
        session_->roll_back();
        return true;
    }

    /// Commits each step. What a broken pair leaves is put right.
    void undo_for_real(const Pair& pair, const Fingerprint& before, PairProof& proof) {
        bool undone = false;
        try {
            session_->apply(*pair.down);
            undone = true;
            if (judge_rollback(before, tracker_->read(), proof)) {
                session_->apply(pair.up);
                Fingerprint again = tracker_->read();
                if (judge_again(again, proof)) {
                    state_ = std::move(again);  // the same by name, made anew
                    return;
                }
            }
        } catch (const Error& error) {
            if (!is_verdict(error)) throw;
            fail(proof,
                 undone ? "the migration fails after its rollback: " : "the rollback fails: ",
                 error);
            if (!undone && !pair.down->plan.no_transaction) return;  // nothing was changed
        }
        rebuild();
    }

    /// Compares what a rollback leaves with what was there; false when that is the end of it.
    bool judge_rollback(const Fingerprint& before, const Fingerprint& after, PairProof& proof) {
        proof.difference = catalog::diff(before, after);
        proof.lost = find_lost(before, state_, after);
        for (std::string& rows : lost_rows(rows_before_, read_rows(after)))
            proof.lost.push_back(std::move(rows));
        proof.verdict = proof.lost.empty() ? Verdict::lossless : Verdict::lossy;
        proof.column_order = proof.difference.is_column_order_only();
        if (proof.difference.empty() || proof.column_order) return true;
        proof.verdict = Verdict::broken;
        proof.problem = "the rollback leaves another schema than there was before";
        return false;
    }

    bool judge_again(const Fingerprint& again, PairProof& proof) {
        catalog::Diff difference = catalog::diff(state_, again);
        if (difference.empty() || (proof.column_order && difference.is_column_order_only()))
            return true;
        proof.verdict = Verdict::broken;
        proof.problem = "applied again after its rollback, the migration gives another schema";
        proof.difference = std::move(difference);
        return false;
    }

    /// The rows of `schema`'s tables, when there are seeds: without, there are none worth it.
    Contents read_rows(const Fingerprint& schema) {
        if (seeds_.empty()) return {};
        return read_contents(session_->connection(), schema);
    }

    void run_seeds(migrate::Version version) {
        if (apply_seeds(version)) state_ = tracker_->read();
    }

    /// False when there are none.
    bool apply_seeds(migrate::Version version) {
        const auto found = seeds_.find(version);
        if (found == seeds_.end()) return false;
        for (const std::filesystem::path& path : found->second) {
            with_context([&] { return fmt::format("running seed \"{}\"", path.string()); },
                         [&] {
                             applied_.push_back(check(sys::read_file(path), path));
                             session_->apply(applied_.back());
                         });
        }
        return true;
    }

    static void fail(PairProof& proof, std::string_view what, const Error& error) {
        proof.verdict = Verdict::broken;
        proof.problem = std::string(what) + one_line(error);
        proof.hint = error.hint();
    }

    /// Brings the scratch database back to the state after the last migration applied.
    void rebuild() {
        tracker_.reset();
        observer_.reset();
        session_.reset();
        scratch_.recreate();
        connect();
        for (const Script& script : applied_)
            session_->apply(script);
        state_ = tracker_->read();
    }

    ScratchDatabase& scratch_;
    const MigrationSet& set_;
    const Seeds& seeds_;
    std::unique_ptr<ChainSession> session_;
    std::unique_ptr<pg::Connection> observer_;  ///< sees what a transaction has overwritten
    std::unique_ptr<catalog::Tracker> tracker_;
    bool distrusts_counts_ = false;
    Fingerprint state_;            ///< after the last migration applied
    Contents rows_before_;         ///< the current pair
    std::vector<Script> applied_;  ///< to replay
};

Prover::Prover(ScratchDatabase& scratch, const MigrationSet& set, const Seeds& seeds)
    : state_(std::make_unique<State>(scratch, set, seeds)) {}

Prover::~Prover() = default;

int Prover::server_version() const {
    return state_->server_version();
}

bool Prover::run(PairProof& proof) {
    return state_->run(proof);
}

void Prover::skip(const std::vector<const MigrationFile*>& files) {
    state_->skip(files);
}

void Prover::check_state() {
    state_->check_state();
}

}  // namespace poststack::workflow
