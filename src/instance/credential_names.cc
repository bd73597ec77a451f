// The variables of each credential set, and the words of sample files.
#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "instance/credentials.h"

namespace poststack::instance {

namespace key = config::key;

namespace {

void check_names(const CredentialNames& names) {
    std::map<std::string, std::string_view> users;
    const auto check = [&](const std::string& name, std::string_view setting) {
        if (name.empty()) return;
        const bool begins_badly = name.front() >= '0' && name.front() <= '9';
        const bool bad = name.find_first_not_of(
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                             "0123456789_") != std::string::npos;
        if (bad || begins_badly) {
            throw Error(
                ErrorKind::config,
                fmt::format("\"{}\" is \"{}\", which is no name of a variable", setting, name))
                .hint("Use letters, digits and \"_\".");
        }
        const auto [first, fresh] = users.emplace(name, setting);
        if (!fresh) {
            throw Error(
                ErrorKind::config,
                fmt::format("\"{}\" and \"{}\" are both \"{}\"", first->second, setting, name))
                .hint("Give each its own variable.");
        }
    };
    check(names.user, key::user_variable);
    check(names.password, key::password_variable);
    check(names.database, key::database_variable);
    check(names.host, key::host_variable);
    check(names.port, key::port_variable);
    check(names.url, key::url_variable);
    check(names.api_key, key::api_key_variable);
}

}  // namespace

CredentialNames credential_names(const config::Settings& settings) {
    CredentialNames names;
    names.set = settings.text(key::credentials);
    names.url = "DATABASE_URL";
    names.url_scheme = "postgresql";
    if (names.set == "hive") {
        names.url = "HIVE_DATABASE_URL";
        names.url_scheme = "postgresql+psycopg";
        names.port = "HIVE_POSTGRES_PORT";
        names.api_key = "HIVE_API_KEY";
        names.default_port = 5532;
    } else if (names.set == "semantik") {
        names.host = "POSTGRES_HOST";
        names.port = "POSTGRES_PORT";
    }
    names.user = settings.text(key::user_variable);
    names.password = settings.text(key::password_variable);
    names.database = settings.text(key::database_variable);
    const auto replace = [&](std::string& name, std::string_view setting) {
        if (const auto text = settings.find_text(setting)) name = *text;
    };
    replace(names.host, key::host_variable);
    replace(names.port, key::port_variable);
    replace(names.url, key::url_variable);
    replace(names.url_scheme, key::url_scheme);
    replace(names.api_key, key::api_key_variable);
    check_names(names);
    return names;
}

bool is_placeholder(std::string_view value) {
    const std::string text = to_lower(trim(value));
    if (text.empty()) return false;
    if (text.front() == '<' && text.back() == '>') return true;
    if (text.find_first_not_of('x') == std::string::npos && text.size() >= 3) return true;
    constexpr std::array words = {"password",
                                  "secret",
                                  "placeholder",
                                  "todo",
                                  "poststack_dev",
                                  "replace-me",
                                  "replace_me",
                                  "replaceme",
                                  "fill-me-in",
                                  "example"};
    if (std::find(words.begin(), words.end(), text) != words.end()) return true;
    constexpr std::array beginnings = {"your-",
                                       "your_",
                                       "change-me",
                                       "change_me",
                                       "changeme",
                                       "change-this",
                                       "change_this",
                                       "change-in-production",
                                       "placeholder-",
                                       "placeholder_"};
    return std::any_of(beginnings.begin(), beginnings.end(), [&](const char* beginning) {
        return text.starts_with(beginning);
    });
}

}  // namespace poststack::instance
