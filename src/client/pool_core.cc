#include "client/pool_core.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "client/backoff.h"
#include "sys/signal.h"

namespace poststack {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How long a ping or the rollback of a returned connection may take before it counts as dead.
constexpr milliseconds upkeep_limit{5'000};

std::string session_options(const PoolSettings& settings) {
    return fmt::format(
        "-c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={} "
        "-c jit={}",
        settings.query_timeout.count(),
        settings.lock_timeout.count(),
        settings.idle_timeout.count(),
        settings.jit ? "on" : "off");
}

pg::ConnInfo prepared(pg::ConnInfo info, const PoolSettings& settings) {
    // What the URL says comes last and wins.
    info.options = session_options(settings) + (info.options.empty() ? "" : " " + info.options);
    if (info.application_name == pg::ConnInfo().application_name) {
        info.application_name = settings.application_name;
    }
    return info;
}

/// The server's own limit comes first; this one is for a server that does not answer at all.
milliseconds client_limit(const PoolSettings& settings) {
    return settings.query_timeout.count() == 0 ? milliseconds(0)
                                               : settings.query_timeout + upkeep_limit;
}

}  // namespace

PoolCore::PoolCore(pg::ConnInfo info, PoolSettings settings)
    : info_(prepared(std::move(info), settings)), settings_(std::move(settings)) {
    idle_.reserve(static_cast<std::size_t>(settings_.size));
}

int PoolCore::total_locked() const noexcept {
    return static_cast<int>(idle_.size()) + on_loan_;
}

PoolCore::ItemPtr PoolCore::acquire() {
    // Zero means no limit; a year is one that the clock can hold.
    const milliseconds limit =
        settings_.timeout.count() == 0 ? std::chrono::hours(24 * 365) : settings_.timeout;
    const Time deadline = steady_clock::now() + limit;
    ItemPtr item = wait_for_slot(deadline);
    try {
        if (item) item = check(std::move(item));
        if (!item) item = open(deadline);
    } catch (...) {
        free_slot();
        throw;
    }
    const std::scoped_lock lock(mutex_);
    ++counts_.lent;
    return item;
}

PoolCore::ItemPtr PoolCore::wait_for_slot(Time deadline) {
    std::unique_lock lock(mutex_);
    if (closed_) fail_closed();
    if (waiters_.empty()) {
        if (!idle_.empty()) {
            ItemPtr item = std::move(idle_.back());
            idle_.pop_back();
            ++on_loan_;
            return item;
        }
        if (total_locked() < settings_.size + settings_.max_overflow) {
            ++on_loan_;
            return nullptr;
        }
    }
    Waiter self;
    const auto place = waiters_.insert(waiters_.end(), &self);
    const bool served = self.wake.wait_until(lock, deadline, [&] { return self.is_served(); });
    if (!served) {
        waiters_.erase(place);  // whoever serves a waiter takes it off the list
        ++counts_.timeouts;
        fail_late();
    }
    if (self.is_closed) fail_closed();
    return std::move(self.item);
}

void PoolCore::fail_closed() {
    throw Error(ErrorKind::conflict, "the connection pool is closed");
}

void PoolCore::fail_late() const {
    throw Error(ErrorKind::timeout,
                fmt::format("no database connection became free within {}: all {} are on loan",
                            human_duration(settings_.timeout),
                            settings_.size + settings_.max_overflow))
        .hint(
            "Return connections sooner, or raise DB_POOL_SIZE, DB_MAX_OVERFLOW or "
            "DB_POOL_TIMEOUT.");
}

bool PoolCore::needs_ping(const Loan::Item& item) const {
    const std::scoped_lock lock(mutex_);
    if (item.used < suspect_before_) return true;
    return settings_.pre_ping && steady_clock::now() - item.used >= settings_.ping_after;
}

PoolCore::ItemPtr PoolCore::check(ItemPtr item) {
    const Time now = steady_clock::now();
    if (settings_.recycle.count() > 0 && now - item->opened >= settings_.recycle) {
        const std::scoped_lock lock(mutex_);
        ++counts_.recycled;
        ++counts_.closed;
        return nullptr;
    }
    if (!needs_ping(*item)) return item;
    try {
        item->connection.set_statement_limit(upkeep_limit);
        (void)item->connection.query("select 1");
        item->connection.set_statement_limit(client_limit(settings_));
        item->used = steady_clock::now();
        return item;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) throw;
    }
    const std::scoped_lock lock(mutex_);
    ++counts_.found_dead;
    ++counts_.closed;
    suspect_before_ = steady_clock::now();
    return nullptr;
}

