package graph_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/linkgraph/linkgraph/graph"
)

var update = flag.Bool("update", false, "write the answers and statements of the golden cases")

// TestGolden runs the cases of testdata on the demo store. A case is a document, or several that follow each other
// (query.graphql, query2.graphql, …), with the answer to each and, for queries, the statements that it took.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			golden(t, file)
		})
	}
}

func golden(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	in := map[string]string{}
	for _, f := range archive.Files {
		in[f.Name] = string(f.Data)
	}
	a := newAPI(t, newDemoDB(t), graph.Config{})
	if seed := in["seed.sql"]; seed != "" {
		if _, err := a.db.Pool.Exec(t.Context(), seed); err != nil {
			t.Fatal(err)
		}
	}
	out := &txtar.Archive{Comment: archive.Comment}
	keep := func(name string) {
		if text, ok := in[name]; ok {
			out.Files = append(out.Files, txtar.File{Name: name, Data: []byte(text)})
		}
	}
	keep("seed.sql")
	for i := 1; ; i++ {
		n := ""
		if i > 1 {
			n = fmt.Sprint(i)
		}
		query, ok := in["query"+n+".graphql"]
		if !ok {
			break
		}
		var variables map[string]any
		if text := in["variables"+n+".json"]; text != "" {
			if err := json.Unmarshal([]byte(text), &variables); err != nil {
				t.Fatal(err)
			}
		}
		a.db.ResetStatements()
		answer := tidy(t, a.do(query, variables))
		keep("query" + n + ".graphql")
		keep("variables" + n + ".json")
		out.Files = append(out.Files, txtar.File{Name: "response" + n + ".json", Data: answer})
		if !isMutation(query) {
			out.Files = append(
				out.Files,
				txtar.File{Name: "statements" + n + ".sql", Data: []byte(statements(a.db.Statements()))},
			)
			if diff := cmp.Diff(string(answer), string(tidy(t, a.do(query, variables)))); diff != "" {
				t.Errorf("again, now that the plan is there:\n%s", diff)
			}
		}
	}
	if strings.Contains(a.log.String(), "level=ERROR") {
		t.Errorf("logged: %s", a.log)
	}
	got := txtar.Format(out)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run with -update if this is right (-want +got):\n%s", diff)
	}
}

func isMutation(query string) bool { return strings.HasPrefix(strings.TrimSpace(query), "mutation") }

var (
	timestamps = regexp.MustCompile(`"20\d\d-\d\d-\d\dT[0-9:.]+Z"`)
	tokens     = regexp.MustCompile(`"(pk|sk)_[0-9a-f]{64}"`)
	redacted   = regexp.MustCompile(`"(pk|sk)_[0-9a-f]{3}\*\*\*[0-9a-f]{3}"`)
)

// tidy indents an answer and hides what differs from run to run.
func tidy(t *testing.T, answer []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, answer, "", "  "); err != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	b.WriteByte('\n')
	text := timestamps.ReplaceAll(b.Bytes(), []byte(`"<time>"`))
	text = tokens.ReplaceAll(text, []byte(`"${1}_<token>"`))
	return redacted.ReplaceAll(text, []byte(`"${1}_<redacted>"`))
}

// statements counts equal statements.
func statements(log []string) string {
	counts := map[string]int{}
	for _, s := range log {
		counts[s]++
	}
	var b strings.Builder
	for _, s := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "%d x %s\n", counts[s], s)
	}
	return b.String()
}
