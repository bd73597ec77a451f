#!/usr/bin/env bats
# Migrations that run without a transaction, stop half-way and go on; the lock and its holders.
load support

setup() {
    make_project
    mkdir -p migrations
    printf '%s\n' 'create table users (id int, name text);' >migrations/001_users.sql
    printf '%s\n' 'drop table users;' >migrations/001_users.rollback.sql
}

teardown() {
    stop_project
}

@test "migrate says what to write for a statement that needs no transaction" {
    poststack up
    expect_status 0
    echo 'create index concurrently on users (id);' >migrations/002_index.sql
    poststack database migrate
    expect_status 3
    [[ "$stderr" == *'002_index.sql:1:1: CREATE INDEX CONCURRENTLY cannot run inside a transaction'* ]]
    [[ "$stderr" == *'-- poststack: no-transaction'* ]]
}

@test "a no-transaction file that failed goes on behind what is done" {
    poststack up
    expect_status 0
    printf '%s\n' '-- poststack: no-transaction' 'insert into users values (1);' \
        'create index concurrently users_id on users (id);' 'select nope;' >migrations/002_b.sql
    poststack database migrate --dry-run
    expect_status 0
    [[ "$output" == *'would apply 002_b.sql (3 statements, without a transaction, no rollback)'* ]]
    poststack database migrate
    expect_status 9
    [[ "$stderr" == *'002_b.sql:4:8: column "nope"'* ]]
    poststack database migration-status
    expect_status 0
    [[ "$output" == *'002'*'unfinished'* ]]
    poststack database verify-migrations
    expect_status 1
    [[ "$output" == *'stopped half-way'* ]]

    sed -i 's/select nope/insert into users values (2)/' migrations/002_b.sql
    poststack database migrate --json
    expect_status 0
    [[ "$output" == *'"transaction": false'* ]]
    poststack database migrate
    expect_status 0
    [[ "$output" == *'nothing to do: 2 migrations applied'* ]]
    poststack database migrate --resume-after 1 --retry 2
    expect_status 2
}

@test "unlock-migrations shows nobody when nobody holds the lock" {
    poststack up
    expect_status 0
    poststack database unlock-migrations
    expect_status 0
    [ "$output" = 'nobody holds the migration lock' ]
    poststack database unlock-migrations --json
    expect_status 0
    [[ "$output" == *'"holders": []'* ]]
}

@test "adopt takes over what another tool has applied" {
    poststack up
    expect_status 0
    mkdir theirs
    printf '%s\n' '-- migrate:up' 'create table a (id int);' '-- migrate:down' 'drop table a;' >theirs/2_a.sql
    printf '%s\n' '-- migrate:up' 'create table b (id int);' >theirs/3_b.sql
    poststack database adopt --source theirs
    expect_status 4
    [[ "$stderr" == *'no other tool has left a migration history'* ]]
    poststack shell -- -qc "create table public.schema_migrations (version varchar primary key);
        insert into public.schema_migrations values ('2'), ('9'); create table a (id int)"
    expect_status 0

    poststack database adopt --source theirs --dry-run
    expect_status 1
    [[ "$output" == *'history of dbmate in public.schema_migrations'* ]]
    poststack database adopt --source theirs
    expect_status 5
    [[ "$stderr" == *'"9": dbmate has applied it, but there is no file for it'* ]]
    [ ! -e migrations/002_a.sql ]

    poststack shell -- -qc "delete from public.schema_migrations where version = '9'"
    poststack database adopt --source theirs --json
    expect_status 0
    [[ "$output" == *'"adopt": "baseline"'* ]]
    [ -e migrations/002_a.rollback.sql ]
    poststack database migrate
    expect_status 0
    [[ "$output" == *'applied 003_b.sql'* ]]
}

@test "variables come from --var, the environment, .env and poststack.yaml, in this order" {
    poststack up
    expect_status 0
    printf '%s\n' '-- poststack: variables A B C D' \
        "create table v as select \${'A'} a, \${'B'} b, \${'C'} c, \${D} d;" >migrations/002_v.sql
    poststack database migrate
    expect_status 3
    [[ "$stderr" == *'002_v.sql:2:26: variable "A" has no value'* ]]
    [[ "$stderr" == *'POSTSTACK_VAR_A=VALUE'* ]]

    printf '%s\n' 'variables:' '  A: yaml' '  B: yaml' '  C: yaml' '  D: 4' >poststack.yaml
    printf '%s\n' 'POSTSTACK_VAR_B=env-file' 'POSTSTACK_VAR_C=env-file' >>.env
    export POSTSTACK_VAR_C=environment
    poststack database migrate --var A=flag=1 --dry-run
    expect_status 0
    [ -z "$stderr" ]
    poststack database migrate --var A=flag=1
    expect_status 0
    poststack config-show --json
    expect_status 0
    [[ "$output" == *'A=***'* && "$output" != *'=yaml'* ]]
    [ "$(query 'select v from v')" = '(flag=1,env-file,environment,4)' ]
    poststack database migrate --var A
    expect_status 2
    [[ "$stderr" == *'--var: a variable needs a name and a value'* ]]
    poststack database verify-migrations --prove --var A=x
    expect_status 1
    [[ "$output" == *'no rollback'* ]]
    poststack database diff --var A=x
    expect_status 0
    poststack database squash --up-to 002
    expect_status 5
    [[ "$stderr" == *'"002_v.sql" asks for variables'* ]]
}

