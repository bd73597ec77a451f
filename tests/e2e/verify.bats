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

@test "a proof runs on a server of its own, with the settings of the roles" {
    poststack up
    expect_status 0
    query "alter role current_user set work_mem = '7MB'"
    write 003_where "DO \$\$ BEGIN
        ASSERT current_setting('fsync') = 'off', 'this is the real server';
        ASSERT current_setting('work_mem') = '7MB', 'the role lacks its settings';
    END \$\$;" 'SELECT 1;'
    poststack database verify-migrations --prove
    expect_status 0
    [[ "$output" == *'3 lossless'* ]]
}

@test "verify-migrations names changed files and exits 1" {
    poststack up
    expect_status 0
    echo '-- more' >>migrations/001_users.sql
    poststack database verify-migrations
    expect_status 0
    [[ "$output" == *'001'*'users'*'changed: cosmetic'*'no'* ]]

    echo 'select 1;' >>migrations/001_users.sql
    poststack database verify-migrations
    expect_status 1
    [[ "$output" == *'001'*'users'*'changed: semantic'*'yes'* ]]
    poststack database migrate
    expect_status 5
    [[ "$stderr" == *'"001_users.sql" was changed'*'database repair'* ]]
    poststack database repair 1
    expect_status 2
    [[ "$stderr" == *'needs a reason'* ]]
    poststack database repair 1 --reason 'it does nothing'
    expect_status 0
    [[ "$output" == *'001'*'accepted the change'* ]]
    poststack database migrate
    expect_status 0
    [ "$(query 'select reason from poststack.migration_repairs')" = 'it does nothing' ]

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

@test "diff replays the migrations in each schema that has a ledger" {
    write 003_view "-- poststack: variables SCHEMA
CREATE VIEW seen AS SELECT id, \${'SCHEMA'} AS tenant FROM users;" 'DROP VIEW seen;'
    rm migrations/003_view.rollback.sql
    echo 'CREATE OR REPLACE VIEW names AS SELECT name FROM users;' >migrations/R__names.sql
    mv migrations aside
    poststack up
    expect_status 0
    mv aside migrations
    poststack database migrate --schema acme --schema 'Glo bex' --schema other
    expect_status 0
    printf '%s\n' 'schemas: [acme, Glo bex]' >poststack.yaml
    poststack database diff --json
    expect_status 0
    [[ "$output" == *'"migrations_replayed": 8'* ]]
    query 'drop view other.seen; alter table acme.users add email text; drop view "Glo bex".names'
    poststack database diff
    expect_status 1
    [[ "$output" == *'+ column acme.users.email'*'- view "Glo bex".names'*'3 objects differ'* ]]
    poststack database diff --schema other --schema nowhere
    expect_status 1
    [[ "$output" == '- view other.seen'*'3 objects differ'* ]]
    [[ "$stderr" == *'schema "nowhere" has no ledger'* ]]
    poststack database diff --schema other --with-url postgresql://localhost/x
    expect_status 2
}

# Where the scratch server of this project is, if anywhere.
scratch_places() {
    find /dev/shm .poststack -maxdepth 1 \
        \( -name "poststack-*-$(cat .poststack/id)-scratch" -o -name '*-scratch' -path '.poststack/*' \)
}

# Begins a proof that stays in its third migration, and waits until it is there: pid in $pid.
begin_slow_proof() {
    write 003_slow 'SELECT pg_sleep(600);' 'SELECT 1;'
    env --default-signal=INT,TERM "$POSTSTACK" database verify-migrations --prove >out 2>err 3>&- &
    pid=$!
    for _ in $(seq 600); do
        ! pgrep -f 'postgres: .* poststack_scratch_.* SELECT' -P "$(scratch_pid)" >/dev/null || break
        sleep 0.1
    done
    [ -n "$(scratch_places)" ]
}

# True while process $1 runs; what nobody has waited for yet has no program.
runs() {
    [ -n "$(readlink "/proc/$1/exe")" ]
}

# The scratch server's own process.
scratch_pid() {
    local place
    place=$(scratch_places)
    head -n 1 "$place/data/postmaster.pid" 2>/dev/null || echo 0
}

@test "a killed proof leaves its scratch server to the next run" {
    poststack up
    expect_status 0
    begin_slow_proof
    local server
    server=$(scratch_pid)
    kill -9 "$pid"
    wait "$pid" || true
    runs "$server"

    rm migrations/003_slow.*
    poststack database verify-migrations --prove
    expect_status 0
    [[ "$stderr" == *'removed the scratch server of a killed run'* ]]
    ! runs "$server"
    [ -z "$(scratch_places)" ]
    [ "$(query "select count(*) from pg_database where datname like 'poststack_scratch%'")" = 0 ]
}

@test "a proof stopped by SIGINT leaves nothing" {
    poststack up
    expect_status 0
    begin_slow_proof
    local server
    server=$(scratch_pid)
    kill -INT "$pid"
    local status=0
    wait "$pid" || status=$?
    [ "$status" = 130 ]
    grep -q 'stopped by SIGINT' err
    ! runs "$server"
    [ -z "$(scratch_places)" ]
}

@test "a proof knows the role and its settings on the project's server" {
    poststack up
    expect_status 0
    query 'alter role current_user set search_path = public, pg_catalog'
    write 003_path "DO \$\$ BEGIN IF current_setting('search_path') <> 'public, pg_catalog' THEN RAISE 'no'; END IF; END \$\$;" 'SELECT 1;'
    poststack database verify-migrations --prove
    expect_status 0
    [[ "$output" == *'3 lossless'* ]]
}

@test "--seed puts rows in the way of rollbacks, and what is proven is recorded" {
    poststack up
    expect_status 0
    mkdir seeds
    echo "INSERT INTO users SELECT i, 'name ' || i, '2026-01-01' FROM generate_series(1, 5) i;" >seeds/002_users.sql
    write 003_upper 'UPDATE users SET name = upper(name);' 'UPDATE users SET name = lower(name);'
    write 004_clip 'UPDATE users SET name = left(name, 3);' 'SELECT 1;'
    poststack database verify-migrations --prove --seed seeds
    expect_status 0
    [[ "$output" == *'rows lost: rows of table public.users (5 before, changed after)'* ]]
    [[ "$output" == *'3 lossless, 1 lossy'* ]]
    [ "$(query "select string_agg(verdict, ' ' order by version) from poststack.migration_proofs")" = 'lossless lossless lossless lossy' ]

    mv seeds/002_users.sql seeds/users.sql
    poststack database verify-migrations --prove --seed seeds
    expect_status 2
    [[ "$stderr" == *'"users.sql" does not begin with a version'* ]]
    poststack database verify-migrations --seed seeds
    expect_status 2
}

@test "squash writes a baseline that gives the same catalogue and rows" {
    poststack up
    expect_status 0
    write 003_rows "CREATE TABLE kinds (id serial PRIMARY KEY, name text); INSERT INTO kinds (name) VALUES ('a;b'), (E'c\\nd');" 'DROP TABLE kinds;'
    poststack database squash --up-to 9
    expect_status 4
    poststack database squash --up-to 3 --output baseline.sql
    expect_status 0
    [[ "$output" == *'wrote "baseline.sql" in place of 3 migrations: same catalogue, same 2 rows'* ]]
    [ -e migrations/001_users.sql ]

    poststack database squash --up-to 3
    expect_status 0
    cmp baseline.sql migrations/003_baseline.sql
    [ "$(ls migrations)" = "$(printf '%s\n' 003_baseline.sql squashed-003)" ]
    [ -e migrations/squashed-003/001_users.rollback.sql ]

    # This database has the first two of three: it is to get the third one from the old files.
    poststack database migrate
    expect_status 5
    mv migrations/003_baseline.sql .
    mv migrations/squashed-003/* migrations/
    poststack database migrate
    expect_status 0
    poststack database squash --up-to 003 --output other.sql
    expect_status 0
    cmp other.sql baseline.sql
    rm -r migrations/*
    mv 003_baseline.sql migrations/
    write 004_more 'CREATE TABLE more ();' 'DROP TABLE more;'
    poststack database migrate
    expect_status 0
    [[ "$output" == *'1 migration applied, 3 applied before'* ]]
    poststack database migration-status --check
    expect_status 0
    poststack database verify-migrations --prove
    expect_status 0
    [[ "$output" == *'1 lossless, 1 irreversible'* ]]
    poststack database diff
    expect_status 0
    poststack database squash
    expect_status 2
}

@test "a role that may not create databases gets a scratch server" {
    poststack up
    expect_status 0
    local url
    url=$(sed -n 's/^DATABASE_URL=//p' .env)
    mkdir -p other/migrations
    cp migrations/* other/migrations/
    cd other
    POSTSTACK_DATABASE_URL=$url poststack database verify-migrations --prove
    expect_status 0
    [[ "$output" == *'2 lossless'* ]]
    [ "$(query_at "$url" "select count(*) from pg_database where datname like 'poststack_scratch%'")" = 0 ]
    [ -z "$(find . -name '*-scratch')" ]

    write 003_slow 'SELECT pg_sleep(60);' 'SELECT 1;'
    POSTSTACK_DATABASE_URL=$url "$POSTSTACK" database verify-migrations --prove >/dev/null 2>&1 &
    local pid=$!
    for _ in $(seq 300); do
        [ -z "$(find . -path '*-scratch/data/postmaster.pid')" ] || break
        sleep 0.1
    done
    kill -9 "$pid"
    wait "$pid" || true
    rm migrations/003_slow.*
    POSTSTACK_DATABASE_URL=$url poststack database verify-migrations --prove
    expect_status 0
    [ -z "$(find . -name '*-scratch')" ]
    cd ..
}

@test "migrate --require-proof refuses what is not proven as it is now" {
    poststack up
    expect_status 0
    write 003_more 'CREATE TABLE more ();' 'DROP TABLE more;'
    write 004_final 'CREATE TABLE final ();' 'DROP TABLE final;'
    poststack database migrate --require-proof
    expect_status 5
    [[ "$stderr" == *'2 pending migrations are not proven: "003_more.sql", "004_final.sql"'* ]]

    poststack database verify-migrations --prove
    expect_status 0
    echo 'SELECT 1;' >>migrations/004_final.rollback.sql
    poststack database migrate --require-proof
    expect_status 5
    [[ "$stderr" == *'1 pending migration is not proven: "004_final.sql"'* ]]
    poststack database verify-migrations --prove
    expect_status 0
    poststack database migrate --require-proof
    expect_status 0
    poststack database migrate --require-proof
    expect_status 0
}

@test "squash writes nothing when pg_dump fails or the baseline gives something else" {
    poststack up
    expect_status 0
    mkdir bin
    ln -s "$(postgres_bin)"/* bin/
    rm bin/pg_dump
    export POSTSTACK_POSTGRES_BIN=$PWD/bin
    printf '#!/bin/sh\necho "pg_dump: error: out of luck" >&2\nexit 1\n' >bin/pg_dump
    chmod +x bin/pg_dump
    poststack database squash --up-to 2
    expect_status 8
    [[ "$stderr" == *'pg_dump of the scratch database ended with'*'out of luck'* ]]

    printf '#!/bin/sh\n"%s/pg_dump" "$@" | grep -v "CREATE INDEX"\n' "$(postgres_bin)" >bin/pg_dump
    poststack database squash --up-to 2
    expect_status 1
    [[ "$output" == *'users_name'*'does not give what the migrations give; nothing was written'* ]]
    [ "$(ls migrations | wc -l)" = 4 ]
}

@test "repair that may not write to the ledger changes nothing" {
    poststack up
    expect_status 0
    echo 'select 1;' >>migrations/001_users.sql
    query 'revoke update on poststack.schema_migrations from current_user'
    poststack database repair 1 --reason 'harmless'
    expect_status 9
    [[ "$stderr" == *'permission denied for table schema_migrations'* ]]
    [ "$(query 'select count(*) from poststack.migration_repairs')" = 0 ]
}
