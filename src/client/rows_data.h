// What stands behind the public Rows.
#pragma once

#include "pg/result.h"
#include "poststack/rows.h"

namespace poststack {

struct Rows::Data {
    pg::Result result;
};

}  // namespace poststack
