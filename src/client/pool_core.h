// The state of a Pool, shared with its loans.
//
// One mutex guards the lists and counts; nothing that talks to a server happens under it. A slot is
// the right to have one connection: there are size + max_overflow of them. on_loan_ counts slots
// whose connection is lent, being checked or being opened. Whoever gives up a slot while others
// wait hands it to the first of them, with the connection or with the right to open one, so that
// nobody overtakes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "pg/connection.h"
#include "poststack/pool.h"

namespace poststack {

struct Loan::Item {
    using Time = std::chrono::steady_clock::time_point;
    pg::Connection connection;
    Time opened;
    Time used;              ///< last time it was known to work
    bool unwanted = false;  ///< not to be lent again
};

class PoolCore {
  public:
    using Time = Loan::Item::Time;
    using ItemPtr = std::unique_ptr<Loan::Item>;

    PoolCore(pg::ConnInfo info, PoolSettings settings);

    [[nodiscard]] ItemPtr acquire();
    void give_back(ItemPtr item) noexcept;
    void warm_up(int count);
    bool close(std::chrono::milliseconds limit);
    [[nodiscard]] PoolStats stats() const;

    [[nodiscard]] const PoolSettings& settings() const noexcept { return settings_; }

  private:
    /// One thread in acquire(), woken with a connection, with the right to open one, or by close().
    struct Waiter {
        std::condition_variable wake;
        ItemPtr item;
        bool may_open = false;
        bool is_closed = false;

        [[nodiscard]] bool is_served() const noexcept {
            return item != nullptr || may_open || is_closed;
        }
    };

    /// A slot, with an idle connection or null.
    ItemPtr wait_for_slot(Time deadline);
    ItemPtr check(ItemPtr item);
    ItemPtr open(Time deadline);
    ItemPtr open_once(Time deadline);

    /// Gives a slot without connection to the first waiter or back.
    void free_slot() noexcept;
    void free_slot_locked() noexcept;

    /// Rolls back what was left open; false when the connection cannot be lent again.
    bool tidy(Loan::Item& item) const noexcept;
    bool needs_ping(const Loan::Item& item) const;
    bool is_closed() const;
    [[noreturn]] void fail_late() const;
    [[noreturn]] static void fail_closed();
    [[nodiscard]] int total_locked() const noexcept;

    const pg::ConnInfo info_;
    const PoolSettings settings_;

    mutable std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<ItemPtr> idle_;   ///< the last returned is lent first: the others may grow old
    std::list<Waiter*> waiters_;  ///< first come, first served
    int on_loan_ = 0;
    bool closed_ = false;
    Time suspect_before_{};  ///< a connection was found dead then: older ones are pinged
    PoolStats counts_;
};

}  // namespace poststack
