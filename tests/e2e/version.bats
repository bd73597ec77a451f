#!/usr/bin/env bats
# `version`, the manual page and what help looks like on terminals.
load support

@test "version names the release" {
    poststack version
    expect_status 0
    [[ "$output" =~ ^poststack\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
    text=$output
    poststack --version
    expect_status 0
    [ "$output" = "$text" ]
}

@test "version as JSON names the client library too" {
    poststack version --json
    expect_status 0
    python3 -c '
import json, re, sys
version = json.loads(sys.argv[1])
assert list(version) == ["version", "libpq"], version
assert re.fullmatch(r"\d+\.\d+\.\d+", version["version"]), version
assert re.fullmatch(r"\d+(\.\d+)+", version["libpq"]), version' "$output"
}

@test "version looks at no file of the project, even a broken one" {
    printf 'BROKEN="\n' >.env
    echo ': : :' >poststack.yaml
    poststack version
    expect_status 0
}

@test "a machine without libpq runs what needs none and hears which package is missing" {
    make_project
    mkdir broken
    echo "no library" >broken/libpq.so.5
    export LD_LIBRARY_PATH=$PWD/broken
    poststack version
    expect_status 0
    poststack version --json
    expect_status 0
    [[ "$output" == *'"libpq": null'* ]]
    poststack database test-connection --url postgresql://u:p@127.0.0.1:1/db
    expect_status 4
    [[ "$stderr" == *"the PostgreSQL client library cannot be used: "*"libpq.so.5"* ]]
    [[ "$stderr" == *"apt-get install libpq5"* ]]
    poststack doctor
    expect_status 1
    [[ "$output" == *"libpq (missing)"*"apt-get install libpq5"* ]]
}

@test "the manual page has every command and no formatting errors" {
    require_tool man
    page=$POSTSTACK_BUILD/src/cli/generated/poststack.1
    MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings --local-file "$page" 2>warnings | tr -s ' \n' '  ' >rendered
    [ ! -s warnings ]
    # The list of commands in docs/ is held to the table by a test of its own.
    sed -n 's/^| \[`\(poststack [^`]*\)`.*/\1/p' "$POSTSTACK_SOURCE/docs/commands/README.md" >commands
    [ -s commands ]
    while read -r command; do
        grep -qF -- "$command" rendered || {
            echo "missing: $command"
            return 1
        }
    done <commands
}

@test "help fits a narrow terminal" {
    for columns in 40 60; do
        script --quiet --command "stty cols $columns; NO_COLOR=1 '$POSTSTACK' --help" /dev/null </dev/null |
            tr -d '\r' >help.txt
        [ -s help.txt ]
        run awk -v limit="$columns" 'length($0) > limit' help.txt
        [ -z "$output" ]
    done
}

@test "colour only on a terminal and without NO_COLOR" {
    escape=$'\e['
    run "$POSTSTACK" --help
    [[ "$output" != *"$escape"* ]]
    run script --quiet --command "'$POSTSTACK' --help" /dev/null </dev/null
    [[ "$output" == *"$escape"* ]]
    run script --quiet --command "NO_COLOR=1 '$POSTSTACK' --help" /dev/null </dev/null
    [[ "$output" != *"$escape"* ]]
    run script --quiet --command "'$POSTSTACK' verison" /dev/null </dev/null
    [[ "$output" == *"$escape"*"error:"* ]]
}
