#include <cstdlib>

#include "sys/env.h"
#include "sys/errno_error.h"
#include "sys/file.h"

namespace poststack::sys {

TempDir::TempDir(const std::filesystem::path& parent) {
    std::filesystem::path folder = parent;
    if (folder.empty()) folder = find_env("TMPDIR").value_or("");
    if (folder.empty()) folder = "/tmp";
    std::string name = (folder / "poststack-XXXXXX").native();
    if (::mkdtemp(name.data()) == nullptr) throw_errno("make a directory in", folder);
    path_ = name;
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
}

TempDir::~TempDir() {
    if (path_.empty()) return;
    std::error_code ignored;  // what is left is rubbish in a directory for rubbish
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace poststack::sys
