package completion

import (
	"embed"
	"fmt"
	"io"
	"strings"
)

//go:embed scripts
var scripts embed.FS

// Script returns the script that makes a shell complete the commands of the program linkgraph. The shell is bash, zsh or
// fish.
func Script(shell string) (string, error) {
	script, err := scripts.ReadFile("scripts/linkgraph." + shell)
	if err != nil {
		return "", fmt.Errorf("there is no completion for %q: choose bash, zsh or fish", shell)
	}
	return string(script), nil
}

// Write writes an answer as the scripts read it: a line per candidate, with its help after a tab, and :files or :folders
// if paths complete the word.
func (a Answer) Write(w io.Writer) error {
	var out strings.Builder
	for _, c := range a.Candidates {
		fmt.Fprintf(&out, "%s\t%s\n", c.Value, c.Help)
	}
	if a.Paths != NoPaths {
		fmt.Fprintf(&out, ":%s\n", a.Paths)
	}
	_, err := io.WriteString(w, out.String())
	return err
}
