# Shared by the bats files: `load support`. POSTSTACK, POSTSTACK_SOURCE and POSTSTACK_BUILD are set
# by ctest.
# shellcheck disable=SC2154  # status, output, stderr: set by bats's run
bats_require_minimum_version 1.5.0

# Runs poststack and keeps standard error apart: $status, $output, $stderr, $stderr_lines.
poststack() {
    # What ctest and CI set is for the tests, and no setting of poststack's.
    run --separate-stderr env -u POSTSTACK_SOURCE -u POSTSTACK_BUILD -u POSTSTACK_REQUIRE_TOOLS \
        -u POSTSTACK_FAULTS "$POSTSTACK" "$@"
}

# Ends the test with what poststack said unless it exited with $1.
expect_status() {
    [ "$status" -eq "$1" ] || {
        echo "exit code $status instead of $1"
        echo "stdout: $output"
        echo "stderr: $stderr"
        return 1
    }
}

# Makes an empty project directory and goes there: $project.
make_project() {
    project=$(mktemp -d "$BATS_TEST_TMPDIR/project.XXXXXX")
    # Root's server runs under another account, which has to reach the project.
    chmod 0755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" "$project" 2>/dev/null || true
    cd "$project" || return
}

# For teardown: stops what a test has left running in its project.
stop_project() {
    if [ -n "${project:-}" ] && [ -d "$project/.poststack" ]; then
        "$POSTSTACK" --project "$project" down >/dev/null 2>&1 || true
    fi
}

# For teardown: stops what a test has left running in other projects, named in "others".
stop_others() {
    local other
    for other in "${others[@]:-}"; do
        [ -z "$other" ] || "$POSTSTACK" --project "$other" down >/dev/null 2>&1 || true
    done
}

# The newest PostgreSQL's programs.
postgres_bin() {
    find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin | sort -V | tail -1
}

# query_at URL SQL
query_at() {
    "$(postgres_bin)/psql" -XAtqc "$2" "$1"
}

# query SQL [DIR]: as the role of the project (here, or in DIR), through the URL in its .env.
query() {
    query_at "$(sed -n 's/^DATABASE_URL=//p' "${2:-.}/.env")" "$1"
}

# Skips where a tool is missing; in CI, where POSTSTACK_REQUIRE_TOOLS is set, that is a failure.
require_tool() {
    if ! command -v "$1" >/dev/null; then
        if [ -n "${POSTSTACK_REQUIRE_TOOLS:-}" ]; then
            echo "missing $1: run tools/install-deps test"
            return 1
        fi
        skip "missing $1"
    fi
}
