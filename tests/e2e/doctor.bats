#!/usr/bin/env bats
# `doctor` on this machine and on one that lacks everything.
load support

@test "doctor finds the native runtime usable here" {
    poststack doctor
    expect_status 0
    [[ "$output" == *"PostgreSQL server"*"/bin"*"The native runtime is usable."* ]]
}

@test "doctor as JSON has one entry a subject with stable keys" {
    poststack doctor --json
    expect_status 0
    python3 -c '
import json, sys
report = json.loads(sys.argv[1])
assert report["usable_runtimes"] == ["native"], report
subjects = [finding["subject"] for finding in report["findings"]]
assert len(subjects) == len(set(subjects)), subjects
for subject in ("PostgreSQL server", "account", "psql", "podman", "docker", "disk", "port"):
    assert subject in subjects, subjects
for finding in report["findings"]:
    assert list(finding) == ["subject", "verdict", "found", "advice", "package"], finding
    assert finding["verdict"] in ("ok", "note", "missing"), finding' "$output"
}

@test "doctor says what an engine that does not answer said" {
    mkdir bin
    printf '#!/bin/sh\necho "permission denied on the docker socket" >&2\nexit 1\n' >bin/docker
    chmod +x bin/docker
    PATH=$PWD/bin:$PATH poststack doctor
    expect_status 0
    [[ "$output" == *"docker"*"does not answer: permission denied on the docker socket"* ]]
}

@test "doctor writes nothing" {
    make_project
    poststack doctor
    [ -z "$(ls -A)" ]
}

@test "doctor names a port's holder" {
    python3 -c '
import socket, sys, time
try:
    server = socket.create_server(("127.0.0.1", 5432))
except OSError:
    pass  # somebody has it already: as good
open("listening", "w").close()
time.sleep(60)' &
    listener=$!
    for _ in $(seq 100); do [ -e listening ] && break || sleep 0.1; done
    poststack doctor
    kill "$listener"
    expect_status 0
    [[ "$output" == *"port"*"5432 is in use by"* ]]
}
