#include "migrate/foreign_files.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"

namespace poststack::migrate {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 11> names = {"poststack",
                                                    "flyway",
                                                    "liquibase",
                                                    "dbmate",
                                                    "golang-migrate",
                                                    "goose",
                                                    "node-pg-migrate",
                                                    "sqlx",
                                                    "diesel",
                                                    "sqitch",
                                                    "alembic"};

constexpr std::size_t longest_placeholder = 60;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// "20240101_add" -> "20240101"; "" without digits in front.
std::string leading_digits(std::string_view text) {
    return std::string(text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size())));
}

/// What follows the version: "001_add_users" -> "add_users".
std::string behind_version(std::string_view stem) {
    const std::size_t first = stem.find_first_not_of("0123456789_-.");
    return std::string(first == std::string_view::npos ? "migration" : stem.substr(first));
}

std::optional<std::string_view> without(std::string_view text, std::string_view ending) {
    if (!text.ends_with(ending)) return std::nullopt;
    text.remove_suffix(ending.size());
    return text;
}

/// Versions of Flyway: "1.2", "1_2" and "01.2.0" are the same.
std::vector<std::int64_t> flyway_parts(std::string_view version) {
    std::string dotted(version);
    std::replace(dotted.begin(), dotted.end(), '_', '.');
    std::vector<std::int64_t> parts;
    for (const std::string_view part : split(dotted, '.'))
        parts.push_back(parse_integer(part).value_or(0));
    while (parts.size() > 1 && parts.back() == 0)
        parts.pop_back();
    return parts;
}

/// Fills a chain from a directory, one function a layout.
class Reader {
  public:
    explicit Reader(ForeignChain& chain) : chain_(chain) {}

    void read() {
        switch (chain_.tool) {
            case Tool::flyway: return read_flyway();
            case Tool::liquibase: return read_liquibase();
            case Tool::dbmate: return read_single([](auto text, auto) { return cut_dbmate(text); });
            case Tool::goose: return read_single(cut_goose);
            case Tool::node_pg_migrate: return read_node_pg_migrate();
            case Tool::golang_migrate:
            case Tool::sqlx: return read_pairs(".up.sql", ".down.sql");
            case Tool::poststack: return read_pairs(".sql", ".rollback.sql");
            case Tool::diesel: return read_diesel();
            case Tool::sqitch: return read_sqitch();
            case Tool::alembic: return read_alembic();
        }
    }

  private:
    using Cut = ForeignText (*)(std::string_view text, std::string_view name);

    [[nodiscard]] std::string text_of(const fs::path& name) const {
        return sys::read_file(chain_.directory / name);
    }

    [[nodiscard]] std::optional<std::string> find_text(const fs::path& name) const {
        return sys::find_file(chain_.directory / name);
    }

    [[nodiscard]] std::vector<std::string> list() const {
        std::vector<std::string> found = sys::list_directory(chain_.directory);
        std::sort(found.begin(), found.end());
        return found;
    }

    void warn(std::string_view name, std::string_view why) {
        chain_.warnings.push_back(fmt::format("\"{}\" is not taken over: {}", name, why));
    }

    /// Adds a file whose version is the digits in front of its name.
    void add_numbered(std::string source, std::string_view stem, ForeignText text) {
        const std::string digits = leading_digits(stem);
        const auto number = parse_integer(digits);
        if (!number) {
            warn(source, "its name does not begin with a version");
            return;
        }
        chain_.files.push_back({std::move(source),
                                std::to_string(*number),
                                behind_version(stem),
                                number,
                                std::move(text)});
    }

    void sort_by_number() {
        std::stable_sort(chain_.files.begin(),
                         chain_.files.end(),
                         [](const auto& a, const auto& b) { return a.number < b.number; });
    }

    void read_single(Cut cut) {
        for (const std::string& name : list()) {
            const auto stem = without(name, ".sql");
            if (stem) add_numbered(name, *stem, cut(text_of(name), name));
        }
        sort_by_number();
    }

    /// NNN_name with one ending for each direction; a plain ".sql" goes one way (sqlx).
    void read_pairs(std::string_view up_ending, std::string_view down_ending) {
        for (const std::string& name : list()) {
            if (without(name, down_ending)) continue;
            auto stem = without(name, up_ending);
            const bool one_way = !stem && chain_.tool == Tool::sqlx;
            if (one_way) stem = without(name, ".sql");
            if (!stem) continue;
            ForeignText text{text_of(name), std::nullopt, false};
            if (!one_way) text.down = find_text(std::string(*stem) + std::string(down_ending));
            if (chain_.tool == Tool::sqlx && text.up.starts_with("-- no-transaction"))
                text.no_transaction = true;
            add_numbered(name, *stem, std::move(text));
        }
        sort_by_number();
    }

