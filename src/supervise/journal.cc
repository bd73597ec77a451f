#include "supervise/journal.h"

#include <fmt/format.h>

#include "base/text.h"
#include "supervise/program_log.h"

namespace poststack::supervise {
namespace {

std::string_view name(Weight weight) noexcept {
    switch (weight) {
        case Weight::debug: return "debug";
        case Weight::info: return "info";
        case Weight::warning: return "warn";
        case Weight::error: return "error";
    }
    return "info";
}

Weight parse_weight(std::string_view word) noexcept {
    if (word == "debug" || word == "trace" || word == "blather") return Weight::debug;
    if (word == "warn" || word == "warning") return Weight::warning;
    if (word == "error" || word == "critical") return Weight::error;
    return Weight::info;
}

}  // namespace

int Journal::configure(const DaemonConfig& daemon) {
    least_ = parse_weight(daemon.loglevel);
    format_ = daemon.log_format;
    silent_ = daemon.silent;
    if (file_ && file_->path() == daemon.logfile) return 0;
    file_.reset();
    const bool is_ours = daemon.logfile.empty() || to_lower(daemon.logfile) == "none" ||
                         daemon.logfile == "/dev/null" || daemon.logfile.starts_with("/dev/std") ||
                         daemon.logfile.starts_with("/dev/fd/") ||
                         daemon.logfile.starts_with("/proc/self/fd/");
    if (is_ours) return 0;
    file_ =
        std::make_unique<LogFile>(daemon.logfile, daemon.logfile_max_bytes, daemon.logfile_backups);
    const int code = file_->open();
    if (code != 0) file_.reset();
    return code;
}

void Journal::say(Weight weight, std::string_view text) {
    if (weight < least_) return;
    const auto now = std::chrono::system_clock::now();
    if (file_) file_->write(fmt::format("{} {} {}\n", utc_timestamp(now), name(weight), text));
    if (silent_) return;
    if (format_ == LogFormat::json) {
        std::string line = json_line({"poststack-init", "stderr", false}, text, now);
        const std::string plain = "\"level\":\"info\"";
        const std::size_t at = line.find(plain);
        line.replace(at, plain.size(), fmt::format("\"level\":\"{}\"", name(weight)));
        outlet_.write_line({}, line);
    } else {
        outlet_.write_line("poststack-init | ", fmt::format("{} {}", name(weight), text));
    }
    outlet_.flush();
}

}  // namespace poststack::supervise
