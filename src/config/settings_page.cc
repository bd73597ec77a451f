#include "config/settings_page.h"

#include <fmt/format.h>

#include "base/text.h"
#include "config/keys.h"

namespace poststack::config {

namespace {

constexpr std::string_view introduction = R"(# Settings

<!-- Written by `make docs` from src/config/keys.cc; change it there. -->

A setting is taken from the first of these that has it:

1. a flag, such as `--runtime native`
2. the environment: `POSTSTACK_` and the key in upper case, such as `POSTSTACK_RUNTIME`
3. `.env` of the project, under the same names
4. `poststack.yaml`, or the file of `--config-file`, under the key itself
5. the default

`poststack config-show` prints each value and where it came from; `poststack config-validate` checks
them. An unknown key in `poststack.yaml` is an error, an unknown `POSTSTACK_` variable a warning. A
variable that is set to nothing counts as not set. Two names of one source that set the same thing
to different values are refused. Relative folders are meant from the project's directory, those of a
flag from where you stand.

Durations are `30s`, `500ms`, `2min`, `1h`; a bare number is seconds. Sizes are `512MB`, `2G`, in
powers of 1024; a bare number is bytes. Lists are YAML lists, or words separated by commas.

)";

constexpr std::string_view address = R"(
## Which database a command uses

The first that is set; the environment goes before `.env` for each name:

1. `--url` (or `--database-url`)
2. `POSTSTACK_DATABASE_URL`, then `database_url` in `poststack.yaml`
3. `DATABASE_URL`
4. the variable named by `url_variable` (`HIVE_DATABASE_URL` in the hive set)
5. `POSTGRES_HOST`, when it names another machine, with `POSTGRES_PORT`, `POSTGRES_DB`,
   `POSTGRES_USER` and `POSTGRES_PASSWORD`
6. the stack's own database

Within the environment, and within `.env`, all of them must agree: two that lead to different places
are refused, both named (exit code 3). `--url` settles it.

## Credential sets

`credentials` chooses the names in `.env`; each can be changed by its `*_variable` key.

| set | variables |
|---|---|
| `postgres` | `POSTGRES_USER`, `POSTGRES_PASSWORD`, `POSTGRES_DB`, `DATABASE_URL` |
| `hive` | the first three, `HIVE_DATABASE_URL` (`postgresql+psycopg://`), `HIVE_POSTGRES_PORT`, `HIVE_API_KEY`, `HIVE_API_PORT`, `POSTGRES_UID`, `POSTGRES_GID` |
| `semantik` | those of `postgres`, `POSTGRES_HOST`, `POSTGRES_PORT`, `DB_POOL_SIZE`, `DB_MAX_OVERFLOW`, `DB_POOL_TIMEOUT`, `DB_POOL_RECYCLE`, `DB_POOL_PRE_PING` |

They are made once, by `init` or `up`, and reused ever after. A value that a sample file has in its
place (`change-me`, `your-secure-password-here`, `<password>` and the like) counts as not set, and is
named. The port that `up` picks is kept in `.env` as `POSTSTACK_POSTGRES_HOST_PORT`, and the URL there
follows it.

## Which directory is the project

`--project`, else `POSTSTACK_PROJECT`, else the folder of `-f FILE`, else the current directory; when
that has neither `poststack.yaml`, `.poststack`, a compose file, `.env` nor `migrations`, the nearest
parent that has one of the first three. The home directory, what is above it, and folders that belong
to others or can be written by them are never taken. `-f FILE` whose `name:` differs from the
project's is another stack: its state and its `.env` are in `.poststack/stacks/NAME`.
)";

std::string default_cell(const KeySpec& spec) {
    if (!spec.default_value.empty()) return fmt::format("`{}`", spec.default_value);
    // What stands in <> would be taken for HTML.
    if (spec.default_text.find('<') != std::string_view::npos) {
        return fmt::format("`{}`", spec.default_text);
    }
    return std::string(spec.default_text);
}

std::string names_cell(const KeySpec& spec) {
    std::string cell = fmt::format("`{}`", spec.name);
    const auto names = spec.names();
    for (std::size_t index = 1; index < names.size(); ++index)
        cell += fmt::format(", also `{}`", names[index]);
    if (spec.variables.empty()) return cell;
    for (const std::string_view variable : split(spec.variables, '|'))
        cell += fmt::format(", also read from `{}`", variable);
    return cell;
}

}  // namespace

std::string settings_page() {
    std::string page(introduction);
    page += "| key | what it is | value | default |\n|---|---|---|---|\n";
    for (const KeySpec& spec : all_keys()) {
        page += fmt::format("| {} | {} | {} | {} |\n",
                            names_cell(spec),
                            spec.help,
                            spec.expected(),
                            default_cell(spec));
    }
    page += address;
    return page;
}

}  // namespace poststack::config
