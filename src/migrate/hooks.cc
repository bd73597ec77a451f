#include "migrate/hooks.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "migrate/header.h"
#include "migrate/ledger.h"
#include "migrate/replay.h"
#include "sys/file.h"

namespace poststack::migrate {
namespace {

constexpr std::string_view folder = "hooks";

HookScript read_hook(const MigrationSet& set, const std::string& file, bool standard_strings) {
    HookScript hook;
    hook.file_name = fmt::format("{}/{}", folder, file);
    const std::filesystem::path path = set.path(hook.file_name);
    hook.name = path.string();
    hook.text = sys::read_file(path);
    const Header header = parse_header(hook.text, hook.name);
    if (header.no_transaction || header.irreversible || header.baseline || header.max_lock) {
        throw Error(ErrorKind::config,
                    fmt::format("{}: a hook takes no other line at its top than lock-timeout and "
                                "variables",
                                hook.name))
            .hint("Put what cannot run inside a transaction into a migration.");
    }
    hook.lock_timeout = header.lock_timeout;
    TextSource source(hook.text);
    hook.plan =
        check_script(source,
                     hook.name,
                     {false, standard_strings, make_expansion(header.variables, set.variables)});
    return hook;
}

}  // namespace

Hooks read_hooks(const MigrationSet& set, bool standard_strings) {
    Hooks hooks;
    const std::filesystem::path directory = set.path(folder);
    const auto info = sys::find_info(directory, true);
    if (!info || info->type != sys::FileType::directory) return hooks;
    const std::array<std::pair<std::string_view, std::optional<HookScript>*>, 4> known = {
        {{"before_migrate.sql", &hooks.before_migrate},
         {"after_migrate.sql", &hooks.after_migrate},
         {"before_each.sql", &hooks.before_each},
         {"after_each.sql", &hooks.after_each}}};
    for (const std::string& file : sys::list_directory(directory)) {
        std::optional<HookScript>* place = nullptr;
        for (const auto& [name, hook] : known) {
            if (file == name) place = hook;
        }
        if (place != nullptr) {
            *place = read_hook(set, file, standard_strings);
            hooks.warnings.insert(
                hooks.warnings.end(), (*place)->plan.notes.begin(), (*place)->plan.notes.end());
        } else if (to_lower(file).ends_with(".sql") && !file.starts_with('.')) {
            hooks.warnings.push_back(
                fmt::format("\"{}/{}\" is ignored: hooks are before_migrate.sql, "
                            "after_migrate.sql, before_each.sql and after_each.sql",
                            folder,
                            file));
        }
    }
    return hooks;
}

std::string hook_setting_sql(std::string_view file_name) {
    return fmt::format("SELECT pg_catalog.set_config('poststack.file', {}, true);",
                       escape_literal(file_name));
}

void run_hook(pg::Connection& connection, const HookScript& hook, std::string_view file_name) {
    connection.script(hook_setting_sql(file_name));
    TextSource source(hook.text);
    with_context([&] { return fmt::format("running \"{}\"", hook.file_name); },
                 [&] { replay(connection, source, hook.name, hook.plan); });
}

}  // namespace poststack::migrate
