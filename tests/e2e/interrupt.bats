#!/usr/bin/env bats
# SIGINT and SIGTERM: the exit code, what is left on the server, and that the next run goes on.
load support

setup() {
    make_project
    poststack init --yes --runtime native
    expect_status 0
}

teardown() {
    stop_project
}

# Starts poststack in the background with the signals of a foreground program: $pid.
start() {
    env --default-signal=INT,TERM "$POSTSTACK" "$@" >out 2>err 3>&- &
    pid=$!
}

# Sends $1 to what start() began and waits for its end: $status.
signal() {
    kill -s "$1" "$pid"
    status=0
    wait "$pid" || status=$?
    output=$(<out)
    stderr=$(<err)
}

# How many sessions but this one run a pg_sleep.
sleepers() {
    query "select count(*) from pg_stat_activity where pid <> pg_backend_pid() and query like '%pg_sleep%' and state = 'active'"
}

# Waits until the sessions that sleep are $1.
expect_sleepers() {
    for _ in $(seq 300); do
        [ "$(sleepers 2>/dev/null)" = "$1" ] && return
        sleep 0.2
    done
    echo "never $1 sleeping sessions; poststack said: $(cat out err)"
    return 1
}

# A second migration that takes an hour.
write_long_migration() {
    echo "CREATE TABLE half (id int); SELECT pg_sleep(3600);" >migrations/002_long.sql
    echo "DROP TABLE half;" >migrations/002_long.rollback.sql
}

@test "SIGINT cancels the running migration on the server and exits 130" {
    poststack up
    expect_status 0
    write_long_migration
    start database migrate
    expect_sleepers 1
    signal INT
    expect_status 130
    [[ "$stderr" == *"stopped by SIGINT"* ]]
    expect_sleepers 0
    [ "$(query "select to_regclass('half') is null")" = "t" ]
    poststack database migration-status --json
    expect_status 0
    [[ "$output" == *'"pending": 1'* ]]
    # The lock is free: the next run goes on.
    echo "CREATE TABLE half (id int);" >migrations/002_long.sql
    poststack database migrate
    expect_status 0
    [ "$(query "select to_regclass('half') is null")" = "f" ]
}

@test "SIGTERM ends an up in its migrations with 143, and the next up finishes" {
    write_long_migration
    start up
    for _ in $(seq 300); do
        query "select 1" >/dev/null 2>&1 && break
        sleep 0.2
    done
    expect_sleepers 1
    signal TERM
    expect_status 143
    [[ "$stderr" == *"stopped by SIGTERM"* ]]
    expect_sleepers 0
    echo "CREATE TABLE half (id int);" >migrations/002_long.sql
    poststack up
    expect_status 0
    poststack health
    expect_status 0
}

@test "following the logs ends with 130 and 143" {
    poststack up
    expect_status 0
    for signal in INT:130 TERM:143; do
        start logs -f
        for _ in $(seq 300); do
            [ -s out ] && break
            sleep 0.2
        done
        [ -s out ]
        signal "${signal%:*}"
        expect_status "${signal#*:}"
    done
}
