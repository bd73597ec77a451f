# shellcheck shell=bash
# Sourced by the scripts that run several named steps: `step NAME COMMAND...`, `summary`.

steps_report=()

# Runs a command under a name, bounded by STEP_LIMIT seconds (default 1500), and notes its time.
# A failure ends the script with the name of the step.
step() {
    local name=$1 code=0 start=$SECONDS
    shift
    echo "==> $name"
    timeout --kill-after=20 "${STEP_LIMIT:-1500}" "$@" </dev/null || code=$?
    local took=$((SECONDS - start))
    steps_report+=("$(printf '%-28s %4d s  %s' "$name" "$took" "$([ "$code" -eq 0 ] && echo ok || echo "FAILED ($code)")")")
    if [ "$code" -ne 0 ]; then
        summary
        echo "FAILED: $name (exit code $code): $*" >&2
        exit 1
    fi
    echo "==> $name: $took s"
}

# Prints one line per step.
summary() {
    echo
    printf '%s\n' "${steps_report[@]}"
}
