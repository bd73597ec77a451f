#include "workflow/database_shell.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <map>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/fd.h"
#include "sys/ignore_interrupt.h"
#include "sys/signal.h"

namespace poststack::workflow {

namespace {

namespace fs = std::filesystem;

bool is_program(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

bool is_script(const fs::path& path) {
    const sys::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 2> first{};
    return file && ::read(file.get(), first.data(), first.size()) == 2 && first[0] == '#' &&
           first[1] == '!';
}

/// ROOT/<major>/bin/<program> by major version.
std::map<int, fs::path> versioned(const fs::path& root, const std::string& program) {
    std::map<int, fs::path> found;
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(root, absent)) {
        const auto major = parse_integer(entry.path().filename().native());
        const fs::path path = entry.path() / "bin" / program;
        if (major && is_program(path)) found.emplace(static_cast<int>(*major), path);
    }
    return found;
}

/// What PATH has: a real program before a script.
std::optional<fs::path> in_path(const std::string& path) {
    std::optional<fs::path> script;
    for (const std::string_view directory : split(path, ':')) {
        if (directory.empty()) continue;
        const fs::path psql = fs::path(directory) / "psql";
        if (!is_program(psql)) continue;
        if (!is_script(psql)) return psql;
        if (!script) script = psql;
    }
    return script;
}

}  // namespace

fs::path find_pg_dump(const PsqlQuery& query) {
    if (query.directory && is_program(*query.directory / "pg_dump"))
        return *query.directory / "pg_dump";
    const std::map<int, fs::path> found = versioned(query.versioned_root, "pg_dump");
    const auto same_or_newer = found.lower_bound(query.server_major);
    if (same_or_newer != found.end()) return same_or_newer->second;
    throw Error(
        ErrorKind::not_found,
        fmt::format("pg_dump {} or newer is not installed on this machine", query.server_major))
        .hint(fmt::format("Install it: apt-get install postgresql-client-{}.", query.server_major));
}

fs::path find_psql(const PsqlQuery& query) {
    if (query.directory && is_program(*query.directory / "psql")) {
        return *query.directory / "psql";
    }
    // psql knows older servers; a newer server's catalogs break its backslash commands.
    const std::map<int, fs::path> found = versioned(query.versioned_root, "psql");
    const auto same_or_newer = found.lower_bound(query.server_major);
    if (same_or_newer != found.end()) return same_or_newer->second;
    if (!found.empty()) return found.rbegin()->second;
    if (const auto psql = in_path(query.path)) return *psql;
    throw Error(ErrorKind::not_found, "psql is not installed on this machine")
        .hint(fmt::format("Install it: apt-get install postgresql-client-{} (or "
                          "postgresql-client).",
                          query.server_major));
}

sys::ExitStatus run_psql(const fs::path& psql,
                         const pg::ConnInfo& info,
                         const std::vector<std::string>& arguments) {
    sys::ProcessPlan plan;
    plan.argv = {psql.native()};
    plan.argv.insert(plan.argv.end(), arguments.begin(), arguments.end());
    plan.unset = pg::environment_to_forget();
    plan.environment = pg::client_environment(info);
    plan.stdin_fd = STDIN_FILENO;
    plan.stdout_fd = STDOUT_FILENO;
    plan.stderr_fd = STDERR_FILENO;
    sys::check_interrupted();
    const sys::IgnoreInterrupt psql_decides;
    const sys::DeferStop defer;
    sys::ChildProcess child = sys::spawn(plan);
    bool told = false;
    for (;;) {
        // Deferred waits do not see a stop: look now and then.
        if (auto status = child.wait_for(std::chrono::milliseconds(500))) {
            // psql cancels its statement on Ctrl-C and then tells of a failed one.
            const bool failed = status->signal == 0 && (status->code == 1 || status->code == 3);
            if (failed && sys::IgnoreInterrupt::was_interrupted()) status->signal = SIGINT;
            return *status;
        }
        if (sys::stop_requested() == SIGTERM && !told) told = child.send_signal(SIGTERM);
    }
}

bool has_command_option(const std::vector<std::string>& arguments) {
    constexpr std::string_view with_value = "dfFhLopPRTUv";  // of psql's short options
    for (std::size_t at = 0; at < arguments.size(); ++at) {
        const std::string& word = arguments[at];
        if (word == "--") return false;
        if (word == "--command" || word.starts_with("--command=")) return true;
        if (word.size() < 2 || word[0] != '-' || word[1] == '-') continue;
        for (std::size_t letter = 1; letter < word.size(); ++letter) {
            if (word[letter] == 'c') return true;
            if (with_value.find(word[letter]) == std::string_view::npos) continue;
            if (letter + 1 == word.size()) ++at;  // the value is the next word
            break;
        }
    }
    return false;
}

void check_psql(const sys::ExitStatus& status, bool has_command) {
    if (status.ok()) return;
    if (status.signal == SIGINT || status.signal == SIGTERM) {
        throw Error(ErrorKind::interrupted, "psql was stopped").signal(status.signal);
    }
    const std::string text = fmt::format("psql ended with {}", status.to_text());
    if (status.signal == 0 && status.code == 2) {
        throw Error(ErrorKind::timeout, text + ": the session was lost");
    }
    // With -c psql gives 1 for a statement that failed, whatever ON_ERROR_STOP says.
    if (status.signal == 0 && (status.code == 3 || (status.code == 1 && has_command))) {
        throw Error(ErrorKind::database, text + ": a statement failed");
    }
    throw Error(ErrorKind::tool, text);
}

}  // namespace poststack::workflow
