#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/exec.h"
#include "engine/storage.h"
#include "instance/container_server.h"
#include "instance/labels.h"
#include "instance/template_cache.h"
#include "pgfiles/startup_probe.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log_sinks.h"

namespace poststack::instance {
namespace {

namespace fs = std::filesystem;
using engine::Container;
using engine::ContainerState;
using namespace std::chrono_literals;

void tell(const StartHooks& hooks, const std::string& notice) {
    if (hooks.on_notice) hooks.on_notice(notice);
}

}  // namespace

/// True when it was made now. Errors: conflict when it is another project's.
bool ContainerServer::ensure_volume() const {
    auto labels = project_labels(spec_);
    labels.insert({{label::role, "postgres"},
                   {label::major, std::to_string(spec_.major)},
                   {"com.docker.compose.volume", "postgres_data"}});
    const bool is_new = !engine::find_volume(client_, spec_.volume);
    const auto volume = engine::ensure_volume(client_, spec_.volume, labels);
    if (!is_own(volume.labels)) {
        throw Error(
            ErrorKind::conflict,
            fmt::format("volume \"{}\" is there already and is not this project's", spec_.volume))
            .hint(
                "Give the project another name, or remove the volume when nothing in it is "
                "needed.");
    }
    const auto major = volume.labels.find(label::major);
    if (major != volume.labels.end() && major->second != std::to_string(spec_.major)) {
        throw Error(ErrorKind::conflict,
                    fmt::format("volume \"{}\" holds a database of PostgreSQL {}, not of {}",
                                spec_.volume,
                                major->second,
                                spec_.major))
            .hint(fmt::format("Set postgres_version to {}, or move the data with a dump.",
                              major->second));
    }
    return is_new;
}

/// What is wanted now that the container was not made from; empty: nothing.
std::vector<std::string> ContainerServer::changes(const Container& had,
                                                  std::uint16_t port,
                                                  const BuiltImage& image) const {
    const auto wanted = server_container(spec_, port, image, client_.local_image(image.name));
    const auto made_from = had.labels.find(label::spec);
    return engine::differences(
        made_from == had.labels.end() ? std::string_view() : std::string_view(made_from->second),
        engine::traits_of(wanted, image.id));
}

/// Stops a running container that is not the wanted one any more. A newer image alone is no reason:
/// an upgrade of poststack must not restart a database.
bool ContainerServer::give_way(const Container& running, const StartHooks& hooks) {
    std::vector<std::string> reasons;
    if (hooks.recreate) {
        reasons = {"as asked"};
    } else {
        const auto image = running.labels.find(label::image_id);
        reasons = changes(running,
                          published_port(running),
                          {.name = postgres_image(spec_.major),
                           .id = image == running.labels.end() ? "" : image->second});
    }
    if (reasons.empty()) return false;
    tell(hooks, remaking(reasons));
    (void)stop();
    return true;
}

std::string ContainerServer::remaking(const std::vector<std::string>& reasons) const {
    return fmt::format(
        "The container is made again on volume {}: {}.", spec_.volume, join(reasons, ", "));
}

/// Starts the container that is there, or another one in its place when that is not the wanted one.
void ContainerServer::make_container(const StartHooks& hooks, bool is_told) {
    const BuiltImage image = ensure_image(
        client_, spec_, {.cache = spec_.cache, .on_notice = [&](std::string_view notice) {
                             tell(hooks, std::string(notice));
                         }});
    const auto old = find();
    const std::uint16_t port = hooks.choose_port(false);
    if (old) {
        const auto reasons = hooks.recreate || is_told ? std::vector<std::string>{"as asked"}
                                                       : changes(*old, port, image);
        if (reasons.empty()) {
            const bool has_failed = old->state == ContainerState::exited && old->exit_code != 0;
            if (has_failed) {
                tell(hooks,
                     fmt::format("The container {}; it is started again.", end_in_words(*old)));
            }
            (void)engine::start_container(client_, spec_.container);
            return;
        }
        if (!is_told) tell(hooks, remaking(reasons));
        (void)engine::remove_container(client_, spec_.container, true);
    }
    (void)engine::create_container(
        client_, server_container(spec_, port, image, client_.local_image(image.name)));
    (void)engine::start_container(client_, spec_.container);
}

StartResult ContainerServer::start(const StartHooks& hooks) {
    StartResult result;
    bool is_new_secret = false;
    const auto found = find();
    if (found && found->state == ContainerState::paused) {
        throw Error(ErrorKind::conflict, fmt::format("container \"{}\" is paused", spec_.container))
            .hint(fmt::format("Let it go on: {} unpause {}", runtime(), spec_.container));
    }
    const bool is_running = found && found->state == ContainerState::running;
    const bool gave_way = is_running && give_way(*found, hooks);
    if (!is_running || gave_way) {
        result.started = true;
        result.created = ensure_volume();
        is_new_secret = ensure_secret();
        make_container(hooks, gave_way);
    }
    const auto container = find();
    if (!container) {
        throw Error(
            ErrorKind::conflict,
            fmt::format("container \"{}\" was removed while it was started", spec_.container));
    }
    try {
        await_gate(published_port(*container));
    } catch (const Error& error) {
        // The engine would start it again for ever; a timeout may be one of a slow recovery.
        if (result.started && error.kind() == ErrorKind::tool) (void)stop();
        throw;
    }
    if (is_new_secret && !result.created) repair_superuser();
    result.view = look();
    if (!result.view.pid_file) throw death(*container);
    return result;
}

Error ContainerServer::death(const Container& container) const {
    const std::string lines = mask_secrets(engine::log_tail(client_, container, 8));
    return Error(ErrorKind::tool,
                 fmt::format("the server in container \"{}\" {}{}{}",
                             spec_.container,
                             end_in_words(container),
                             lines.empty() ? "" : "; it wrote:\n",
                             trim(lines)))
        .hint(container.oom_killed
                  ? "Raise memory_limit, or ask less of the server."
                  : "Read what it wrote: poststack logs. A new container on the same data: "
                    "poststack up --recreate");
}

void ContainerServer::await_gate(std::uint16_t port) const {
    const auto deadline = sys::system_clock().now() + spec_.start_limit;
    auto next_look = sys::system_clock().now();
    for (;;) {
        const auto answer =
            pgfiles::probe({.socket_directory = {}, .port = port}, superuser, superuser, 2s).answer;
        if (answer == pgfiles::ProbeAnswer::accepting || answer == pgfiles::ProbeAnswer::refused ||
            answer == pgfiles::ProbeAnswer::too_many) {
            return;
        }
        const auto now = sys::system_clock().now();
        if (now >= next_look) {
            next_look = now + 200ms;
            const auto container = engine::find_container(client_, spec_.container);
            if (!container) {
                throw Error(
                    ErrorKind::conflict,
                    fmt::format("container \"{}\" was removed while it started", spec_.container));
            }
            // "restarting": the engine tries it again and again, which mends nothing.
            if (container->state != ContainerState::running &&
                container->state != ContainerState::created) {
                throw death(*container);
            }
            if (container->restarts > 0) throw death(*container);
        }
        if (now > deadline) {
            throw Error(ErrorKind::timeout,
                        fmt::format("the server in container \"{}\" does not accept sessions after "
                                    "{}",
                                    spec_.container,
                                    human_duration(spec_.start_limit)))
                .hint("Read what it wrote: poststack logs");
        }
        sys::system_clock().sleep(10ms);
    }
}

BuiltImage ensure_image(const engine::Client& client,
                        const ContainerServerSpec& spec,
                        ImageOptions options) {
    std::string stamp = utc_timestamp(sys::system_clock().today());
    std::erase_if(stamp, [](char letter) { return letter == ':' || letter == '-'; });
    const fs::path path = spec.build_log / fmt::format("postgres-{}_{}.log", spec.major, stamp);
    std::optional<sys::RotatingFile> log;
    const auto on_line = options.on_line;
    options.on_line = [&](std::string_view line) {
        if (!log) {
            sys::make_directories(spec.build_log);
            log.emplace(path);
        }
        log->write_line(mask_secrets(line));
        if (on_line) on_line(line);
    };
    return with_context(
        [&] { return fmt::format("making the image for PostgreSQL {}", spec.major); },
        [&] { return build_postgres(client, spec.major, options); });
}

}  // namespace poststack::instance
