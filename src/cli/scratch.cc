#include "cli/scratch.h"

#include <fmt/format.h>

#include "base/url.h"
#include "cli/stack_command.h"
#include "config/keys.h"
#include "workflow/scratch_source.h"

namespace poststack::cli {

workflow::ScratchPlan scratch_plan(Context& context,
                                   const Session& session,
                                   const std::optional<std::string>& scratch_url,
                                   workflow::ScratchUse use) {
    if (scratch_url) {
        const DatabaseUrl url = DatabaseUrl::parse(*scratch_url, "--scratch-url");
        const pg::ConnInfo login = pg::ConnInfo::from_url(url, "--scratch-url");
        return {login.clone(), login.clone(), session.settings.list(config::key::extensions)};
    }
    const instance::Target target = find_target(context, session);
    const pg::ConnInfo login = find_login(context, session);
    return workflow::plan_scratch(stack_request(context, session), target, login, use);
}

void say_cleaned(Context& context, const workflow::ScratchDatabase& scratch) {
    if (scratch.cleaned_server()) say(context, "removed the scratch server of a killed run");
    for (const std::string& name : scratch.cleaned()) {
        say(context, fmt::format("dropped \"{}\", which a killed run had left", name));
    }
}

}  // namespace poststack::cli
