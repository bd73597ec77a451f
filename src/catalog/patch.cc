#include "catalog/patch.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace poststack::catalog {

namespace {

bool is_same(const Object& left, const Object& right) {
    return left == right && left.unit == right.unit && left.storage_oid == right.storage_oid &&
           left.storage_number == right.storage_number;
}

}  // namespace

Fingerprint patch(const Fingerprint& base,
                  const ChangedUnits& changes,
                  std::vector<ObjectPtr> again) {
    std::sort(again.begin(), again.end(), comes_before);
    std::vector<ObjectPtr> all;
    all.reserve(base.objects().size() + again.size());
    auto from = base.objects().begin();
    const auto end = base.objects().end();
    const auto keep_up_to = [&](auto place) {
        std::copy_if(from, place, std::back_inserter(all), [&](const ObjectPtr& object) {
            return !changes.covers(*object);
        });
        from = place;
    };
    for (const ObjectPtr& object : again) {
        keep_up_to(std::lower_bound(from, end, object, comes_before));
        const bool was_there = from != end && !comes_before(object, *from);
        all.push_back(was_there && is_same(**from, *object) ? *from : object);
        if (was_there) ++from;
    }
    keep_up_to(end);
    return Fingerprint::from_sorted(std::move(all));
}

PresentKinds::PresentKinds(const Fingerprint& base, const ChangedUnits& changes)
    : kinds_(static_cast<std::size_t>(Kind::security_label) + 1) {
    std::array<Oids, 4> seen;
    for (const ObjectPtr& object : base.objects()) {
        if (object->unit == 0 || !changes.covers(*object)) continue;
        kinds_[static_cast<std::size_t>(object->kind)] = true;
        seen[static_cast<std::size_t>(family_of(object->kind))].insert(object->unit);
    }
    for (const Family family : {Family::relation, Family::type, Family::routine}) {
        const Oids& before = changes.units_before(family);
        const Oids& shown = seen[static_cast<std::size_t>(family)];
        all_shown_[static_cast<std::size_t>(family)] =
            std::includes(shown.begin(), shown.end(), before.begin(), before.end());
    }
}

bool PresentKinds::none_of(const Query& query) const {
    return all_shown_[static_cast<std::size_t>(query.family)] &&
           std::none_of(query.kinds.begin(), query.kinds.end(), [&](Kind kind) {
               return kinds_[static_cast<std::size_t>(kind)];
           });
}

}  // namespace poststack::catalog