@test "a secret variable is neither shown nor logged" {
    poststack up
    expect_status 0
    printf '%s\n' '-- poststack: variables APP_PASSWORD' \
        "do language plpgsql \${'APP_PASSWORD'};" >migrations/002_v.sql
    export POSTSTACK_VAR_APP_PASSWORD="hunter2-is-no-code"
    poststack database migrate
    expect_status 9
    [[ "$stderr" == *'002_v.sql:2:'* ]]
    [[ "$output$stderr" != *hunter2* ]]
    run ! grep -r hunter2 .poststack/logs logs
}

@test "an empty migration is applied with a warning" {
    poststack up
    expect_status 0
    poststack database new 'add orders'
    expect_status 0
    poststack database migrate
    expect_status 0
    [[ "$stderr" == *'warning: "002_add_orders.sql" holds no statement: it changes nothing'* ]]
}

@test "repeatable files and hooks run, are planned, shown, verified and proven" {
    poststack up
    expect_status 0
    echo 'create or replace view names as select name from users;' >migrations/R__names.sql
    mkdir migrations/hooks
    echo 'create table if not exists runs (file text);' >migrations/hooks/before_migrate.sql
    echo "insert into runs select current_setting('poststack.file');" >migrations/hooks/after_each.sql
    poststack database migrate --dry-run
    expect_status 0
    [[ "$output" == *'would apply R__names.sql (1 statement'* ]]
    poststack database migration-status --check
    expect_status 1
    [[ "$output" == *'R '*'names '*'pending'*'1 repeatable to run'* ]]
    poststack database migrate
    expect_status 0
    [[ "$output" == *'applied R__names.sql'* && "$stderr" == *'ran hooks/before_migrate.sql'* ]]
    poststack database migrate --json
    expect_status 0
    [[ "$output" == *'"hooks": []'* ]]
    poststack database migration-status --check --json
    expect_status 0
    [[ "$output" == *'"repeatables": ['*'"name": "names"'* ]]
    poststack database diff
    expect_status 0
    poststack database verify-migrations --prove
    expect_status 0
    [[ "$output" == *'1 lossless, 1 repeatable'* ]]
    echo 'create view others as select 1;' >migrations/R__others.sql
    poststack database verify-migrations --prove
    expect_status 1
    [[ "$output" == *'R__others.sql: run again, it fails: '*'already exists'* ]]
    rm migrations/R__names.sql
    poststack database verify-migrations
    expect_status 0
    [[ "$output" == *'names'*'deleted'*'no'* ]]
    poststack database diff
    expect_status 1
    [[ "$stderr" == *'"R__names.sql" has run and is gone'* && "$output" == *'+ view public.names'* ]]
}

@test "each schema has its ledger, and one that fails does not stop the others" {
    poststack up
    expect_status 0
    query 'create schema bad; create table bad.users ()'
    poststack database migrate --schema acme --schema bad --schema globex
    expect_status 9
    [[ "$output" == *'acme: applied 001_users.sql'*'globex: 1 migration applied'* ]]
    [[ "$stderr" == *'working in schema "bad": migrated: acme, globex; failed: bad'* ]]
    printf '%s\n' 'schemas: [acme, bad]' >poststack.yaml
    poststack database migration-status --check
    expect_status 1
    [[ "$output" == *'schema acme'*'1 applied, 0 pending'*'schema bad'*'0 applied, 1 pending'* ]]
    poststack database migrate --json
    expect_status 9
    [[ "$output" == *'"schema": "acme"'* && "$output" == *'"done": false'* ]]
    query 'drop table bad.users'
    poststack up
    expect_status 0
    [[ "$stderr" == *'applied 1 in 2 schemas'* ]]
    poststack database verify-migrations --json
    expect_status 0
    [[ "$output" == *'"schemas": ['* ]]
    poststack database rollback --schema bad
    expect_status 0
    [[ "$output" == *'bad: undone 001_users.sql'* ]]
    poststack database migrate --schema poststack
    expect_status 2
    [[ "$stderr" == *'migrations cannot run in schema "poststack"'* ]]
    poststack database diff
    expect_status 0
    poststack database migrate --resume-after 1
    expect_status 2
    [[ "$stderr" == *'are about one schema'* ]]
}

@test "unlock-migrations frees what a killed run has left" {
    poststack up
    expect_status 0
    printf '%s\n' 'set client_connection_check_interval = 0;' 'create table slow ();' \
        "select pg_sleep(600) where to_regclass('gate') is null;" >migrations/002_slow.sql
    "$POSTSTACK" database migrate >/dev/null 2>&1 &
    local run=$!
    local busy="select count(*) from pg_stat_activity where application_name like 'poststack migrate %'"
    for _ in $(seq 600); do
        [ "$(query "$busy and query like '%pg_sleep(600)%'")" = 1 ] && break
        sleep 0.1
    done
    poststack database unlock-migrations
    expect_status 1
    [[ "$output" == *"$run on "*'in use'* ]]
    kill -KILL "$run"
    wait "$run" || true
    poststack database unlock-migrations --json
    expect_status 0
    [[ "$output" == *'"stale": true'*'"ended": true'* ]]
    for _ in $(seq 600); do
        [ "$(query "$busy")" = 0 ] && break
        sleep 0.1
    done
    poststack database unlock-migrations
    expect_status 0
    [ "$output" = 'nobody holds the migration lock' ]
    query 'create table gate ()'
    poststack database migrate
    expect_status 0
}
