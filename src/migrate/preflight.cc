#include "migrate/preflight.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/utf8.h"
#include "migrate/file_source.h"
#include "migrate/header.h"
#include "migrate/position.h"
#include "sys/file.h"

namespace poststack::migrate {
namespace {

CheckedFile check_file(const MigrationSet& set, const MigrationFile& file, bool standard_strings) {
    const std::filesystem::path path = set.path(file.file_name);
    FileSource source(path);
    source.normalise();
    const ScriptMode mode{file.no_transaction,
                          standard_strings,
                          make_expansion(file.variables, set.variables),
                          file.max_lock};
    CheckedFile checked{&file, check_script(source, path.string(), mode), {}, {}};
    checked.warnings = checked.plan.notes;
    if (checked.plan.statements == 0) {
        checked.warnings.push_back(
            fmt::format("\"{}\" holds no statement: it changes nothing", file.file_name));
    }
    const std::string sha256 = source.finish();
    checked.normalised_checksum = source.finish_normalised();
    if (sha256 == file.sha256) return checked;
    throw Error(ErrorKind::conflict,
                fmt::format("\"{}\" was changed while it was being read", path.string()))
        .hint("Run the command again.");
}

}  // namespace

std::vector<CheckedFile> check_files(const MigrationSet& set,
                                     const std::vector<const MigrationFile*>& pending,
                                     bool standard_strings) {
    std::vector<CheckedFile> checked;
    checked.reserve(pending.size());
    for (const MigrationFile* file : pending) {
        checked.push_back(check_file(set, *file, standard_strings));
        if (const auto text = read_rollback(set, *file)) {
            const CheckedRollback rollback = check_rollback(
                *text, set.path(file->rollback_file).string(), standard_strings, set.variables);
            auto& warnings = checked.back().warnings;
            warnings.insert(warnings.end(), rollback.plan.notes.begin(), rollback.plan.notes.end());
            if (rollback.plan.statements == 0 && checked.back().plan.statements > 0) {
                warnings.push_back(fmt::format("\"{}\" holds no statement: it undoes nothing",
                                               file->rollback_file));
            }
        }
    }
    return checked;
}

std::optional<std::string> read_rollback(const MigrationSet& set, const MigrationFile& file) {
    if (file.rollback_file.empty()) return std::nullopt;
    const std::filesystem::path path = set.path(file.rollback_file);
    std::string text = sys::read_file(path);
    if (const auto bad = find_invalid_utf8(text)) {
        TextPosition at;
        at.advance(std::string_view(text).substr(0, *bad));
        throw Error(ErrorKind::config,
                    fmt::format("{}:{}:{}: not valid UTF-8", path.string(), at.line, at.column))
            .hint("Save the file as UTF-8: the ledger keeps rollbacks as text.");
    }
    return text;
}

CheckedRollback check_rollback(std::string_view text,
                               const std::string& name,
                               bool standard_strings,
                               const SharedVariables& variables) {
    TextSource source(text);
    CheckedRollback checked{parse_header(text, name), {}};
    checked.plan = check_script(source,
                                name,
                                {checked.header.no_transaction,
                                 standard_strings,
                                 make_expansion(checked.header.variables, variables),
                                 checked.header.max_lock});
    return checked;
}

}  // namespace poststack::migrate
