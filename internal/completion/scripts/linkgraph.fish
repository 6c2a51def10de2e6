# Completion of linkgraph for fish. Run once:
#   linkgraph completion fish > ~/.config/fish/completions/linkgraph.fish

function __linkgraph_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -l word $words[-1]
    for line in ($program __complete -- $words[2..-1] 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path (string replace -r '^--[^=]*=' '' -- $word)
            case ':folders'
                __fish_complete_directories (string replace -r '^--[^=]*=' '' -- $word)
            case '*'
                echo $line
        end
    end
end

complete -c linkgraph -f -a '(__linkgraph_complete)'
