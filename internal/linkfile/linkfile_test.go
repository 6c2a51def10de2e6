package linkfile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/bookkeeping"
	"github.com/linkgraph/linkgraph/internal/linkfile"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// world is a database with the tables of the test catalogue and some records.
type world struct {
	testing.TB
	db    *pgtest.DB
	links *linkstore.Store
	dir   string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	catalog, err := linktest.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.NewFrom(t, "linkfile", func(ctx context.Context, pool *pgxpool.Pool) error {
		if _, err := pool.Exec(ctx, linktest.Tables); err != nil {
			return err
		}
		if _, err := linkstore.New(pool, catalog, linkstore.Config{}).Sync(ctx, linkstore.Safe); err != nil {
			return err
		}
		if _, err := bookkeeping.Migrate(ctx, pool); err != nil {
			return err
		}
		_, err := pool.Exec(ctx, `
			INSERT INTO product (id) SELECT 'p' || n FROM generate_series(1, 40000) AS n;
			INSERT INTO variant (id) SELECT 'v' || n FROM generate_series(1, 9) AS n;
			INSERT INTO item (id) SELECT 'i' || n FROM generate_series(1, 9) AS n;
			INSERT INTO price_set (id) SELECT 's' || n FROM generate_series(1, 9) AS n;
			INSERT INTO bin (aisle, number) VALUES ('a:b', 1), ('c', 2);
			INSERT INTO channel (id) VALUES ('c1'), ('c2'), ('quoted, "c"')`)
		return err
	})
	return &world{t, db, linkstore.New(db.Pool, catalog, linkstore.Config{}), t.TempDir()}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) file(name, text string) string {
	w.Helper()
	path := filepath.Join(w.dir, name)
	w.must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

func (w *world) text(path string) string {
	w.Helper()
	text, err := os.ReadFile(path)
	w.must(err)
	return string(text)
}

// live are the live links of all kinds, with their extra columns.
func (w *world) live() []string {
	w.Helper()
	var out bytes.Buffer
	_, err := w.exporter(linkfile.CSV, &out).File(w.Context(), "-")
	w.must(err)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	return lines[1:]
}

func (w *world) exporter(format linkfile.Format, out io.Writer) *linkfile.Exporter {
	return &linkfile.Exporter{DB: w.db.Pool, Links: w.links, Format: format, Stdout: out}
}

func (w *world) importer() *linkfile.Importer {
	return &linkfile.Importer{DB: w.db.Pool, Links: w.links}
}

const sample = `link,left,right,quantity
variant_price_set,v1,s1,
product_channel,p1,"quoted, ""c""",
VARIANT_ITEM,v1,i1,2.50
variant_item,v1,i2,
item_bin,i1,a%3Ab:1,
`

// TestImport brings a file in, again, and with changes.
func TestImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.file("links.csv", "\xef\xbb\xbf"+sample)
	want := []string{
		`variant_price_set,v1,s1,`,
		`variant_item,v1,i1,2.50`,
		`variant_item,v1,i2,1`,
		`product_channel,p1,"quoted, ""c""",`,
		`item_bin,i1,a%3Ab:1,`,
	}
	for _, c := range []struct {
		path, report string
	}{
		{path, "5 rows: 5 created, 0 revived, 0 updated, 0 unchanged"},
		{path, "5 rows: 0 created, 0 revived, 0 updated, 5 unchanged"},
	} {
		report, err := w.importer().File(t.Context(), c.path)
		w.must(err)
		if report.String() != c.report {
			t.Errorf("got %s, want %s", report, c.report)
		}
		if diff := cmp.Diff(want, w.live()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	report, err := (&linkfile.Importer{
		DB: w.db.Pool, Links: w.links, Link: linktest.Stocked, Format: linkfile.JSONL,
		Stdin: strings.NewReader(`{"left": "v1", "right": "i1", "quantity": 3}` + "\n\n" + `{"left": "v2", "right": "i1"}`),
	}).File(t.Context(), "-")
	w.must(err)
	if report.String() != "2 rows: 1 created, 0 revived, 1 updated, 0 unchanged" {
		t.Errorf("got %s", report)
	}
}

// TestRoundTrip exports in both formats, into a database of its own, and exports that.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, format := range []linkfile.Format{linkfile.CSV, linkfile.JSONL} {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, err := w.importer().File(t.Context(), w.file("links.csv", sample))
			w.must(err)
			path := filepath.Join(w.dir, "export."+string(format))
			n, err := w.exporter("", nil).File(t.Context(), path)
			w.must(err)
			if n != 5 {
				t.Errorf("%d links", n)
			}
			other := newWorld(t)
			report, err := other.importer().File(t.Context(), path)
			other.must(err)
			if report.Created != 5 {
				t.Errorf("%s", report)
			}
			if diff := cmp.Diff(w.live(), other.live()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestExportOne writes one link, and leaves no part of a file behind when it fails.
func TestExportOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.importer().File(t.Context(), w.file("links.csv", sample))
	w.must(err)
	var out bytes.Buffer
	e := w.exporter(linkfile.JSONL, &out)
	e.Link = linktest.Stocked
	_, err = e.File(t.Context(), "-")
	w.must(err)
	want := `{"left":"v1","link":"variant_item","quantity":"2.50","right":"i1"}
{"left":"v1","link":"variant_item","quantity":"1","right":"i2"}
`
	if out.String() != want {
		t.Errorf("got %s", out.String())
	}
	for _, link := range []string{"nothing", linktest.Held} {
		e.Link = link
		if _, err := e.File(t.Context(), filepath.Join(w.dir, "out.csv")); err == nil {
			t.Errorf("%s was exported", link)
		}
	}
	left, err := os.ReadDir(w.dir)
	w.must(err)
	if len(left) != 1 {
		t.Errorf("files: %v", left)
	}
}

// TestRejects has a row of every fault; what is left, mended, is brought in.
func TestRejects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.db.Pool.Exec(t.Context(), `ALTER TABLE variant_item ALTER COLUMN quantity TYPE numeric(4, 1)`)
	w.must(err)
	path := w.file("links.csv", `link,left,right,quantity
variant_price_set,v1,s1,
variant_price_set,v1,s2,
variant_item,v1,i1,many
variant_item,v1,i2,12345
variant_item,v2
nothing,v1,s1,
product_channel,p1,nobody,
product_channel,p1,c1,7
variant_item,v"2,i2,1
price_set_product,s1,p1,
variant_price_set,v2,s2,
`)
	for _, batch := range []int{0, 1, 3} {
		w := newWorld(t)
		_, err := w.db.Pool.Exec(t.Context(), `ALTER TABLE variant_item ALTER COLUMN quantity TYPE numeric(4, 1)`)
		w.must(err)
		i := w.importer()
		i.Batch, i.Rejects = batch, filepath.Join(w.dir, "bad.csv")
		report, err := i.File(t.Context(), path)
		w.must(err)
		if report.Created != 2 || report.Rejected != 9 || report.Rows != 11 || report.Rejects != i.Rejects {
			t.Errorf("batches of %d: %s", batch, report)
		}
		second := `3,"variant_price_set: lines 2 and 3 exclude each other: variant_id ""v1"" cannot be linked to both ""s1"" and ""s2""`
		if batch == 1 {
			second = `3,"variant_price_set: ""v1"" and ""s2"" cannot be linked: ""v1"" is linked to ""s1""`
		}
		lines := strings.Split(w.text(i.Rejects), "\n")
		for n, want := range []string{
			"line,reason,link,left,right,quantity", second, `4,"quantity: many is no decimal number`,
			"5,", "6,\"2 cells, and the header has 4\",variant_item,v2", "7,", "8,", "9,", "10,", "11,",
		} {
			if !strings.HasPrefix(lines[n], want) {
				t.Errorf("batches of %d: line %d of the rejects is %s, want %s", batch, n+1, lines[n], want)
			}
		}
	}
	i := w.importer()
	report, err := i.File(t.Context(), path)
	w.must(err)
	mended := strings.NewReplacer(",v1,s2,", ",v3,s3,", "many", "4", "12345", "5").Replace(w.text(report.Rejects))
	again, err := i.File(t.Context(), w.file("mended.csv", mended))
	w.must(err)
	if again.Created != 3 || again.Rejected != report.Rejected-3 {
		t.Errorf("%s: %s", again, w.text(again.Rejects))
	}

	jsonl := w.file("links.jsonl", `{"link": "product_channel", "left": "p2", "right": "c1"}
{"link": "product_channel", "left": "p3", "right": "nobody"}
[1]
{"link": "product_channel", "left": {"id": "p3"}, "right": "c1"}
{"link": "product_channel",
null
`)
	report, err = i.File(t.Context(), jsonl)
	w.must(err)
	if report.Created != 1 || report.Rejected != 5 {
		t.Errorf("%s", report)
	}
	var lines []float64
	for text := range strings.Lines(w.text(report.Rejects)) {
		var row struct {
			Line   float64
			Reason string
		}
		w.must(json.Unmarshal([]byte(text), &row))
		if lines = append(lines, row.Line); row.Reason == "" {
			t.Errorf("no reason: %s", text)
		}
	}
	if !slices.Equal(lines, []float64{2, 3, 4, 5, 6}) {
		t.Errorf("lines %v", lines)
	}
}

// TestFaultsOfFiles are those that end an import before it begins.
func TestFaultsOfFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct{ file, text, want string }{
		"NoHeader":      {"a.csv", "", "begins with a header"},
		"NoColumn":      {"b.csv", "link,left\n", "no column right"},
		"NoLink":        {"c.csv", "left,right\n", "no column link"},
		"TwoColumns":    {"d.csv", "link,left,right,Left\n", `two columns "left"`},
		"UnknownColumn": {"e.csv", "link,left,right,colour\n", `no link has an extra column "colour"`},
		"Ending":        {"f.txt", "link,left,right\n", "does not tell the format"},
		"OpenQuote":     {"g.csv", "link,left,right\nproduct_channel,\"p1,c1\n" + strings.Repeat("product_channel,p1,c1\n", 60_000), "a row is longer than"},
		"LongLine":      {"h.jsonl", strings.Repeat("x", 2<<20), "a row is longer than"},
	} {
		if _, err := w.importer().File(t.Context(), w.file(c.file, c.text)); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	i := w.importer()
	i.Rejects = w.file("links.csv", sample)
	if _, err := i.File(t.Context(), i.Rejects); err == nil || !strings.Contains(err.Error(), "the file itself") {
		t.Errorf("the rejects in the file itself: %v", err)
	}
	if got := w.text(i.Rejects); got != sample {
		t.Errorf("the file was changed: %s", got)
	}
}

// many writes n rows, every tenth of which is rejected, and returns the file.
func (w *world) many(name string, n int) string {
	var text strings.Builder
	if strings.HasSuffix(name, ".csv") {
		text.WriteString("link,left,right\n")
	}
	for i := range n {
		link, left, right := "product_channel", fmt.Sprint("p", i+1), "c1"
		if i%10 == 9 {
			left = "nobody"
		}
		if strings.HasSuffix(name, ".csv") {
			if i%7 == 0 {
				text.WriteString("\n") // lines that are passed over
			}
			fmt.Fprintf(&text, "%s,%s,%s\n", link, left, right)
		} else {
			fmt.Fprintf(&text, `{"link": %q, "left": %q, "right": %q}`+"\n", link, left, right)
		}
	}
	return w.file(name, text.String())
}

// TestResume ends an import again and again just before a commit, and goes on. Nothing is lost, and nothing that was committed is
// done again.
func TestResume(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"links.csv", "links.jsonl"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			const n = 95
			path := w.many(name, n)
			whole := newWorld(t)
			want, err := whole.importer().File(t.Context(), whole.many(name, n))
			w.must(err)
			var calls, told atomic.Int64
			links := w.links.WithWritten(func(_ context.Context, written linkstore.Written, last *pgx.Batch) error {
				told.Add(int64(len(written.Items)))
				if calls.Add(1)%3 == 0 { // when this runs, the rejected rows are in their file
					last.Queue(`DO $$ BEGIN RAISE EXCEPTION 'crash'; END $$`)
				}
				return nil
			})
			committed := 0
			var report linkfile.Report
			for try := 0; ; try++ {
				i := &linkfile.Importer{DB: w.db.Pool, Links: links, Batch: 10, Resume: try > 0}
				report, err = i.File(t.Context(), path)
				if err == nil {
					break
				}
				if !strings.Contains(err.Error(), "crash") || try > 20 {
					t.Fatal(err)
				}
				if report.Rows <= committed {
					t.Fatalf("no progress: %s", report)
				}
				committed = report.Rows
			}
			want.Rejects, report.Rejects = filepath.Base(want.Rejects), filepath.Base(report.Rejects)
			if diff := cmp.Diff(want, report); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(
				whole.text(filepath.Join(whole.dir, want.Rejects)),
				w.text(filepath.Join(w.dir, want.Rejects)),
			); diff != "" {
				t.Errorf("rejects (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(whole.live(), w.live()); diff != "" {
				t.Errorf("links (-want +got):\n%s", diff)
			}
			again, err := (&linkfile.Importer{DB: w.db.Pool, Links: links, Resume: true}).File(t.Context(), path)
			w.must(err)
			if before := told.Load(); again.Rows != n || told.Load() != before {
				t.Errorf("a resume of what is done: %s", again)
			}
			i := &linkfile.Importer{DB: w.db.Pool, Links: w.links, Resume: true}
			w.must(os.WriteFile(path, append([]byte(w.text(path)), w.text(path)...), 0o600)) // another file
			if again, err = i.File(t.Context(), path); err != nil || again.Rows < n {
				t.Errorf("another file: %s %v", again, err)
			}
		})
	}
}

