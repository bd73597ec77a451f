// Catches, reports, exits; nothing else.
#include <cstdio>
#include <exception>

#include "cli/run.h"

int main(int argc, char** argv) {
    try {
        return poststack::cli::run(argc, argv);
    } catch (const std::exception& error) {
        // No formatting that could throw again: this is the last line of defence.
        (void)std::fputs("poststack: bug: ", stderr);
        (void)std::fputs(error.what(), stderr);
        (void)std::fputs("; please report it\n", stderr);
        return 70;
    }
}
