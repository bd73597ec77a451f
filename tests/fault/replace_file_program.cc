// The program of replace_file_test.py: replaces or creates one file, and says how it went.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "sys/file.h"

/// usage: replace_file_program replace|create PATH LETTER COUNT
int main(int argc, char** argv) {
    if (argc != 5) return 2;
    const std::string content(std::strtoul(argv[4], nullptr, 10), argv[3][0]);
    try {
        if (std::string_view(argv[1]) == "replace") {
            poststack::sys::replace_file(argv[2], content, {.mode = 0640});
        } else if (!poststack::sys::create_file(argv[2], content)) {
            return 1;
        }
        return 0;
    } catch (const poststack::Error& error) {
        std::fprintf(stderr, "%s\n%s\n", error.what(), error.hint().c_str());
        return exit_code(error);
    }
}
