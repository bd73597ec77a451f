#include "cli/migrate_options.h"

#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/context.h"
#include "cli/migrate_output.h"
#include "cli/stack_command.h"
#include "config/keys.h"
#include "migrate/ledger_place.h"
#include "migrate/schemas.h"
#include "workflow/variables.h"

namespace poststack::cli {
namespace {

void require_at_least(int least, std::optional<int> number, const char* option) {
    if (!number || *number >= least) return;
    throw Error(ErrorKind::usage,
                std::string(option) + " needs a number of at least " + std::to_string(least))
        .hint("\"poststack database migrate --help\" explains the options.");
}

}  // namespace

std::vector<Option> run_options(RunArgs& args) {
    return {
        {"--wait-timeout", "TIME", "how long to wait for another run, e.g. 30s", &args.wait},
        {"--force", "", "end what is left of runs whose client is gone", &args.force},
        {"--ddl-lock-timeout", "TIME", "how long to wait for a table lock", &args.lock_timeout},
        {"--ddl-lock-retries", "N", "further attempts without the lock (10)", &args.lock_retries},
        {"--resume-after",
         "N",
         "statements up to N of an unfinished file are done",
         &args.resume_after},
        {"--retry", "N", "statement N of an unfinished file has not worked", &args.retry},
        variable_option(args.variables),
        schema_option(args.schemas),
    };
}

config::Flags run_flags(const RunArgs& args) {
    config::Flags flags;
    if (args.wait) flags[std::string(config::key::lock_wait)] = {"--wait-timeout", *args.wait};
    if (args.lock_timeout) {
        flags[std::string(config::key::ddl_lock_timeout)] = {"--ddl-lock-timeout",
                                                             *args.lock_timeout};
    }
    return flags;
}

Option schema_option(std::vector<std::string>& schemas) {
    return {"--schema", "NAME", "work in this schema, which has its own ledger", &schemas};
}

std::vector<std::string> read_schemas(const Session& session,
                                      const std::vector<std::string>& flags) {
    std::vector<std::string> schemas;
    for (const std::string& name :
         flags.empty() ? session.settings.list(config::key::schemas) : flags) {
        static_cast<void>(migrate::LedgerPlace(name));  // refuses what cannot be one
        if (name.empty()) throw Error(ErrorKind::usage, "--schema needs a name");
        if (std::find(schemas.begin(), schemas.end(), name) == schemas.end())
            schemas.push_back(name);
    }
    return schemas;
}

void in_each_ledger(Context& context,
                    const std::vector<std::string>& schemas,
                    std::string_view done,
                    const std::function<Json(const std::string& schema)>& work) {
    if (schemas.empty()) {
        const Json document = work("");
        if (context.json()) context.print(document);
        return;
    }
    std::map<std::string, Json> documents;
    const auto turns = migrate::in_each_schema(
        schemas, [&](const std::string& schema) { documents[schema] = work(schema); });
    if (context.json()) {
        Json list = Json::array();
        for (const migrate::SchemaTurn& turn : turns) {
            const bool good = turn.reached && !turn.error;
            Json entry = good ? documents[turn.schema] : Json::object();
            entry["schema"] = turn.schema;
            entry["done"] = good;
            entry["error"] = turn.error ? Json(turn.error->message()) : Json(nullptr);
            list.push_back(std::move(entry));
        }
        context.print({{"schemas", std::move(list)}});
    }
    migrate::refuse_failed_turns(turns, done);
}

Option variable_option(std::vector<std::string>& values) {
    return {"--var", "NAME=VALUE", "value for ${NAME} in files that ask for it", &values};
}

migrate::SharedVariables read_variables(Context& context,
                                        const Session& session,
                                        const std::vector<std::string>& flags) {
    return workflow::read_variables(stack_request(context, session), flags);
}

migrate::OrderPolicy read_order_policy(const Session& session) {
    const std::string text = session.settings.text(config::key::out_of_order);
    try {
        return migrate::parse_order_policy(text);
    } catch (const Error&) {
        throw Error(ErrorKind::config,
                    "out_of_order is \"" + text +
                        "\", which is neither refuse nor allow nor a list "
                        "of versions")
            .hint("Write refuse, allow, or versions such as 004,007.");
    }
}

migrate::RunOptions read_run_options(Context& context,
                                     const Session& session,
                                     const RunArgs& args,
                                     std::string_view verb) {
    require_at_least(0, args.lock_retries, "--ddl-lock-retries");
    require_at_least(0, args.resume_after, "--resume-after");
    require_at_least(1, args.retry, "--retry");
    if (args.resume_after && args.retry) {
        throw Error(ErrorKind::usage, "--resume-after and --retry exclude each other")
            .hint("--resume-after N goes on behind statement N, --retry N with it.");
    }
    if ((args.resume_after || args.retry) && read_schemas(session, args.schemas).size() > 1) {
        throw Error(ErrorKind::usage, "--resume-after and --retry are about one schema")
            .hint("Name it with --schema.");
    }
    migrate::RunOptions options;
    options.wait_limit = session.settings.duration(config::key::lock_wait);
    options.lock_timeout = session.settings.duration(config::key::ddl_lock_timeout);
    options.force = args.force;
    options.lock_retries = args.lock_retries.value_or(options.lock_retries);
    if (args.resume_after) options.resume_after = static_cast<std::size_t>(*args.resume_after);
    if (args.retry) options.resume_after = static_cast<std::size_t>(*args.retry - 1);
    options.single_statements = context.err_is_terminal && !context.options.quiet;
    options.on_progress = show_progress(context, verb);
    options.variables = read_variables(context, session, args.variables);
    return options;
}

}  // namespace poststack::cli
