// A map over another map that stays as it is: what a rollback file does to the schema must not
// last, and copying a schema for every file would cost more than linting it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace poststack::lint {

template <class Value>
class Layered {
  public:
    Layered() = default;

    /// Starts as `below`, which must outlive this and not change meanwhile.
    explicit Layered(const Layered* below) noexcept : below_(below) {}

    [[nodiscard]] const Value* find(std::string_view name) const {
        const auto here = own_.find(name);
        if (here != own_.end()) return here->second ? &*here->second : nullptr;
        return below_ == nullptr ? nullptr : below_->find(name);
    }

    /// The value for changing; nothing when there is none.
    [[nodiscard]] Value* edit(std::string_view name) {
        const auto here = own_.find(name);
        if (here != own_.end()) return here->second ? &*here->second : nullptr;
        const Value* lower = below_ == nullptr ? nullptr : below_->find(name);
        if (lower == nullptr) return nullptr;
        return &*own_.emplace(std::string(name), *lower).first->second;
    }

    Value& put(std::string name, Value value) {
        auto& place = own_[std::move(name)];
        place = std::move(value);
        return *place;
    }

    void erase(std::string_view name) {
        if (below_ != nullptr && below_->find(name) != nullptr) {
            own_[std::string(name)] = std::nullopt;
            return;
        }
        const auto here = own_.find(name);
        if (here != own_.end()) own_.erase(here);
    }

    /// Calls `visit(name, value)` for each, in no promised order.
    void each(const std::function<void(const std::string&, const Value&)>& visit) const {
        each_but(visit, {});
    }

  private:
    using Own = std::map<std::string, std::optional<Value>, std::less<>>;

    void each_but(const std::function<void(const std::string&, const Value&)>& visit,
                  const std::function<bool(const std::string&)>& is_hidden) const {
        for (const auto& [name, value] : own_) {
            if (value && !(is_hidden && is_hidden(name))) visit(name, *value);
        }
        if (below_ == nullptr) return;
        below_->each_but(visit, [&](const std::string& name) {
            return own_.contains(name) || (is_hidden && is_hidden(name));
        });
    }

    const Layered* below_ = nullptr;
    Own own_;
};

}  // namespace poststack::lint
