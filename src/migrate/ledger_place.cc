#include "migrate/ledger_place.h"

#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "migrate/holders.h"
#include "pg/connection.h"
#include "sys/hash.h"

namespace poststack::migrate {
namespace {

constexpr std::string_view own_schema = "poststack";
constexpr std::size_t longest_name = 63;

}  // namespace

LedgerPlace::LedgerPlace(std::string schema) : schema_(std::move(schema)) {
    const bool is_reserved =
        schema_ == own_schema || schema_ == "information_schema" || schema_.starts_with("pg_");
    if (!is_reserved && schema_.size() <= longest_name) return;
    throw Error(ErrorKind::usage,
                fmt::format("migrations cannot run in schema \"{}\": {}",
                            schema_,
                            is_reserved ? "it belongs to the server or to poststack"
                                        : "its name has more than 63 bytes"))
        .hint("Name a schema of your own with --schema, or none for the whole database.");
}

std::string LedgerPlace::table(std::string_view name) const {
    if (is_database()) return fmt::format("{}.{}", own_schema, name);
    return fmt::format("{}.{}_{}", pg::quote_identifier(schema_), own_schema, name);
}

std::string LedgerPlace::localise(std::string_view sql) const {
    if (is_database()) return std::string(sql);
    const std::string from = std::string(own_schema) + ".";
    const std::string to = table({});
    std::string text;
    for (;;) {
        const std::size_t at = sql.find(from);
        text += sql.substr(0, at);
        if (at == std::string_view::npos) return text;
        text += to;
        sql.remove_prefix(at + from.size());
    }
}

std::string LedgerPlace::describe() const {
    return fmt::format("schema \"{}\"", is_database() ? std::string(own_schema) : schema_);
}

LockKeys LedgerPlace::lock_keys() const {
    if (is_database()) return {lock_class, session_lock_key, lock_class, work_lock_key};
    // Two schemas of one key would only wait for each other.
    constexpr std::size_t digits = 7;  // 28 bits: positive
    const std::string hash = sys::sha256(schema_).substr(0, digits);
    const int key = static_cast<int>(std::stoul(hash, nullptr, 16));
    return {schema_turn_class, key, schema_work_class, key};
}

}  // namespace poststack::migrate
