#!/usr/bin/env bats
# What operators meet when something around the server is not as it should be: stale files, odd
# names, other accounts, lost folders. Each time: what is said, the exit code, and the way out.
load support

setup() {
    make_project
}

teardown() {
    [ -z "${helper:-}" ] || kill "$helper" 2>/dev/null || true
    [ -z "${account:-}" ] || as_account down >/dev/null 2>&1 || true
    stop_project
}

# Runs poststack as an ordinary user, whom the project then belongs to.
as_account() {
    run --separate-stderr setpriv --reuid nobody --regid nogroup --clear-groups \
        env -u POSTSTACK_SOURCE -u POSTSTACK_BUILD HOME="$project" \
        "$POSTSTACK" --project "$project" "$@"
}

need_account() {
    [ "$(id -u)" -eq 0 ] || skip "needs root to become somebody else"
    require_tool setpriv
    account=nobody
    chown nobody "$project"
}

wait_for() {
    for _ in $(seq 300); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    echo "never: $*"
    return 1
}

@test "a stale postmaster.pid whose pid is another account's postgres now is no server" {
    need_account
    as_account up
    expect_status 0
    as_account down
    expect_status 0
    # Root's, and of the name of a server: what a reboot beside the machine's own cluster gives.
    bash -c 'exec -a postgres sleep 600' 3>&- &
    helper=$!
    wait_for grep -q '^postgres' "/proc/$helper/cmdline"
    local data=$project/.poststack/postgres/data
    printf '%s\n%s\n1764000000\n5432\n/tmp\n127.0.0.1\n  1  2\nready   \n' "$helper" "$data" \
        >"$data/postmaster.pid"
    chown nobody "$data/postmaster.pid"
    chmod 0600 "$data/postmaster.pid"

    as_account status
    expect_status 0
    [[ "$output" == *'state: '*'stopped'* ]]
    as_account down
    expect_status 0
    [[ "$output" == *'was not running'* ]]
    as_account up
    expect_status 0
    [[ "$stderr" == *'started on port'* ]]
    as_account down
    expect_status 0
    kill -0 "$helper"
}

@test "a taken port of another account's process names the account" {
    need_account
    python3 -c '
import socket, time
one = socket.create_server(("127.0.0.1", 0))
print(one.getsockname()[1], flush=True)
time.sleep(600)' >port 3>&- &
    helper=$!
    wait_for test -s port
    local port
    port=$(<port)

    as_account up --port "$port"
    expect_status 5

    [[ "$stderr" == *"port $port is in use by a process of account \"root\""* ]]
    [[ "$stderr" == *'hint: Stop it, or set another port'* ]]
}

@test "a directory whose path PostgreSQL cannot write down is refused before anything is made" {
    local odd
    for odd in $'new\nline' $'tab\there' $'not\xffutf8'; do
        mkdir "$odd"
        poststack --project "$odd" up
        expect_status 3
        [[ "$stderr" == *' as a project: its path '* ]]
        [[ "$stderr" == *'hint: Rename the directory'* ]]
        poststack init "$odd" --yes
        expect_status 3
        [ -z "$(ls -A "$odd")" ]
    done
    poststack init $'made\nnew' --yes
    expect_status 3
    [ ! -e $'made\nnew' ]
    [[ "$stderr" == *'made\x0anew'*'holds a control character'* ]]
}

@test "a broken .env does not keep anybody from stopping the server or reading its log" {
    poststack up
    expect_status 0
    cp .env good
    break_env() {
        rm -rf .env
        case $1 in
            text) printf 'NAME=%s\n' "'no end" >.env ;;
            port) printf 'POSTSTACK_POSTGRES_HOST_PORT=0\n' >.env ;;
            link) ln -s good .env ;;
            directory) mkdir .env ;;
        esac
    }
    local way
    for way in text port link directory; do
        break_env "$way"
        poststack status
        expect_status 3
        for command in logs 'container logs' 'container stop' down; do
            # shellcheck disable=SC2086  # two words
            poststack $command
            expect_status 0
            [[ "$stderr" == *'.env'*'; going on without .env'* ]]
        done
        [ ! -e .poststack/postgres/data/postmaster.pid ]
        rm -rf .env
        cp good .env
        poststack up
        expect_status 0
    done
}

@test "a log folder that was removed is made again, and logs says what is so" {
    poststack up
    expect_status 0
    rm -rf logs

    poststack logs
    expect_status 4
    [[ "$stderr" == *'was removed while its server runs, which has said nothing since'* ]]
    [ -d logs/database ]
    local url bin
    url=$(sed -n 's/^DATABASE_URL=//p' .env)
    bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
    "$bin/psql" -Xqc "do \$\$ begin raise log 'words after the loss'; end \$\$" "$url"
    wait_for grep -q 'words after the loss' logs/database/postgresql.log
    [ "$(stat -c %a logs/database)" = 700 ]
    [ "$(stat -c %a logs/database/postgresql.log)" = 600 ]
    poststack logs --tail 5
    expect_status 0
    [[ "$output" == *'words after the loss'* ]]
}

