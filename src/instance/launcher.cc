#include "instance/launcher.h"

#include <csignal>
#include <fcntl.h>

#include <fmt/format.h>

#include "sys/act_as.h"
#include "sys/errno_error.h"
#include "sys/fd.h"

namespace poststack::instance {
namespace {

using namespace std::chrono_literals;

class PlainLauncher final : public Launcher {
  public:
    explicit PlainLauncher(std::vector<std::string> log_writer)
        : log_writer_(std::move(log_writer)) {}

    LaunchedServer launch(const LaunchPlan& plan) override {
        if (log_writer_.empty()) {
            const sys::UniqueFd log = open_log(plan.place);
            return LaunchedServer(start_postgres(plan, log.get()), std::nullopt);
        }
        sys::Pipe pipe = sys::make_pipe();
        // The server first: it takes longer. Without a writer it is ended again.
        sys::ChildProcess server = start_postgres(plan, pipe.write_end.get());
        return LaunchedServer(std::move(server), start_writer(plan.place, pipe.read_end.get()));
    }

  private:
    static sys::UniqueFd open_log(const Place& place) {
        const sys::ActAs as(place.account);
        sys::UniqueFd log(::open(place.log_file().c_str(),
                                 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
                                 0600));
        if (!log) sys::throw_errno("open", place.log_file());
        return log;
    }

    [[nodiscard]] sys::ChildProcess start_writer(const Place& place, int input) const {
        sys::ProcessPlan plan;
        plan.argv = log_writer_;
        plan.argv.push_back(place.log_file().string());
        plan.directory = "/";
        plan.clean_environment = true;
        plan.new_session = true;
        plan.stdin_fd = input;
        // Where the account cannot go, nobody else can plant a link either, so root may write.
        const auto program = std::filesystem::path(log_writer_.front()).parent_path();
        if (place.switch_account && sys::can_reach(place.account, place.log_directory) &&
            sys::can_reach(place.account, program)) {
            plan.account = place.account;
        }
        return sys::spawn(plan);
    }

    [[nodiscard]] static sys::ChildProcess start_postgres(const LaunchPlan& plan, int log) {
        sys::ProcessPlan process;
        process.argv = {plan.binaries.postgres().string(), "-D", plan.place.data.string()};
        for (const auto& [name, value] : plan.settings) {
            process.argv.push_back("-c");
            process.argv.push_back(fmt::format("{}={}", name, value));
        }
        process.directory = "/";
        process.clean_environment = true;
        process.new_session = true;
        process.stdout_fd = log;
        process.stderr_fd = log;
        process.keep_fds = {plan.lock_fd};
        process.umask = 0077;
        if (plan.place.switch_account) process.account = plan.place.account;
        return sys::spawn(process);
    }

    std::vector<std::string> log_writer_;
};

}  // namespace

void LaunchedServer::stop(std::chrono::milliseconds limit) {
    if (!child_.send_signal(SIGQUIT)) return;
    (void)child_.wait_for(limit);
}

void LaunchedServer::await_log() {
    if (log_writer_) (void)log_writer_->wait_for(2s);
}

void LaunchedServer::release() noexcept {
    child_.release();
    if (log_writer_) log_writer_->release();
}

std::unique_ptr<Launcher> make_plain_launcher(std::vector<std::string> log_writer) {
    return std::make_unique<PlainLauncher>(std::move(log_writer));
}

}  // namespace poststack::instance
