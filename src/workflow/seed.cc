#include "workflow/seed.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"

namespace poststack::workflow {

namespace {

namespace fs = std::filesystem;

migrate::Version version_of(const fs::path& path, const migrate::MigrationSet& set) {
    const std::string name = path.filename().string();
    const std::size_t digits = name.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string::npos) {
        throw Error(ErrorKind::usage,
                    fmt::format("seed file \"{}\" does not begin with a version", name))
            .hint("Name it after the migration behind which it runs, e.g. \"003_users.sql\".");
    }
    const migrate::Version version = migrate::parse_version(name.substr(0, digits));
    if (set.find(version) == nullptr) {
        throw Error(ErrorKind::not_found,
                    fmt::format("seed file \"{}\" names a migration that is not in \"{}\"",
                                name,
                                set.directory.string()));
    }
    return version;
}

/// Tables whose rows are their own: those of a partitioned table are in its partitions.
bool has_rows(const catalog::Object& object) {
    return object.kind == catalog::Kind::table && object.find("partition key") == nullptr;
}

}  // namespace

Seeds find_seeds(const fs::path& path, const migrate::MigrationSet& set) {
    std::vector<fs::path> files;
    if (fs::is_directory(path)) {
        for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
            if (entry.path().extension() == ".sql") files.push_back(entry.path());
        }
    } else if (fs::exists(path)) {
        files.push_back(path);
    } else {
        throw Error(ErrorKind::not_found,
                    fmt::format("there are no seed files at \"{}\"", path.string()));
    }
    std::sort(files.begin(), files.end());
    Seeds seeds;
    for (const fs::path& file : files)
        seeds[version_of(file, set)].push_back(file);
    return seeds;
}

Contents read_contents(pg::Connection& session, const catalog::Fingerprint& schema) {
    std::string sql;
    for (const catalog::ObjectPtr& object : schema.objects()) {
        if (!has_rows(*object)) continue;
        if (!sql.empty()) sql += " UNION ALL ";
        // As jsonb, a row does not depend on the order of columns.
        sql += fmt::format(
            "SELECT {}, pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended("
            "pg_catalog.to_jsonb(t)::text, 0)::numeric) FROM ONLY {} t",
            pg::quote_literal(object->label()),
            object->identity);
    }
    Contents contents;
    if (sql.empty()) return contents;
    const pg::Result rows = session.query(sql);
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        contents[std::string(rows.value(row, 0))] = {std::string(rows.value(row, 1)),
                                                     std::string(rows.value(row, 2))};
    }
    return contents;
}

std::vector<std::string> lost_rows(const Contents& before, const Contents& after) {
    std::vector<std::string> lost;
    for (const auto& [table, rows] : before) {
        const auto found = after.find(table);
        if (found == after.end() || found->second == rows) continue;
        lost.push_back(
            fmt::format("rows of {} ({} before, {} after)",
                        table,
                        rows.count,
                        found->second.count == rows.count ? "changed" : found->second.count));
    }
    return lost;
}

}  // namespace poststack::workflow