@test "the tail of a log goes through its rotated parts" {
    poststack up
    expect_status 0
    poststack down
    expect_status 0
    local log=logs/database/postgresql.log
    seq 1 100000 >"$log.2"
    seq 100001 200000 >"$log.1"
    seq 200001 200010 >"$log"

    "$POSTSTACK" logs --tail 150000 >text
    [ "$(wc -l <text)" -eq 150000 ]
    [ "$(head -1 text) $(tail -1 text)" = '50011 200010' ]
    "$POSTSTACK" logs --tail 150000 --json >document
    python3 - <<'PYTHON'
import json
document = json.load(open("document"))
assert document["service"] == "postgres", document["service"]
assert document["lines"] == [str(n) for n in range(50011, 200011)], len(document["lines"])
PYTHON
    poststack logs --tail 0 --json
    expect_status 0
    [ "$(python3 -c 'import json, sys; print(json.loads(sys.argv[1])["lines"])' "$output")" = '[]' ]
}

@test "a lost .env is told apart from a project without a database, and the way out works" {
    poststack up
    expect_status 0
    rm .env

    for command in url 'credentials check'; do
        # shellcheck disable=SC2086  # two words
        poststack $command
        expect_status 4
        [[ "$stderr" == *"has a database, but \"$project/.env\" does not say how to log in to it"* ]]
        [[ "$stderr" == *'type poststack up'*'poststack credentials rotate --repair'* ]]
    done
    poststack up
    expect_status 6
    poststack credentials rotate --repair
    expect_status 0
    poststack credentials check
    expect_status 0
    poststack health
    expect_status 0
}

@test "Ctrl-C in a psql of the shell is 130" {
    poststack up
    expect_status 0

    run "$POSTSTACK_SOURCE/tests/e2e/converse" '[["it sleeps", "\u0003"]]' \
        "$POSTSTACK" shell -- -Xc "do \$\$ begin raise notice 'it sleeps'; perform pg_sleep(600); end \$\$"
    stderr=
    expect_status 130

    [[ "$output" == *'canceling statement due to user request'* ]]
    [[ "$output" == *'psql was stopped'* ]]
}

@test "a first up leaves no error in the server's log" {
    poststack init --yes --runtime native
    expect_status 0
    poststack up
    expect_status 0
    poststack status
    expect_status 0
    [[ "$output" == *'uptime:'* ]]
    [[ "$output" != *'0.00 ms'* ]]

    run grep -E 'ERROR|FATAL|PANIC' logs/database/postgresql.log
    [ "$status" -eq 1 ]
}

@test "a question of drop-schema that is not answered with yes leaves 5, also as JSON" {
    poststack init --yes --runtime native
    expect_status 0
    poststack up
    expect_status 0
    for answer in 'n\r' '\u0004'; do
        run "$POSTSTACK_SOURCE/tests/e2e/converse" "[[\"Drop schema\", \"$answer\"]]" \
            "$POSTSTACK" database drop-schema --force --json
        stderr=
        expect_status 5
        [[ "$output" == *'"kind":"conflict"'*'the question was not answered with yes'* ]]
    done
    poststack database show-schema --json
    [[ "$output" == *'"exists": true'* ]]
}

@test "bad values are refused with the file and line, not by the server" {
    echo 'extensions: {a: 1}' >poststack.yaml
    for command in config-validate up; do
        poststack $command
        expect_status 3
        [[ "$stderr" == *'poststack.yaml:1: "extensions" is a mapping, but takes a list'* ]]
    done
    printf 'extensions: ["pg\\0x"]\n' >poststack.yaml
    poststack up
    expect_status 3
    [[ "$stderr" == *'poststack.yaml:1: "extensions" holds a NUL byte'* ]]
    printf 'database_name: "x\\0y"\n' >poststack.yaml
    poststack config-validate
    expect_status 3
    [[ "$stderr" == *'poststack.yaml:1: "database_name" holds a NUL byte'* ]]
    printf 'role_name: %064d\n' 1 >poststack.yaml
    poststack config-validate
    expect_status 3
    [[ "$stderr" == *"the role's name from poststack.yaml:1 has 64 bytes, but PostgreSQL takes at most 63"* ]]
    rm poststack.yaml

    poststack database test-connection --url 'postgresql://ann@localhost/shop?sslmode=bogus'
    expect_status 3
    [[ "$stderr" == *'"sslmode=bogus", which is no such mode'* ]]
    [[ "$stderr" == *'hint: Use disable, allow, prefer, require, verify-ca or verify-full.'* ]]
}
