#!/usr/bin/env bats
# database verify-migrations and database diff on a project's own server.
load support

setup() {
    make_project
    mkdir migrations
    write 001_users 'CREATE TABLE users (id int PRIMARY KEY, name text, at date);' 'DROP TABLE users;'
    write 002_index 'CREATE INDEX users_name ON users (name);' 'DROP INDEX users_name;'
}

teardown() {
    stop_project
}

# write STEM SQL ROLLBACK
write() {
    printf '%s\n' "$2" >"migrations/$1.sql"
    printf '%s\n' "$3" >"migrations/$1.rollback.sql"
}

# A column of a query as the project's own role, through the URL in .env.
query() {
    local url bin
    url=$(sed -n 's/^DATABASE_URL=//p' .env)
    bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin | sort -V | tail -1)
    "$bin/psql" -XAtqc "$1" "$url"
}

@test "verify-migrations proves good rollbacks and shows what a bad one leaves" {
    poststack up
    expect_status 0
    poststack database verify-migrations --prove
    expect_status 0
    [[ "$output" == *'2 applied and unchanged, 0 pending'* ]]
    [[ "$output" == *'2 lossless'* ]]

    write 003_bad 'ALTER TABLE users ALTER name SET NOT NULL; CREATE TABLE more ();' 'DROP TABLE more;'
    write 004_lossy 'ALTER TABLE users DROP name;' 'ALTER TABLE users ADD name text NOT NULL;
CREATE INDEX users_name ON users (name);'
    poststack database verify-migrations --prove
    expect_status 1
    [[ "$output" == *'003_bad.sql: the rollback leaves another schema than there was before'* ]]
    [[ "$output" == *'~ column public.users.name'* ]]
    [[ "$output" == *'not null: (not set) -> yes'* ]]
    [[ "$output" == *'column order differs; rows lost: column public.users.name'* ]]
    [[ "$output" == *'2 lossless, 1 lossy, 1 broken'* ]]

    poststack database verify-migrations --prove --target-version 2 --json
    expect_status 0
    [[ "$output" == *'"proven": true'* ]]
    [ "$(query "select count(*) from pg_database where datname like 'poststack_scratch%'")" = 0 ]
}

@test "verify-migrations names changed files and exits 1" {
    poststack up
    expect_status 0
    echo '-- more' >>migrations/001_users.sql

    poststack database verify-migrations
    expect_status 1
    [[ "$output" == *'001'*'users'*'changed'* ]]

    poststack database verify-migrations --target-version 2
    expect_status 2
    [[ "$stderr" == *'belong to --prove'* ]]
    poststack database verify-migrations --prove --target-version 9
    expect_status 4
}

@test "diff is silent without drift and names drift with exit 1" {
    poststack up
    expect_status 0
    poststack database diff
    expect_status 0
    [ "$output" = 'no difference' ]

    query 'alter table users add email text; drop index users_name'
    poststack database diff
    expect_status 1
    [[ "$output" == *'+ column public.users.email'* ]]
    [[ "$output" == *'- index public.users_name'* ]]
    [[ "$output" == *'2 objects differ: 1 added, 1 removed'* ]]
    poststack database diff --json
    expect_status 1
    [[ "$output" == *'"equal": false'* ]]

    poststack database diff --with-url "$(sed -n 's/^DATABASE_URL=//p' .env)"
    expect_status 0
    rm migrations/001_users.sql
    poststack database diff
    expect_status 5
    [[ "$stderr" == *'is applied, but its file is gone'* ]]
}

@test "a killed proof leaves its scratch database to the next run" {
    poststack up
    expect_status 0
    write 003_slow 'SELECT pg_sleep(60);' 'SELECT 1;'
    "$POSTSTACK" database verify-migrations --prove >/dev/null 2>&1 &
    local pid=$!
    for _ in $(seq 300); do
        [ "$(query "select count(*) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()")" = 0 ] || break
        sleep 0.1
    done
    kill -9 "$pid"
    wait "$pid" || true
    [ "$(query "select count(*) from pg_database where datname like 'poststack_scratch%'")" = 1 ]

    rm migrations/003_slow.*
    poststack database verify-migrations --prove
    expect_status 0
    [[ "$stderr" == *'which a killed run had left'* ]]
    [ "$(query "select count(*) from pg_database where datname like 'poststack_scratch%'")" = 0 ]
}
