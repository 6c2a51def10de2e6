#compdef linkgraph
# Completion of linkgraph for zsh. Put this line into ~/.zshrc, after compinit:
#   source <(linkgraph completion zsh)

_linkgraph() {
    local program=${words[1]/#\~\//$HOME/} line value paths=
    local -a candidates
    while IFS= read -r line; do
        case $line in
        :*) paths=${line#:} ;;
        *)
            value=${line%%$'\t'*}
            candidates+=("${value//:/\\:}:${line#*$'\t'}")
            ;;
        esac
    done < <("$program" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
    (( ${#candidates} )) && _describe -V linkgraph candidates
    [[ $words[CURRENT] == --*=* ]] && compset -P '*='
    case $paths in
    files) _files ;;
    folders) _files -/ ;;
    esac
}

# A file of a folder in fpath is the body of the function; a sourced one declares it.
if [[ $funcstack[1] == _linkgraph ]]; then
    _linkgraph "$@"
else
    compdef _linkgraph linkgraph
fi
