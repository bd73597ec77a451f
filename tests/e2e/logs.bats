#!/usr/bin/env bats
# The log files: list, clean, size. The stack's own output (bare `logs`) is tested with the stack.
load support

setup() {
    make_project
    mkdir -p logs/database logs/containers
    printf 'main\n' >logs/poststack_20260101.log
    printf 'older\n' >logs/poststack_20260101.log.1
    printf 'server\n' >logs/database/postgresql.log
    printf 'other\n' >logs/application.log
    touch -d '10 days ago' logs/poststack_20260101.log.1 logs/database/postgresql.log
}

@test "logs list shows the files of poststack, its server and its containers" {
    poststack logs list
    expect_status 0
    [[ "${lines[0]}" == 'CATEGORY  FILE '* ]]
    [[ "$output" == *'main      logs/poststack_20260101.log '*'5 bytes'* ]]
    [[ "$output" == *'database  logs/database/postgresql.log '*'7 bytes'* ]]
    [[ "$output" != *application.log* ]]
}

@test "logs list --json is one document" {
    poststack logs list --category database --json
    expect_status 0
    python3 - "$output" <<'PYTHON'
import json, sys
document = json.loads(sys.argv[1])
assert [file["category"] for file in document["files"]] == ["database"], document
assert document["bytes"] == 7, document
PYTHON
}

@test "logs size sums by category" {
    poststack logs size
    expect_status 0
    [ "${lines[1]}" = 'main           2  11 bytes' ]
    [ "${lines[2]}" = 'database       1   7 bytes' ]
    [ "${lines[3]}" = 'container      0   0 bytes' ]
    [ "${lines[4]}" = 'total          3  18 bytes' ]
}

@test "logs clean removes what is older than a week" {
    poststack logs clean
    expect_status 0
    [ "${lines[0]}" = 'removed logs/poststack_20260101.log.1' ]
    [ "${lines[1]}" = 'removed logs/database/postgresql.log' ]
    [ "$stderr" = 'removed 2 files, 13 bytes' ]
    [ -e logs/poststack_20260101.log ]
    [ -e logs/application.log ]
}

@test "logs clean --dry-run removes nothing" {
    poststack logs clean --days 0 --dry-run
    expect_status 0
    [ "${lines[0]}" = 'would remove logs/poststack_20260101.log' ]
    [ "$stderr" = 'would remove 3 files, 18 bytes' ]
    [ -e logs/poststack_20260101.log ]
}

@test "logs clean keeps a file that is being written" {
    exec 7>>logs/database/postgresql.log
    touch -d '10 days ago' logs/database/postgresql.log
    poststack logs clean --category database
    exec 7>&-
    expect_status 0
    [ "$output" = 'kept logs/database/postgresql.log: it is in use' ]
    [ -e logs/database/postgresql.log ]
}

@test "logs clean refuses days that are no number or lie in the future" {
    poststack logs clean --days soon
    expect_status 2
    poststack logs clean --days -1
    expect_status 2
    [ "${stderr_lines[0]}" = 'poststack: error: --days -1 lies in the future' ]
}

@test "an unknown category is refused with the known ones" {
    poststack logs list --category mian
    expect_status 2
    [ "${stderr_lines[1]}" = '  hint: Did you mean "main"?' ]
}

@test "a project without log files has nothing to list, and none are made" {
    rm -r logs
    poststack logs list
    expect_status 0
    [ -z "$output" ]
    [ "$stderr" = 'no log files in logs' ]
    [ ! -e logs ]
}

@test "a failed command is in the log file, with its exit code" {
    rm -r logs
    printf 'nonsense: 1\n' >poststack.yaml
    poststack logs list
    expect_status 3
    rm poststack.yaml
    poststack logs clean --log-level debug --days 0
    expect_status 0
    file=$(echo logs/poststack_*.log)
    grep -q 'debug begin command="logs clean"' "$file"
    grep -q 'debug end command="logs clean" exit=0' "$file"
    [ "$(stat -c %a "$file")" = 600 ]
}

@test "a log directory that cannot be made does not fail the command" {
    rm -r logs
    printf 'x' >logs
    poststack logs list --log-level debug
    expect_status 0
    [[ "$stderr" != *error* ]]
}

@test "version writes no log" {
    rm -r logs
    poststack version
    expect_status 0
    [ ! -e logs ]
}
