#!/usr/bin/env bats
# What happens to command lines: help, spelling, usage errors, and outputs that cannot be written.
load support

@test "without a command it names the commands and exits 2" {
    poststack
    expect_status 2
    [ -z "$output" ]
    [ "${stderr_lines[0]}" = 'poststack: error: "poststack" needs a command' ]
    [[ "${stderr_lines[1]}" == '  hint: Type one of: '*'"poststack --help" describes them.' ]]
}

@test "a misspelt command offers the nearest one" {
    poststack verison
    expect_status 2
    [ "${stderr_lines[0]}" = 'poststack: error: unknown command "verison"' ]
    [ "${stderr_lines[1]}" = '  hint: Did you mean "poststack version"?' ]
}

@test "a misspelt option offers the nearest one" {
    poststack version --jsno
    expect_status 2
    [ "${stderr_lines[0]}" = 'poststack: error: unknown option "--jsno"' ]
    [ "${stderr_lines[1]}" = '  hint: Did you mean "--json"?' ]
}

@test "a misspelt global option before the command offers the nearest one" {
    poststack --fromat json version
    expect_status 2
    [ "${stderr_lines[1]}" = '  hint: Did you mean "--format"?' ]
}

@test "a wrong choice offers the nearest one" {
    poststack version --format jsno
    expect_status 2
    [ "${stderr_lines[0]}" = 'poststack: error: option --format does not take "jsno"' ]
    [ "${stderr_lines[1]}" = '  hint: Did you mean "json"?' ]
}

@test "an option without its value says what it needs" {
    poststack version --project
    expect_status 2
    [ "${stderr_lines[0]}" = 'poststack: error: option --project needs a value (DIR)' ]
    poststack version --project --json
    expect_status 2
    poststack version --project=
    expect_status 2
}

@test "a flag with a value is refused" {
    poststack version --json=no
    expect_status 2
    [ "${stderr_lines[0]}" = 'poststack: error: option --json takes no value' ]
}

@test "an option given twice is refused" {
    poststack --runtime native version --runtime docker
    expect_status 2
    [ "${stderr_lines[0]}" = 'poststack: error: option --runtime is given twice' ]
}

@test "a surplus argument is refused" {
    poststack version now
    expect_status 2
    [ "${stderr_lines[0]}" = 'poststack: error: unexpected argument "now"' ]
}

@test "contradicting options are refused" {
    poststack version -v -q
    expect_status 2
    [ "${stderr_lines[0]}" = 'poststack: error: --verbose and --quiet contradict each other' ]
    poststack version --json --format text
    expect_status 2
}

@test "a wrong log level is a usage error when typed" {
    poststack version --log-level loud
    expect_status 2
    [[ "${stderr_lines[0]}" == *'--log-level'* ]]
}

@test "global options work before and behind the command" {
    poststack --json version
    expect_status 0
    before=$output
    poststack version --format=json
    expect_status 0
    [ "$output" = "$before" ]
    [[ "$output" == '{'* ]]
}

@test "with --json a usage error is one JSON object on standard error" {
    poststack --json verison
    expect_status 2
    [ -z "$output" ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    python3 -c '
import json, sys
error = json.loads(sys.argv[1])["error"]
assert list(error) == ["kind", "message", "context", "hint", "sqlstate", "detail"], error
assert error["kind"] == "usage" and "verison" in error["message"], error
assert error["hint"] and error["sqlstate"] is None' "$stderr"
    poststack version --format json --bogus
    expect_status 2
    [[ "$stderr" == '{"error":'* ]]
}

@test "an error never shows a password that was typed" {
    poststack --ulr postgresql://app:hunter2secret@localhost/app version
    expect_status 2
    [[ "$stderr" != *hunter2secret* ]]
    poststack version postgresql://app:hunter2secret@localhost/app
    expect_status 2
    [[ "$stderr" != *hunter2secret* ]]
}

@test "help goes to standard output and exits 0" {
    for line in "--help" "-h" "help"; do
        poststack $line
        expect_status 0
        [ -z "$stderr" ]
        [[ "$output" == *"Commands"*"version"*"Exit codes"* ]]
    done
}

@test "help of a command shows usage, options, examples and exit codes" {
    poststack version --help
    expect_status 0
    [[ "$output" == "Show the version"*"poststack version"*"Examples"*"Exit codes"* ]]
    with_option=$output
    poststack help version
    expect_status 0
    [ "$output" = "$with_option" ]
}

@test "help of an unknown command is refused with the nearest one" {
    poststack help verison
    expect_status 2
    [ "${stderr_lines[1]}" = '  hint: Did you mean "poststack version"?' ]
}

@test "no help line is longer than 80 columns when output is no terminal" {
    "$POSTSTACK" --help >help.txt
    [ "$(awk 'length($0) > 80' help.txt)" = "" ]
}

@test "a reader that stops early ends poststack quietly" {
    for _ in 1 2 3 4 5; do
        code=$( { set +o pipefail; "$POSTSTACK" --help; echo "$?" >&3; } 3>&1 2>err.txt | head -c 1 | tail -c 0)
        [ ! -s err.txt ]
    done
    # A reader that is gone before the first byte.
    run bash -c '{ sleep 0.2; "$POSTSTACK" --help 2>err.txt; echo "$?" >code.txt; } | true'
    [ "$(cat code.txt)" -eq 0 ]
    [ ! -s err.txt ]
}

@test "a full disk behind standard output is exit code 10" {
    run --separate-stderr bash -c '"$POSTSTACK" version >/dev/full'
    expect_status 10
    [ "$stderr" = 'poststack: error: cannot write standard output: No space left on device' ]
    run --separate-stderr bash -c '"$POSTSTACK" version --json >/dev/full'
    expect_status 10
    [[ "$stderr" == '{"error":{"kind":"io",'* ]]
}

@test "a closed standard output is exit code 10" {
    run --separate-stderr bash -c '"$POSTSTACK" version >&-'
    expect_status 10
    [[ "$stderr" == 'poststack: error: cannot write standard output: '* ]]
}

@test "closed standard input and error change nothing" {
    run bash -c '"$POSTSTACK" version <&- 2>&-'
    expect_status 0
    [[ "$output" == "poststack "* ]]
}
