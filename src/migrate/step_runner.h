// Runs a no-transaction text statement by statement, so that it can go on where it stopped.
//
// A statement that may run in a transaction commits together with the record of how far the text
// has come (progress.h): after a crash it has worked and is recorded, or neither. One that may not
// (outside.h) is announced first and recorded afterwards; if the announcement is all there is, the
// catalogue decides whether it has worked, and where that says nothing, the user (resume_after).
// CALL and DO are tried in a transaction; those that commit by themselves are run again outside.
// BEGIN ... COMMIT in the text is one step.
//
// Going on replays what earlier statements left in the session: SET, RESET, set_config. Statements
// that are done must be as they were then; what comes behind them may have been repaired.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "migrate/batch.h"
#include "migrate/checksum.h"
#include "migrate/outside.h"
#include "migrate/runner.h"

namespace poststack::migrate {

class StepRunner {
  public:
    /// `say` is told what was tidied up and decided.
    StepRunner(const Workplace& place, Client client, OutsideObserver::Say say);

    /// Runs what is left of one text. `before` is what is recorded about it; `resume_after` takes
    /// the statements up to that one as done, whatever is recorded.
    ///
    /// Errors: database with the position in the file, what is done stays and is recorded; conflict
    ///   when the catalogue cannot tell whether a statement worked, when statements that are done
    ///   were changed, when the lock session is gone; timeout for a lost session; interrupted.
    [[nodiscard]] Outcome run(const RunRequest& request,
                              const std::optional<Progress>& before,
                              std::optional<std::size_t> resume_after,
                              std::chrono::nanoseconds& duration);

  private:
    void run_hook_before();
    void start(const RunRequest& request);
    [[nodiscard]] std::optional<Statement> next();
    void skip_done(std::size_t count, const std::optional<Progress>& before);
    void settle(const Progress& before);
    void run_step(const Statement& statement);
    void run_inside(const Statement& statement, bool group);
    void run_group(Batch& batch);
    void run_outside(const Statement& statement, const OutsideStatement& parsed);
    void execute_outside(const Statement& statement, OutsideObserver& observer);
    void announce(const Statement& statement, const std::string& seen);
    void record();
    void record_done();
    void close(const Closing& closing);
    [[nodiscard]] Outcome finish(std::chrono::nanoseconds duration);
    [[noreturn]] void refuse_unwatched(const Statement& statement) const;
    [[noreturn]] void refuse_to_guess(const Statement& statement) const;
    [[nodiscard]] std::string_view text_of(const Statement& statement) const;
    [[nodiscard]] std::string sql_of(const Statement& statement) const;
    [[nodiscard]] std::string opening() const;
    [[nodiscard]] LexRules rules() const;

    Workplace place_;
    Client client_;
    OutsideObserver::Say say_;

    const RunRequest* request_ = nullptr;
    std::optional<Scanner> scanner_;
    std::size_t number_ = 0;         ///< of the statement read last
    bool own_lock_timeout_ = false;  ///< the text has set one
    Progress progress_;
    TokenHash done_;     ///< of the statements done
    TokenHash reached_;  ///< of the statements read
};

}  // namespace poststack::migrate
