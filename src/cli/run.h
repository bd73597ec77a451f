// From argv to an exit code.
#pragma once

namespace poststack::cli {

/// Runs the command line and returns the exit code of PRODUCT.md. Reports errors itself: text or,
/// with --json, one object on stderr. Throws only what is not a poststack::Error (a bug).
int run(int argc, char** argv);

}  // namespace poststack::cli
