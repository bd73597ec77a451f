// A database for the time of one command, beside the one that counts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pg/connection.h"
#include "pg/conninfo.h"

namespace poststack::workflow {

class ScratchServer;

/// Where scratch databases are made and who works in them.
struct ScratchPlan {
    pg::ConnInfo maintenance;  ///< may create databases; its database lends encoding and locale
    pg::ConnInfo work;         ///< login of the work; its database is replaced by the scratch one
    std::vector<std::string> extensions;  ///< made beforehand, as `up` does in the real database
    std::shared_ptr<ScratchServer> server = {};  ///< where both lead, when it was made for this
    std::string options = {};  ///< database_options() of the real one, where that is elsewhere

    [[nodiscard]] ScratchPlan clone() const;
};

/// Template, encoding and locale of the database `session` is in, for CREATE DATABASE.
[[nodiscard]] std::string database_options(pg::Connection& session);

/// An empty database named poststack_scratch_<number>_<random>, owned by the role of the work, with
/// the encoding and locale of the maintenance login's database.
///
/// It is dropped when this dies, whatever the reason, also on Ctrl-C. A killed program leaves it
/// behind; the next one drops it: an advisory lock in the maintenance session tells whether the
/// maker of a scratch database is alive. <number> is the oid of the maintenance database, which
/// such locks belong to.
class ScratchDatabase {
  public:
    /// Drops what killed runs left, then makes a new one.
    /// Errors: denied when the role may not create databases; login failures; database.
    explicit ScratchDatabase(ScratchPlan plan);
    ScratchDatabase(const ScratchDatabase&) = delete;
    ScratchDatabase& operator=(const ScratchDatabase&) = delete;
    ~ScratchDatabase();

    [[nodiscard]] const std::string& name() const noexcept;

    /// The login of the work on it.
    [[nodiscard]] pg::ConnInfo login() const;

    /// Drops it, sessions included, and makes it anew and empty under the same name.
    void recreate();

    /// True when its server replaced one that a killed run had left.
    [[nodiscard]] bool cleaned_server() const noexcept;

    /// Names of scratch databases that killed runs left and that were dropped.
    [[nodiscard]] const std::vector<std::string>& cleaned() const noexcept;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace poststack::workflow
