#include "base/url.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/session.h"

namespace poststack::cli {

namespace {

struct UrlArgs {
    std::string scheme = "postgresql";
    bool no_password = false;
};

/// "psycopg" and "+psycopg" are short for "postgresql+psycopg".
std::string full_scheme(const std::string& text) {
    const std::string word = to_lower(text);
    const auto& known = url_schemes();
    for (const std::string& scheme : {word, "postgresql" + word, "postgresql+" + word}) {
        if (std::find(known.begin(), known.end(), scheme) != known.end()) return scheme;
    }
    throw Error(ErrorKind::usage, fmt::format("unknown scheme \"{}\"", text))
        .hint("Use one of: " + join(known, ", ") + ".");
}

int run_url(Context& context, const UrlArgs& args) {
    const std::string scheme = full_scheme(args.scheme);
    const Session session = open_session(context);
    const instance::Target target = find_target(context, session);
    DatabaseUrl url = target.url.clone();
    if (args.no_password) url.password = Secret();
    const Secret text = url.to_text(scheme);
    if (context.json()) {
        context.print({{"url", text.reveal()}, {"scheme", scheme}, {"source", target.origin}});
    } else {
        context.out << text.reveal() << '\n';
    }
    return 0;
}

}  // namespace

Command make_url_command() {
    auto args = std::make_shared<UrlArgs>();
    return {.path = {"url"},
            .summary = "Print the database's URL",
            .description =
                "For scripts: the URL holds the password unless --no-password is given. Every part "
                "is percent-encoded. psycopg, psycopg2 and asyncpg are short for postgresql+... "
                "Exits 4 "
                "before the first \"poststack up\", which chooses the port.",
            .options = {{.names = "--scheme",
                         .value = "SCHEME",
                         .help = "Write it for postgresql, postgresql+psycopg, "
                                 "postgresql+psycopg2, postgresql+asyncpg or jdbc",
                         .target = &args->scheme},
                        {.names = "--no-password",
                         .value = "",
                         .help = "Leave the password out",
                         .target = &args->no_password}},
            .examples = {"url", "url --scheme jdbc", "url --scheme +asyncpg --no-password"},
            .run = [args](Context& context) { return run_url(context, *args); }};
}

}  // namespace poststack::cli
