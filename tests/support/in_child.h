// Running a piece of a test in a process of its own: for signals, limits and users, which belong to
// a whole process.
#pragma once

#include <cstdio>
#include <exception>
#include <sys/wait.h>
#include <unistd.h>

namespace poststack::test {

/// Forks, runs `body` in the child and returns what it returned (0 to 98), 99 when it threw, or
/// minus the signal that ended it.
template <class Body>
int in_child(const Body& body) {
    std::fflush(nullptr);
    const pid_t pid = ::fork();
    if (pid < 0) return 98;
    if (pid == 0) {
        int code = 99;
        try {
            code = body();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "in_child: %s\n", error.what());
        }
        ::_exit(code);
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0) {
    }
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace poststack::test
