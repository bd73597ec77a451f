#include "sys/resolve.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <netdb.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "sys/errno_error.h"
#include "sys/fd.h"
#include "sys/signal.h"

namespace poststack::sys {

namespace {

struct AddressesFree {
    void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};

Resolution look_up(const std::string& host, int flags) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = flags;
    addrinfo* raw = nullptr;
    const int code = ::getaddrinfo(host.c_str(), nullptr, &wanted, &raw);
    Resolution found;
    if (code != 0) {
        found.reason = code == EAI_SYSTEM ? errno_text(errno) : std::string(::gai_strerror(code));
        return found;
    }
    const std::unique_ptr<addrinfo, AddressesFree> list(raw);
    for (const addrinfo* item = list.get(); item != nullptr; item = item->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        const int shown = ::getnameinfo(
            item->ai_addr, item->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
        if (shown != 0) continue;
        const std::string address = text.data();
        auto& all = found.addresses;
        if (std::find(all.begin(), all.end(), address) == all.end()) all.push_back(address);
    }
    if (found.addresses.empty()) found.reason = "the name has no address";
    return found;
}

/// Shared by the lookup and the one who waits for it: either may be gone first.
struct Lookup {
    explicit Lookup(int fd) : done(fd) {}
    UniqueFd done;
    std::mutex mutex;
    Resolution found;
};

}  // namespace

Resolution resolve_host(const std::string& host, std::chrono::milliseconds limit) {
    Resolution numeric = look_up(host, AI_NUMERICHOST);
    if (!numeric.addresses.empty()) return numeric;
    const auto lookup = std::make_shared<Lookup>(::eventfd(0, EFD_CLOEXEC));
    if (!lookup->done) throw_errno("make", "eventfd");
    std::thread([lookup, host] {
        Resolution found = look_up(host, 0);
        const std::scoped_lock lock(lookup->mutex);
        lookup->found = std::move(found);
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t sent = ::write(lookup->done.get(), &one, sizeof one);
    }).detach();
    if (wait_readable(lookup->done.get(), limit) == WaitResult::timeout) {
        return {{}, "no answer from the name server in time"};
    }
    const std::scoped_lock lock(lookup->mutex);
    return std::move(lookup->found);
}

}  // namespace poststack::sys
