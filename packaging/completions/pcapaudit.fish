# Completion for fish. Commands and options come from the program's own help, so they always fit.

function __pcapaudit_call
    set -l call pcapaudit
    for word in (commandline -opc)[2..]
        string match -q -- '-*' $word; and break
        test (count $call) -eq 2; and test $call[2] != policy; and break
        test (count $call) -eq 3; and break
        set call $call $word
    end
    printf '%s\n' $call
end

function __pcapaudit_commands
    set -l call (__pcapaudit_call)
    test (count (commandline -opc)) -eq (count $call); or return
    $call --help 2>/dev/null | sed -n '/^Subcommands:/,$s/^  \([a-z][a-z-]*\) *\(.*\)/\1\t\2/p'
end

function __pcapaudit_options
    set -l call (__pcapaudit_call)
    $call --help 2>/dev/null | sed -n '/^Options:/,/^Subcommands:/p' | grep -oE '(^  |,)--?[a-z][a-z-]*' | tr -d ' ,'
end

complete -c pcapaudit -a '(__pcapaudit_commands)'
complete -c pcapaudit -n 'string match -q -- "-*" (commandline -ct)' -a '(__pcapaudit_options)'
