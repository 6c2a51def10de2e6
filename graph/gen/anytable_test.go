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
	"golang.org/x/tools/txtar"

	"github.com/linkgraph/linkgraph/internal/pgtest"
)

const (
	blogFile       = "testdata/anytable/blog.sql"
	discoveredFile = "testdata/anytable/discovered.txt"
)

// shop is an existing database: the tables of docs/any-table.md, and the tables of a Medusa shop's own module with
// the links that the shop defined.
type shop struct {
	*guide
	db     *pgtest.DB
	binary string
}

func openShop(t *testing.T, dir, binary string) *shop {
	t.Helper()
	s := &shop{openGuide(t, dir, "any-table.md"), pgtest.New(t), binary}
	s.exec = func(t *testing.T, sql string) {
		t.Helper()
		if _, err := s.db.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
	}
	s.program = func(t *testing.T, args ...string) string {
		t.Helper()
		return s.run(t, exec.Command(s.binary, args...))
	}
	s.serve = func(t *testing.T) string {
		t.Helper()
		return start(t, s.binary, "--addr", "127.0.0.1:0", "--database-url", s.db.URL)
	}
	return s
}

func (s *shop) run(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	cmd.Env = append(os.Environ(), "DATABASE_URL="+s.db.URL)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, &stderr)
	}
	return string(out)
}

// discover runs `links discover` before anything is declared, and appends each part of its output to the file that it
// names.
func (s *shop) discover(t *testing.T) {
	t.Helper()
	sql, err := os.ReadFile(blogFile)
	if err != nil {
		t.Fatal(err)
	}
	s.exec(t, string(sql))
	cmd := exec.Command("go", "run", ".", "links", "discover")
	cmd.Dir = "../.."
	printed := s.run(t, cmd)
	compare(t, discoveredFile, printed)
	parts := regexp.MustCompile(`(?m)^# ---- (\S+)\n`).FindAllStringSubmatchIndex(printed, -1)
	for i, at := range parts {
		end := len(printed)
		if i+1 < len(parts) {
			end = parts[i+1][0]
		}
		path := filepath.Join(s.dir, printed[at[2]:at[3]])
		if _, err := os.Stat(path); os.IsNotExist(err) {
			writeFile(t, path, nil)
		}
		appendFile(t, path, "\n"+printed[at[1]:end])
	}
}

// compare compares a text with a golden file.
func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		writeFile(t, file, []byte(got))
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s: run with -update if this is right (-want +got):\n%s", file, diff)
	}
}

// test runs the page, and then queries that the page has no room for.
func (s *shop) test(t *testing.T) {
	before := s.describe(t)
	s.try(t)
	want := map[string]int{
		"sql":      5,
		"file":     2,
		"also":     4,
		"generate": 1,
		"export DATABASE_URL=postgres://user:password@localhost/shop": 1,
		"go run . migrate --plan":                                     1,
		"go run . migrate":                                            1,
		"go run .":                                                    1,
		"go run . links discover":                                     1,
		"query":                                                       2,
		"answer":                                                      2,
		"text":                                                        4,
	}
	if diff := cmp.Diff(want, s.done); diff != "" {
		t.Errorf("the page is read differently (-want +got):\n%s", diff)
	}
	if plan := s.program(t, "links", "plan"); strings.Contains(plan, "blocked") || strings.Contains(plan, "create") ||
		strings.Contains(plan, "update") {
		t.Errorf("there is more to do:\n%s", plan)
	}
	if diff := cmp.Diff(before, s.describe(t)); diff != "" {
		t.Errorf("tables that were there changed (-before +after):\n%s", diff)
	}
	for _, name := range []string{"warehouse", "faults", "blog"} {
		t.Run(name, func(t *testing.T) { s.golden(t, filepath.Join("testdata/anytable", name+".txtar")) })
	}
	t.Run("paging", s.paging)
}

