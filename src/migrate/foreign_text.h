// Files in which other tools keep a migration and its way back together, cut into the two.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace poststack::migrate {

/// A migration and what undoes it, without the tool's own marks.
struct ForeignText {
    std::string up;
    std::optional<std::string> down;  ///< nothing where the file has none
    bool no_transaction = false;      ///< the tool was told not to wrap it
};

/// dbmate: "-- migrate:up" and "-- migrate:down", each with "transaction:false" or without.
[[nodiscard]] ForeignText cut_dbmate(std::string_view text);

/// goose: "-- +goose Up", "-- +goose Down", "-- +goose NO TRANSACTION"; StatementBegin and
/// StatementEnd are dropped, psql's rules need none. Errors: config for "-- +goose ENVSUB ON".
[[nodiscard]] ForeignText cut_goose(std::string_view text, std::string_view name);

/// node-pg-migrate's SQL files: "-- Up Migration" and "-- Down Migration".
[[nodiscard]] ForeignText cut_node_pg_migrate(std::string_view text);

struct Changeset {
    std::string id;
    std::string author;
    ForeignText text;
};

/// Liquibase's formatted SQL: "--changeset author:id", "--rollback ..." lines and
/// runInTransaction:false. Errors: config for changesets that SQL alone does not say (endDelimiter,
/// preconditions, rollback blocks) and for a file that is no formatted SQL.
[[nodiscard]] std::vector<Changeset> cut_liquibase(std::string_view text, std::string_view name);

}  // namespace poststack::migrate
