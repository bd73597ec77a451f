// The Error type lives in the public headers; inside the project it is included under this name.
#pragma once

#include "poststack/error.h"  // IWYU pragma: export
