// Proves pairs one after the other, on one scratch database (prove.h).
#pragma once

#include <memory>
#include <vector>

#include "migrate/files.h"
#include "workflow/prove.h"
#include "workflow/scratch.h"
#include "workflow/seed.h"

namespace poststack::workflow {

/// Goes through a chain file by file. Everything given must outlive it.
class Prover {
  public:
    Prover(ScratchDatabase& scratch, const migrate::MigrationSet& set, const Seeds& seeds);
    Prover(const Prover&) = delete;
    Prover& operator=(const Prover&) = delete;
    ~Prover();

    [[nodiscard]] int server_version() const;

    /// Proves the pair `proof.file`, whose migration comes next; false when the chain ends here
    /// because it fails. Errors: as prove().
    bool run(PairProof& proof);

    /// Applies the next files, and their seeds, without proving anything.
    /// Errors: as prove(), and those of a migration that fails.
    void skip(const std::vector<const migrate::MigrationFile*>& files);

    /// Compares the state put together from changes with all of it.
    /// Errors: bug when they differ: a verdict may be wrong then.
    void check_state();

  private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace poststack::workflow
