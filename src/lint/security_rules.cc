// Rights, row security and functions that run with their owner's rights.
#include <array>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "lint/definitions.h"
#include "lint/families.h"
#include "lint/names.h"

namespace poststack::lint {
namespace {

constexpr Rule definer_path{
    .name = "security-definer-search-path",
    .severity = Severity::error,
    .finds = "a SECURITY DEFINER function without its own search_path",
    .lock = "",
    .effect = "",
    .why =
        "whoever calls it chooses with search_path whose tables and functions it uses, with its "
        "owner's rights",
    .instead =
        "Add SET search_path = pg_catalog, pg_temp and name schemas inside of the function."};

constexpr Rule row_security_off{
    .name = "disable-row-security",
    .severity = Severity::error,
    .finds = "DISABLE ROW LEVEL SECURITY or NO FORCE ROW LEVEL SECURITY",
    .lock = "ACCESS EXCLUSIVE",
    .effect = "",
    .why = "every row is open to whoever may read the table",
    .instead =
        "Change the policies, or if it is meant say so with \"-- poststack: ignore "
        "disable-row-security\"."};

constexpr Rule grant_to_public{.name = "grant-to-public",
                               .severity = Severity::error,
                               .finds = "GRANT of ALL, or of writing, to PUBLIC",
                               .lock = "",
                               .effect = "",
                               .why = "every role of the server has it, those made later too",
                               .instead = "Grant what is needed to a role that is made for it."};

constexpr Rule password{
    .name = "password-in-file",
    .severity = Severity::error,
    .finds = "CREATE or ALTER ROLE ... PASSWORD with a literal",
    .lock = "",
    .effect = "",
    .why = "it stays readable in the repository, in the ledger and in the server's log",
    .instead = "Make the role without a password and set it outside of migrations, from a secret."};

constexpr const Rule* rules[] = {&definer_path, &row_security_off, &grant_to_public, &password};

/// True when a list of function options sets search_path.
bool sets_path(Node options) {
    for (const Node option : options) {
        const Node element = option.as("DefElem");
        if (element["defname"].text() != "set") continue;
        if (element["arg"].as("VariableSetStmt")["name"].text() == "search_path") return true;
    }
    return false;
}

void look_at_function(Check& check, Node options, const std::string& name) {
    const bool definer = find_option(options, "security").as("Boolean")["boolval"].flag();
    if (!definer || sets_path(options)) return;
    check.report(
        definer_path,
        {fmt::format("function \"{}\" is SECURITY DEFINER without SET search_path", name)});
}

constexpr std::array<std::string_view, 6> harmless = {
    "select", "usage", "execute", "connect", "temporary", "temp"};

/// "ALL", "INSERT": what is granted beyond reading and using; "" when nothing is.
std::string strong_privilege(Node body) {
    const Node privileges = body["privileges"];
    if (privileges.size() == 0) return "ALL";
    for (const Node privilege : privileges) {
        const std::string_view word = privilege.as("AccessPriv")["priv_name"].text();
        bool strong = true;
        for (const std::string_view known : harmless)
            strong = strong && word != known;
        if (strong) return std::string(word);
    }
    return {};
}

void look_at_grant(Check& check, Node body) {
    if (!body["is_grant"].flag()) return;
    const std::string privilege = strong_privilege(body);
    if (privilege.empty()) return;
    for (const Node grantee : body["grantees"]) {
        if (grantee.as("RoleSpec")["roletype"].text() != "ROLESPEC_PUBLIC") continue;
        check.report(grant_to_public, {fmt::format("GRANT {} TO PUBLIC", privilege)});
        return;
    }
}

void look_at_role(Check& check, Node body) {
    const Node secret = find_option(body["options"], "password");
    if (!secret) return;
    check.report(password, {"a role's password is written in this file"});
}

void look_at_alter(Check& check, Node body) {
    const std::string table = relation_name(body["relation"]);
    each_command(body, [&](Node command) {
        const std::string_view subtype = command["subtype"].text();
        const bool off = subtype == "AT_DisableRowSecurity";
        if (!off && subtype != "AT_NoForceRowSecurity") return;
        check.hold(table);
        if (check.is_rollback() || check.is_new(table)) return;
        check.report(row_security_off,
                     {off ? "DISABLE ROW LEVEL SECURITY" : "NO FORCE ROW LEVEL SECURITY", table});
    });
}

class SecurityRules final : public Family {
  public:
    void look(Check& check) override {
        const Node node = check.node();
        const Node body = node.body();
        const std::string_view type = node.type();
        if (type == "CreateFunctionStmt") {
            look_at_function(check, body["options"], dotted_name(body["funcname"]));
        }
        if (type == "AlterFunctionStmt") {
            look_at_function(check, body["actions"], dotted_name(body["func"]["objname"]));
        }
        if (type == "GrantStmt") look_at_grant(check, body);
        if (type == "AlterDefaultPrivilegesStmt") look_at_grant(check, body["action"]);
        if (type == "CreateRoleStmt" || type == "AlterRoleStmt") look_at_role(check, body);
        if (type == "AlterTableStmt") look_at_alter(check, body);
    }
};

}  // namespace

FamilyEntry security_family() {
    return {rules, []() -> std::unique_ptr<Family> { return std::make_unique<SecurityRules>(); }};
}

}  // namespace poststack::lint
