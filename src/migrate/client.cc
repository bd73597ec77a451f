#include "migrate/client.h"

#include "sys/user.h"

namespace poststack::migrate {

Client current_client() {
    const sys::Account account = sys::current_account();
    return {account.name.empty() ? std::to_string(account.uid) : account.name, sys::host_name()};
}

std::string poststack_version() {
    return POSTSTACK_VERSION;
}

}  // namespace poststack::migrate
