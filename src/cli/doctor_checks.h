// What `doctor` looks at, one function a subject, each without side effects.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace poststack::cli {

/// ok: there; note: worth knowing, nothing to do; missing: something cannot work without it.
enum class Verdict { ok, note, missing };

struct Finding {
    std::string subject;  ///< "PostgreSQL server"
    Verdict verdict = Verdict::ok;
    std::string found = {};    ///< what is there, in a few words
    std::string advice = {};   ///< what to do about it; empty when nothing
    std::string package = {};  ///< Debian package that brings it; empty when none does
};

struct Machine {
    std::map<std::string, std::string> environment;
    std::filesystem::path directory;  ///< the project, or where one would be
};

/// Servers of a supported version, and as whom one would run.
[[nodiscard]] std::vector<Finding> check_native(const Machine& machine);

/// podman and docker: program, version, and whether the engine answers.
[[nodiscard]] std::vector<Finding> check_engines();

/// Disk, shared memory, runtime directory, locale and port.
[[nodiscard]] std::vector<Finding> check_machine(const Machine& machine);

/// "ok", "note", "missing".
[[nodiscard]] std::string_view name(Verdict verdict) noexcept;

}  // namespace poststack::cli
