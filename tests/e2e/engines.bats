#!/usr/bin/env bats
# A stack's server in a container of docker and of podman. Runs beside engines of
# its own (tests/support/with-engines). The first test makes Debian from its packages, once for all.
load support

setup_file() {
    # What the account of podman without root is to reach.
    chmod 0755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
    export XDG_CACHE_HOME=$BATS_FILE_TMPDIR/cache
    mkdir -m 0777 "$XDG_CACHE_HOME"
}

setup() {
    make_project
}

# use docker|podman: the engine of this test; skips where it is missing.
use() {
    local variable=TEST_${1^^}_SOCKET
    [ -n "${!variable:-}" ] || skip "there is no $1"
    export POSTSTACK_ENGINE_HOST=unix://${!variable} POSTSTACK_RUNTIME=$1
}

query() {
    local bin
    bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
    "$bin/psql" -XAtqc "$1" "$(sed -n 's/^DATABASE_URL=//p' .env)"
}

# One life of a stack.
live() {
    poststack container build --bootstrap --json
    expect_status 0
    [[ "$output" == *'"engine": "'"$1"' '*'"name": "poststack/postgres:17"'*'"built": true'*'"duration_ms"'* ]]
    poststack container build
    expect_status 0
    [[ "$output" == *'poststack/postgres:17 is up to date at '"$1"* ]]
    grep -q 'poststack-postgres' logs/containers/postgres-17_*.log

    mkdir migrations
    echo 'create table kept (n int); insert into kept values (7);' >migrations/001_kept.sql
    poststack up
    expect_status 0
    [[ "$output" == *' is ready on localhost:'* ]]
    [[ "$stderr" == *'created and started on port '*"-postgres of $1 "* ]]
    [ "$(query 'select n from kept')" = 7 ]
    [ "$(query 'show data_checksums')" = on ]
    [ "$(cat .poststack/runtime)" = "$1" ]
    poststack up
    expect_status 0
    [[ "$stderr" == *'already running on port '* ]]
    poststack health
    expect_status 0
    poststack status --json
    expect_status 0
    [[ "$output" == *'"state": "running"'*'"runtime": "'"$1"'"'*'"image": "poststack/postgres:17"'* ]]
    poststack logs --tail 50
    expect_status 0
    [[ "$output" == *'database system is ready to accept connections'* ]]
    # The password is nowhere but in its file.
    [[ "$output" != *"$(cat .poststack/secrets/superuser)"* ]]

    poststack container stop
    expect_status 0
    poststack status
    [[ "$output" == *'stopped'*'container: '* ]]
    poststack health
    expect_status 1
    poststack container start
    expect_status 0
    [ "$(query 'select n from kept')" = 7 ]

    # Another setting: another container on the same volume.
    poststack down
    expect_status 0
    [[ "$output" == *'is stopped; its data stays'* ]]
    rm .poststack/secrets/superuser
    POSTSTACK_MAX_CONNECTIONS=37 poststack up
    expect_status 0
    [ "$(query 'show max_connections')" = 37 ]
    [ "$(query 'select n from kept')" = 7 ]
    poststack credentials check
    expect_status 0

    # A copy of the project brought another id along: the container is not its own.
    id=$(cat .poststack/id)
    echo 00000000-0000-4000-8000-000000000000 >.poststack/id
    poststack status
    expect_status 5
    [[ "$stderr" == *"belongs to the project in $PWD"* ]]
    echo "$id" >.poststack/id
    poststack down
    expect_status 0
}

@test "a stack lives in a container of docker" {
    use docker
    live docker
}

@test "a stack lives in a container of podman" {
    use podman
    live podman
}

@test "a build without a way to Debian says what is missing" {
    use podman
    mkdir bin
    run --separate-stderr env PATH="$PWD/bin" POSTSTACK_POSTGRES_VERSION=15 \
        "$POSTSTACK" container build --bootstrap
    expect_status 4
    [[ "$stderr" == *'mmdebstrap is not installed'* ]]
}
