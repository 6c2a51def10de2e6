package cli

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// completions returns what completes the last word.
func completions(t *testing.T, words ...string) []string {
	t.Helper()
	out, err := try(t, append([]string{"__complete", "--"}, words...)...)
	if err != nil {
		t.Fatal(words, err)
	}
	var values []string
	for line := range strings.Lines(out) {
		value, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		values = append(values, value)
	}
	return values
}

func TestCompletions(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"links im":                      "import",
		"--log-l":                       "--log-level",
		"--log-format ":                 "text json",
		"--log-format=":                 "--log-format=text --log-format=json",
		"--log-format=j":                "--log-format=json",
		"--log-format = ":               "text json", // as bash splits it
		"--log-format =":                "text json",
		"--log-format = j":              "json",
		"--log-format json link":        "links",
		"--log-format = json link":      "links",
		"--version link":                "links",
		"--max-page 5 --max-pa":         "--max-page", // serve is the default command
		"serve --storefront-max-pa":     "--storefront-max-page",
		"serve --no-d":                  "--no-demo",
		"serve --demo=":                 "",
		"serve --demo = ":               "",
		"serve --demo = true --data-di": "--data-dir",
		"serve --addr ":                 "",
		"serve --addr --data-dir --dem": "--demo", // --data-dir is the value of --addr
		"keys create --type s":          "secret",
		"keys create --type secret --r": "--role",
		"completion ":                   "bash zsh fish",
		"completion zsh ":               "",
		"events -f --fol":               "--follow",
		"links import ":                 ":files",
		"links import x.csv ":           "",
		"links import --rejects ":       ":files",
		"import shopify a.csv b":        ":files",
		"links plan --data-dir ":        ":folders",
		"links import -- --l":           ":files",
		"links plan -- --l":             "",
		"nothing ":                      "",
		"keys nothing --js":             "",
	} {
		if got := strings.Join(completions(t, strings.Split(line, " ")...), " "); got != want {
			t.Errorf("%s|: got %q, want %q", line, got, want)
		}
	}
	if got := completions(t); !slices.Contains(got, "serve") || slices.Contains(got, "__complete") {
		t.Errorf("no words: %q", got)
	}
}

// TestCompletionIsWhole completes each command, flag and enumerated value of the program from its first letters.
func TestCompletionIsWhole(t *testing.T) {
	t.Parallel()
	parser, err := newParser(&commands{Serve: newServeCommand()}, io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	var walk func(n *kong.Node, path []string)
	walk = func(n *kong.Node, path []string) {
		offered := completions(t, append(slices.Clone(path), "--")...)
		for _, level := range n.AllFlags(true) {
			for _, f := range level {
				seen++
				if !slices.Contains(offered, "--"+f.Name) {
					t.Errorf("%s: --%s is not offered", path, f.Name)
				}
				for value := range strings.SplitSeq(f.Enum, ",") {
					got := completions(t, append(slices.Clone(path), "--"+f.Name, value)...)
					if value != "" && !slices.Contains(got, value) {
						t.Errorf("%s: --%s %s is not offered", path, f.Name, value)
					}
				}
			}
		}
		for _, child := range n.Children {
			if child.Hidden {
				continue
			}
			if !slices.Contains(completions(t, append(slices.Clone(path), child.Name[:1])...), child.Name) {
				t.Errorf("%s: %s is not offered", path, child.Name)
			}
			walk(child, append(slices.Clone(path), child.Name))
		}
	}
	walk(parser.Model.Node, nil)
	if seen < 100 {
		t.Errorf("only %d flags were compared", seen)
	}
}

// program builds the program, and returns an environment in which the shells find it, and a folder with two files.
func program(t *testing.T) (env []string, folder string) {
	t.Helper()
	bin, folder := t.TempDir(), t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(bin, "linkgraph"), "../..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"links.csv", "line items.csv"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TERM=dumb", "LC_ALL=C"}
	return env, folder
}

// TestCompletionInShells completes command lines in the shells themselves.
func TestCompletionInShells(t *testing.T) {
	t.Parallel()
	env, folder := program(t)
	lines := []struct{ line, want string }{
		{"linkgraph links im", "import"},
		{"linkgraph --log-format ", "json text"},
		{"linkgraph --log-format=te", "text"},
		{"linkgraph keys create --ti", "--title"},
		{"linkgraph links import li", "line items.csv links.csv"},
		{"linkgraph links import $(touch hurt)", ""}, // nothing of the line is run
	}
	for shell, script := range map[string]string{
		"bash": `source <(linkgraph completion bash)
			COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
			COMP_WORDS=(${LINE//=/ = }); [[ $LINE == *' ' ]] && COMP_WORDS+=("")
			COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _linkgraph
			printf '%s\n' "${COMPREPLY[@]}"`,
		"fish": `source (linkgraph completion fish | psub)
			complete -C $LINE`,
		"zsh": `zmodload zsh/zpty
			zpty shell zsh -f -i
			zpty -w shell 'PS1=; autoload -U compinit; compinit -u; source <(linkgraph completion zsh)'
			zpty -w shell 'compadd() { local -a found; builtin compadd -O found "$@"; print -rl -- "<"$^found">" >> found; builtin compadd "$@" }'
			zpty -w shell 'finish() { zle complete-word; print -n FINI""SHED }; zle -N finish; bindkey "^T" finish; echo REA""DY'
			zpty -r shell out '*READY*'
			zpty -n -w shell $LINE$'\C-T'
			zpty -r shell out '*FINISHED*'
			zpty -w shell $'\C-u'; zpty -w shell 'echo DO""NE'
			zpty -r shell out '*DONE*'
			zpty -d shell
			[[ -f found ]] && sed -n 's/^<\(.*\)>$/\1/p' found; rm -f found`,
	} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(shell); err != nil {
				t.Skipf("%s is not installed", shell)
			}
			for _, l := range lines {
				dir := t.TempDir()
				if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
					t.Fatal(err)
				}
				cmd := exec.CommandContext(t.Context(), shell, "-c", script)
				cmd.Dir, cmd.Env = dir, append(slices.Clone(env), "LINE="+l.line)
				out, err := cmd.Output()
				if err != nil {
					t.Fatalf("%s: %v\n%s", l.line, err, out)
				}
				if got := offered(string(out)); got != l.want {
					t.Errorf("%s: got %q, want %q", l.line, got, l.want)
				}
				if _, err := os.Stat(filepath.Join(dir, "hurt")); err == nil {
					t.Errorf("%s: a part of the line was run", l.line)
				}
			}
		})
	}
}

// offered returns the candidates that a shell printed, sorted, without their help and the flag before a value.
func offered(out string) string {
	var values []string
	for line := range strings.Lines(out) {
		value, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		value = strings.ReplaceAll(value, `\ `, " ")
		if value = strings.TrimPrefix(value, "--log-format="); value != "" {
			values = append(values, value)
		}
	}
	slices.Sort(values)
	return strings.Join(slices.Compact(values), " ")
}
