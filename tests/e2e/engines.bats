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

    leave_the_original
    poststack down
    expect_status 0
}

# A copied project brought the id along, and here also the name: nothing that it does reaches the
# original's data. With a name of its own it gets an empty database.
leave_the_original() {
    local original=$PWD copy=$PWD.copy name
    name=$(basename "$PWD" | tr -d . | tr '[:upper:]' '[:lower:]')
    cp -a "$original" "$copy"
    cd "$copy"
    cp .env kept.env
    echo "COMPOSE_PROJECT_NAME=$name" >>.env
    for command in status down 'database rollback --yes' 'container remove --force --volumes --yes'; do
        # shellcheck disable=SC2086  # several words are meant
        poststack $command
        expect_status 5
        [[ "$stderr" == *"\"$name-postgres\" belongs to the project in $original"* ]]
    done
    poststack container clean
    expect_status 0
    poststack up
    expect_status 5
    [[ "$stderr" == *"belongs to the project in $original"*'COMPOSE_PROJECT_NAME in .env'* ]]
    mv kept.env .env
    poststack up
    expect_status 0
    [ "$(cat .poststack/id)" != "$(cat "$original/.poststack/id")" ]
    query 'insert into kept values (8)'
    poststack container remove --force --volumes --yes
    expect_status 0
    cd "$original"
    [ "$(query 'select n from kept')" = 7 ]
}

@test "a stack lives in a container of docker" {
    use docker
    live docker
}

@test "a stack lives in a container of podman" {
    use podman
    live podman
}

# What an operator does with the container. The image is there: "live" made it.
manage() {
    poststack container build --bootstrap --quiet
    poststack container remove
    expect_status 0
    [[ "$output" == *' has no container' ]]
    poststack up
    expect_status 0
    name=$(basename "$PWD" | tr -d . | tr '[:upper:]' '[:lower:]')-postgres
    query 'create table kept as select 7 as n'

    # Two at once, one of them asked for another container: both end well, one server is left.
    "$POSTSTACK" up --recreate >up.out 2>&1 &
    poststack up
    expect_status 0
    wait $!
    grep -q "is made again on volume .*: as asked" up.out
    [ "$(query 'select n from kept')" = 7 ]

    # What changed is named, and the data stays.
    POSTSTACK_MAX_CONNECTIONS=37 POSTSTACK_MEMORY_LIMIT=512MB poststack up
    expect_status 0
    [[ "$stderr" == *'setting max_connections 100 -> 37'* ]]
    [ "$(query 'show max_connections')" = 37 ]
    [ "$(query 'select n from kept')" = 7 ]
    POSTSTACK_POSTGRES_VERSION=16 poststack container restart
    expect_status 5
    [[ "$stderr" == *'holds a database of PostgreSQL 17, not of 16'* ]]
    poststack up
    expect_status 0

    # What was asked for is what was granted.
    poststack status --strict
    expect_status 0
    [[ "$output" == *'SECURITY'*'account'*'999:999'*'read-only root'*'yes'*'published at'*'127.0.0.1'* ]]
    [[ "$output" != *differs* ]]
    poststack status --security --json
    [[ "$output" == *'"what": "process limit",'*'"asked": "512",'*'"granted": "512",'*'"ok": true'* ]]
    if [ "$POSTSTACK_RUNTIME" = docker ]; then
        call POST "/containers/$name/update" '{"PidsLimit": 4096}'
        poststack status --security
        expect_status 0
        [[ "$output" == *'process limit'*'512'*'4096'*'differs'* ]]
        poststack status --strict
        expect_status 1
    fi

    poststack container list --images
    expect_status 0
    [[ "$output" == *"$name"*'project'*'postgres'*'running'*'127.0.0.1:'*'poststack/postgres:17'* ]]
    poststack container remove
    expect_status 5
    [[ "$stderr" == *"container \"$name\" runs"*'--force'* ]]
    run --separate-stderr "$POSTSTACK" container shell <<<'id -u; exit 3'
    expect_status 8
    [ "$output" = 999 ]
    [[ "$stderr" == *'"/bin/bash" ended with exit code 3'* ]]
    run --separate-stderr "$POSTSTACK" container shell -- sh -c 'cat; echo e >&2' <<<one
    expect_status 0
    [ "$output" = one ]
    [[ "$stderr" == *e ]]

    # Killed from outside.
    call POST "/containers/$name/kill?signal=KILL"
    poststack status
    expect_status 0
    [[ "$output" == *'stopped'*"$name, exited (137) since "*'it was killed (exit code 137)'*'Its last lines:'* ]]
    [[ "$stderr" == *'poststack up --recreate'* ]]
    poststack up
    expect_status 0
    [[ "$stderr" == *'The container was killed (exit code 137); it is started again.'* ]]
    call POST "/containers/$name/pause"
    poststack up
    expect_status 5
    [[ "$stderr" == *"container \"$name\" is paused"*" unpause $name"* ]]
    poststack status
    [[ "$output" == *'paused'*'the container is paused'* ]]
    call POST "/containers/$name/unpause"
    poststack health
    expect_status 0
    [ "$(query 'select n from kept')" = 7 ]

    # Another database in its volume is not removed, nor is its own without a yes.
    poststack container remove --force --volumes
    expect_status 2
    [[ "$stderr" == *'cannot ask "Remove volume'*'system identifier '*'without a terminal'* ]]
    file=/var/lib/postgresql/data/pgdata/poststack_identity.json
    poststack container shell -- cp $file /tmp/own
    poststack container shell -- sed -i 's/"system_identifier": "[0-9]*"/"system_identifier": "1"/' $file
    expect_status 0
    poststack container remove --force --volumes --yes
    expect_status 5
    [[ "$stderr" == *'it holds another database (system identifier '*'than the one that was made for this project (1)'* ]]
    [ "$(query 'select n from kept')" = 7 ]
    poststack container shell -- cp /tmp/own $file
    poststack down
    expect_status 0
    poststack status
    [[ "$output" == *'missing'* ]]
    poststack container remove --volumes --yes
    expect_status 0
    [[ "$stderr" == *'removing volume'*'system identifier'* ]]
    [[ "$output" == *'_postgres_data is removed' ]]
    poststack status
    [[ "$output" == *'not created'* ]]
}

