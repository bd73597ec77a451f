// The pipes between a program's outputs and its logs.
#pragma once

#include <array>
#include <functional>
#include <list>
#include <memory>

#include "supervise/program_log.h"
#include "sys/fd.h"
#include "sys/poller.h"

namespace poststack::supervise {

/// Reads every program's pipes. A pipe outlives the process: what a child of it still holds open is
/// read to its end.
class Streams {
  public:
    explicit Streams(sys::Poller& poller) : poller_(poller) {}

    /// Makes a pipe into `log` and returns its write end; an empty owner when there are no
    /// descriptors left.
    [[nodiscard]] sys::UniqueFd open(const std::shared_ptr<ProgramLog>& log);

    /// Reads what the ended process has left in its pipes, so that nothing of it is lost.
    void drain(const ProgramLog* log);

    /// Goes on with pipes that were left full because their log was.
    void resume();

  private:
    struct Stream {
        sys::UniqueFd fd;
        std::shared_ptr<ProgramLog> log;
        bool paused = false;
    };

    using Place = std::list<Stream>::iterator;

    void watch(Place stream);
    /// False once the pipe is at its end, and the stream is gone.
    bool read(Place stream, std::size_t limit);
    void close(Place stream);

    sys::Poller& poller_;
    std::list<Stream> streams_;
    std::array<char, 64U << 10> buffer_{};
};

}  // namespace poststack::supervise
