#!/usr/bin/env bats
# The native runtime on another PostgreSQL than the machine's: POSTSTACK_POSTGRES_BIN and
# EXPECTED_MAJOR, set by tools/test-versions. Not part of the suite: it needs the network.
load support

setup() {
    make_project
}

teardown() {
    stop_project
    [ -z "${other:-}" ] || "$POSTSTACK" --project "$other" down >/dev/null 2>&1 || true
}

@test "up, migrate, roll back, status, restart, rotate and down" {
    poststack up
    expect_status 0
    [ "$(query "select current_setting('server_version_num')::int / 10000")" = "$EXPECTED_MAJOR" ]
    [ "$(query 'show data_checksums')" = on ]
    [ "$(query 'show password_encryption')" = scram-sha-256 ]

    mkdir -p migrations
    echo 'CREATE TABLE kept (id int PRIMARY KEY); INSERT INTO kept VALUES (7);' >migrations/001_kept.sql
    echo 'DROP TABLE kept;' >migrations/001_kept.rollback.sql
    echo 'CREATE TABLE gone (id int);' >migrations/002_gone.sql
    echo 'DROP TABLE gone;' >migrations/002_gone.rollback.sql
    poststack database migrate
    expect_status 0
    poststack database rollback --yes
    expect_status 0
    poststack status
    expect_status 0
    [[ "$output" == *" $EXPECTED_MAJOR."* ]]
    [[ "$output" == *'1 applied, 1 pending'* ]]

    poststack restart
    expect_status 0
    poststack credentials rotate --yes
    expect_status 0
    [ "$(query 'select id from kept')" = 7 ]
    [ "$(query "select to_regclass('gone') is null or true")" = t ]
    poststack database test-connection
    expect_status 0
    poststack down
    expect_status 0
    [[ "$stderr" == *'stopped (fast)'* ]]
}

@test "a new data directory is a clone with an identity of its own" {
    poststack up
    expect_status 0
    local first second
    first=$(query 'select system_identifier from pg_control_system()')
    other=$project
    make_project
    poststack up
    expect_status 0
    second=$(query 'select system_identifier from pg_control_system()')

    [[ "$stderr" != *'Making a template'* ]]
    [ "$first" != "$second" ]
    [ -z "$(find / -xdev -name '*.unclonable' -path "*poststack/templates/*" -newer .poststack/id 2>/dev/null)" ]
}

@test "a server killed with SIGKILL is recovered by the next up" {
    poststack up
    expect_status 0
    query 'create table kept as select 7 as n'
    local pid tries=0
    pid=$(head -1 .poststack/postgres/data/postmaster.pid)
    kill -9 "$pid"
    while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 300 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    poststack up
    expect_status 0

    [ "$(query 'select n from kept')" = 7 ]
}
