#include "catalog/fingerprint.h"

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>

#include "base/error.h"
#include "sys/hash.h"

namespace poststack::catalog {

namespace {

constexpr std::array names = {
    "database",
    "setting",
    "schema",
    "extension",
    "access method",
    "language",
    "collation",
    "conversion",
    "enum",
    "domain",
    "domain constraint",
    "composite type",
    "attribute",
    "range type",
    "base type",
    "function",
    "procedure",
    "aggregate",
    "operator",
    "operator family",
    "operator class",
    "cast",
    "transform",
    "text search parser",
    "text search template",
    "text search dictionary",
    "text search configuration",
    "foreign data wrapper",
    "server",
    "user mapping",
    "sequence",
    "table",
    "foreign table",
    "column",
    "column order",
    "constraint",
    "index",
    "view",
    "materialized view",
    "rule",
    "trigger",
    "constraint trigger",
    "policy",
    "statistics",
    "publication",
    "publication table",
    "publication schema",
    "subscription",
    "event trigger",
    "default privileges",
    "grant",
    "security label",
};
static_assert(names.size() == static_cast<std::size_t>(Kind::security_label) + 1);

/// Length first, so that no two lists of texts give the same bytes.
void add(sys::Sha256& hash, std::string_view text) {
    hash.update(fmt::format("{}:", text.size()));
    hash.update(text);
}

}  // namespace

bool comes_before(const ObjectPtr& left, const ObjectPtr& right) {
    return std::tie(left->kind, left->identity) < std::tie(right->kind, right->identity);
}

std::string_view name(Kind kind) noexcept {
    return names[static_cast<std::size_t>(kind)];
}

Kind parse_kind(std::string_view text) {
    const auto* const found = std::find(names.begin(), names.end(), text);
    if (found == names.end())
        throw Error(ErrorKind::bug, fmt::format("no kind of object is called \"{}\"", text));
    return static_cast<Kind>(found - names.begin());
}

std::string Object::label() const {
    return fmt::format("{} {}", name(kind), identity);
}

const std::string* Object::find(std::string_view attribute) const noexcept {
    for (const auto& [key, value] : attributes) {
        if (key == attribute) return &value;
    }
    return nullptr;
}

bool Object::operator==(const Object& other) const noexcept {
    return kind == other.kind && identity == other.identity && parent == other.parent &&
           attributes == other.attributes;
}

Fingerprint::Fingerprint() : objects_(std::make_shared<const std::vector<ObjectPtr>>()) {}

Fingerprint::Fingerprint(std::vector<ObjectPtr> objects) {
    std::sort(objects.begin(), objects.end(), comes_before);
    objects_ = std::make_shared<const std::vector<ObjectPtr>>(std::move(objects));
}

Fingerprint Fingerprint::from_sorted(std::vector<ObjectPtr> objects) {
    Fingerprint made;
    made.objects_ = std::make_shared<const std::vector<ObjectPtr>>(std::move(objects));
    return made;
}

bool Fingerprint::operator==(const Fingerprint& other) const noexcept {
    return std::equal(objects_->begin(),
                      objects_->end(),
                      other.objects_->begin(),
                      other.objects_->end(),
                      [](const ObjectPtr& left, const ObjectPtr& right) {
                          return left == right || *left == *right;
                      });
}

std::string Fingerprint::hash() const {
    sys::Sha256 hash;
    for (const ObjectPtr& object : *objects_) {
        add(hash, name(object->kind));
        add(hash, object->identity);
        add(hash, object->parent);
        add(hash, std::to_string(object->attributes.size()));
        for (const auto& [key, value] : object->attributes) {
            add(hash, key);
            add(hash, value);
        }
    }
    return hash.finish();
}

std::vector<ObjectPtr> not_shared(const Fingerprint& left, const Fingerprint& right) {
    std::vector<ObjectPtr> alone;
    auto other = right.objects().begin();
    const auto end = right.objects().end();
    for (const ObjectPtr& object : left.objects()) {
        if (other != end && *other == object) {
            ++other;
            continue;
        }
        while (other != end && comes_before(*other, object))
            ++other;
        if (other != end && *other == object) {
            ++other;
        } else {
            alone.push_back(object);
        }
    }
    return alone;
}

}  // namespace poststack::catalog
