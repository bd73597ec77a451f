#include "poststack/pool.h"

#include <fmt/format.h>

#include "base/url.h"
#include "client/backoff.h"
#include "client/pool_core.h"
#include "client/rows_data.h"
#include "sys/signal.h"

namespace poststack {

Loan::Loan(std::shared_ptr<PoolCore> core, std::unique_ptr<Item> item) noexcept
    : core_(std::move(core)), item_(std::move(item)) {}

Loan::Loan(Loan&& other) noexcept = default;

Loan& Loan::operator=(Loan&& other) noexcept {
    if (this != &other) {
        release();
        core_ = std::move(other.core_);
        item_ = std::move(other.item_);
    }
    return *this;
}

Loan::~Loan() {
    release();
}

Loan::Item& Loan::item() const {
    if (!item_) throw Error(ErrorKind::bug, "the connection was returned to its pool already");
    return *item_;
}

Rows Loan::query(const std::string& sql, const Values& values) {
    auto data = std::make_shared<Rows::Data>();
    data->result = item().connection.query(sql, values);
    Rows rows;
    rows.data_ = std::move(data);
    return rows;
}

Rows Loan::script(const std::string& sql) {
    auto data = std::make_shared<Rows::Data>();
    data->result = item().connection.script(sql);
    Rows rows;
    rows.data_ = std::move(data);
    return rows;
}

int Loan::backend_pid() const {
    return item().connection.backend_pid();
}

int Loan::server_version() const {
    return item().connection.server_version();
}

void Loan::discard() noexcept {
    if (item_) item_->unwanted = true;
    release();
}

void Loan::release() noexcept {
    if (item_) core_->give_back(std::move(item_));
}

namespace {

std::shared_ptr<PoolCore> make_core(std::string_view url, PoolSettings settings) {
    settings.validate();
    pg::ConnInfo info = pg::ConnInfo::from_url(DatabaseUrl::parse(url, "the database URL"));
    if (info.connect_timeout) settings.connect_timeout = *info.connect_timeout;
    info.connect_timeout.reset();  // it would win over the time left for acquire()
    return std::make_shared<PoolCore>(std::move(info), std::move(settings));
}

}  // namespace

Pool::Pool(std::string_view url, PoolSettings settings)
    : core_(make_core(url, std::move(settings))) {}

Pool::~Pool() {
    (void)core_->close(std::chrono::milliseconds(0));
}

Loan Pool::acquire() {
    return {core_, core_->acquire()};
}

void Pool::warm_up(int count) {
    core_->warm_up(count);
}

bool Pool::close(std::chrono::milliseconds limit) {
    return core_->close(limit);
}

PoolStats Pool::stats() const {
    return core_->stats();
}

void Pool::wait_to_retry(const Error& error, int failures) const {
    if (!error.is_retryable() || failures > core_->settings().retry_limit) throw;
    (void)sys::wait_readable(-1, backoff(core_->settings().retry_interval, failures));
}

}  // namespace poststack
