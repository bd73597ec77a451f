#include "require_tool.h"

#include "server.h"
#include "sys/process.h"

namespace poststack::test {

bool has_tool(const std::string& tool) {
    if (tool == "postgres") return find_server_bin().has_value();
    return sys::find_program(tool).has_value();
}

}  // namespace poststack::test
