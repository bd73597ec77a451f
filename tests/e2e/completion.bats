#!/usr/bin/env bats
# The completion scripts, used as a shell uses them.
load support

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
    [ "$output" = $'text\njson\ngithub' ]
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

@test "zsh: the script parses and offers commands with summaries" {
    require_tool zsh
    "$POSTSTACK" completion zsh >_poststack
    zsh -n _poststack
    run zsh -f -c '
        fpath=($PWD $fpath)
        autoload -Uz compinit && compinit -u -d ./dump
        [[ ${_comps[poststack]} == _poststack ]] || exit 1
        # What the completion system would be told, without its line editor.
        _describe() { shift; [[ $1 == option ]] && shift; print -l -- ${(P)1}; }
        words=(poststack database mig) CURRENT=3
        _poststack() { source ./_poststack; }
        autoload +X _poststack 2>/dev/null
        unfunction compdef; compdef() { :; }
        source ./_poststack
        _poststack'
    [ "$status" -eq 0 ]
    [[ "$output" == *"migrate:"* ]]
}

@test "fish: the script parses and offers commands and options" {
    require_tool fish
    "$POSTSTACK" completion fish >poststack.fish
    fish --no-execute poststack.fish
    run fish --no-config -c 'source poststack.fish; complete -C "poststack database mig"'
    [[ "$output" == *migrate* ]]
    run fish --no-config -c 'source poststack.fish; complete -C "poststack --project /tmp version --js"'
    [[ "$output" == "--json"* ]]
    run fish --no-config -c 'source poststack.fish; complete -C "poststack version --format "'
    [[ "$output" == *github* ]]
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