// TestMemory brings in files of one size and of ten times that: what is live in between does not grow with them. It runs alone.
func TestMemory(t *testing.T) {
	peak := func(rows int) uint64 {
		w := newWorld(t)
		var most uint64
		links := w.links.WithWritten(func(context.Context, linkstore.Written, *pgx.Batch) error {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
			return nil
		})
		path := w.many("links.csv", rows)
		_, err := (&linkfile.Importer{DB: w.db.Pool, Links: links, Batch: 1000}).File(t.Context(), path)
		w.must(err)
		return most
	}
	small := peak(4000)
	if large := peak(40_000); large > small+small/2+(4<<20) {
		t.Errorf("%d bytes are live while 4,000 rows are brought in, %d while 40,000 are", small, large)
	}
}

// long writes n rows of one link, more than what tells imports apart, and returns them as lines.
func (w *world) long(name string, n int) (path string, lines []string) {
	w.Helper()
	lines = []string{"link,left,right"}
	for i := range n {
		lines = append(lines, fmt.Sprintf("product_channel,p%d,c1", i+1))
	}
	return w.file(name, strings.Join(lines, "\n")+"\n"), lines
}

// stopped begins an import and ends it at a batch.
func (w *world) stopped(path string, batch, at int) {
	w.Helper()
	calls := 0
	links := w.links.WithWritten(func(_ context.Context, _ linkstore.Written, last *pgx.Batch) error {
		if calls++; calls == at {
			last.Queue(`DO $$ BEGIN RAISE EXCEPTION 'crash'; END $$`)
		}
		return nil
	})
	if _, err := (&linkfile.Importer{DB: w.db.Pool, Links: links, Batch: batch}).File(w.Context(), path); err == nil ||
		!strings.Contains(err.Error(), "crash") {
		w.Fatal(err)
	}
}

