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
    [[ "$output" != *'yaml,'* && "$output" != *'A=yaml'* ]]
    [ "$("$POSTSTACK" shell -- -Atc 'select v from v')" = '(flag=1,env-file,environment,4)' ]
    poststack database migrate --var A
    expect_status 2
    [[ "$stderr" == *'--var: a variable needs a name and a value'* ]]
    poststack database verify-migrations --prove --var A=x
    expect_status 1
    [[ "$output" == *'no rollback'* ]]
    poststack database diff --var A=x
    expect_status 0
    poststack database squash --up-to 002 --var A=x
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
