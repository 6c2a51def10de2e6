package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/internal/pgtest"
)

// TestExitCodes tells misuse, failure and what was done in part apart.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	file := filepath.Join(t.TempDir(), "links.csv")
	if err := os.WriteFile(file, []byte("link,left,right\nproduct_sales_channel,none,none\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	for _, c := range []struct {
		want int
		args []string
	}{
		{0, []string{"migrate", "--database-url", db.URL}},
		{ExitUsage, []string{"kyes", "list"}},
		{ExitUsage, []string{"keys", "list", "--databse-url", db.URL}},
		{ExitUsage, []string{"keys", "create", "--type", "private", "--title", "x", "--database-url", db.URL}},
		{ExitFailed, []string{"links", "import", file + "x.csv", "--database-url", db.URL}},
		{ExitFailed, []string{"keys", "list", "--data-dir", empty}},
		{ExitPartly, []string{"links", "import", file, "--database-url", db.URL}},
	} {
		if _, err := try(t, c.args...); ExitCode(err) != c.want {
			t.Errorf("%s: exit code %d (%v), want %d", c.args, ExitCode(err), err, c.want)
		}
	}
	if left, _ := os.ReadDir(empty); len(left) > 0 {
		t.Errorf("a command has created %s in a folder without a database", left)
	}
}

func TestNoDatabaseInFolder(t *testing.T) {
	t.Parallel()
	_, err := try(t, "links", "plan", "--data-dir", t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "linkgraph serve or linkgraph migrate creates it") {
		t.Errorf("got %v", err)
	}
}

// TestImportDryRun imports a file twice: dry, and then really. The reports are equal, and the dry one writes nothing.
func TestImportDryRun(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if out, err := try(t, "migrate", "--database-url", db.URL); err != nil {
		t.Fatalf("%s\n%v", out, err)
	}
	if _, err := db.Pool.Exec(t.Context(), `
		INSERT INTO product (id, title, handle) VALUES ('p1', 'a', 'a'), ('p2', 'b', 'b');
		INSERT INTO sales_channel (id, name) VALUES ('s1', 'a')`); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "links.csv")
	text := "link,left,right\nproduct_sales_channel,p1,s1\nproduct_sales_channel,p2,s1\nproduct_sales_channel,p1,s1\nproduct_sales_channel,p3,s1\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var reports []string
	for i, args := range [][]string{{"--dry-run"}, {}} {
		out, err := try(
			t,
			append([]string{"links", "import", file, "--json", "--batch", "1", "--database-url", db.URL}, args...)...)
		var report struct{ Rows, Created, Rejected int }
		if ExitCode(err) != ExitPartly || json.Unmarshal([]byte(out), &report) != nil || report.Created != 2 ||
			report.Rejected != 1 {
			t.Errorf("%s: %s %v", args, out, err)
		}
		reports = append(reports, out)
		var links, events, imports int
		if err := db.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM product_sales_channel),
			(SELECT count(*) FROM linkgraph.link_event), (SELECT count(*) FROM linkgraph.link_import)`).Scan(&links, &events, &imports); err != nil {
			t.Fatal(err)
		}
		if want := 2 * i; links != want || events != want || imports != i {
			t.Errorf("%s: %d links, %d events, %d imports", args, links, events, imports)
		}
	}
	if reports[0] != reports[1] {
		t.Errorf("dry: %s\nreally: %s", reports[0], reports[1])
	}
}

// TestListsAsJSON reads what commands print with --json.
func TestListsAsJSON(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var steps []struct{ Kind, Link, Table string }
	if out, err := try(
		t,
		"links",
		"plan",
		"--json",
		"--database-url",
		db.URL,
	); err != nil || json.Unmarshal([]byte(out), &steps) != nil ||
		len(steps) < 20 || steps[0].Kind == "" ||
		steps[0].Table == "" {
		t.Errorf("links plan: %v %s", err, out)
	}
	if _, err := try(t, "keys", "create", "--type", "secret", "--title", "mine", "--database-url", db.URL); err != nil {
		t.Fatal(err)
	}
	var keys []struct{ ID, Title, Redacted string }
	if out, err := try(
		t,
		"keys",
		"list",
		"--json",
		"--database-url",
		db.URL,
	); err != nil || json.Unmarshal([]byte(out), &keys) != nil ||
		len(keys) != 1 || keys[0].Title != "mine" ||
		keys[0].Redacted == "" {
		t.Errorf("keys list: %v %s", err, out)
	}
}