// TestResumeKnowsTheFile resumes imports with files that begin as theirs did. What was brought in has to be the same, to the byte; what
// comes after it may be another text, and is brought in as it is.
func TestResumeKnowsTheFile(t *testing.T) {
	t.Parallel()
	const n, batch, stop = 6000, 1000, 4 // three batches are committed
	const position = (stop - 1) * batch  // rows
	text := func(lines []string) string { return strings.Join(lines, "\n") + "\n" }
	for _, c := range []struct {
		name  string
		done  bool // the import came to the end
		edit  func(lines []string) string
		rows  int // in the end
		links int
		wrong string
	}{
		{name: "another file of the same length, before the position", edit: func(l []string) string {
			l[position-5] = strings.Replace(l[position-5], ",c1", ",c2", 1)
			return text(l)
		}, wrong: "line 3002"},
		{name: "the last byte before the position", edit: func(l []string) string { l[position] = strings.Replace(l[position], ",c1", ",c2", 1); return text(l) }, wrong: "stands otherwise"},
		{name: "shorter", edit: func(l []string) string { return text(l[:position-5]) }, wrong: "bytes alone"},
		{name: "another tail", edit: func(l []string) string { l[n-5] = strings.Replace(l[n-5], ",c1", ",c2", 1); return text(l) }, rows: n, links: n},
		{name: "a longer tail", edit: func(l []string) string {
			return text(append(l, "product_channel,p6001,c1", "product_channel,p6001,c2"))
		}, rows: n + 2, links: n + 2},
		{name: "a shorter tail", edit: func(l []string) string { return text(l[:n-9]) }, rows: n - 10, links: n - 10},
		{name: "done: the same", done: true, edit: text, rows: n, links: n},
		{name: "done: another file of the same length", done: true, edit: func(l []string) string { l[n-5] = strings.Replace(l[n-5], ",c1", ",c2", 1); return text(l) }, wrong: "line 6002"},
		{name: "done: shorter", done: true, edit: func(l []string) string { return text(l[:n-5]) }, wrong: "bytes alone"},
		{name: "done: longer", done: true, edit: func(l []string) string { return text(append(l, "product_channel,p6001,c1")) }, rows: n + 1, links: n + 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			path, lines := w.long("links.csv", n)
			committed := position
			if c.done {
				_, err := w.importer().File(t.Context(), path)
				w.must(err)
				committed = n
			} else {
				w.stopped(path, batch, stop)
			}
			rejects := w.file("links.rejects.csv", "a merchant looks at it\n")
			w.must(os.WriteFile(path, []byte(c.edit(lines)), 0o600))
			report, err := (&linkfile.Importer{DB: w.db.Pool, Links: w.links, Resume: true}).File(t.Context(), path)
			if c.wrong != "" {
				var changed *linkfile.ChangedError
				if !errors.As(err, &changed) || changed.File != path || !strings.Contains(err.Error(), c.wrong) ||
					!strings.Contains(err.Error(), "without --resume") {
					t.Errorf("%s, %v", report, err)
				}
				if got := len(w.live()); got != committed {
					t.Errorf("%d links are live, %d were", got, committed)
				}
				if w.text(rejects) == "" {
					t.Error("the file of rejected rows was written anew")
				}
				return
			}
			if err != nil || report.Rows != c.rows || report.Created != c.links || len(w.live()) != c.links {
				t.Errorf("%s, %v; %d live", report, err, len(w.live()))
			}
		})
	}
}

// TestResumeSeesALineGoOn resumes what was done with a file whose last line is longer now.
func TestResumeSeesALineGoOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path, lines := w.long("links.csv", 4000)
	w.must(os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600)) // no line feed at the end
	_, err := w.importer().File(t.Context(), path)
	w.must(err)
	resume := func() (linkfile.Report, error) {
		return (&linkfile.Importer{DB: w.db.Pool, Links: w.links, Resume: true}).File(t.Context(), path)
	}
	w.must(os.WriteFile(path, []byte(strings.Join(lines, "\n")+"2\n"), 0o600))
	var changed *linkfile.ChangedError
	if report, err := resume(); !errors.As(err, &changed) || changed.Line != 4001 {
		t.Errorf("%s, %v", report, err)
	}
	w.must(os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\nproduct_channel,p1,none\n"), 0o600))
	report, err := resume()
	if err != nil || report.Rows != 4001 || report.Rejected != 1 {
		t.Fatalf("%s, %v", report, err)
	}
	if got := w.text(report.Rejects); !strings.Contains(got, "\n4002,") {
		t.Errorf("the line of the rejected row:\n%s", got)
	}
}
