package main

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
)

// TestUniqueColumns reads unique indexes from migrations: those of one column, of all or of all live records, that are not dropped.
func TestUniqueColumns(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{
		"modules/a/migrations/00001_a.sql": {Data: []byte(`-- +goose Up
CREATE TABLE IF NOT EXISTS a (id text);
CREATE UNIQUE INDEX IF NOT EXISTS "IDX_a_handle" ON a (handle) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX a_sku ON a (sku);
CREATE UNIQUE INDEX a_open ON a (state) WHERE deleted_at IS NULL AND open;
CREATE UNIQUE INDEX a_two ON a (sku, state);
CREATE INDEX a_plain ON a (plain);
CREATE UNIQUE INDEX a_gone ON a (gone);

-- +goose Down
CREATE UNIQUE INDEX a_down ON a (down);
`)},
		"modules/a/migrations/00002_b.sql": {Data: []byte(`-- +goose Up
DROP INDEX IF EXISTS a_gone;
CREATE TABLE "order" (id text);
CREATE UNIQUE INDEX b_code ON "order" ("code");
`)},
	}
	columns, created, err := uniqueColumns(tree)
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range columns {
		slices.Sort(of)
	}
	if diff := cmp.Diff(map[string][]string{"a": {"handle", "sku"}, "order": {"code"}}, columns); diff != "" {
		t.Errorf("unique columns (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]bool{"a": true, "order": true}, created); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
}

// TestUnique declares columns of another program's table unique, and one that a migration should have an index for.
func TestUnique(t *testing.T) {
	t.Parallel()
	_, sources := goldenSchema(t)
	sources = append(
		slices.Clone(sources),
		&ast.Source{
			Name: "m.graphqls",
			Input: `type Theirs @model(module: "theirs", table: "theirs", primaryKey: "nr") {
  nr: ID!
  code: String @unique
  size: Int @unique
  hidden: String @unique @secret
}
type Ours @model(module: "ours", table: "ours", idPrefix: "o") {
  id: ID!
  code: String @unique
}`,
		},
	)
	s, err := read(sources)
	if err != nil {
		t.Fatal(err)
	}
	tree := fstest.MapFS{"modules/ours/migrations/00001_a.sql": {Data: []byte("CREATE TABLE ours (id text);\n")}}
	err = s.markUnique(tree)
	const want = "m.graphqls:9: Ours.code: no migration of module ours creates a unique index on ours (code)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	const field = "theirs(nr: ID, code: String): Theirs"
	if got := s.model("Theirs").lookupField(); !strings.HasSuffix(got, field) {
		t.Errorf("got %s, want %s", got, field)
	}
}
