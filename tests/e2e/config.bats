#!/usr/bin/env bats
# Settings, .env, init and the credentials that need no server.
load support

setup() {
    make_project
}

@test "init writes the first files and never overwrites" {
    poststack init shop --yes
    expect_status 0
    [[ "$output" == *"created  poststack.yaml"*"created  .env"* ]]
    for file in poststack.yaml .env .env.example .gitignore migrations/001_notes.sql \
        migrations/001_notes.rollback.sql .poststack/.gitignore; do
        [ -f "shop/$file" ]
    done
    [ -d shop/seeds ]
    [ "$(stat -c %a shop/.env)" = 600 ]
    [ "$(stat -c %a shop/.poststack)" = 700 ]
    grep -qx '/.env' shop/.gitignore

    before=$(cat shop/.env shop/poststack.yaml)
    poststack init shop --yes --port 5999
    expect_status 0
    [[ "$output" != *created* ]]
    [ "$(cat shop/.env shop/poststack.yaml)" = "$before" ]
    [[ "$stderr" == *"postgres_host_port stays"* ]]
}

@test "init takes defaults without a terminal and completes what is missing" {
    poststack init </dev/null
    expect_status 0
    rm poststack.yaml
    poststack init --runtime native --port 5999 --extensions pgcrypto,citext
    expect_status 0
    [ "$(grep -v '^#' poststack.yaml)" = "runtime: native
postgres_host_port: 5999
extensions: [pgcrypto, citext]" ]
}

@test "init keeps a .gitignore and adds a line for .env" {
    echo '*.o' >.gitignore
    poststack init --yes
    expect_status 0
    [ "$(head -2 .gitignore)" = "*.o
/.env" ]
    poststack init --yes
    [ "$(grep -c env .gitignore)" = 2 ]
}

# Answers the questions of init on a terminal; $1 is what tests/e2e/converse wants.
init_on_terminal() {
    run "$POSTSTACK_SOURCE/tests/e2e/converse" "$1" "$POSTSTACK" init
    stderr=
}

@test "init asks on a terminal for runtime, port and extensions" {
    init_on_terminal '[["Runtime", "native\r"], ["Port", "54399\r"], ["Extensions", "citext, pgcrypto\r"]]'
    expect_status 0
    grep -qx 'runtime: native' poststack.yaml
    grep -qx 'postgres_host_port: 54399' poststack.yaml
    grep -qx 'extensions: \[citext, pgcrypto\]' poststack.yaml
    poststack config-validate
    expect_status 0
    # What is there is not asked for again.
    init_on_terminal '[]'
    expect_status 0
    [[ "$output" == *"kept     poststack.yaml"* ]]
}

@test "init asks again after a wrong answer, and Enter takes the default" {
    init_on_terminal '[["Runtime", "dokcer\r"], ["has no runtime \"dokcer\"", ""], ["Runtime", "\r"],
        ["Port", "70000\r"], ["is no port", ""], ["Port", "\r"],
        ["Extensions", "no good\r"], ["is no name of an extension", ""], ["Extensions", "\r"]]'
    expect_status 0
    grep -qx '# runtime: native' poststack.yaml
    grep -qx '# postgres_host_port: 5432' poststack.yaml
    grep -qx '# extensions: \[pgcrypto\]' poststack.yaml
}

@test "Ctrl-D at a question of init stops it and writes nothing" {
    init_on_terminal '[["Runtime", "native\r"], ["Port", "\u0004"]]'
    expect_status 130
    [[ "$output" == *'stopped at the end of the answers; nothing was written'* ]]
    [ -z "$(ls -A)" ]
}

@test "init offers and takes the runtimes of this version alone" {
    init_on_terminal '[["Runtime: native, podman or docker?", "moon\r"],
        ["this version has no runtime \"moon\". Answer native, podman or docker.", ""],
        ["Runtime", "\u0003"]]'
    expect_status 130
    poststack --runtime moon init --yes
    expect_status 2
    [[ "$stderr" == *'option --runtime does not take "moon"'* ]]
    [ -z "$(ls -A)" ]
}

@test "Ctrl-C at a question of init leaves nothing behind" {
    for answers in '[["Runtime", "\u0003"]]' '[["Runtime", "native\r"], ["Port", "\u0003"]]' \
        '[["Runtime", "\r"], ["Port", "\r"], ["Extensions", "pgcrypto\u0003"]]'; do
        init_on_terminal "$answers"
        expect_status 130
        [[ "$output" == *"stopped by SIGINT"* ]]
        [ -z "$(ls -A)" ]
    done
}

@test "init with the hive set makes its variables" {
    poststack init --yes --credentials hive
    expect_status 0
    grep -Eq '^HIVE_API_KEY=hive_[A-Za-z0-9_-]{43}$' .env
    grep -qx 'HIVE_API_PORT=8886' .env
}

@test "a file in a folder's place is named" {
    touch migrations
    poststack init --yes
    expect_status 3
    [[ "${stderr_lines[0]}" == *"cannot use \"$project/migrations\": it is no directory"* ]]
}

@test "config-show tells each value and where it came from" {
    echo 'log_dir: here' >poststack.yaml
    echo 'POSTSTACK_POSTGRES_HOST_PORT=5444' >.env
    chmod 600 .env
    run --separate-stderr env POSTSTACK_LAYOUT=unified "$POSTSTACK" config-show
    expect_status 0
    [[ "$output" == *"log_dir "*"here "*"poststack.yaml:1"* ]]
    [[ "$output" == *"postgres_host_port "*"5444 "*".env:1"* ]]
    [[ "$output" == *"layout "*"unified "*"environment POSTSTACK_LAYOUT"* ]]
    [[ "$output" == *"db_pool_size "*"20 "*"default"* ]]
}

