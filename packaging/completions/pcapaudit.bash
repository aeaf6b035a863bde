# Completion for bash. Commands and options come from the program's own help, so they always fit.

_pcapaudit_words() { # commands of `pcapaudit ...`
    "$@" --help 2>/dev/null | sed -n '/^Subcommands:/,$s/^  \([a-z][a-z-]*\) .*/\1/p'
}

_pcapaudit_options() { # options of `pcapaudit ...`
    "$@" --help 2>/dev/null | sed -n '/^Options:/,/^Subcommands:/p' | grep -oE '(^  |,)--?[a-z][a-z-]*' | tr -d ' ,'
}

_pcapaudit_values() { # the a|b|c behind option $1
    local option=$1
    shift
    "$@" --help 2>/dev/null | sed -n "/^Options:/,\$s/^  .*$option \\([a-z0-9.]*|[a-z0-9.|-]*\\).*/\\1/p" | tr '|' '\n'
}

_pcapaudit() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local -a call=(pcapaudit)
    local i
    for ((i = 1; i < COMP_CWORD && i < 3; ++i)); do
        [[ ${COMP_WORDS[i]} == -* ]] && break
        [[ $i == 2 && ${COMP_WORDS[1]} != policy ]] && break
        call+=("${COMP_WORDS[i]}")
    done
    COMPREPLY=()
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_pcapaudit_options "${call[@]}")" -- "$word")
        return
    fi
    if [[ $previous == -* ]]; then
        local values
        values=$(_pcapaudit_values "$previous" "${call[@]}")
        case $previous in
            -i | --interface) values=$(ls /sys/class/net 2>/dev/null) ;;
            -p | --policy) values=$(pcapaudit policy list 2>/dev/null | awk '{print $1}') ;;
        esac
        mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word"; compgen -f -- "$word")
        return
    fi
    if [[ $COMP_CWORD == "${#call[@]}" ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_pcapaudit_words "${call[@]}")" -- "$word")
    fi
    [[ ${#COMPREPLY[@]} -gt 0 ]] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
}
complete -o filenames -F _pcapaudit pcapaudit
