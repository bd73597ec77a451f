#!/usr/bin/env bats
# The first start of the image's server (images/postgres/poststack-postgres), without an engine: the
# script itself, as the account that it would have there, on a directory in place of the volume.
load support

setup() {
    bin=$(postgres_bin)
    volume=$(mktemp -d "$BATS_TEST_TMPDIR/volume.XXXXXX")
    scripts=$(mktemp -d "$BATS_TEST_TMPDIR/scripts.XXXXXX")
    sockets=$(mktemp -d /tmp/poststack-first.XXXXXX)
    data=$volume/pgdata
    chmod 0755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" "$scripts" 2>/dev/null || true
    as_server=()
    if [ "$(id -u)" -eq 0 ]; then
        chown postgres: "$volume" "$sockets"
        as_server=(setpriv --reuid postgres --regid postgres --init-groups)
    fi
    settings=(PATH="$bin:$PATH" LC_ALL=C.UTF-8 PGDATA="$data" POSTSTACK_INITDB="$scripts")
    secret=(POSTGRES_PASSWORD=s3cret)
    server=
}

teardown() {
    [ -z "$server" ] || stop_server
    rm -rf "$sockets"
}

# start [NAME=VALUE...]: the script in the foreground, with something else in the server's place.
start() {
    run --separate-stderr "${as_server[@]}" env "${settings[@]}" "$@" \
        "$POSTSTACK_SOURCE/images/postgres/poststack-postgres" postgres --version
}

# Starts the real server behind the script: $server is its process.
start_server() {
    "${as_server[@]}" env "${settings[@]}" "$@" "$POSTSTACK_SOURCE/images/postgres/poststack-postgres" \
        postgres -c port=5432 -c listen_addresses= -c unix_socket_directories="$sockets" \
        >"$BATS_TEST_TMPDIR/server.log" 2>&1 3>&- &
    server=$!
    local tries=0
    until grep -q "database system is ready" "$BATS_TEST_TMPDIR/server.log"; do
        kill -0 "$server" || { cat "$BATS_TEST_TMPDIR/server.log"; return 1; }
        sleep 0.1
        tries=$((tries + 1))
        [ "$tries" -lt 600 ]
    done
}

stop_server() {
    kill -INT "$server"
    wait "$server" || true
    server=
}

# ask SQL [DATABASE] [ROLE]: as the server's own account, over the socket.
ask() {
    "${as_server[@]}" "$bin/psql" -XAtqc "$1" "host=$sockets dbname=${2:-postgres} user=${3:-postgres}"
}

@test "a first start makes the role, the database and what the scripts say, in the order of bytes" {
    echo 'create table steps (id serial, name text);' >"$scripts/10-first.sql"
    echo "insert into steps (name) values ('B');" >"$scripts/B.sql"
    echo "insert into steps (name) values ('gz');" | gzip >"$scripts/C.sql.gz"
    echo "insert into steps (name) values ('xz');" | xz >"$scripts/D.sql.xz"
    echo "psql -qc \"insert into steps (name) values ('sh')\"" >"$scripts/a.sh"
    echo 'not for anybody' >"$scripts/notes.txt"
    echo s3cret >"$BATS_TEST_TMPDIR/password"
    chmod 0644 "$BATS_TEST_TMPDIR/password"

    start_server POSTGRES_USER=shop POSTGRES_DB=orders POSTGRES_PASSWORD_FILE="$BATS_TEST_TMPDIR/password"

    run ask "select string_agg(name, ' ' order by id) from steps" orders shop
    [ "$output" = "B gz xz sh" ]
    grep -q "passing over .*/notes.txt" "$BATS_TEST_TMPDIR/server.log"
    # Everybody else shows a password, also over the socket.
    ask "create role guest login password 'guest'" orders shop
    run env PGPASSWORD=wrong "$bin/psql" -XAtqc 'select 1' "host=$sockets dbname=orders user=guest"
    [ "$status" -eq 2 ]
    run env PGPASSWORD=guest "$bin/psql" -XAtqc 'select 1' "host=$sockets dbname=orders user=guest"
    [ "$output" = 1 ]
    [ "$(ask 'show data_checksums' orders shop)" = on ]
    [ ! -e "$data.draft" ]
}

