#!/usr/bin/env bats
# The life of a native stack: up, down, restart, status, health, logs.
load support

setup() {
    make_project
}

teardown() {
    stop_project
}

server_pid() {
    head -1 .poststack/postgres/data/postmaster.pid
}

@test "up makes a ready database out of an empty directory" {
    poststack up
    expect_status 0

    [[ "$output" == *' is ready on localhost:'* ]]
    [[ "$stderr" == *'server '*'created and started on port'* ]]
    [[ "$stderr" == *'role and database'*'created role '* ]]
    [ "$(query 'select 41 + 1')" = 42 ]
    [ "$(stat -c %a .env)" = 600 ]
    [ "$(stat -c %a .poststack/postgres)" = 700 ]
    [ "$(query 'show data_checksums')" = on ]
    [ "$(query 'show password_encryption')" = scram-sha-256 ]
    [ "$(cat .poststack/runtime)" = native ]
}

@test "up applies the migrations and says how many" {
    mkdir migrations
    echo 'CREATE TABLE one (n int);' >migrations/001_one.sql
    echo 'DROP TABLE one;' >migrations/001_one.rollback.sql
    echo 'CREATE TABLE two (n int);' >migrations/002_two.sql
    echo 'DROP TABLE two;' >migrations/002_two.rollback.sql

    poststack up
    expect_status 0
    [[ "$stderr" == *'migrations '*'applied 2, the last is 002_two'* ]]
    [ "$(query 'select count(*) from one, two')" = 0 ]

    poststack up --json
    expect_status 0
    [[ "$output" == *'"migrations_applied": 0'* ]]
    [[ "$output" == *'"changed": false'* ]]

    echo 'CREATE TABLE three (n int);' >migrations/003_three.sql
    poststack status
    expect_status 0
    [[ "$output" == *'migrations: '*'2 applied, 1 pending'* ]]
}

@test "a second up changes nothing" {
    poststack up
    expect_status 0
    local pid env
    pid=$(server_pid)
    env=$(cat .env)

    poststack up
    expect_status 0

    [[ "$stderr" == *'already running on port'* ]]
    [ "$(server_pid)" = "$pid" ]
    [ "$(cat .env)" = "$env" ]
}

@test "down keeps the data and up brings it back on the same port" {
    poststack up
    expect_status 0
    local port
    port=$(sed -n 's/^POSTSTACK_POSTGRES_HOST_PORT=//p' .env)
    query 'create table kept as select 7 as n'

    poststack down
    expect_status 0
    [[ "$output" == *'is stopped; its data stays'* ]]

    poststack down
    expect_status 0
    [[ "$output" == *'was not running'* ]]

    poststack up
    expect_status 0
    [[ "$output" == *":$port "* ]]
    [ "$(query 'select n from kept')" = 7 ]
}

@test "restart gives a new server with the old data" {
    poststack up
    expect_status 0
    query 'create table kept as select 7 as n'
    local pid
    pid=$(server_pid)

    poststack restart
    expect_status 0

    [ "$(server_pid)" != "$pid" ]
    [ "$(query 'select n from kept')" = 7 ]
}

@test "status tells what runs, and exits 0 for a stopped stack" {
    poststack status
    expect_status 0
    [[ "$output" == *'state: '*'not created'* ]]

    poststack up
    expect_status 0
    poststack status --json
    expect_status 0
    for key in '"state": "running"' '"port": ' '"database": ' '"user": ' '"version": "1' \
        '"size_bytes": ' '"uptime_seconds": ' '"connections": 0'; do
        [[ "$output" == *"$key"* ]] || { echo "no $key in $output"; return 1; }
    done

    poststack down
    expect_status 0
    poststack status
    expect_status 0
    [[ "$output" == *'state: '*'stopped'* ]]
}

@test "health exits 0 only after an answer to the project's login" {
    poststack health
    expect_status 1
    [[ "$output" == *'is not ready: there is no server yet'* ]]

    poststack up
    expect_status 0
    poststack health
    expect_status 0
    [[ "$output" == *' is ready ('* ]]

    # pg_isready would still say yes.
    sed -i 's/^POSTGRES_PASSWORD=.*/POSTGRES_PASSWORD=another-password-entirely/' .env
    sed -i '/^DATABASE_URL=/d' .env
    poststack health
    expect_status 1
    [[ "$output" == *'is not ready: '* ]]

    poststack down
    expect_status 0
    poststack health --json
    expect_status 1
    [[ "$output" == *'"reason": "the server is stopped"'* ]]
}

