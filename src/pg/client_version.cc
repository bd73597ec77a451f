#include "pg/client_version.h"

#include <fmt/format.h>
#include <libpq-fe.h>

namespace poststack::pg {

std::string client_version() {
    const int number = PQlibVersion();  // 150020; before 10 three parts: 90624
    if (number >= 100000) return fmt::format("{}.{}", number / 10000, number % 10000);
    return fmt::format("{}.{}.{}", number / 10000, number / 100 % 100, number % 100);
}

}  // namespace poststack::pg
