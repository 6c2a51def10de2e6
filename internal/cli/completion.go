package cli

import (
	"io"

	"github.com/alecthomas/kong"

	"github.com/linkgraph/linkgraph/internal/completion"
)

type completionCommand struct {
	Shell string `arg:"" help:"Shell: bash, zsh or fish." enum:"bash,zsh,fish"`
}

// Help says how the script is used.
func (completionCommand) Help() string {
	return `The shell reads the script when it starts:

	bash    source <(linkgraph completion bash)     in ~/.bashrc
	zsh     source <(linkgraph completion zsh)      in ~/.zshrc, after compinit
	fish    linkgraph completion fish > ~/.config/fish/completions/linkgraph.fish

The script asks the program for commands, flags and values, so it need not be made again for a new version.`
}

// Run prints the script.
func (c *completionCommand) Run(s *streams) error {
	script, err := completion.Script(c.Shell)
	if err != nil {
		return err
	}
	_, err = io.WriteString(s.out, script)
	return err
}

// completeCommand is what the scripts call.
type completeCommand struct {
	Words []string `arg:"" optional:"" passthrough:""`
}

// Run prints how the last word can continue.
func (c *completeCommand) Run(s *streams, parsed *kong.Context) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	return completion.Complete(parsed.Model, words).Write(s.out)
}
