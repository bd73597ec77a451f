#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/output.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/session.h"
#include "sys/env.h"

namespace poststack::cli {

namespace {

struct ConfigShowArgs {
    std::string key;
};

/// The items of a list; of a secret one the names alone: "TENANT=***".
std::vector<std::string> shown_items(const config::KeySpec& spec, const config::Setting& setting) {
    if (!spec.secret) return setting.items;
    std::vector<std::string> items;
    for (const std::string& item : setting.items)
        items.push_back(item.substr(0, item.find('=')) + "=***");
    return items;
}

/// The value as it may be shown: lists joined, secrets masked; what stands for an unset one.
std::string shown_value(const config::KeySpec& spec, const config::Setting& setting) {
    if (setting.value.empty() && setting.items.empty()) {
        return spec.default_text.empty() ? "" : fmt::format("({})", spec.default_text);
    }
    if (spec.type == config::KeyType::list) return join(shown_items(spec, setting), ", ");
    if (!spec.secret) return mask_secrets(setting.value);
    const std::string masked = mask_secrets(setting.value);
    return masked == setting.value ? "***" : masked;
}

Json to_json(const config::KeySpec& spec, const config::Setting& setting) {
    Json value = nullptr;
    if (spec.type == config::KeyType::list) {
        value = shown_items(spec, setting);
    } else if (!setting.value.empty()) {
        value = shown_value(spec, setting);
    }
    return {{"value", std::move(value)},
            {"source", setting.source},
            {"default", setting.is_default},
            {"type", std::string(name(spec.type))}};
}

std::vector<const config::KeySpec*> chosen_keys(const std::string& wanted) {
    std::vector<const config::KeySpec*> keys;
    if (wanted.empty()) {
        for (const config::KeySpec& spec : config::all_keys())
            keys.push_back(&spec);
        return keys;
    }
    if (const config::KeySpec* spec = config::find_key(wanted)) return {spec};
    std::vector<std::string> names;
    for (const config::KeySpec& spec : config::all_keys())
        names.emplace_back(spec.name);
    const auto near = nearest(wanted, names);
    throw Error(ErrorKind::not_found, fmt::format("there is no setting \"{}\"", wanted))
        .hint(near ? fmt::format("Did you mean \"{}\"?", *near)
                   : "Type poststack config-show for all of them.");
}

int run_config_show(Context& context, const ConfigShowArgs& args) {
    const auto keys = chosen_keys(args.key);
    const Session session = open_session(context);
    const config::Project& project = session.project;
    if (context.json()) {
        Json settings = Json::object();
        for (const config::KeySpec* spec : keys)
            settings[std::string(spec->name)] = to_json(*spec, session.settings.entry(spec->name));
        context.print({{"project",
                        {{"name", project.name},
                         {"name_source", project.name_source},
                         {"directory", project.directory.native()},
                         {"id", project.id},
                         {"env_file", project.env_file.native()},
                         {"config_file", project.config_file.native()}}},
                       {"settings", std::move(settings)}});
        return 0;
    }
    if (args.key.empty()) {
        context.out << to_text(
                           {{"project", fmt::format("{} ({})", project.name, project.name_source)},
                            {"directory", project.directory.native()}})
                    << '\n';
    }
    Table table({"KEY", "VALUE", "SOURCE"});
    for (const config::KeySpec* spec : keys) {
        const config::Setting& setting = session.settings.entry(spec->name);
        table.add({std::string(spec->name), shown_value(*spec, setting), setting.source});
    }
    context.out << table.to_text(sys::terminal_width());
    return 0;
}

}  // namespace

Command make_config_show_command() {
    auto args = std::make_shared<ConfigShowArgs>();
    return {
        .path = {"config-show"},
        .summary = "Show each setting and where it came from",
        .description =
            "A setting is taken from the first that has it: a flag, the environment "
            "(POSTSTACK_<KEY>), .env, poststack.yaml, the default. Passwords are masked. A value "
            "in parentheses says what an unset key means.",
        .arguments = {{.name = "KEY", .help = "Show this setting alone", .target = &args->key}},
        .examples = {"config-show", "config-show postgres_host_port", "config-show --json"},
        .run = [args](Context& context) { return run_config_show(context, *args); }};
}

}  // namespace poststack::cli
