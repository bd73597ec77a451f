#!/usr/bin/env bats
# Credentials with a running native server: check, rotate, a data directory that knows another
# password.
load support

setup() {
    make_project
    poststack init --yes --runtime native
    expect_status 0
    poststack up
    expect_status 0
}

teardown() {
    stop_project
}

@test "check proves the login, rotate changes role and file, and a second up changes nothing" {
    poststack credentials check
    expect_status 0
    [[ "$output" == *'opens database'* ]]
    old=$(sed -n 's/^POSTGRES_PASSWORD=//p' .env)

    poststack credentials rotate
    expect_status 0
    new=$(sed -n 's/^POSTGRES_PASSWORD=//p' .env)
    [ "$new" != "$old" ]
    [[ "$output$stderr" != *"$new"* ]]
    grep -q "^DATABASE_URL=.*:$new@" .env
    [ ! -e .poststack/rotate.journal ]
    poststack credentials check
    expect_status 0

    poststack up
    expect_status 0
    [ "$(sed -n 's/^POSTGRES_PASSWORD=//p' .env)" = "$new" ]
}

@test "rotate is refused while the environment holds the password" {
    password=$(sed -n 's/^POSTGRES_PASSWORD=//p' .env)
    run --separate-stderr env POSTGRES_PASSWORD="$password" "$POSTSTACK" credentials rotate
    expect_status 3
    [[ "$stderr" == *"POSTGRES_PASSWORD is set in the environment"* ]]
    [ "$(sed -n 's/^POSTGRES_PASSWORD=//p' .env)" = "$password" ]
}

@test "check of a stopped stack exits 7" {
    poststack down
    expect_status 0
    poststack credentials check
    expect_status 7
}
