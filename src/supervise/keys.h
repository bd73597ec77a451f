// The keys that each kind of section may hold: supervisord's, and ours.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace poststack::supervise {

enum class SectionKind {
    supervisord,
    program,
    eventlistener,
    group,
    unix_http_server,
    inet_http_server,
    supervisorctl,
    include,
    health,
    foreign,  ///< [rpcinterface:x], [ctlplugin:x]: read by supervisord's own plugins
};

struct SectionTitle {
    SectionKind kind = SectionKind::foreign;
    std::string name;  ///< what follows the colon
};

/// Reads "program:api"; nothing for a kind of section that nobody knows.
[[nodiscard]] std::optional<SectionTitle> find_title(std::string_view section);

/// The keys of a kind, sorted.
[[nodiscard]] std::vector<std::string> keys_of(SectionKind kind);

/// The words before the colon, for "did you mean".
[[nodiscard]] std::vector<std::string> section_words();

}  // namespace poststack::supervise