    void read_diesel() {
        for (const std::string& name : list()) {
            const auto up = find_text(fs::path(name) / "up.sql");
            if (!up) continue;
            // Diesel's version: what stands before "_", without "-".
            std::string version = name.substr(0, name.find('_'));
            version.erase(std::remove(version.begin(), version.end(), '-'), version.end());
            ForeignText text{*up, find_text(fs::path(name) / "down.sql"), false};
            const std::string metadata = find_text(fs::path(name) / "metadata.toml").value_or("");
            if (metadata.find("run_in_transaction = false") != std::string::npos)
                text.no_transaction = true;
            const std::size_t under = name.find('_');
            chain_.files.push_back(
                {name + "/up.sql",
                 version,
                 under == std::string::npos ? "migration" : name.substr(under + 1),
                 parse_integer(version),
                 std::move(text)});
        }
        // Directories with dashes and without would mix in the order of their names.
        std::stable_sort(chain_.files.begin(),
                         chain_.files.end(),
                         [](const auto& a, const auto& b) { return a.key < b.key; });
    }

    void read_flyway() {
        for (const std::string& name : list()) {
            const auto stem = without(name, ".sql");
            const std::size_t parting = name.find("__");
            if (!stem || parting == std::string::npos || name.size() < 2) continue;
            if (name.starts_with("R__")) {
                ForeignFile file;
                file.source = file.key = name;
                file.name = stem->substr(parting + 2);
                file.text.up = text_of(name);
                warn_of_placeholders(name, file.text.up);
                chain_.repeatables.push_back(std::move(file));
            }
            if (name.front() != 'V') continue;
            const std::string version = name.substr(1, parting - 1);
            ForeignFile file;
            file.source = name;
            file.key = flyway_key(version);
            file.name = stem->substr(parting + 2);
            const auto parts = flyway_parts(version);
            if (parts.size() == 1) file.number = parts.front();
            file.text = {text_of(name), find_text("U" + name.substr(1)), false};
            warn_of_placeholders(name, file.text.up);
            chain_.files.push_back(std::move(file));
        }
        std::stable_sort(
            chain_.files.begin(), chain_.files.end(), [](const auto& a, const auto& b) {
                return flyway_parts(a.key) < flyway_parts(b.key);
            });
    }

    void warn_of_placeholders(const std::string& name, const std::string& text) {
        const std::size_t at = text.find("${");
        if (at == std::string::npos) return;
        const std::size_t end = std::min(text.find('}', at), at + longest_placeholder);
        chain_.warnings.push_back(fmt::format(
            "\"{}\" holds {}, for which Flyway may put a value: poststack does where the "
            "file has a line \"-- poststack: variables NAME\"",
            name,
            text.substr(at, end - at + 1)));
    }

    void read_node_pg_migrate() {
        for (const std::string& name : list()) {
            if (name.ends_with(".down.sql")) continue;
            auto stem = without(name, ".up.sql");
            ForeignText text;
            if (stem) {
                text = {text_of(name), find_text(std::string(*stem) + ".down.sql"), false};
            } else if ((stem = without(name, ".sql"))) {
                text = cut_node_pg_migrate(text_of(name));
            } else {
                if (name.ends_with(".js") || name.ends_with(".ts"))
                    warn(name, "it is a program: write down the SQL that it sends");
                continue;
            }
            add_numbered(name, *stem, std::move(text));
            if (!chain_.files.empty() && chain_.files.back().source == name)
                chain_.files.back().key = *stem;  // its history holds names
        }
        sort_by_number();
    }

    void read_liquibase() {
        for (const std::string& name : list()) {
            if (name.ends_with(".xml") || name.ends_with(".yaml") || name.ends_with(".yml") ||
                name.ends_with(".json")) {
                warn(name,
                     "only formatted SQL is; \"liquibase update-sql\" writes the rest as SQL");
            }
            if (!name.ends_with(".sql")) continue;
            for (Changeset& changeset : cut_liquibase(text_of(name), name)) {
                chain_.files.push_back(
                    {fmt::format("{}::{}", name, changeset.id),
                     fmt::format("{}::{}::{}", changeset.id, changeset.author, name),
                     fmt::format("{}_{}", name.substr(0, name.size() - 4), changeset.id),
                     std::nullopt,
                     std::move(changeset.text)});
            }
        }
    }

