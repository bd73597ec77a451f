// What the supervisor itself says: to its standard error, and to logfile= when there is one.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "supervise/config.h"
#include "supervise/log_file.h"
#include "supervise/outlet.h"

namespace poststack::supervise {

enum class Weight { debug, info, warning, error };

class Journal {
  public:
    explicit Journal(Outlet& outlet) : outlet_(outlet) {}

    /// Takes level, format and file from the configuration. An errno when the file cannot be
    /// opened.
    int configure(const DaemonConfig& daemon);

    void say(Weight weight, std::string_view text);

    void info(std::string_view text) { say(Weight::info, text); }

    void warn(std::string_view text) { say(Weight::warning, text); }

    /// For `supervisorctl maintail`; nullptr without logfile=.
    [[nodiscard]] LogFile* file() noexcept { return file_.get(); }

  private:
    Outlet& outlet_;
    Weight least_ = Weight::info;
    LogFormat format_ = LogFormat::prefix;
    bool silent_ = false;
    std::unique_ptr<LogFile> file_;
};

}  // namespace poststack::supervise