@test "a table fits a narrow terminal without losing anything" {
    script --quiet --command "stty cols 40; '$POSTSTACK' config-show" /dev/null </dev/null | tr -d '\r' >table
    # The lines about the project above the table hold a path that stays whole.
    sed -i '1,/^$/d' table
    grep -q '^KEY' table
    run awk 'length($0) > 40' table
    [ -z "$output" ]
    # Every letter is still there, whatever the order of the continued lines.
    "$POSTSTACK" config-show | sed '1,/^$/d' >wide
    [ "$(tr -d ' \n' <table | fold -w 1 | sort | tr -d '\n')" = "$(tr -d ' \n' <wide | fold -w 1 | sort | tr -d '\n')" ]
}

@test "config-show masks a password" {
    run --separate-stderr env POSTSTACK_DATABASE_URL=postgresql+psycopg://u:geheim@h/d \
        "$POSTSTACK" config-show --json
    expect_status 0
    [[ "$output" != *geheim* ]]
    [[ "$output" == *'u:***@h'* ]]
}

@test "config-validate names file, line and key, and the nearest key" {
    printf 'runtime: native\npostgres_hostport: 1\n' >poststack.yaml
    poststack config-validate
    expect_status 3
    [ "${stderr_lines[0]}" = "poststack: error: cannot read \"$project/poststack.yaml:2:1\": unknown key \"postgres_hostport\"" ]
    [ "${stderr_lines[1]}" = '  hint: Did you mean "postgres_host_port"?' ]

    printf 'postgres_host_port: 70000\n' >poststack.yaml
    poststack config-validate
    expect_status 3
    [[ "${stderr_lines[0]}" == *'poststack.yaml:1: "postgres_host_port" is "70000", but must be a whole number from 1 to 65535' ]]

    printf 'runtime: native\n' >poststack.yaml
    poststack config-validate
    expect_status 0
}

@test "config-validate finds two places that contradict each other" {
    printf 'POSTGRES_PASSWORD=one-long-password\nDATABASE_URL=postgresql://u:two-long-password@localhost/d\n' >.env
    chmod 600 .env
    poststack config-validate
    expect_status 3
    [[ "${stderr_lines[0]}" == *"DATABASE_URL in .env:2 and POSTGRES_PASSWORD in .env:1 name different passwords" ]]
    [[ "$stderr" != *long-password* ]]
}

@test "an unknown variable of the environment is a warning" {
    run --separate-stderr env POSTSTACK_RUNTIM=native "$POSTSTACK" config-validate
    expect_status 0
    [[ "$stderr" == *"did you mean POSTSTACK_RUNTIME?"* ]]
}

@test "a broken line of .env is named, its value is not" {
    printf 'OK=1\nPOSTGRES_PASSWORD="geheim\n' >.env
    chmod 600 .env
    poststack config-show
    expect_status 3
    [ "${stderr_lines[0]}" = "poststack: error: cannot read \"$project/.env:2\": the closing double quote is missing" ]
    [[ "$stderr" != *geheim* ]]
}

@test "a symlinked .env is refused with the way out" {
    echo A=1 >elsewhere
    ln -s elsewhere .env
    poststack config-show
    expect_status 3
    [[ "${stderr_lines[0]}" == *"cannot use \"$project/.env\": it is a symbolic link" ]]
    [[ "$stderr" == *"hint: Replace the link"* ]]
}

@test "a directory named .env is refused" {
    mkdir .env
    poststack config-show
    expect_status 3
    [[ "${stderr_lines[0]}" == *"it is a directory" ]]
}

@test "a .env that others can read is narrowed, and said once" {
    echo A=1 >.env
    chmod 644 .env
    poststack config-validate
    expect_status 0
    [[ "$stderr" == *"(mode 0644); it has mode 0600 now"* ]]
    [ "$(stat -c %a .env)" = 600 ]
    poststack config-validate
    [[ "$stderr" != *"mode 0600 now"* ]]
}

@test "credentials show masks unless asked" {
    poststack credentials show
    expect_status 4
    poststack init --yes
    password=$(sed -n 's/^POSTGRES_PASSWORD=//p' .env)
    poststack credentials show
    expect_status 0
    [[ "$output" != *"$password"* ]]
    poststack credentials show --reveal
    [[ "$output" == *"$password"* ]]
}

@test "url writes every scheme, percent-encoded" {
    export POSTSTACK_DATABASE_URL='postgresql://u:p%40%3A%2F@h:5433/d%20b'
    poststack url
    [ "$output" = 'postgresql://u:p%40%3A%2F@h:5433/d%20b' ]
    poststack url --scheme +psycopg
    [ "$output" = 'postgresql+psycopg://u:p%40%3A%2F@h:5433/d%20b' ]
    poststack url --scheme asyncpg --no-password
    [ "$output" = 'postgresql+asyncpg://u@h:5433/d%20b' ]
    poststack url --scheme jdbc
    [ "$output" = 'jdbc:postgresql://h:5433/d%20b?user=u&password=p%40%3A%2F' ]
    poststack url --scheme mysql
    expect_status 2
    [[ "$stderr" == *'unknown scheme "mysql"'* ]]
}

@test "url before the first up says what to type" {
    poststack init --yes
    poststack url
    expect_status 4
    [[ "$stderr" == *"has no database yet"* ]]
    [[ "$stderr" == *"poststack up"* ]]
}

@test "a missing project directory is named" {
    poststack --project nowhere config-show
    expect_status 4
    [ "${stderr_lines[0]}" = 'poststack: error: cannot use --project "nowhere": there is no such directory' ]
}
