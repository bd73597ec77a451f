#include "migrate/rollback.h"

#include "base/error.h"

namespace poststack::migrate {

RollbackResult rollback(const pg::ConnInfo& /*target*/,
                        const std::filesystem::path& /*directory*/,
                        const RollbackOptions& /*options*/) {
    throw Error(ErrorKind::bug, "not there yet");
}

}  // namespace poststack::migrate
