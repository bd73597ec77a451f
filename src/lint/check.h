// What the rules are given: one statement after the other of one file, and what is known around it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lint/effects.h"
#include "lint/rule.h"
#include "lint/schema.h"
#include "lint/source.h"
#include "lint/tree.h"

namespace poststack::lint {

/// What a rule has to say about one place; what is left empty comes from the rule.
struct Details {
    std::string what;         ///< the statement or clause: "CREATE INDEX \"i\""
    std::string table = {};   ///< name of the table that is locked
    std::string why = {};     ///< instead of the rule's
    std::string effect = {};  ///< instead of the rule's
    std::string instead = {};
};

/// A finding that a later migration may still settle.
struct Deferred {
    Finding finding;
    std::function<bool(const Schema&)> holds;
};

/// One file while it is being checked.
class Check {
  public:
    struct Setup {
        const Source& source;
        const Schema& schema;
        std::size_t pair = 1;  ///< number of this migration and its rollback, from 1
        bool is_rollback = false;
        const std::vector<Effect>* undone = nullptr;  ///< of a rollback: what the migration did
    };

    explicit Check(const Setup& setup) noexcept : setup_(setup) {}

    /// Moves to a statement; `parsed` is nothing when it was not analysed.
    void begin_statement(std::size_t index, Node parsed);

    [[nodiscard]] const Source& source() const noexcept { return setup_.source; }
    [[nodiscard]] const Schema& schema() const noexcept { return setup_.schema; }
    [[nodiscard]] bool is_rollback() const noexcept { return setup_.is_rollback; }
    [[nodiscard]] std::size_t pair() const noexcept { return setup_.pair; }

    /// The statement's node: {"IndexStmt": {...}}; nothing when it was not analysed.
    [[nodiscard]] Node node() const noexcept { return parsed_; }

    [[nodiscard]] std::string_view text() const noexcept { return current().text; }
    [[nodiscard]] const migrate::Classified& control() const noexcept { return current().control; }

    /// True in a file that migrate runs as one transaction.
    [[nodiscard]] bool in_transaction() const noexcept { return !setup_.source.no_transaction; }

    /// Where the statement starts, or where `part` of it does.
    [[nodiscard]] Place place() const noexcept;
    [[nodiscard]] Place place(Node part) const;

    /// True for a table that other sessions may be using: it was there before this migration, is
    /// not temporary, and is not empty in the live catalogue. An unknown name is taken for one.
    [[nodiscard]] bool is_live(std::string_view table) const;

    /// True for a table that this migration makes (or, in a rollback, that its migration made).
    [[nodiscard]] bool is_new(std::string_view table) const;

    /// True in a rollback when its migration made this object.
    [[nodiscard]] bool undoes(const Effect& drop) const;

    /// "\"orders\" (1.2 GB)".
    [[nodiscard]] std::string describe(std::string_view table) const;

    void report(const Rule& rule, Details details) { report_at(place(), rule, std::move(details)); }

    void report_at(Place place, const Rule& rule, Details details);

    /// Reports it unless `holds` is false for the schema behind the last migration. Rollbacks have
    /// no such schema: nothing is reported for them.
    void report_later(Place place,
                      const Rule& rule,
                      Details details,
                      std::function<bool(const Schema&)> holds);

    /// Remembers that the transaction keeps a lock on a live table that stops writers.
    void hold(std::string table);

    /// The tables so locked.
    [[nodiscard]] const std::vector<std::string>& held() const noexcept { return held_; }

    [[nodiscard]] std::vector<Finding> take_findings() noexcept { return std::move(findings_); }

    [[nodiscard]] std::vector<Deferred> take_deferred() noexcept { return std::move(deferred_); }

  private:
    [[nodiscard]] Finding make_finding(Place place, const Rule& rule, Details details) const;

    [[nodiscard]] const SourceStatement& current() const noexcept {
        return setup_.source.statements[index_];
    }

    Setup setup_;
    std::size_t index_ = 0;
    Node parsed_;
    std::vector<std::string> held_;  // in the order of their statements
    std::set<std::string> held_names_;
    std::vector<Finding> findings_;
    std::vector<Deferred> deferred_;
};

/// Rules of one subject. One object lives as long as one file is checked.
class Family {
  public:
    Family() = default;
    Family(const Family&) = delete;
    Family& operator=(const Family&) = delete;
    Family(Family&&) = delete;
    Family& operator=(Family&&) = delete;
    virtual ~Family() = default;

    /// Looks at one statement; the schema is still that before it.
    virtual void look(Check& check) = 0;

    /// Looks back when the file is over; the schema is that behind it.
    virtual void finish(Check& check) { static_cast<void>(check); }
};

}  // namespace poststack::lint
