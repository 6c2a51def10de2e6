package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkgraph/linkgraph/internal/access/accesstest"
	"github.com/linkgraph/linkgraph/internal/servertest"
)

// block is a fenced block of a page, and the text before it.
type block struct{ before, language, text string }

func blocks(page string) []block {
	var found []block
	parts := strings.Split(page, "```")
	for i := 1; i < len(parts); i += 2 {
		language, text, _ := strings.Cut(parts[i], "\n")
		found = append(found, block{parts[i-1], language, text})
	}
	return found
}

// copyTree copies the files that git tracks, and new ones, to a folder that Postgres may enter.
func copyTree(t *testing.T) string {
	t.Helper()
	dir := servertest.DataDir(t)
	root := "../.."
	cmd := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	list, err := cmd.Output()
	if err != nil {
		t.Skipf("no git checkout: %v", err)
	}
	for name := range strings.SplitSeq(strings.TrimSpace(string(list)), "\n") {
		text, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted, but not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, name), text)
	}
	return dir
}

func writeFile(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// guide follows a page of docs block by block.
type guide struct {
	dir    string // the copy of the tree
	blocks []block
	url    string // of the running server
	answer string // the latest answer
	// program runs the program that the page calls `go run .`, and returns its output.
	program func(t *testing.T, args ...string) string
	serve   func(t *testing.T) string
	exec    func(t *testing.T, sql string)
	done    map[string]int
}

func openGuide(t *testing.T, dir, name string) *guide {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return &guide{dir: dir, blocks: blocks(string(text)), done: map[string]int{}}
}

var (
	filePattern = regexp.MustCompile("(?s)File `([^`]+)`:\\s*$")
	alsoPattern = regexp.MustCompile("(?s)(?:Also in|At the end of) `([^`]+)`:\\s*$")
)

// declare follows the page up to `make generate`.
func (p *guide) declare(t *testing.T) {
	t.Helper()
	for i, b := range p.blocks {
		if strings.Contains(b.text, "make generate") {
			p.done["generate"]++
			p.blocks = p.blocks[i+1:]
			return
		}
		file, also := filePattern.FindStringSubmatch(b.before), alsoPattern.FindStringSubmatch(b.before)
		switch {
		case file != nil:
			p.done["file"]++
			writeFile(t, filepath.Join(p.dir, file[1]), []byte(b.text))
		case also != nil:
			p.done["also"]++
			appendFile(t, filepath.Join(p.dir, also[1]), "\n"+b.text)
		case b.language == "sql":
			p.done["sql"]++
			p.exec(t, b.text)
		default:
			t.Fatalf("what is this for?\n%s", b.text)
		}
	}
	t.Fatal("the page does not generate")
}

func appendFile(t *testing.T, path, text string) {
	t.Helper()
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, append(old, text...))
}

// try follows the page from `make generate` on.
func (p *guide) try(t *testing.T) {
	t.Helper()
	var printed string
	for _, b := range p.blocks {
		switch b.language {
		case "sh":
			for line := range strings.SplitSeq(strings.TrimSpace(b.text), "\n") {
				p.done[line]++
				switch args, run := strings.CutPrefix(line, "go run ."); {
				case line == "make run", line == "go run .":
					p.url = p.serve(t)
				case run:
					printed = p.program(t, strings.Fields(args)...)
				case !strings.HasPrefix(line, "export DATABASE_URL="):
					t.Fatalf("what does %q do?", line)
				}
			}
		case "graphql":
			p.done["query"]++
			p.answer = post(t, p.url, b.text)
		case "json":
			p.done["answer"]++
			if diff := cmp.Diff(decode(t, b.text), decode(t, p.answer)); diff != "" {
				t.Errorf("the page says something else (-page +server):\n%s", diff)
			}
		case "text":
			p.done["text"]++
			p.printed(t, b.text, printed)
		}
	}
}

// printed checks an output that the page quotes. The output is now's, or that of `links discover` before it was
// pasted.
func (p *guide) printed(t *testing.T, want, now string) {
	t.Helper()
	before, err := os.ReadFile(discoveredFile)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(now, want) && !strings.Contains(string(before), want) {
		t.Errorf("this is not printed:\n%s\nbut\n%s", want, now)
	}
}

// TestPages follows the pages of docs that add modules. They share one copy of the tree, so that it is generated and
// built once.
func TestPages(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a copy of the tree; run it without -short: make test-all")
	}
	t.Parallel()
	dir := copyTree(t)
	binary := filepath.Join(dir, "linkgraph")
	module := openGuide(t, dir, "add-a-module.md")
	module.serve = func(t *testing.T) string {
		return start(t, binary, "--addr", "127.0.0.1:0", "--data-dir", filepath.Join(dir, ".data"))
	}
	module.declare(t)
	shop := openShop(t, dir, binary)
	shop.declare(t)
	shop.discover(t)
	inCopy(t, dir, "make", "generate")
	inCopy(t, dir, "go", "build", "-o", binary, ".")
	t.Run("AddAModule", func(t *testing.T) {
		t.Parallel()
		module.try(t)
		want := map[string]int{"file": 2, "also": 2, "generate": 1, "make run": 1, "query": 2, "answer": 2}
		if diff := cmp.Diff(want, module.done); diff != "" {
			t.Errorf("the page is read differently (-want +got):\n%s", diff)
		}
	})
	t.Run("AnyTable", func(t *testing.T) {
		t.Parallel()
		shop.test(t)
	})
}

func inCopy(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// start starts a server and returns the address of its API.
func start(t *testing.T, program string, args ...string) string {
	t.Helper()
	p := servertest.Start(t, exec.Command(program, args...))
	t.Cleanup(p.Interrupt)
	return p.MustAddress(t) + "/graphql"
}

func post(t *testing.T, url, query string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	r, err := accesstest.Client(t).Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return servertest.Body(t, r)
}

func decode(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(fmt.Errorf("%w: %s", err, text))
	}
	return v
}
