package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/tools/txtar"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/internal/exec"
	"github.com/linkgraph/linkgraph/internal/pgtest"
)

// corpus is documents with what was answered to them, kept in testdata/corpus/name.txtar. They were made at random
// once: every field, argument and input of the schema may occur in them, and what is refused when it runs.
type corpus struct {
	*testing.T
	name    string
	handler http.Handler
	db      *pgtest.DB
	mask    func(answer []byte) []byte // what differs from run to run
	fixed   []corpusCase               // those to begin with, if they were not made at random
}

// corpusCase is a document, and the values of its variables.
type corpusCase struct {
	query, variables string
}

// check runs the cases in their order and compares the answers and the statements with those that are kept. make
// makes the documents, if there are none yet; it is given each answer.
func (c *corpus) check(n int, next func() document, harvest func(answer []byte)) {
	c.Helper()
	file := filepath.Join("testdata", "corpus", c.name+".txtar")
	kept, err := os.ReadFile(file)
	if err != nil && !*update {
		c.Fatal(err)
	}
	cases := parseCorpus(txtar.Parse(kept))
	if len(cases) == 0 {
		cases = c.fixed
	}
	w := corpusWriter{numbers: map[string]int{}}
	run := func(k corpusCase) []byte {
		written := map[string]json.RawMessage{} // the values stay as they are written
		if k.variables != "" {
			if err := json.Unmarshal([]byte(k.variables), &written); err != nil {
				c.Fatal(err)
			}
		}
		variables := make(map[string]any, len(written))
		for name, v := range written {
			variables[name] = v
		}
		c.db.ResetStatements()
		answer := post(c.handler, c.Context(), k.query, variables)
		w.add(k, c.mask(answer), c.db.Statements())
		return answer
	}
	for _, k := range cases {
		run(k)
	}
	if len(cases) == 0 {
		for range n {
			doc := next()
			text, _ := json.Marshal(doc.variables[0])
			if len(doc.variables[0]) == 0 {
				text = nil
			}
			harvest(run(corpusCase{doc.text, string(text)}))
		}
	}
	got := w.format()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			c.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			c.Fatal(err)
		}
		return
	}
	c.compare(txtar.Parse(kept), txtar.Parse(got))
}

// compare reports the first few cases that differ, each with its document.
func (c *corpus) compare(want, got *txtar.Archive) {
	c.Helper()
	is := map[string]string{}
	for _, f := range got.Files {
		is[f.Name] = string(f.Data)
	}
	faults := 0
	for _, f := range want.Files {
		if is[f.Name] == string(f.Data) {
			continue
		}
		number, _, _ := strings.Cut(f.Name, ".")
		c.Errorf(
			"%s of %s: run with -update if this is right (-want +got):\n%s%s%s",
			f.Name,
			c.name,
			is[number+".graphql"],
			is[number+".variables.json"],
			cmp.Diff(string(f.Data), is[f.Name]),
		)
		if faults++; faults == 5 {
			return
		}
	}
	if len(want.Files) != len(got.Files) {
		c.Errorf("%d files, want %d", len(got.Files), len(want.Files))
	}
}

// corpusWriter writes cases. Statements are many times the same: they stand at the end, with numbers.
type corpusWriter struct {
	archive    txtar.Archive
	cases      int
	numbers    map[string]int
	statements []string
}

func (w *corpusWriter) add(k corpusCase, answer []byte, statements []string) {
	name := fmt.Sprintf("%04d", w.cases)
	w.cases++
	w.file(name+".graphql", k.query)
	if k.variables != "" {
		w.file(name+".variables.json", k.variables)
	}
	w.file(name+".answer.json", string(answer))
	counts := map[int]int{}
	for _, s := range statements {
		if w.numbers[s] == 0 {
			w.statements = append(w.statements, s)
			w.numbers[s] = len(w.statements)
		}
		counts[w.numbers[s]]++
	}
	var of []string
	for number, n := range counts {
		of = append(of, fmt.Sprintf("%4d x %d", number, n))
	}
	slices.Sort(of)
	if len(of) > 0 {
		w.file(name+".statements", strings.Join(of, "\n"))
	}
}

func (w *corpusWriter) file(name, text string) {
	w.archive.Files = append(
		w.archive.Files,
		txtar.File{Name: name, Data: []byte(strings.TrimRight(text, "\n") + "\n")},
	)
}

func (w *corpusWriter) format() []byte {
	for i, s := range w.statements {
		w.file(strconv.Itoa(i+1)+".sql", s)
	}
	return txtar.Format(&w.archive)
}

