package cli

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestServeHelp reads the help of serve at 80 columns: each flag stands in a group, with its environment variable.
func TestServeHelp(t *testing.T) {
	t.Parallel()
	parser, err := newParser(&commands{Serve: newServeCommand()}, io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	help := command(t, "serve", "--help")
	words := strings.Fields(strings.NewReplacer("(", " ", ")", " ", ".", " ").Replace(help))
	position := -1
	for _, g := range serveGroups() {
		at := strings.Index(help, "\n"+g.Title+"\n")
		if at <= position {
			t.Errorf("%q is not in its place", g.Title)
		}
		position = at
	}
	serve := parser.Model.Children[slices.IndexFunc(parser.Model.Children, func(n *kong.Node) bool { return n.Name == "serve" })]
	for _, f := range serve.Flags {
		if f.Group == nil ||
			!slices.ContainsFunc(serveGroups(), func(g kong.Group) bool { return g.Key == f.Group.Key }) {
			t.Errorf("--%s is in none of the groups", f.Name)
		}
		if len(f.Envs) != 1 || !slices.Contains(words, "$"+f.Envs[0]) {
			t.Errorf("--%s: the help lacks %q", f.Name, f.Envs)
		}
	}
	for line := range strings.Lines(help) {
		if len(line) > 81 {
			t.Errorf("wider than 80 columns: %s", line)
		}
	}
}
