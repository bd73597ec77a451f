#include "workflow/variables.h"

#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "config/keys.h"
#include "instance/credentials.h"

namespace poststack::workflow {

namespace {

constexpr std::string_view prefix = "POSTSTACK_VAR_";

/// "NAME=VALUE"; the value is never part of a message.
void set_pair(migrate::Variables& variables,
              ErrorKind kind,
              const std::string& pair,
              const std::string& origin) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos) {
        throw Error(kind, fmt::format("{}: a variable needs a name and a value", origin))
            .hint("Write NAME=VALUE.");
    }
    variables.set(pair.substr(0, equals), Secret(pair.substr(equals + 1)), origin);
}

void mark_secrets(const StackRequest& request, migrate::Variables& variables) {
    variables.mark_secret(request.settings.secret(config::key::database_url));
    const auto credentials = instance::find_credentials(
        request.env, request.project, request.settings, request.environment);
    if (credentials) variables.mark_secret(credentials->password);
}

}  // namespace

migrate::SharedVariables read_variables(const StackRequest& request,
                                        const std::vector<std::string>& flags) {
    auto variables = std::make_shared<migrate::Variables>();
    for (const std::string& pair : request.settings.list(config::key::variables)) {
        set_pair(*variables,
                 ErrorKind::config,
                 pair,
                 request.settings.source(config::key::variables) + ": variables");
    }
    for (const std::string& name : request.env.names()) {
        if (!name.starts_with(prefix)) continue;
        if (auto value = request.env.find(name)) {
            variables->set(
                name.substr(prefix.size()), Secret(std::move(*value)), request.env.where(name));
        }
    }
    for (const auto& [name, value] : request.environment) {
        if (name.starts_with(prefix))
            variables->set(name.substr(prefix.size()), Secret(value), "environment " + name);
    }
    for (const std::string& pair : flags)
        set_pair(*variables, ErrorKind::usage, pair, "--var");
    if (variables->empty()) return nullptr;
    mark_secrets(request, *variables);
    return variables;
}

}  // namespace poststack::workflow
