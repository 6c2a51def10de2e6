package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

// copyTree copies the files that git knows, and those that are new, to a folder that Postgres may enter.
func copyTree(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "linkgraph-page-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
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

var filePattern = regexp.MustCompile("(?s)File `([^`]+)`:\\s*$")

// TestPage does what docs/add-a-module.md says, in a copy of the tree.
func TestPage(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a copy of the tree")
	}
	page, err := os.ReadFile("../../docs/add-a-module.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := copyTree(t)
	var url, answer string
	done := map[string]int{}
	for _, b := range blocks(string(page)) {
		switch file := filePattern.FindStringSubmatch(b.before); {
		case file != nil:
			done["file"]++
			writeFile(t, filepath.Join(dir, file[1]), []byte(b.text))
		case strings.Contains(b.before, "At the end of `schema.graphqls`:"):
			done["stanza"]++
			path := filepath.Join(dir, "schema.graphqls")
			old, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, path, append(old, "\n"+b.text...))
		case b.language == "sh" && strings.Contains(b.text, "make generate"):
			done["generate"]++
			cmd := exec.Command("make", "generate")
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("make generate: %v\n%s", err, out)
			}
		case b.language == "sh" && strings.Contains(b.text, "make run"):
			done["run"]++
			url = runCopy(t, dir)
		case b.language == "graphql":
			done["query"]++
			answer = post(t, url, b.text)
		case b.language == "json":
			done["answer"]++
			if diff := cmp.Diff(decode(t, b.text), decode(t, answer)); diff != "" {
				t.Errorf("the page says something else (-page +server):\n%s", diff)
			}
		}
	}
	if want := map[string]int{"file": 2, "stanza": 1, "generate": 1, "run": 1, "query": 2, "answer": 2}; cmp.Diff(want, done) != "" {
		t.Errorf("the page is read differently: %v", done)
	}
}

// runCopy builds and starts the copy's server and returns its address.
func runCopy(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(dir, "linkgraph")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cmd := exec.Command(program, "--addr", "127.0.0.1:0", "--data-dir", filepath.Join(dir, ".data"))
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	found := make(chan string, 1)
	go func() {
		var all bytes.Buffer
		buf := make([]byte, 4096)
		address := regexp.MustCompile(`GraphQL +(\S+/graphql)`)
		for {
			n, err := log.Read(buf)
			all.Write(buf[:n])
			if m := address.FindStringSubmatch(all.String()); m != nil {
				found <- m[1]
				_, _ = io.Copy(io.Discard, log)
				return
			}
			if err != nil {
				found <- "error: " + all.String()
				return
			}
		}
	}()
	select {
	case url := <-found:
		if strings.Contains(url, "no usable Postgres") && os.Getenv("CI") == "" {
			t.Skip(url)
		}
		if strings.HasPrefix(url, "error: ") {
			t.Fatal(url)
		}
		return url
	case <-time.After(2 * time.Minute):
		t.Fatal("the copy's server does not start")
		return ""
	}
}

func post(t *testing.T, url, query string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func decode(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(fmt.Errorf("%w: %s", err, text))
	}
	return v
}
