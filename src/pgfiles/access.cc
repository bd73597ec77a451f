#include "pgfiles/access.h"

#include <fmt/format.h>

namespace poststack::pgfiles {
namespace {

std::string hba_quoted(std::string_view word) {
    std::string text = "\"";
    for (const char character : word) {
        if (character == '"') text += '"';
        text += character;
    }
    return text + '"';
}

}  // namespace

std::string render_hba(std::string_view superuser) {
    // "all" would match the superuser too, so its line comes first. Without a password of its own
    // it cannot pass scram, which is why TCP needs no line for it.
    return fmt::format(
        "# Written by poststack. Lines that you add below survive.\n"
        "# The superuser enters by the operating system account (pg_ident.conf), on the socket\n"
        "# only; everybody else shows a password, from this machine only.\n"
        "#\n"
        "# TYPE   DATABASE     USER  ADDRESS       METHOD\n"
        "local   all          {0}  peer map={1}\n"
        "local   replication  {0}  peer map={1}\n"
        "local   all          all  scram-sha-256\n"
        "local   replication  all  scram-sha-256\n"
        "host    all          all  127.0.0.1/32  scram-sha-256\n"
        "host    all          all  ::1/128       scram-sha-256\n"
        "host    replication  all  127.0.0.1/32  scram-sha-256\n"
        "host    replication  all  ::1/128       scram-sha-256\n",
        hba_quoted(superuser),
        ident_map);
}

std::string render_ident(std::string_view superuser, const std::vector<std::string>& accounts) {
    std::string text =
        "# Written by poststack: the operating system accounts that are the superuser.\n"
        "#\n"
        "# MAP      ACCOUNT  ROLE\n";
    for (const std::string& account : accounts) {
        text += fmt::format("{}  {}  {}\n", ident_map, hba_quoted(account), hba_quoted(superuser));
    }
    return text;
}

}  // namespace poststack::pgfiles
