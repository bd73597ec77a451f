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

@test "a data directory that knows another password is told apart, and repaired" {
    sed -i 's/^\(POSTGRES_PASSWORD=\).*/\1another-long-password/; /^DATABASE_URL=/d' .env
    poststack credentials check
    expect_status 6
    [[ "$stderr" == *"credentials rotate --repair"* ]]

    poststack credentials rotate
    expect_status 6

    poststack credentials rotate --repair
    expect_status 0
    poststack credentials check
    expect_status 0
    grep -qx 'POSTGRES_PASSWORD=another-long-password' .env
}

@test "the password is in nobody's arguments" {
    password=$(sed -n 's/^POSTGRES_PASSWORD=//p' .env)
    # psql's parent is poststack: both command lines, seen from psql.
    # shellcheck disable=SC2016  # expanded by the shell that psql starts
    poststack shell -- -XAtq -c '\! tr "\\0" " " </proc/$PPID/cmdline; read -r _ _ _ up _ </proc/$PPID/stat; tr "\\0" " " </proc/$up/cmdline'
    expect_status 0
    [[ "$output" == *psql*" shell -- "* ]]
    [[ "$output" != *"$password"* ]]
}

@test "check of a stopped stack exits 7" {
    poststack down
    expect_status 0
    poststack credentials check
    expect_status 7
}
