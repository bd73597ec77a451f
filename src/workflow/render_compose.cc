#include "workflow/render_compose.h"

#include <fmt/format.h>

#include "base/text.h"
#include "config/keys.h"
#include "instance/credentials.h"
#include "instance/server_container.h"
#include "instance/server_image.h"

namespace poststack::workflow {
namespace {

namespace key = config::key;

/// As a YAML text in double quotes; "$" is compose's own sign.
std::string yaml_text(std::string_view text) {
    std::string result = "\"";
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') result += '\\';
        if (letter == '$') result += '$';
        result += letter;
    }
    return result + '"';
}

/// ${NAME:?why}: compose stops where the variable is missing.
std::string required(const std::string& name) {
    return yaml_text(fmt::format("@{{{0}:?set {0} in .env}}", name));
}

/// The dollar of variables was kept out of yaml_text(), which doubles it.
std::string with_variables(std::string text) {
    for (auto at = text.find("@{"); at != std::string::npos; at = text.find("@{", at + 1))
        text[at] = '$';
    return text;
}

std::string commands(const instance::ContainerServerSpec& spec) {
    std::string text = fmt::format("      - postgres\n      - -c\n      - max_connections={}\n",
                                   spec.max_connections);
    for (const auto& [name, value] : spec.extra_settings)
        text += fmt::format("      - -c\n      - {}\n", yaml_text(name + "=" + value));
    return text;
}

std::string limits(const instance::ContainerServerSpec& spec) {
    if (spec.memory_limit == 0 && spec.cpu_limit == 0) return {};
    std::string text = "    deploy:\n      resources:\n        limits:\n";
    if (spec.cpu_limit > 0) text += fmt::format("          cpus: \"{}\"\n", spec.cpu_limit);
    if (spec.memory_limit > 0) text += fmt::format("          memory: {}b\n", spec.memory_limit);
    return text;
}

}  // namespace

std::string render_compose(const StackRequest& request, const RenderQuery& query) {
    const auto spec =
        instance::make_container_spec(request.project, request.settings, request.environment);
    const auto names = instance::credential_names(request.settings);
    const auto credentials = instance::find_credentials(
        request.env, request.project, request.settings, request.environment);
    const auto port = request.settings.find_number(key::postgres_host_port);
    const int host_port = port                               ? static_cast<int>(*port)
                          : credentials && credentials->port ? *credentials->port
                                                             : names.default_port;
    const std::string image =
        query.image.empty() ? fmt::format("pgvector/pgvector:pg{}", spec.major) : query.image;
    std::string text = fmt::format(
        "# PostgreSQL for \"{}\". Written by: poststack compose render\n"
        "# The password is not in here: {} and its like come from .env.\n"
        "version: \"3.8\"\n"
        "services:\n"
        "  postgres:\n"
        "    image: {}\n"
        "    container_name: {}\n"
        "    restart: unless-stopped\n"
        "    command:\n{}"
        "    environment:\n"
        "      POSTGRES_USER: {}\n"
        "      POSTGRES_PASSWORD: {}\n"
        "      POSTGRES_DB: {}\n"
        "      POSTGRES_INITDB_ARGS: \"--data-checksums\"\n"
        "      PGDATA: {}\n",
        request.project.name,
        names.password,
        yaml_text(image),
        spec.container,
        commands(spec),
        required(names.user),
        required(names.password),
        required(names.database),
        instance::volume_layout(spec.major).data);
    text += fmt::format(
        "    ports:\n"
        "      - \"127.0.0.1:{}:5432\"\n"
        "    volumes:\n"
        "      - postgres_data:{}\n"
        "    user: \"{}:{}\"\n"
        "    init: true\n"
        "    read_only: true\n"
        "    tmpfs:\n"
        "      - /tmp:rw,noexec,nosuid,nodev,size=64m,mode=1777\n"
        "      - /var/run/postgresql:rw,noexec,nosuid,nodev,size=1m,mode=1777\n"
        "    cap_drop:\n"
        "      - ALL\n"
        "    security_opt:\n"
        "      - no-new-privileges:true\n"
        "    shm_size: 256mb\n"
        "    stop_signal: SIGINT\n"
        "    stop_grace_period: {}s\n"
        "{}",
        host_port,
        instance::volume_layout(spec.major).volume,
        instance::server_uid,
        instance::server_uid,
        std::chrono::ceil<std::chrono::seconds>(spec.stop_limit).count(),
        limits(spec));
    // pg_isready answers yes for a role and a database that do not exist: an own login proves more.
    text +=
        "    healthcheck:\n"
        "      test:\n"
        "        - CMD-SHELL\n"
        "        - PGPASSWORD=\"$$POSTGRES_PASSWORD\" psql -h 127.0.0.1 -U \"$$POSTGRES_USER\""
        " -d \"$$POSTGRES_DB\" -Atqc 'SELECT 1'\n"
        "      interval: 30s\n"
        "      timeout: 10s\n"
        "      retries: 3\n"
        "      start_period: 40s\n"
        "volumes:\n"
        "  postgres_data: {}\n";
    return with_variables(std::move(text));
}

}  // namespace poststack::workflow
