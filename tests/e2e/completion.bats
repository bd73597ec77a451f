#!/usr/bin/env bats
# The completion scripts, used as a shell uses them.
load support

setup() {
    make_project
}

# Prints what bash offers for the words given, the last one being typed.
offers() {
    bash -c '
        source <("$POSTSTACK" completion bash)
        COMP_WORDS=(poststack "$@")
        COMP_CWORD=$#
        _poststack 2>/dev/null
        printf "%s\n" "${COMPREPLY[@]}"' offers "$@"
}

@test "bash: the script parses and defines the completion" {
    "$POSTSTACK" completion bash >script
    bash -n script
    run bash -c 'source ./script; complete -p poststack'
    [ "$output" = "complete -F _poststack poststack" ]
}

@test "bash: commands are offered by their first letters" {
    run offers ver
    [ "$output" = "version" ]
}

@test "bash: words of a group are offered behind it, options or not" {
    run offers database mig
    [[ "$output" == *migrate* ]]
    with_options=$output
    run offers --project /tmp --json database mig
    [ "$output" = "$with_options" ]
    run offers --format = json database mig
    [ "$output" = "$with_options" ]
}

@test "bash: options and their words are offered" {
    run offers version --js
    [ "$output" = "--json" ]
    run offers version --format ""
    [ "$output" = $'text\njson' ]
    run offers version --format = j
    [ "$output" = "json" ]
}

@test "bash: arguments with fixed words are offered" {
    run offers completion z
    [ "$output" = "zsh" ]
}

@test "bash: directories and files are offered where they belong" {
    mkdir some-directory
    touch some-file
    run offers --project some
    [ "$output" = "some-directory" ]
    run offers --config-file some-f
    [ "$output" = "some-file" ]
}

# Fails unless the shell $1, into which $2 loads the completion, runs `poststack $4` after the line
# `poststack $3` and Tab.
expect_tab() {
    run "$POSTSTACK_SOURCE/tests/e2e/press-tab" "$1" "$2" "poststack $3"
    [ "$output" = "$4" ] || {
        echo "$1: \"poststack $3\" and Tab gave \"$output\""
        return 1
    }
}

# What both shells have to make of a few lines.
press_tabs() {
    mkdir some-directory
    touch some-file
    expect_tab "$1" "$2" "ver" "version"
    expect_tab "$1" "$2" "database rollb" "database rollback"
    expect_tab "$1" "$2" "database mi" "database migrat" # migrate, migration-status
    expect_tab "$1" "$2" "--json --project /tmp database rollb" "--json --project /tmp database rollback"
    expect_tab "$1" "$2" "database migrate --dr" "database migrate --dry-run"
    expect_tab "$1" "$2" "version --format j" "version --format json"
    expect_tab "$1" "$2" "version --format=j" "version --format=json"
    expect_tab "$1" "$2" "completion z" "completion zsh"
    expect_tab "$1" "$2" "--config-file some-f" "--config-file some-file"
    run "$POSTSTACK_SOURCE/tests/e2e/press-tab" "$1" "$2" "poststack --project some"
    [ "${output%/}" = "--project some-directory" ]
}

@test "bash: Tab in an interactive shell completes" {
    "$POSTSTACK" completion bash >script
    press_tabs bash "source $PWD/script"
}

@test "zsh: Tab in an interactive shell completes" {
    require_tool zsh
    mkdir functions
    "$POSTSTACK" completion zsh >functions/_poststack
    zsh -n functions/_poststack
    press_tabs zsh "fpath=($PWD/functions \$fpath); autoload -Uz compinit; compinit -u -d $PWD/dump"
}

@test "zsh: the script can be sourced too" {
    require_tool zsh
    "$POSTSTACK" completion zsh >script
    expect_tab zsh "autoload -Uz compinit; compinit -u -d $PWD/dump; source $PWD/script" \
        "database rollb" "database rollback"
}

# Prints what fish offers for a line, without the descriptions.
fish_offers() {
    fish --no-config -c 'source poststack.fish; complete -C $argv[1]' "poststack $1" | cut -f 1
}

@test "fish: commands, groups, options, words and files are offered" {
    require_tool fish
    "$POSTSTACK" completion fish >poststack.fish
    fish --no-execute poststack.fish
    mkdir some-directory
    touch some-file
    [ "$(fish_offers "ver")" = "version" ]
    [ "$(fish_offers "database mi" | sort | paste -sd ' ')" = "migrate migration-status" ]
    [ "$(fish_offers "--json --project /tmp database rollb")" = "rollback" ]
    [ "$(fish_offers "database migrate --dr")" = "--dry-run" ]
    [ "$(fish_offers "version --format " | sort | paste -sd ' ')" = "json text" ]
    [ "$(fish_offers "completion z")" = "zsh" ]
    [ "$(fish_offers "--config-file some-f")" = "some-file" ]
    [ "$(fish_offers "--project some")" = "some-directory/" ]
    run fish --no-config -c 'source poststack.fish; complete -C "poststack ver"'
    [[ "$output" == *"Show the version"* ]]
}

@test "an unknown shell is refused, a missing one asked for" {
    poststack completion tcsh
    expect_status 2
    [ "${stderr_lines[0]}" = 'poststack: error: SHELL does not take "tcsh"' ]
    poststack completion zhs
    expect_status 2
    [ "${stderr_lines[1]}" = '  hint: Did you mean "zsh"?' ]
    poststack completion
    expect_status 2
    [ "${stderr_lines[0]}" = 'poststack: error: "poststack completion" needs SHELL' ]
}