// describe lists the columns and constraints of the existing tables.
func (s *shop) describe(t *testing.T) string {
	t.Helper()
	var text string
	err := s.db.Pool.QueryRow(t.Context(), `
		SELECT string_agg(line, E'\n' ORDER BY line) FROM (
			SELECT a.attrelid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull
				|| ' ' || COALESCE(pg_get_expr(d.adbin, d.adrelid), '') || a.attidentity::text AS line
			FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
			WHERE a.attrelid = ANY($1::regclass[]) AND a.attnum > 0
			UNION ALL
			SELECT conrelid::regclass || ': ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = ANY($1::regclass[])
		) AS l`, []string{
		"wms.supplier",
		"wms.device",
		"wms.bin",
		"wms.pallet",
		"wms.pallet_item",
		"wms.device_location",
		"erp.purchase",
		"post",
		"site",
		"edition",
		"product_product_blog_post",
		"my_posts",
		"product_product_blog_site_code",
		"product_product_blog_edition",
		"link_module_migrations",
	}).Scan(&text)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// golden runs the documents of a file in order and compares each answer with the one that follows in the file.
func (s *shop) golden(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := &txtar.Archive{Comment: archive.Comment}
	for _, f := range archive.Files {
		if name, ok := strings.CutSuffix(f.Name, ".graphql"); ok {
			answer := tidy(t, post(t, s.url, string(f.Data)))
			out.Files = append(out.Files, f, txtar.File{Name: name + ".json", Data: answer})
		}
	}
	compare(t, file, string(txtar.Format(out)))
}

var (
	timestamps = regexp.MustCompile(`"20\d\d-\d\d-\d\dT[0-9:.]+Z"`)
	madeIDs    = regexp.MustCompile(`"([a-z]+)_[0-9A-HJKMNP-TV-Z]{26}"`)
	cursors    = regexp.MustCompile(`(Cursor|cursor)": "[\w-]+"`)
)

// tidy indents an answer and masks what differs between runs.
func tidy(t *testing.T, answer string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(answer), "", "  "); err != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	b.WriteByte('\n')
	text := timestamps.ReplaceAll(b.Bytes(), []byte(`"<time>"`))
	text = madeIDs.ReplaceAll(text, []byte(`"${1}_<id>"`))
	return cursors.ReplaceAll(text, []byte(`$1": "<cursor>"`))
}

// paging walks lists whose cursors hold keys of several columns, in both directions and with every page size, and
// compares the result with the whole list.
func (s *shop) paging(t *testing.T) {
	for _, list := range []struct{ name, path, field, key, order string }{
		{"bins", "", "bins", "id", ""},
		{"bins downwards", "", "bins", "id", "{ id: DESC }"},
		{"bins by load", "", "bins", "id", "{ maxLoad: DESC }"},
		{"bins by pallets", "", "bins", "id", "{ pallets: { min: { no: ASC } } }"},
		{"items", "", "palletItems", "id", ""},
		{"items by text", "", "palletItems", "id", "{ text: DESC }"},
		{"numbers", "", "suppliers", "id", "{ since: ASC }"},
		{"UUIDs", "", "devices", "id", "{ order: DESC }"},
		{"bins of a product", `product(id: "prod_rug")`, "bins", "id", ""},
		{"bins of a product by quantity", `product(id: "prod_rug")`, "bins", "id", "{ link: { quantity: DESC } }"},
		{"items of a pallet", "pallet(no: 2)", "allItems", "id", "{ id: DESC }"},
		{"rows", "", "productBins", "id", "{ binId: DESC }"},
	} {
		t.Run(list.name, func(t *testing.T) {
			t.Parallel()
			page := func(arguments string) (keys []string, info pageInfo) {
				t.Helper()
				if list.order != "" {
					arguments += ", orderBy: [" + list.order + "]"
				}
				query := fmt.Sprintf(
					"%s(%s) { nodes { key: %s } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } }",
					list.field,
					arguments,
					list.key,
				)
				if list.path != "" {
					query = list.path + " { " + query + " }"
				}
				return nodesOf(t, post(t, s.url, "{ "+query+" }"))
			}
			all, _ := page("first: 100")
			if len(all) < 2 {
				t.Fatalf("too few: %v", all)
			}
			for size := 1; size <= len(all); size++ {
				var forward, backward []string
				after, before := "", ""
				for range all {
					keys, info := page(fmt.Sprintf("first: %d%s", size, after))
					forward = append(forward, keys...)
					after = fmt.Sprintf(", after: %q", info.EndCursor)
					if !info.HasNextPage {
						break
					}
				}
				for range all {
					keys, info := page(fmt.Sprintf("last: %d%s", size, before))
					backward = append(keys, backward...)
					before = fmt.Sprintf(", before: %q", info.StartCursor)
					if !info.HasPreviousPage {
						break
					}
				}
				if diff := cmp.Diff(all, forward); diff != "" {
					t.Errorf("pages of %d, forward (-whole +pages):\n%s", size, diff)
				}
				if diff := cmp.Diff(all, backward); diff != "" {
					t.Errorf("pages of %d, backward (-whole +pages):\n%s", size, diff)
				}
			}
		})
	}
}

type pageInfo struct {
	StartCursor, EndCursor       string
	HasNextPage, HasPreviousPage bool
}

// nodesOf reads the only list of an answer.
func nodesOf(t *testing.T, answer string) (keys []string, info pageInfo) {
	t.Helper()
	var response struct {
		Data   map[string]json.RawMessage
		Errors json.RawMessage
	}
	if err := json.Unmarshal([]byte(answer), &response); err != nil || response.Errors != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	for data := response.Data; data != nil; {
		var list struct {
			Nodes    []struct{ Key string }
			PageInfo pageInfo
		}
		var next map[string]json.RawMessage
		for _, v := range data {
			if err := json.Unmarshal(v, &list); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(v, &next); err != nil {
				t.Fatal(err)
			}
		}
		if list.Nodes != nil {
			for _, n := range list.Nodes {
				keys = append(keys, n.Key)
			}
			return keys, list.PageInfo
		}
		data = next
	}
	t.Fatalf("no list: %s", answer)
	return nil, info
}