@test "a password in .env that the data does not know is told apart" {
    poststack up
    expect_status 0
    sed -i 's/^POSTGRES_PASSWORD=.*/POSTGRES_PASSWORD=another-password-entirely/' .env
    sed -i '/^DATABASE_URL=/d' .env

    poststack up
    expect_status 6

    [[ "$stderr" == *'has another password in the data directory than in .env:'* ]]
    [[ "$stderr" == *'hint: Put the old password back'* ]]
    [[ "$stderr" != *'another-password-entirely'* ]]
}

@test "a setting the server does not take is shown in its own words" {
    echo 'postgres_settings: [shared_buffers=lots]' >poststack.yaml

    poststack up
    expect_status 8

    [[ "$stderr" == *'invalid value for parameter "shared_buffers"'* ]]
    poststack status
    expect_status 0
    [[ "$output" == *'state: '*'stopped'* ]]
}

@test "the container commands act on the same server" {
    poststack container start --postgres-port 0
    expect_status 2
    poststack container start
    expect_status 0
    poststack container status postgres
    expect_status 0
    [[ "$output" == *'state: '*'running'* ]]
    poststack container health
    expect_status 0
    poststack container logs --tail 100
    expect_status 0
    [[ "$output" == *'database system is ready to accept connections'* ]]
    poststack container restart
    expect_status 0
    poststack container stop nothing
    expect_status 4
    [[ "$stderr" == *'has no "nothing"'* ]]
    poststack container stop
    expect_status 0
    poststack health
    expect_status 1
}

@test "logs shows the last lines and follows" {
    poststack logs
    expect_status 4
    poststack up
    expect_status 0
    poststack logs --tail 1
    expect_status 0
    [ "${#lines[@]}" -eq 1 ]

    "$POSTSTACK" logs --tail 0 --follow >followed 2>&1 &
    local follower=$! tries=0
    while ! grep -q 'a word to find' followed && [ "$tries" -lt 100 ]; do
        query "do \$\$ begin raise log 'a word to find'; end \$\$" || true
        sleep 0.2
        tries=$((tries + 1))
    done
    kill "$follower"
    wait "$follower" || true
    grep -q 'a word to find' followed
}

@test "up creates the extensions that are set, also later, and names one that is not there" {
    echo 'extensions: [pg_trgm]' >poststack.yaml
    poststack up
    expect_status 0
    [[ "$stderr" == *'extension pg_trgm'* ]]
    [ "$(query "select similarity('word', 'words') > 0.5")" = t ]

    echo 'extensions: [pg_trgm, citext]' >poststack.yaml
    poststack up
    expect_status 0
    [[ "$stderr" == *'created extension citext'* ]]
    poststack up
    expect_status 0
    [[ "$stderr" == *'role and database  kept'* ]]

    echo 'extensions: [pg_trgm, no_such_thing]' >poststack.yaml
    poststack up
    expect_status 9
    [[ "$stderr" == *'creating extension "no_such_thing"'* ]]
    [[ "$stderr" == *'hint: Install the package that brings it'* ]]
    poststack health
    expect_status 0
}

@test "what the environment asks of databases elsewhere is not for the stack's own server" {
    PGSSLMODE=require PGREQUIRESSL=1 poststack up
    expect_status 0
    PGSSLMODE=require poststack health
    expect_status 0
    PGSSLMODE=require poststack database migration-status
    expect_status 0
    PGSSLMODE=require poststack credentials rotate
    expect_status 0
    PGSSLMODE=require poststack shell -- -XAtqc 'select 7'
    expect_status 0
    [ "$output" = 7 ]
}

@test "hive's command line runs a workspace" {
    printf 'services:\n  postgres:\n    image: postgres:16\n' >docker-compose.yml
    poststack --postgres-start
    expect_status 4
    [[ "$stderr" == *'workspace "." has no .env'*'poststack init --project .'* ]]
    poststack init --yes
    cd ..
    poststack --postgres-start "$project"
    expect_status 0
    [[ "$output" == *' is ready on localhost:'* ]]
    poststack --postgres-health "$project"
    expect_status 0
    poststack --postgres-logs "$project" --tail 2
    expect_status 0
    [ "${#lines[@]}" -eq 2 ]
    poststack --postgres-restart "$project"
    expect_status 0
    poststack --json --postgres-status "$project"
    expect_status 0
    [[ "$output" == *'"state": "running"'* ]]
    poststack --postgres-status --postgres-stop "$project"
    expect_status 2
    [[ "$stderr" == *'--postgres-status and --postgres-stop cannot be done at once'* ]]
    poststack --postgres-stop "$project"
    expect_status 0
    cd "$project"
    poststack --postgres-health
    expect_status 1
    poststack --postgres-status
    expect_status 0
    [[ "$output" == *'stopped'* ]]
}
