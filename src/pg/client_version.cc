#include "pg/client_version.h"

#include <fmt/format.h>
#include <libpq-fe.h>

namespace poststack::pg {

std::string client_version() {
    const int number = PQlibVersion();  // 150020
    return fmt::format("{}.{}", number / 10000, number % 10000);
}

}  // namespace poststack::pg
