// Any bytes as a supervisord.conf: it is read or refused by file and line, and what was read starts
// and stops in an order that holds every program once.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/error.h"
#include "fuzz/check.h"
#include "supervise/config.h"
#include "supervise/plan.h"

namespace poststack::supervise {
namespace {

void check_waves(const Config& config, const std::vector<std::vector<std::size_t>>& waves) {
    std::set<std::size_t> seen;
    for (const auto& wave : waves) {
        for (const std::size_t index : wave)
            fuzz::check(seen.insert(index).second, "a program stands in one wave");
    }
    fuzz::check(seen.size() == config.programs.size(), "every program stands in a wave");
}

void run(std::string_view bytes) {
    // The first zero byte parts the file from one that it includes.
    const std::size_t end = std::min(bytes.find('\0'), bytes.size());
    const std::string first(bytes.substr(0, end));
    const std::string second(bytes.substr(std::min(end + 1, bytes.size())));
    Surroundings surroundings;
    surroundings.environment = {{"HOME", "/home/fuzz"}, {"PGDATA", "/data"}};
    surroundings.host_name = "fuzz";
    surroundings.read = [&](const std::string& path) {
        return std::optional(path == "/etc/s.conf" ? first : second);
    };
    surroundings.glob = [](const std::string& pattern) { return std::vector{pattern}; };
    try {
        const Config config = read_config("/etc/s.conf", surroundings);
        // Waves are worked out by comparing everything with everything.
        if (config.programs.size() > 50) return;
        check_waves(config, start_waves(config));
        check_waves(config, stop_waves(config));
    } catch (const Error& error) {
        fuzz::check(error.kind() == ErrorKind::config, "a refusal is about the file");
        const std::string message = error.what();
        fuzz::check(message.find(":") != std::string::npos, "a refusal names its line");
    }
}

}  // namespace
}  // namespace poststack::supervise

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    poststack::supervise::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
