// Compose files as trees with one form for everything: variables replaced and every short form made
// long, so that files can be merged key by key (Compose specification, chapters 12 and 13).
#pragma once

#include "config/interpolate.h"
#include "config/yaml_tree.h"

namespace poststack::config {

/// Replaces variables in every value below `node`; keys stay as they are.
/// Errors: config with the place, never a value.
void interpolate_tree(YamlNode& node, const Lookup& lookup);

/// Makes the short forms of a whole compose file long, in place: lists "NAME=value" become
/// mappings, ports and volumes mappings of their parts, a build path {context}, depends_on a
/// mapping with conditions, a single text a list where a list is meant.
///
/// Errors: config with the place for a short form that cannot be read.
void canonicalise_compose(YamlNode& document);

/// The same for one service.
void canonicalise_service(YamlNode& service);

/// Lays `over` upon `base`, both in canonical form: mappings key by key, lists one after the other,
/// ports, volumes, secrets and configs by what identifies them, command, entrypoint and a health
/// test replaced whole; `!reset` removes and `!override` replaces.
void merge_compose(YamlNode& base, const YamlNode& over);

}  // namespace poststack::config
