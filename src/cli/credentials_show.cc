#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/output.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/session.h"
#include "instance/credentials.h"
#include "sys/env.h"

namespace poststack::cli {

namespace {

struct CredentialsShowArgs {
    bool reveal = false;
};

struct Row {
    std::string name;
    std::string variable;
    std::string value;
    std::string source;
};

std::vector<Row> make_rows(const instance::Credentials& credentials,
                           const instance::CredentialNames& names,
                           const config::EnvFile& env,
                           bool reveal) {
    std::vector<Row> rows;
    rows.push_back({"user", names.user, credentials.user, credentials.user_source});
    rows.push_back({"password",
                    names.password,
                    reveal ? credentials.password.reveal() : "***",
                    credentials.password_source});
    rows.push_back({"database", names.database, credentials.database, credentials.database_source});
    if (const auto url = env.find(names.url)) {
        const DatabaseUrl parsed = DatabaseUrl::parse(*url, names.url);
        rows.push_back({"url",
                        names.url,
                        reveal ? *url : parsed.to_masked_text(parsed.scheme),
                        env.where(names.url)});
    }
    if (!names.api_key.empty()) {
        if (const auto key = env.find(names.api_key)) {
            rows.push_back(
                {"api key", names.api_key, reveal ? *key : "***", env.where(names.api_key)});
        }
    }
    return rows;
}

int run_credentials_show(Context& context, const CredentialsShowArgs& args) {
    const Session session = open_session(context);
    const auto credentials = instance::find_credentials(
        session.env, session.project, session.settings, context.environment);
    if (!credentials) {
        throw Error(ErrorKind::not_found,
                    fmt::format("project \"{}\" has no credentials yet", session.project.name))
            .hint("Type poststack init or poststack up to make them.");
    }
    const auto rows = make_rows(
        *credentials, instance::credential_names(session.settings), session.env, args.reveal);
    if (context.json()) {
        Json document = Json::object();
        for (const Row& row : rows) {
            const std::string name = row.name == "api key" ? "api_key" : row.name;
            document[name] = {
                {"variable", row.variable}, {"value", row.value}, {"source", row.source}};
        }
        document["masked"] = !args.reveal;
        context.print(document);
        return 0;
    }
    Table table({"NAME", "VARIABLE", "VALUE", "SOURCE"});
    for (const Row& row : rows)
        table.add({row.name, row.variable, row.value, row.source});
    context.out << table.to_text(sys::terminal_width());
    if (!args.reveal) say(context, "Add --reveal to see the secrets.");
    return 0;
}

}  // namespace

Command make_credentials_show_command() {
    auto args = std::make_shared<CredentialsShowArgs>();
    return {.path = {"credentials", "show"},
            .summary = "Show the stack's credentials",
            .options = {{.names = "--reveal",
                         .value = "",
                         .help = "Show passwords and keys in plain text",
                         .target = &args->reveal}},
            .examples = {"credentials show", "credentials show --reveal --json"},
            .run = [args](Context& context) { return run_credentials_show(context, *args); }};
}

}  // namespace poststack::cli
