#include "catalog/collector.h"

#include "base/text.h"

namespace poststack::catalog {

namespace {

constexpr std::size_t first_attribute = 4;  ///< after oid, kind, identity, parent

}  // namespace

void Collector::note_position(Object& column, const pg::Result& rows, std::size_t row) {
    const auto position = rows.find_column("#position");
    const auto name = rows.find_column("#name");
    if (!position || !name) return;
    column.storage_number = rows.number(row, *position);
    // The columns of views are in their definition, in order.
    if (column.parent.starts_with("view ") || column.parent.starts_with("materialized view "))
        return;
    Order& order = columns_[column.parent];
    order.unit = column.unit;
    order.names[column.storage_number] = rows.value(row, *name);
}

void Collector::add(const pg::Result& rows, bool by_unit) {
    std::vector<std::string> names;
    for (std::size_t column = 0; column < rows.columns(); ++column)
        names.emplace_back(rows.column_name(column));
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        const Kind kind = parse_kind(rows.value(row, 1));
        auto& object = objects_[{kind, std::string(rows.value(row, 2))}];
        if (!object) {
            object = std::make_shared<Object>();
            object->kind = kind;
            object->identity = rows.value(row, 2);
        }
        if (!rows.is_null(row, 3)) object->parent = rows.value(row, 3);
        for (std::size_t column = first_attribute; column < names.size(); ++column) {
            if (rows.is_null(row, column) || names[column].starts_with('#')) continue;
            object->attributes.emplace_back(names[column], rows.value(row, column));
        }
        if (by_unit) object->unit = rows.number(row, 0);
        if (kind == Kind::table || kind == Kind::column) object->storage_oid = rows.number(row, 0);
        if (kind == Kind::column || kind == Kind::attribute) note_position(*object, rows, row);
    }
}

std::vector<ObjectPtr> Collector::take() {
    std::vector<ObjectPtr> all;
    all.reserve(objects_.size() + columns_.size());
    for (auto& [key, object] : objects_)
        all.push_back(std::move(object));
    for (const auto& [parent, columns] : columns_) {
        std::vector<std::string> in_order;
        for (const auto& [position, name] : columns.names)
            in_order.push_back(name);
        auto order = std::make_shared<Object>();
        order->kind = Kind::column_order;
        order->identity = parent;
        order->parent = parent;
        order->unit = columns.unit;
        order->attributes.emplace_back("columns", join(in_order, "\n"));
        all.push_back(std::move(order));
    }
    objects_.clear();
    columns_.clear();
    return all;
}

}  // namespace poststack::catalog
