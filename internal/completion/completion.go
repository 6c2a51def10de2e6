// Package completion completes command lines in bash, zsh and fish.
//
// The script of a shell holds no commands and no flags. It sends the words of the command line to the program that is
// being completed, which answers from the model of its own commands. A script of an earlier version therefore completes
// the commands of the installed version.
package completion

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Paths says which paths of the file system complete a word.
type Paths string

// The kinds of paths, as a tag complete:"…" of a flag or an argument names them.
const (
	NoPaths Paths = ""
	Files   Paths = "files"
	Folders Paths = "folders"
)

// Candidate is a word that completes the last one of a command line.
type Candidate struct{ Value, Help string }

// Answer is how the last word of a command line can continue.
type Answer struct {
	Candidates []Candidate
	Paths      Paths
}

// Complete returns how the last of the words can continue, which is empty after a space. The words are those of a command
// line after the name of the program. Bash splits --flag=value into three words; both forms are understood.
func Complete(app *kong.Application, words []string) Answer {
	if len(words) == 0 {
		words = []string{""}
	}
	l := &line{node: app.Node}
	last := words[len(words)-1]
	for _, w := range words[:len(words)-1] {
		l.read(w)
	}
	return l.complete(last)
}

// line is what the words of a command line select.
type line struct {
	node      *kong.Node
	arguments int        // positional arguments that were read
	flag      *kong.Flag // the last word, which may be followed by a value
	bare      bool       // after --, which ends the flags
}

// read reads a complete word.
func (l *line) read(word string) {
	switch flag := l.flag; {
	case flag != nil && word == "=":
		if takesNone(flag) {
			l.flag = asValue(flag)
		}
		return
	case flag != nil && !takesNone(flag):
		l.flag = nil
		return
	}
	l.flag = nil
	switch {
	case l.bare:
		l.arguments++
	case word == "--":
		l.bare = true
	case strings.HasPrefix(word, "-"):
		if name, _, hasValue := strings.Cut(word, "="); !hasValue {
			l.flag = l.find(name)
		}
	default:
		l.enter(word)
	}
}

// takesNone reports whether a flag stands without a value.
func takesNone(f *kong.Flag) bool { return f.Value != nil && (f.IsBool() || f.IsCounter()) }

// asValue returns a flag of no known values: --read-only=true is read, and not completed.
func asValue(f *kong.Flag) *kong.Flag { return &kong.Flag{Aliases: f.Aliases} }

// enter reads a word that is no flag: a command, or else an argument.
func (l *line) enter(word string) {
	for _, child := range l.node.Children {
		if child.Name == word || slices.Contains(child.Aliases, word) {
			l.node = child
			return
		}
	}
	l.arguments++
}

// flags returns the flags that the command takes, and those of the command that runs if none is named.
func (l *line) flags() []*kong.Flag {
	var all []*kong.Flag
	for _, level := range l.node.AllFlags(true) {
		all = append(all, level...)
	}
	if l.node.DefaultCmd != nil {
		all = append(all, l.node.DefaultCmd.Flags...)
	}
	return all
}

func (l *line) find(word string) *kong.Flag {
	for _, f := range l.flags() {
		if slices.Contains(spellings(f), word) || f.Short != 0 && word == "-"+string(f.Short) {
			return f
		}
	}
	return nil
}

// spellings returns the long forms of a flag.
func spellings(f *kong.Flag) []string {
	forms := []string{"--" + f.Name}
	if f.IsBool() && f.Tag.Negatable == "_" { // how kong marks the default form of a negation
		forms = append(forms, "--no-"+f.Name)
	}
	return forms
}

// complete returns how a word can continue.
func (l *line) complete(word string) Answer {
	if l.flag != nil {
		if word == "=" {
			return values(l.flag.Value, "", "")
		}
		if !takesNone(l.flag) {
			return values(l.flag.Value, "", word)
		}
	}
	name, value, hasValue := strings.Cut(word, "=")
	switch {
	case !l.bare && hasValue && strings.HasPrefix(name, "--"):
		if f := l.find(name); f != nil && !takesNone(f) {
			return values(f.Value, name+"=", value)
		}
		return Answer{}
	case !l.bare && strings.HasPrefix(word, "-"):
		return Answer{Candidates: l.flagsLike(word)}
	}
	if l.arguments < len(l.node.Positional) {
		return values(l.node.Positional[l.arguments], "", word)
	}
	if n := len(l.node.Positional); n > 0 && l.node.Positional[n-1].IsCumulative() {
		return values(l.node.Positional[n-1], "", word)
	}
	if l.bare || l.arguments > 0 {
		return Answer{}
	}
	return Answer{Candidates: l.commandsLike(word)}
}

func (l *line) commandsLike(word string) []Candidate {
	var found []Candidate
	for _, child := range l.node.Children {
		if !child.Hidden && strings.HasPrefix(child.Name, word) {
			found = append(found, Candidate{child.Name, summary(child.Help)})
		}
	}
	return found
}

func (l *line) flagsLike(word string) []Candidate {
	var found []Candidate
	for _, f := range l.flags() {
		for _, form := range spellings(f) {
			if !f.Hidden && strings.HasPrefix(form, word) {
				found = append(found, Candidate{form, summary(f.Help)})
			}
		}
	}
	return found
}

// values returns the values of a flag or an argument that begin with start. Each gets the prefix, which is the part of the
// word before the value.
func values(v *kong.Value, prefix, start string) Answer {
	if v == nil {
		return Answer{}
	}
	answer := Answer{Paths: paths(v.Tag)}
	choices := strings.Split(v.Enum, ",")
	for _, choice := range choices {
		if choice = strings.TrimSpace(choice); choice != "" && strings.HasPrefix(choice, start) {
			answer.Candidates = append(answer.Candidates, Candidate{Value: prefix + choice})
		}
	}
	return answer
}

func paths(tag *kong.Tag) Paths {
	switch {
	case tag.Get("complete") != "":
		return Paths(tag.Get("complete"))
	case tag.Type == "existingfile", tag.Type == "path":
		return Files
	case tag.Type == "existingdir":
		return Folders
	}
	return NoPaths
}

// summary returns the first sentence of a help text, which fits beside a candidate.
func summary(help string) string {
	first, _, _ := strings.Cut(help, ". ")
	first, _, _ = strings.Cut(first, ": ")
	return strings.TrimSuffix(first, ".")
}