func parseCorpus(archive *txtar.Archive) (cases []corpusCase) {
	for _, f := range archive.Files {
		text := strings.TrimRight(string(f.Data), "\n")
		switch {
		case strings.HasSuffix(f.Name, ".graphql"):
			cases = append(cases, corpusCase{query: text})
		case strings.HasSuffix(f.Name, ".variables.json"):
			cases[len(cases)-1].variables = text
		}
	}
	return cases
}

// fix sets what is another in each new store, and is seen in answers and cursors: tokens, and when records were made.
func fix(t testing.TB, a *api) {
	if _, err := a.db.Pool.Exec(t.Context(), `UPDATE api_key SET token = id, salt = '', redacted = id`); err != nil {
		t.Fatal(err)
	}
	for _, m := range a.graph.Records.Catalog().Models() {
		for _, column := range []string{"created_at", "updated_at"} {
			i, ok := m.Column(map[string]string{"created_at": "createdAt", "updated_at": "updatedAt"}[column])
			if !ok || m.Columns[i].Name != column {
				continue
			}
			table := m.Table
			if m.Schema != "" {
				table = m.Schema + `"."` + table
			}
			_, err := a.db.Pool.Exec(
				t.Context(),
				fmt.Sprintf(`UPDATE "%s" SET "%s" = '2024-06-01T10:20:30Z'`, table, column),
			)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

func unmasked(answer []byte) []byte { return answer }

// TestCorpus runs documents on three small random stores whose values are strange.
func TestCorpus(t *testing.T) {
	t.Parallel()
	schema := exec.NewExecutableSchema(exec.Config{}).Schema()
	for seed := range 3 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newWorldIn(t, newDemoDB(t), uint64(seed)+1000)
			fix(t, w.api)
			roughen(t, w.api)
			d := &documents{
				random:  rand.New(rand.NewPCG(uint64(seed), 5)),
				schema:  schema,
				cursors: map[string][]string{},
			}
			d.know(w.api)
			c := &corpus{t, fmt.Sprint("queries_", seed), w.handler, w.db, unmasked, nil}
			c.check(500, d.document, d.take)
		})
	}
}

// take takes the cursors of an answer for documents to come.
func (d *documents) take(answer []byte) {
	var parsed struct{ Data any }
	_, body, _ := bytes.Cut(answer, []byte(" "))
	if json.Unmarshal(body, &parsed) == nil {
		d.harvest("", parsed.Data)
	}
}

// TestCorpusOfStorefronts runs documents as storefronts see the schema and the store.
func TestCorpusOfStorefronts(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	fix(t, s.api)
	schema := gqlparser.MustLoadSchema(&ast.Source{Name: "storefront", Input: graph.StorefrontSchema()})
	h, err := s.graph.HTTPHandler(
		graph.HTTP{Authenticate: byHeader, Storefront: graph.HTTPStorefront{Introspection: true}},
	)
	if err != nil {
		t.Fatal(err)
	}
	d := &documents{random: rand.New(rand.NewPCG(7, 5)), schema: schema, cursors: map[string][]string{}}
	d.know(s.api)
	c := &corpus{t, "storefront", h, s.db, unmasked, nil}
	c.check(250, d.document, d.take)
}

var (
	cursors     = regexp.MustCompile(`("\w*[cC]ursor":)"[^"]*"`)
	deletionIDs = regexp.MustCompile(`"(del_\w+)"`)
)

// maskWritten hides what differs between two runs of mutations.
func maskWritten(answer []byte) []byte {
	answer = redacted.ReplaceAll(tokens.ReplaceAll(answer, []byte(`"<$1 token>"`)), []byte(`"<$1 redacted>"`))
	return cursors.ReplaceAll(timestamps.ReplaceAll(answer, []byte(`"<time>"`)), []byte(`$1"<cursor>"`))
}

// TestCorpusOfMutations runs mutations, each on what those before it have left.
func TestCorpusOfMutations(t *testing.T) {
	t.Parallel()
	for seed := range 2 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			db := newDemoDB(t)
			a := newAPI(t, db, graph.Config{})
			fix(t, a)
			roughen(t, a)
			tameLinks(t, a)
			a = newAPI(t, db, graph.Config{MaxItems: 5, Limits: graph.Limits{MaxCost: 2000}})
			m := newMutations(a, uint64(seed))
			c := &corpus{t, fmt.Sprint("mutations_", seed), a.handler, a.db, maskWritten, nil}
			c.check(200, m.document, func(answer []byte) {
				for _, id := range deletionIDs.FindAllSubmatch(answer, -1) {
					m.deletions = append(m.deletions, string(id[1]))
				}
				m.deletions = m.deletions[max(0, len(m.deletions)-5):]
			})
		})
	}
}