PoolCore::ItemPtr PoolCore::open_once(Time deadline) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    const milliseconds limit = std::clamp(left, milliseconds(0), settings_.connect_timeout);
    pg::Connection connection(info_, limit);
    connection.set_statement_limit(client_limit(settings_));
    const Time now = steady_clock::now();
    ItemPtr item(new Loan::Item{std::move(connection), now, now});
    const std::scoped_lock lock(mutex_);
    ++counts_.opened;
    return item;
}

PoolCore::ItemPtr PoolCore::open(Time deadline) {
    for (int failures = 0;;) {
        if (is_closed()) fail_closed();
        try {
            return open_once(deadline);
        } catch (const Error& error) {
            if (!error.is_retryable() || ++failures > settings_.retry_limit) throw;
            const milliseconds wait = backoff(settings_.retry_interval, failures);
            if (steady_clock::now() + wait >= deadline) throw;
            (void)sys::wait_readable(-1, wait);
        }
    }
}

bool PoolCore::tidy(Loan::Item& item) const noexcept {
    if (item.unwanted || item.connection.is_broken()) return false;
    const pg::TransactionStatus status = item.connection.transaction_status();
    if (status == pg::TransactionStatus::idle) return true;
    if (status == pg::TransactionStatus::active || status == pg::TransactionStatus::unknown) {
        return false;
    }
    try {
        item.connection.set_statement_limit(upkeep_limit);
        (void)item.connection.query("rollback");
        item.connection.set_statement_limit(client_limit(settings_));
    } catch (...) {
        return false;
    }
    return item.connection.transaction_status() == pg::TransactionStatus::idle;
}

void PoolCore::give_back(ItemPtr item) noexcept {
    const bool usable = tidy(*item);
    std::unique_lock lock(mutex_);
    const Time now = steady_clock::now();
    if (usable) {
        item->used = now;
        if (!waiters_.empty()) {
            Waiter& next = *waiters_.front();
            waiters_.pop_front();
            next.item = std::move(item);
            next.wake.notify_one();
            return;
        }
        if (!closed_ && total_locked() <= settings_.size) {
            idle_.push_back(std::move(item));  // reserved in the constructor: cannot throw
            --on_loan_;
            return;
        }
    } else if (item->connection.is_broken()) {
        ++counts_.found_dead;
        suspect_before_ = now;
    }
    ++counts_.closed;
    free_slot_locked();
    lock.unlock();
    item.reset();  // says goodbye to the server: not under the lock
}

void PoolCore::free_slot_locked() noexcept {
    if (waiters_.empty()) {
        --on_loan_;
        returned_.notify_all();
        return;
    }
    Waiter& next = *waiters_.front();
    waiters_.pop_front();
    next.may_open = true;
    next.wake.notify_one();
}

void PoolCore::free_slot() noexcept {
    const std::scoped_lock lock(mutex_);
    free_slot_locked();
}

bool PoolCore::is_closed() const {
    const std::scoped_lock lock(mutex_);
    return closed_;
}

void PoolCore::warm_up(int count) {
    std::vector<ItemPtr> held;
    try {
        while (static_cast<int>(held.size()) < std::min(count, settings_.size)) {
            held.push_back(acquire());
        }
    } catch (...) {
        for (ItemPtr& item : held)
            give_back(std::move(item));
        throw;
    }
    for (ItemPtr& item : held)
        give_back(std::move(item));
}

bool PoolCore::close(milliseconds limit) {
    std::vector<ItemPtr> idle;
    std::unique_lock lock(mutex_);
    closed_ = true;
    counts_.closed += idle_.size();
    idle.swap(idle_);
    for (Waiter* waiter : waiters_) {
        waiter->is_closed = true;
        waiter->wake.notify_one();
    }
    waiters_.clear();
    return returned_.wait_for(lock, limit, [&] { return on_loan_ == 0; });
}

PoolStats PoolCore::stats() const {
    const std::scoped_lock lock(mutex_);
    PoolStats stats = counts_;
    stats.idle = static_cast<int>(idle_.size());
    stats.on_loan = on_loan_;
    stats.waiting = static_cast<int>(waiters_.size());
    return stats;
}

}  // namespace poststack
