// A small command table for the unit tests of this folder.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"

namespace poststack::cli {

/// Where the values of the table's options end up.
struct TestValues {
    std::optional<std::string> target;
    std::optional<int> count;
    bool dry_run = false;
    bool follow = false;
    std::vector<std::string> services;
    std::string name;
};

/// `status`, `logs` (command and group), `logs list`, `database migrate`, `database new NAME`.
inline CommandTable test_table(TestValues& values) {
    const auto nothing = [](Context&) { return 0; };
    CommandTable table;
    table.groups = {{{"database"}, "Use the database"}, {{"logs"}, "Show or manage logs"}};
    table.commands = {
        {.path = {"status"}, .summary = "Show the state", .run = nothing},
        {.path = {"logs"},
         .summary = "Show output",
         .options = {{.names = "-f,--follow",
                      .value = "",
                      .help = "Wait for more",
                      .target = &values.follow}},
         .arguments = {{.name = "SERVICE", .help = "Of these", .target = &values.services}},
         .run = nothing},
        {.path = {"logs", "list"}, .summary = "List the files", .run = nothing},
        {.path = {"database", "migrate"},
         .summary = "Apply migrations",
         .description = "Every file in one transaction.",
         .options =
             {{.names = "--target-version,--target",
               .value = "VERSION",
               .help = "Stop behind VERSION",
               .target = &values.target},
              {.names = "-n,--dry-run",
               .value = "",
               .help = "Show the plan",
               .target = &values.dry_run},
              {.names = "--count", .value = "N", .help = "Apply N", .target = &values.count}},
         .examples = {"database migrate -n"},
         .run = nothing},
        {.path = {"database", "new"},
         .summary = "Make a migration",
         .arguments =
             {{.name = "NAME", .help = "Its name", .target = &values.name, .required = true}},
         .run = nothing},
    };
    return table;
}

}  // namespace poststack::cli
