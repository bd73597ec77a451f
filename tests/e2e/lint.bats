#!/usr/bin/env bats
# `database lint`: what it prints and how it exits. The rules have unit tests in src/lint.
load support

setup() {
    make_project
    mkdir migrations
    echo 'CREATE TABLE orders (id bigint PRIMARY KEY, a int);' >migrations/001_orders.sql
    echo 'DROP TABLE orders;' >migrations/001_orders.rollback.sql
}

index_migration() {
    echo 'CREATE INDEX orders_a ON orders (a);' >migrations/002_index.sql
    echo 'DROP INDEX orders_a;' >migrations/002_index.rollback.sql
}

@test "a clean project passes" {
    poststack database lint
    expect_status 0
    [ "$output" = "0 errors, 0 warnings and 0 pieces of advice in 2 files with 2 statements" ]
}

@test "an error is shown with file, line and rule, and exits with 1" {
    index_migration
    poststack database lint
    expect_status 1
    [[ "${lines[0]}" == 'migrations/002_index.sql:1:1: error: CREATE INDEX "orders_a" takes SHARE on "orders"'*'[blocking-index-build]' ]]
    [[ "${lines[1]}" == *'CREATE INDEX CONCURRENTLY'* ]]
    [ -z "$stderr" ]
}

@test "repeatable files are read behind the migrations" {
    echo 'CREATE INDEX IF NOT EXISTS orders_a ON orders (a);' >migrations/R__indexes.sql
    poststack database lint
    expect_status 1
    [[ "${lines[0]}" == 'migrations/R__indexes.sql:1:1: error: CREATE INDEX "orders_a" takes SHARE'* ]]
    [[ "$output" == *'in 3 files with 3 statements' ]]
}

@test "--fail-on decides the exit code" {
    echo 'ALTER TABLE orders DROP COLUMN a;' >migrations/002_drop.sql
    echo 'ALTER TABLE orders ADD COLUMN a int;' >migrations/002_drop.rollback.sql
    poststack database lint
    expect_status 0
    poststack database lint --fail-on warning
    expect_status 1
    poststack database lint --fail-on warning --except drop-column
    expect_status 0
    poststack database lint --fail-on info --rules cascade
    expect_status 0
    rm migrations/002_drop.*
    index_migration
    poststack database lint --fail-on never
    expect_status 0
}

@test "--json is one document" {
    index_migration
    poststack database lint --json
    expect_status 1
    python3 - "$output" <<'EOF'
import json, sys
report = json.loads(sys.argv[1])
assert report["failed"] is True and report["files"] == 4 and report["errors"] == 1, report
finding = report["findings"][0]
assert finding["rule"] == "blocking-index-build" and finding["lock"] == "SHARE", finding
assert (finding["file"], finding["line"], finding["object"]) == ("migrations/002_index.sql", 1, "orders")
EOF
}

@test "--format github writes workflow commands" {
    index_migration
    poststack database lint --format github
    expect_status 1
    [[ "${lines[0]}" == '::error file=migrations/002_index.sql,line=1,col=1,title=blocking-index-build::CREATE INDEX'* ]]
}

@test "a single migration knows the files before it" {
    index_migration
    poststack database lint migrations/002_index.sql
    expect_status 1
    [[ "$output" == *'in 2 files with 2 statements'* ]]
    [[ "$output" == *'migrations/002_index.sql:1:1: error'* ]]
}

@test "any SQL file can be linted without a project" {
    cd "$BATS_TEST_TMPDIR"
    echo 'VACUUM FULL orders;' >tidy.sql
    poststack database lint tidy.sql
    expect_status 1
    [[ "$output" == *'[vacuum-full]'* ]]
}

@test "a missing file and a misspelt rule say so" {
    poststack database lint nothing.sql
    expect_status 4
    [ "${stderr_lines[0]}" = 'poststack: error: no file "nothing.sql"' ]
    poststack database lint --rules cascad
    expect_status 2
    [ "${stderr_lines[0]}" = 'poststack: error: --rules names no rule: "cascad"' ]
    [ "${stderr_lines[1]}" = '  hint: Did you mean "cascade"?' ]
}

@test "statements of a newer grammar are told and are no error" {
    echo 'MERGE INTO orders USING o ON true WHEN MATCHED THEN DELETE RETURNING 1;' >migrations/002_merge.sql
    echo '-- poststack: irreversible' >>migrations/002_merge.sql
    poststack database lint --rules blocking-index-build
    expect_status 0
    [[ "$output" == *'migrations/002_merge.sql:1:1: not analysed: syntax error'* ]]
    [[ "$output" == *'1 of them not analysed' ]]
}

@test "--list-rules needs no project" {
    cd "$BATS_TEST_TMPDIR"
    poststack database lint --list-rules
    expect_status 0
    [[ "$output" == *blocking-index-build* ]]
}