    /// A change that was reworked stands in the plan twice; the scripts of the first one have the
    /// name of a tag between the two behind theirs.
    void read_sqitch() {
        struct Planned {
            std::string change;
            std::vector<std::string> tags;  // behind it
        };
        std::vector<Planned> plan;
        const std::string text = text_of("sqitch.plan");
        for (std::string_view line : split(text, '\n')) {
            line = trim(line);
            if (line.starts_with('+')) line = trim(line.substr(1));
            if (line.empty() || line.front() == '%' || line.front() == '#') continue;
            std::string word(line.substr(0, line.find_first_of(" \t[")));
            if (word.front() != '@') {
                plan.push_back({std::move(word), {}});
                continue;
            }
            for (Planned& earlier : plan)
                earlier.tags.push_back(word);
        }
        std::map<std::string, int> seen;
        for (std::size_t at = 0; at < plan.size(); ++at) {
            const std::string& change = plan[at].change;
            const auto again = std::find_if(plan.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                                            plan.end(),
                                            [&](const auto& one) { return one.change == change; });
            std::string stem = change;
            for (const std::string& tag : plan[at].tags) {
                if (again == plan.end() || stem != change) break;
                if (find_text(fmt::format("deploy/{}{}.sql", change, tag))) stem += tag;
            }
            add_sqitch(change, stem, ++seen[change]);
        }
    }

    void add_sqitch(const std::string& change, const std::string& stem, int time) {
        const std::string script = fmt::format("deploy/{}.sql", stem);
        auto deploy = find_text(script);
        if (!deploy) return warn(change, fmt::format("there is no \"{}\"", script));
        chain_.files.push_back(
            {script,
             sqitch_key(change, time),
             change,
             std::nullopt,
             {std::move(*deploy), find_text(fmt::format("revert/{}.sql", stem)), false}});
    }

    void read_alembic() {
        for (const std::string& name : list()) {
            if (name.ends_with(".py"))
                warn(name, "it is a program; \"alembic upgrade --sql\" writes it as SQL");
        }
    }

    ForeignChain& chain_;
};

bool has_mark(const fs::path& file, std::string_view mark) {
    const auto text = sys::find_file(file);
    return text && to_lower(*text).find(mark) != std::string::npos;
}

}  // namespace

std::string_view name(Tool tool) noexcept {
    return names[static_cast<std::size_t>(tool)];
}

std::optional<Tool> find_tool(std::string_view wanted) noexcept {
    const auto found = std::find(names.begin(), names.end(), wanted);
    if (found == names.end()) return std::nullopt;
    return static_cast<Tool>(found - names.begin());
}

std::vector<std::string> tool_names() {
    return {names.begin(), names.end()};
}

std::string flyway_key(std::string_view version) {
    std::vector<std::string> parts;
    for (const std::int64_t part : flyway_parts(version))
        parts.push_back(std::to_string(part));
    return join(parts, ".");
}

std::string sqitch_key(std::string_view change, int time) {
    return time == 1 ? std::string(change) : fmt::format("{}#{}", change, time);
}

std::int32_t flyway_checksum(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    constexpr std::uint32_t polynomial = 0xedb8'8320U;
    constexpr int bits = 8;
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    std::uint32_t sum = ~0U;
    for (const char c : text) {
        if (c == '\n' || c == '\r') continue;
        sum ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < bits; ++bit)
            sum = (sum >> 1U) ^ ((sum & 1U) != 0 ? polynomial : 0U);
    }
    return static_cast<std::int32_t>(~sum);
}

ForeignChain read_foreign(Tool tool, const fs::path& directory) {
    ForeignChain chain;
    chain.tool = tool;
    chain.directory = directory;
    Reader(chain).read();
    return chain;
}

std::optional<Tool> guess_tool(const fs::path& directory) {
    if (sys::find_info(directory / "sqitch.plan")) return Tool::sqitch;
    for (const std::string& name : sys::list_directory(directory)) {
        const bool versioned = !name.empty() && is_digit(name.front());
        if (name.starts_with('V') && name.find("__") != std::string::npos) return Tool::flyway;
        if (sys::find_info(directory / name / "up.sql")) return Tool::diesel;
        if (name.ends_with(".rollback.sql")) return Tool::poststack;
        if (name.ends_with(".up.sql") || name.ends_with(".down.sql")) return Tool::golang_migrate;
        if (!name.ends_with(".sql")) continue;
        if (has_mark(directory / name, "-- migrate:up")) return Tool::dbmate;
        if (has_mark(directory / name, "-- +goose")) return Tool::goose;
        if (has_mark(directory / name, "liquibase formatted sql")) return Tool::liquibase;
        if (has_mark(directory / name, "-- up migration")) return Tool::node_pg_migrate;
        if (versioned && name.find('_') != std::string::npos) return Tool::poststack;
    }
    return std::nullopt;
}

}  // namespace poststack::migrate
