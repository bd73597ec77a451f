#include "migrate/schemas.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace poststack::migrate {
namespace {

/// True for failures that every other schema would end with as well.
bool concerns_all(ErrorKind kind) noexcept {
    return kind != ErrorKind::database && kind != ErrorKind::conflict && kind != ErrorKind::denied;
}

std::string list(const std::vector<std::string>& names) {
    constexpr std::size_t many = 20;
    if (names.empty()) return "none";
    if (names.size() <= many) return join(names, ", ");
    return fmt::format("{} schemas, {} to {}", names.size(), names.front(), names.back());
}

}  // namespace

std::vector<SchemaTurn> in_each_schema(const std::vector<std::string>& schemas,
                                       const std::function<void(const std::string&)>& work) {
    std::vector<SchemaTurn> turns;
    for (const std::string& schema : schemas)
        turns.push_back({schema, false, {}});
    for (SchemaTurn& turn : turns) {
        turn.reached = true;
        try {
            work(turn.schema);
        } catch (const Error& error) {
            turn.error = error;
            if (concerns_all(error.kind())) break;
        }
    }
    return turns;
}

void refuse_failed_turns(const std::vector<SchemaTurn>& turns, std::string_view done) {
    const SchemaTurn* first = nullptr;
    std::vector<std::string> good;
    std::vector<std::string> failed;
    std::vector<std::string> left;
    for (const SchemaTurn& turn : turns) {
        if (turn.error && first == nullptr) first = &turn;
        auto& names = !turn.reached ? left : turn.error ? failed : good;
        names.push_back(turn.schema);
    }
    if (first == nullptr) return;
    Error error = *first->error;
    std::string line = fmt::format("working in schema \"{}\": {}: {}; failed: {}",
                                   first->schema,
                                   done,
                                   list(good),
                                   list(failed));
    if (!left.empty()) line += "; not reached: " + list(left);
    error.add_context(line);
    throw error;
}

}  // namespace poststack::migrate
