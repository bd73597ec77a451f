#!/usr/bin/env bats
# What listens at the port in .env may be another project's server: it is never touched, and
# nothing untrue is said about it.
load support

setup() {
    make_project
    others=()
}

teardown() {
    stop_project
    stop_others
}

port_of() {
    sed -n 's/^POSTSTACK_POSTGRES_HOST_PORT=//p' "$1/.env"
}

# Copies the project of this test to $1, to be stopped at the end.
copy_project() {
    others+=("$1")
    cp -a . "$1"
}

refused_as_stopped() {
    expect_status 7
    [ "${stderr_lines[0]}" = "poststack: error: the database server of project \"$1\" is stopped" ]
    [ "${stderr_lines[1]}" = '  hint: Type poststack up to start it.' ]
}

@test "no command of a copied project touches the original" {
    mkdir migrations
    echo 'CREATE TABLE kept (n int);' >migrations/001_kept.sql
    echo 'DROP TABLE kept;' >migrations/001_kept.rollback.sql
    poststack up
    expect_status 0
    local copy=$PWD-copy
    copy_project "$copy"
    local name
    name=$(basename "$copy" | tr '[:upper:]' '[:lower:]' | tr -cd 'a-z0-9_-')

    for words in 'database rollback --yes' 'database migrate' 'database migration-status' \
        'credentials rotate' 'credentials check' 'database test-connection' 'database drop-schema --yes'; do
        # shellcheck disable=SC2086
        poststack --project "$copy" $words
        refused_as_stopped "$name"
    done

    [ "$(query 'select count(*) from kept')" = 0 ]
    poststack health
    expect_status 0
}

@test "a stopped project does not take another server for its own" {
    poststack up
    expect_status 0
    local port
    port=$(port_of .)
    poststack down
    expect_status 0
    mkdir "$PWD/other"
    others+=("$PWD/other")
    poststack --project "$PWD/other" up --port "$port"
    expect_status 0

    poststack credentials check
    refused_as_stopped "$(basename "$PWD" | tr '[:upper:]' '[:lower:]' | tr -cd 'a-z0-9_-')"
}

@test "up writes the port that a killed up did not come to write" {
    poststack up
    expect_status 0
    local port
    port=$(port_of .)
    sed -i '/^POSTSTACK_POSTGRES_HOST_PORT=/d; /^DATABASE_URL=/d' .env

    poststack up
    expect_status 0

    [ "$(port_of .)" = "$port" ]
    [ "$(query 'select 1')" = 1 ]
}

@test "up does not write a port at which the server does not listen" {
    poststack up
    expect_status 0
    local port before
    port=$(port_of .)
    before=$(sha256sum .env)

    poststack up --port 1

    expect_status 5
    [ "${stderr_lines[0]}" = "poststack: error: the server runs on port $port, not on 1 (flag --port)" ]
    [ "$(sha256sum .env)" = "$before" ]
}

@test "rotate --repair proves the password at the project's own server" {
    mkdir "$PWD/first"
    others+=("$PWD/first")
    poststack --project "$PWD/first" up
    expect_status 0
    poststack up
    expect_status 0
    rm .env
    poststack up
    expect_status 6

    poststack credentials rotate --repair
    expect_status 0
    poststack up
    expect_status 0

    [ "$(query 'select 1')" = 1 ]
}

@test "whoever hands the database out makes durable what a killed up left unsynced" {
    poststack up
    expect_status 0
    cp /proc/sys/kernel/random/boot_id .poststack/postgres/data.unsynced
    chown --reference=.poststack/postgres/data .poststack/postgres/data.unsynced

    poststack health
    expect_status 0

    [ ! -e .poststack/postgres/data.unsynced ]
}

@test "what a power failure cut off is set aside and said" {
    poststack up
    expect_status 0
    poststack down
    expect_status 0
    echo 11111111-2222-3333-4444-555555555555 >.poststack/postgres/data.unsynced
    chown --reference=.poststack/postgres/data .poststack/postgres/data.unsynced

    poststack up
    expect_status 0

    [[ "$stderr" == *"The machine went down before the first up had ended. What it had made lies in \""*"data.unfinished-"* ]]
}
