package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the pages of the golden schema")

const pagesFile = "testdata/pages.txtar"

// goldenSchema reads the schema of the golden file and prepends the project's directives.
func goldenSchema(t *testing.T) (*txtar.Archive, []*ast.Source) {
	t.Helper()
	root, err := os.ReadFile("../../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	directives, _, _ := strings.Cut(string(root), "# ---- The links between the modules")
	archive, err := txtar.ParseFile(pagesFile)
	if err != nil {
		t.Fatal(err)
	}
	sources := []*ast.Source{{Name: "directives.graphqls", Input: directives}}
	for _, f := range archive.Files {
		if strings.HasSuffix(f.Name, ".graphqls") {
			sources = append(sources, &ast.Source{Name: f.Name, Input: string(f.Data)})
		}
	}
	return archive, sources
}

// TestPagesOfSchema compares the pages of a small schema with the golden file.
func TestPagesOfSchema(t *testing.T) {
	t.Parallel()
	archive, sources := goldenSchema(t)
	s, err := read(sources)
	if err != nil {
		t.Fatal(err)
	}
	m, err := newManual(s, sources)
	if err != nil {
		t.Fatal(err)
	}
	got := m.pages()
	if *update {
		archive.Files = slices.DeleteFunc(
			archive.Files,
			func(f txtar.File) bool { return strings.HasSuffix(f.Name, ".md") },
		)
		for _, name := range slices.Sorted(maps.Keys(got)) {
			archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(got[name])})
		}
		if err := os.WriteFile(pagesFile, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]string{}
	for _, f := range archive.Files {
		if strings.HasSuffix(f.Name, ".md") {
			want[f.Name] = string(f.Data)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages (-want +got), -update writes them:\n%s", diff)
	}
	got["../links.md"], got["../add-a-module.md"] = "", "" // TestPageRefs checks these
	checkRefs(t, got)
}

// TestStalePages checks that the page of a removed module is removed, and that a page written by hand stays.
func TestStalePages(t *testing.T) {
	t.Parallel()
	_, sources := goldenSchema(t)
	s, err := read(sources)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "gone.md"), []byte(pageMark+"\n\n# The gone module\n"))
	writeFile(t, filepath.Join(dir, "notes.md"), []byte("# Notes\n"))
	if err := writePages(dir, s, sources); err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range readPages(t, dir) {
		names = append(names, name)
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"README.md", "law.md", "music.md", "notes.md"}, names); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

// TestPageRefs checks that the links in docs/modules lead somewhere.
func TestPageRefs(t *testing.T) {
	t.Parallel()
	pages := readPages(t, "../../docs/modules")
	if len(pages) == 0 {
		t.Fatal("no pages: run make generate")
	}
	for name, text := range readPages(t, "../../docs") {
		pages["../"+name] = text
	}
	checkRefs(t, pages)
}

func readPages(t *testing.T, dir string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pages[filepath.Base(name)] = string(text)
	}
	return pages
}

var refPattern = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// checkRefs checks the relative links of generated pages against the headings of all pages.
func checkRefs(t *testing.T, pages map[string]string) {
	t.Helper()
	anchors := map[string]map[string]bool{}
	for name, text := range pages {
		anchors[name] = headings(text)
	}
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		if !strings.HasPrefix(pages[name], pageMark) {
			continue
		}
		for _, ref := range refPattern.FindAllStringSubmatch(pages[name], -1) {
			file, fragment, _ := strings.Cut(ref[1], "#")
			if file == "" {
				file = name
			}
			found, ok := anchors[path.Clean(file)]
			if !ok || fragment != "" && !found[fragment] {
				t.Errorf("%s: nothing at %s", name, ref[1])
			}
		}
	}
}

var notInAnchor = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)

// headings returns the anchors that GitHub gives to the headings of a page.
func headings(text string) map[string]bool {
	found := map[string]bool{}
	fenced := false
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		heading := strings.TrimLeft(line, "#")
		if fenced || heading == line || !strings.HasPrefix(heading, " ") {
			continue
		}
		slug := strings.ReplaceAll(
			notInAnchor.ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), ""),
			" ",
			"-",
		)
		unique := slug
		for i := 1; found[unique]; i++ {
			unique = fmt.Sprintf("%s-%d", slug, i)
		}
		found[unique] = true
	}
	return found
}
