#!/usr/bin/env bats
# The native runtime when something is odd: faults, copies, ports, many at once, nothing installed.
load support

setup() {
    make_project
}

teardown() {
    stop_project
    stop_others
}

server_pid() {
    head -1 .poststack/postgres/data/postmaster.pid
}

wait_until_gone() {
    local tries=0
    while kill -0 "$1" 2>/dev/null && [ "$tries" -lt 300 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
}

@test "a server killed with SIGKILL is recovered by the next up" {
    poststack up
    expect_status 0
    query 'create table kept as select 7 as n'
    local pid
    pid=$(server_pid)
    kill -9 "$pid"
    wait_until_gone "$pid"

    poststack status
    expect_status 0
    [[ "$output" == *'state: '*'stopped'* ]]
    poststack up
    expect_status 0

    [ "$(query 'select n from kept')" = 7 ]
}

@test "a pid file whose pid another program got does not stop up" {
    poststack up
    expect_status 0
    poststack down
    expect_status 0
    local data=$PWD/.poststack/postgres/data
    printf '%s\n%s\n1\n5432\n\n\n' "$$" "$data" >"$data/postmaster.pid"
    chown --reference="$data" "$data/postmaster.pid"

    poststack status
    expect_status 0
    [[ "$output" == *'state: '*'stopped'* ]]
    poststack up
    expect_status 0
}

@test "a port that is set and taken is refused and its holder named" {
    poststack up
    expect_status 0
    local port taken
    port=$(sed -n 's/^POSTSTACK_POSTGRES_HOST_PORT=//p' .env)
    taken=$project
    others=("$taken")
    make_project

    poststack up --port "$port"
    expect_status 5

    [[ "$stderr" == *"port $port is in use by \"postgres\" (pid "* ]]
    [[ "$stderr" == *'hint: '* ]]
    poststack --project "$taken" health
    expect_status 0
}

@test "two projects run side by side on ports of their own" {
    poststack up
    expect_status 0
    local first=$project one two
    others=("$first")
    one=$(sed -n 's/^POSTSTACK_POSTGRES_HOST_PORT=//p' .env)
    make_project
    poststack up
    expect_status 0
    two=$(sed -n 's/^POSTSTACK_POSTGRES_HOST_PORT=//p' .env)

    [ "$one" != "$two" ]
    poststack --project "$first" down
    expect_status 0
    poststack health
    expect_status 0
}

@test "twenty ups at once give one server and twenty successes" {
    local pids=() pid
    for _ in $(seq 20); do
        "$POSTSTACK" up >>out 2>>err &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || { cat err; return 1; }
    done

    [ "$(grep -c ' is ready on ' out)" -eq 20 ]
    [ "$(grep -c 'created and started' err)" -eq 1 ]
    [ "$(query 'select 1')" = 1 ]
}

@test "a moved project works and a copied one never touches the original" {
    poststack up
    expect_status 0
    query 'create table kept as select 7 as n'
    poststack down
    expect_status 0
    mv "$project" "$project.moved"
    project=$project.moved
    cd "$project"

    poststack up
    expect_status 0
    [ "$(query 'select n from kept')" = 7 ]

    poststack down
    expect_status 0
    cp -a "$project" "$project.copy"
    others=("$project.copy")
    poststack up
    expect_status 0
    poststack --project "$project.copy" up
    expect_status 0
    (cd "$project.copy" && query 'drop table kept')
    [ "$(query 'select n from kept')" = 7 ]
}

@test "the copy of a running project is refused with the way out" {
    poststack up
    expect_status 0
    cp -a "$project" "$project.copy"
    others=("$project.copy")

    poststack --project "$project.copy" up
    expect_status 5

    [[ "$stderr" == *'was copied from'*'while its server ran'* ]]
    [[ "$stderr" == *'hint: Stop the server of'* ]]
    poststack health
    expect_status 0
}

@test "no PostgreSQL on the machine is told with the package to install" {
    mkdir empty

    POSTSTACK_POSTGRES_BIN=$PWD/empty poststack up
    expect_status 4

    [[ "$stderr" == *"no PostgreSQL server in \"$PWD/empty\""* ]]
    [[ "$stderr" == *'apt-get install postgresql'* ]]
}

@test "a server of another system is said to be there and not to run" {
    mkdir other
    printf '#!/bin/sh\necho "GLIBC_2.99 not found" >&2\nexit 1\n' >other/postgres
    cp other/postgres other/initdb
    chmod 755 other other/postgres other/initdb

    POSTSTACK_POSTGRES_BIN=$PWD/other poststack up
    expect_status 4

    [[ "$stderr" == *"\"$PWD/other/postgres\" (setting postgres_bin) does not run here: GLIBC_2.99 not found"* ]]
    [[ "$stderr" == *'Install PostgreSQL for this system: sudo apt-get install postgresql'* ]]
}

@test "a server older than 13 is refused" {
    mkdir old
    printf '#!/bin/sh\necho "postgres (PostgreSQL) 12.22"\n' >old/postgres
    cp old/postgres old/initdb
    chmod 755 old old/postgres old/initdb

    POSTSTACK_POSTGRES_BIN=$PWD/old poststack up
    expect_status 3

    [[ "$stderr" == *'is version 12, and 13 is the oldest that works'* ]]
}

@test "a wanted version that is not installed is named" {
    POSTSTACK_POSTGRES_VERSION=99 poststack up
    expect_status 4

    [[ "$stderr" == *'no PostgreSQL 99 server on this machine'* ]]
    [[ "$stderr" == *'apt-get install postgresql-99'* ]]
}

@test "an engine that is not there is said so, and nothing is kept of it" {
    POSTSTACK_ENGINE_HOST=unix://$project/none.sock poststack --runtime podman up
    expect_status 4

    [[ "$stderr" == *"no engine listens at $project/none.sock (environment POSTSTACK_ENGINE_HOST)"* ]]
    [ ! -e .poststack/runtime ]
    POSTSTACK_ENGINE_HOST=tcp://elsewhere:2375 poststack --runtime docker up
    expect_status 3
    [[ "$stderr" == *'is not a unix socket'* ]]
}

@test "a runtime that is not the stack's own is refused" {
    mkdir .poststack
    echo native >.poststack/runtime
    poststack --runtime docker status
    expect_status 5
    [[ "$stderr" == *'this stack runs on "native", not on "docker" (flag --runtime)'* ]]
    echo moon >.poststack/runtime
    poststack status
    expect_status 3
    [[ "$stderr" == *'runtime "moon", which this version of poststack does not have'* ]]
}

@test "root's server of a project nobody else can enter keeps its data outside" {
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    chmod 0700 "$project"
    poststack up
    expect_status 0
    local id
    id=$(cat .poststack/id)
    [ -f "/var/lib/poststack/$id/data/PG_VERSION" ]
    query 'create table kept as select 7 as n'

    # A copy brings the id along, and must not take the original's data over.
    cp -a "$project" "$project.copy"
    others=("$project.copy")
    poststack --project "$project.copy" up
    expect_status 0
    [ "$(cat "$project.copy/.poststack/id")" != "$id" ]
    [ "$(query 'select n from kept')" = 7 ]

    poststack --project "$project.copy" down
    expect_status 0
    poststack down
    expect_status 0
    rm -rf "/var/lib/poststack/$id" "/var/lib/poststack/$(cat "$project.copy/.poststack/id")"
}

@test "an unprivileged user runs a stack of their own" {
    [ "$(id -u)" -eq 0 ] || skip "needs root to become somebody else"
    require_tool setpriv
    chown nobody "$project"
    run setpriv --reuid nobody --regid nogroup --clear-groups \
        env HOME="$project" "$POSTSTACK" --project "$project" up
    expect_status 0

    [ "$(stat -c %U .poststack/postgres/data/PG_VERSION)" = nobody ]
    run setpriv --reuid nobody --regid nogroup --clear-groups \
        env HOME="$project" "$POSTSTACK" --project "$project" down
    expect_status 0
}

@test "down waits for an up that still works" {
    poststack up
    expect_status 0
    flock .poststack/up.lock sleep 2 &
    local holder=$!
    while flock -n .poststack/up.lock true; do sleep 0.05; done

    POSTSTACK_LOCK_WAIT=0s POSTSTACK_START_TIMEOUT=100ms poststack down
    expect_status 5
    [[ "$stderr" == *'is locked by "flock"'* ]]
    poststack down
    expect_status 0

    wait "$holder"
    poststack status
    [[ "$output" == *'state: '*'stopped'* ]]
}

# A PostgreSQL whose initdb leaves a pg_control behind that nobody understands, when it makes a
# template; initdb for a project is the real one.
strange_postgres() {
    local bin
    bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
    mkdir strange
    ln -s "$bin/postgres" strange/postgres
    cat >strange/initdb <<END
#!/bin/sh
"$bin/initdb" "\$@" || exit
for target; do :; done
case \$target in
    */templates/*) printf '\\377\\377\\377\\377' | dd of="\$target/global/pg_control" bs=1 seek=32 conv=notrunc 2>/dev/null ;;
esac
END
    chmod 755 strange strange/initdb
}

@test "a pg_control that poststack does not understand is left to initdb" {
    strange_postgres

    POSTSTACK_POSTGRES_BIN=$PWD/strange poststack up
    expect_status 0
    [ "$(query 'select 1')" = 1 ]
    POSTSTACK_POSTGRES_BIN=$PWD/strange poststack down
    expect_status 0

    # Known from now on: nobody tries again.
    local first=$project strange=$PWD/strange
    others=("$first")
    make_project
    POSTSTACK_POSTGRES_BIN=$strange poststack up
    expect_status 0
    [[ "$stderr" != *'Making a template'* ]]
    [ "$(query 'select 1')" = 1 ]
}

@test "a server that was started in another mount namespace is seen and stopped" {
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    local elsewhere=$BATS_TEST_TMPDIR/elsewhere
    mkdir "$elsewhere"
    # shellcheck disable=SC2016  # for the inner shell
    unshare --mount sh -c 'mount --bind "$1" "$2" && exec "$3" --project "$2" up' sh \
        "$project" "$elsewhere" "$POSTSTACK" 3>&-

    poststack status
    expect_status 0
    [[ "$output" == *'state: '*'running'* ]]
    poststack down
    expect_status 0

    [[ "$stderr" == *'server '*'stopped (fast)'* ]]
    [ ! -e .poststack/postgres/data/postmaster.pid ]
}
