# Completion of linkgraph for bash. Put this line into ~/.bashrc:
#   source <(linkgraph completion bash)

_linkgraph() {
    local program=${COMP_WORDS[0]/#\~\//$HOME/} word=${COMP_WORDS[COMP_CWORD]} value paths= option=-f
    [[ $word == = ]] && word=
    COMPREPLY=()
    while IFS=$'\t' read -r value _; do
        case $value in
        :*) paths=${value#:} ;;
        *) COMPREPLY+=("$value") ;;
        esac
    done < <("$program" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    [[ $paths ]] || return 0
    [[ $paths == folders ]] && option=-d
    compopt -o filenames 2>/dev/null
    while IFS= read -r value; do
        COMPREPLY+=("$value")
    done < <(compgen "$option" -- "$word")
    return 0
}
complete -F _linkgraph linkgraph