@test "docker: a container is listed, made again, entered and removed" {
    use docker
    manage
}

@test "podman: a container is listed, made again, entered and removed" {
    use podman
    manage
}

# Somebody else's container and volume.
leave_alone() {
    poststack container build --bootstrap --quiet
    call POST '/containers/create?name=other-postgres' \
        '{"Image": "'"$1"'poststack/postgres:17", "Cmd": ["sleep", "100"]}'
    poststack container list
    expect_status 0
    [[ "$output" == *'other-postgres'*'foreign'* ]]
    POSTSTACK_POSTGRES_CONTAINER_NAME=other-postgres poststack up
    expect_status 5
    [[ "$stderr" == *'container "other-postgres" belongs to somebody else'* ]]
    POSTSTACK_POSTGRES_CONTAINER_NAME=other-postgres poststack container remove --force --volumes --yes
    expect_status 5
    poststack container clean --all
    expect_status 0
    poststack container list
    [[ "$output" == *'other-postgres'* ]]
    call DELETE '/containers/other-postgres'
}

# call METHOD PATH [JSON]: the engine's API, past poststack.
call() {
    python3 - "${POSTSTACK_ENGINE_HOST#unix://}" "$@" <<'END'
import http.client, socket, sys
connection = http.client.HTTPConnection("engine")
connection.sock = socket.socket(socket.AF_UNIX)
connection.sock.connect(sys.argv[1])
body = sys.argv[4] if len(sys.argv) > 4 else None
connection.request(sys.argv[2], "/v1.40" + sys.argv[3], body, {"Content-Type": "application/json"})
answer = connection.getresponse()
text = answer.read().decode()
sys.exit(text if answer.status >= 400 else 0)
END
}

@test "docker: what is somebody else's is shown and left alone" {
    use docker
    leave_alone ''
}

@test "podman: what is somebody else's is shown and left alone" {
    use podman
    leave_alone localhost/
}

@test "docker-compose runs what compose render writes" {
    use docker
    require_tool docker-compose
    poststack container build --bootstrap --quiet
    printf 'POSTGRES_USER=shop\nPOSTGRES_PASSWORD=only-for-this-test\nPOSTGRES_DB=shop\n' >.env
    chmod 0600 .env
    export POSTSTACK_POSTGRES_HOST_PORT=54329
    poststack compose render --image poststack/postgres:17 --output compose.yaml
    expect_status 0
    compose=(env "DOCKER_HOST=$POSTSTACK_ENGINE_HOST" docker-compose --project-name rendered)
    "${compose[@]}" up -d
    url=postgresql://shop:only-for-this-test@127.0.0.1:54329/shop
    for _ in $(seq 600); do
        query_at "$url" 'select 1' >/dev/null 2>&1 && break
        sleep 0.1
    done
    [ "$(query_at "$url" 'select current_user')" = shop ]
    # Its own health check logs in: docker runs it, and it passes.
    run "${compose[@]}" exec -T postgres sh -c 'PGPASSWORD="$POSTGRES_PASSWORD" psql -h 127.0.0.1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -Atqc "SELECT 1"'
    expect_status 0
    "${compose[@]}" down --volumes
}

@test "a native stack has no container to remove, recreate or enter" {
    export POSTSTACK_RUNTIME=native
    for words in 'container remove' 'container shell' 'up --recreate'; do
        # shellcheck disable=SC2086  # words
        poststack $words
        expect_status 4
        [[ "$stderr" == *'runs natively: there is no container to '* ]]
    done
}

@test "a build without a way to Debian says what is missing" {
    use podman
    mkdir bin
    run --separate-stderr env PATH="$PWD/bin" POSTSTACK_POSTGRES_VERSION=15 \
        "$POSTSTACK" container build --bootstrap
    expect_status 4
    [[ "$stderr" == *'mmdebstrap is not installed'* ]]
}