@test "a script that fails leaves no database, and the next start tries again" {
    echo 'create table before (id int);' >"$scripts/1.sql"
    echo 'exit 3' >"$scripts/2.sh"
    start "${secret[@]}"
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"error: \"$scripts/2.sh\" failed: the database is not made"* ]]
    [ ! -e "$data" ]

    echo 'select 1/0;' >"$scripts/2.sh.sql"
    rm "$scripts/2.sh"
    start "${secret[@]}"
    [ "$status" -eq 1 ]
    echo "$stderr"
    [[ "$stderr" == *"division by zero"*"error: \"$scripts/2.sh.sql\" failed"* ]]
    [ ! -e "$data" ]

    rm "$scripts/2.sh.sql"
    start_server "${secret[@]}"
    [ "$(ask 'select count(*) from before')" = 0 ]
}

@test "what is missing or contradicts itself is named, and nothing is made" {
    start
    [ "$status" -eq 1 ]
    [[ "$stderr" == *'error: POSTGRES_PASSWORD is not set'*'hint: Set it, or POSTGRES_PASSWORD_FILE.'* ]]
    start "${secret[@]}" POSTGRES_PASSWORD_FILE=/dev/null
    [ "$status" -eq 1 ]
    [[ "$stderr" == *'error: both POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are set'* ]]
    start POSTGRES_PASSWORD_FILE=/nowhere/file
    [ "$status" -eq 1 ]
    [[ "$stderr" == *'error: cannot read the file "/nowhere/file" (POSTGRES_PASSWORD_FILE)'* ]]
    [ ! -e "$data" ]
    [[ "$stderr" != *s3cret* ]]
}

@test "data of another depth or version is refused, not passed over" {
    mkdir -p "$volume/data"
    echo 15 >"$volume/data/PG_VERSION"
    start "${secret[@]}"
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"there is a data directory in \"$volume/data\", but this image keeps its data in \"$data\""* ]]
    [ ! -e "$data" ]

    mv "$volume/data" "$data"
    echo 9 >"$data/PG_VERSION"
    start "${secret[@]}"
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"the data is PostgreSQL 9's, this image has"* ]]

    rm "$data/PG_VERSION"
    touch "$data/something"
    start "${secret[@]}"
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"\"$data\" holds something, but no database"* ]]
    [ -e "$data/something" ]
}

@test "a second server on the volume is refused" {
    start_server "${secret[@]}"
    start "${secret[@]}"
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"error: another server uses the volume \"$volume\""* ]]
    [ "$(ask 'select 1')" = 1 ]
}

# Killed before each of its commands, one start after the other on the same volume: what stands in
# PGDATA is nothing or the whole database.
@test "a start that is killed at any step leaves no half database" {
    [ "$(id -u)" -eq 0 ] || skip "needs a pid namespace, to end what the script started"
    echo 'create table made (id int);' >"$scripts/1.sql"
    cat >"$BATS_TEST_TMPDIR/crash.sh" <<'END'
if [ "${0##*/}" = poststack-postgres ]; then
    set -T
    steps=0
    trap 'steps=$((steps + 1)); [ "$steps" -lt "$CRASH_AT" ] || kill -9 $$' DEBUG
fi
END
    chmod 0644 "$BATS_TEST_TMPDIR/crash.sh"
    local step crashes=0
    for ((step = 2; step < 400; step += 3)); do
        status=0
        # The shell is PID 1 there: the script itself would be deaf to its own signal.
        # shellcheck disable=SC2016  # the inner shell's words
        unshare --pid --fork --kill-child sh -c '"$@"; exit $?' - "${as_server[@]}" env "${settings[@]}" "${secret[@]}" \
            BASH_ENV="$BATS_TEST_TMPDIR/crash.sh" CRASH_AT="$step" \
            "$POSTSTACK_SOURCE/images/postgres/poststack-postgres" postgres --version \
            >"$BATS_TEST_TMPDIR/log" 2>&1 || status=$?
        if [ -e "$data" ]; then
            [ -s "$data/PG_VERSION" ] && [ -s "$data/global/pg_control" ]
            grep -q '^poststack ' "$data/pg_ident.conf"
            [ "$("$bin/pg_controldata" "$data" | sed -n 's/^Database cluster state: *//p')" = "shut down" ]
        fi
        [ "$status" -ne 0 ] || break
        [ "$status" -eq 137 ] || { cat "$BATS_TEST_TMPDIR/log"; return 1; }
        crashes=$((crashes + 1))
    done
    [ "$status" -eq 0 ]
    echo "$crashes crashes, the last at step $step"
    [ "$crashes" -gt 15 ]
    start_server "${secret[@]}"
    [ "$(ask 'select count(*) from made')" = 0 ]
    [ ! -e "$data.draft" ]
}
