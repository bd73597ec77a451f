#include "instance/volume.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/container_file.h"
#include "instance/labels.h"
#include "pgfiles/control_file.h"
#include "sys/random.h"

namespace poststack::instance {
namespace {

/// Removes a container at the end of its life, whatever happens.
class Throwaway {
  public:
    Throwaway(const engine::Client& client, std::string name)
        : client_(client), name_(std::move(name)) {}
    Throwaway(const Throwaway&) = delete;
    Throwaway& operator=(const Throwaway&) = delete;

    ~Throwaway() {
        try {
            (void)engine::remove_container(client_, name_, true);
        } catch (const Error&) {  // NOLINT(bugprone-empty-catch): "container clean" finds it
        }
    }

  private:
    const engine::Client& client_;
    std::string name_;
};

[[noreturn]] void refuse(const ContainerServerSpec& spec, const std::string& why) {
    throw Error(ErrorKind::conflict, fmt::format("volume \"{}\" stays: {}", spec.volume, why))
        .hint("Look at what it holds. If it is not needed, remove it with the engine's own tool.");
}

}  // namespace

VolumeContents read_volume(const engine::Client& client,
                           const ContainerServerSpec& spec,
                           const std::string& name) {
    const std::string data = volume_layout(spec.major).data;
    const auto read = [&](std::string_view file) {
        return engine::find_container_file(client, name, fmt::format("{}/{}", data, file));
    };
    VolumeContents contents;
    const auto version = read("PG_VERSION");
    if (!version) return contents;
    contents.major = static_cast<int>(parse_integer(trim(*version)).value_or(0));
    if (const auto bytes = read("global/pg_control")) {
        const auto control = pgfiles::parse_control(*bytes);
        if (control) contents.system_identifier = control->system_identifier;
    }
    if (const auto text = read(pgfiles::identity_file_name)) {
        contents.identity = pgfiles::parse_identity(*text, pgfiles::identity_file_name);
    }
    return contents;
}

VolumeContents read_lone_volume(const engine::Client& client, const ContainerServerSpec& spec) {
    const auto image = find_postgres_image(client, spec.major);
    if (!image) {
        throw Error(ErrorKind::not_found,
                    fmt::format("cannot look into volume \"{}\": the image \"{}\" is not there",
                                spec.volume,
                                postgres_image(spec.major)))
            .hint("Make it: poststack container build");
    }
    engine::ContainerSpec look;
    look.name = fmt::format("{}-look-{:08x}", spec.container, sys::random_u64() & 0xffffffffU);
    look.image = image->id;
    look.mounts = {{.source = spec.volume, .target = volume_layout(spec.major).volume}};
    look.labels = project_labels(spec);
    look.labels.emplace(label::role, "look");
    look.labels.erase("com.docker.compose.project");
    const Throwaway throwaway(client, look.name);
    (void)engine::create_container(client, look);
    return read_volume(client, spec, look.name);
}

void check_own_volume(const ContainerServerSpec& spec, const VolumeContents& contents) {
    if (!contents.major) return;
    if (!contents.identity) refuse(spec, "its data does not say to which project it belongs");
    if (contents.identity->project_id != spec.project_id) {
        refuse(spec,
               fmt::format("its data belongs to the project in \"{}\"",
                           contents.identity->project_path.native()));
    }
    if (!contents.system_identifier ||
        *contents.system_identifier != contents.identity->system_identifier) {
        refuse(spec,
               fmt::format("it holds another database (system identifier {}) than the one that was "
                           "made for this project ({})",
                           contents.system_identifier.value_or(0),
                           contents.identity->system_identifier));
    }
}

}  // namespace poststack::instance
