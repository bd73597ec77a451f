#include "lint/functions.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "lint/names.h"

namespace poststack::lint {
namespace {

/// Functions of the server that a default may well use and that are stable or immutable.
constexpr std::array<std::string_view, 62> steady = {
    "abs",
    "age",
    "array_append",
    "array_cat",
    "array_fill",
    "array_to_string",
    "bit_length",
    "btrim",
    "cardinality",
    "ceil",
    "char_length",
    "coalesce",
    "concat",
    "concat_ws",
    "current_database",
    "current_schema",
    "current_setting",
    "date",
    "date_part",
    "date_trunc",
    "decode",
    "encode",
    "extract",
    "floor",
    "format",
    "hashtext",
    "initcap",
    "int4range",
    "int8range",
    "json_build_array",
    "json_build_object",
    "jsonb_build_array",
    "jsonb_build_object",
    "left",
    "length",
    "lower",
    "lpad",
    "ltrim",
    "make_date",
    "make_interval",
    "make_timestamptz",
    "md5",
    "now",
    "numrange",
    "replace",
    "right",
    "round",
    "rpad",
    "rtrim",
    "sha256",
    "statement_timestamp",
    "substring",
    "timezone",
    "to_char",
    "to_date",
    "to_json",
    "to_jsonb",
    "to_timestamp",
    "to_tsvector",
    "transaction_timestamp",
    "tstzrange",
    "upper",
};

static_assert(std::is_sorted(steady.begin(), steady.end()));

bool is_steady(std::string_view name) noexcept {
    return std::binary_search(steady.begin(), steady.end(), name);
}

}  // namespace

std::string volatile_function(Node expression, const Schema& schema) {
    std::vector<Node> calls = expression.inside("FuncCall");
    for (const Node call : calls) {
        std::string name = dotted_name(call["funcname"]);
        if (schema_of(name) == "pg_catalog") name = bare_name(name);
        if (const Function* known = schema.functions.find(name)) {
            if (known->volatility == Volatility::is_volatile) return name;
            continue;
        }
        if (!is_steady(name)) return name;
    }
    return {};
}

}  // namespace poststack::lint
