// The labels of everything that poststack makes at an engine. Compose's own come beside them, so
// that its programs see the containers.
#pragma once

namespace poststack::instance::label {

inline constexpr const char* project_id = "dev.poststack.project.id";
inline constexpr const char* project = "dev.poststack.project";
inline constexpr const char* directory = "dev.poststack.directory";
inline constexpr const char* role = "dev.poststack.role";          ///< "postgres", "application"
inline constexpr const char* image_id = "dev.poststack.image.id";  ///< it was made from
inline constexpr const char* major = "dev.poststack.postgres";     ///< of a volume: "17"
inline constexpr const char* spec = "dev.poststack.spec";          ///< engine/traits.h

}  // namespace poststack::instance::label
