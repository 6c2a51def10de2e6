package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// object is an object in the system catalogue of a database.
type object struct {
	kind     string // name of the catalogue without pg_: class, attribute, index, …
	schema   string
	table    string // the table it belongs to, if any
	relation string // the table, index or sequence it is part of, if any
	name     string
}

func (o object) String() string {
	parts := []string{o.kind, o.schema + "." + o.table}
	if o.relation != o.table {
		parts = append(parts, o.relation)
	}
	return strings.Join(append(parts, o.name), " ")
}

// own reports whether this program created the object: it is in our schema, or is an index with our prefix.
func (o object) own() bool {
	return o.schema == ownSchema || o.kind == "namespace" && o.name == ownSchema ||
		o.relation != o.table && strings.HasPrefix(o.relation, ownIndexes)
}

const (
	ownSchema  = "linkgraph"
	ownIndexes = "linkgraph_"
)

// state is the content of a database: the rows of its system catalogue, and a row count and digest of each table.
type state struct {
	objects  map[object]string
	contents map[string]string // by table, with its schema
}

// relationOf names the table that a class belongs to: the table itself, or for an index the table it is on.
const relationOf = `
	SELECT c.oid, c.relname AS relation, n.nspname AS schema, coalesce(t.relname, c.relname) AS "table", c.relkind
	FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
	LEFT JOIN pg_index AS i ON i.indexrelid = c.oid LEFT JOIN pg_class AS t ON t.oid = i.indrelid`

// catalogues are queries for all objects of a database with everything that describes them. OIDs and file nodes are
// included, to detect objects that were dropped and created again. Estimates and ages are not, because Postgres
// changes them by itself.
var catalogues = map[string]string{
	"namespace": `SELECT n.nspname, '', '', n.nspname, n::text FROM pg_namespace AS n`,
	"class": `
		SELECT r.schema, r."table", r.relation, '', ROW(c.oid, c.relfilenode, c.relkind, c.reltype, c.relowner, c.relam, c.reltablespace,
			c.reltoastrelid, c.relisshared, c.relpersistence, c.relnatts, c.relchecks, c.relhasrules, c.relhastriggers, c.relhassubclass,
			c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.relispartition, c.relacl, c.reloptions)::text
		FROM pg_class AS c JOIN r USING (oid)`,
	"attribute":  `SELECT r.schema, r."table", r.relation, a.attname, a::text FROM pg_attribute AS a JOIN r ON r.oid = a.attrelid`,
	"attrdef":    `SELECT r.schema, r."table", r.relation, d.adnum::text, d::text FROM pg_attrdef AS d JOIN r ON r.oid = d.adrelid`,
	"index":      `SELECT r.schema, r."table", r.relation, '', i::text FROM pg_index AS i JOIN r ON r.oid = i.indexrelid`,
	"constraint": `SELECT r.schema, r."table", r.relation, c.conname, c::text FROM pg_constraint AS c JOIN r ON r.oid = c.conrelid`,
	"trigger":    `SELECT r.schema, r."table", r.relation, t.tgname, t::text FROM pg_trigger AS t JOIN r ON r.oid = t.tgrelid`,
	"rewrite":    `SELECT r.schema, r."table", r.relation, w.rulename, w::text FROM pg_rewrite AS w JOIN r ON r.oid = w.ev_class`,
	"policy":     `SELECT r.schema, r."table", r.relation, p.polname, p::text FROM pg_policy AS p JOIN r ON r.oid = p.polrelid`,
	"sequence":   `SELECT r.schema, r."table", r.relation, '', s::text FROM pg_sequence AS s JOIN r ON r.oid = s.seqrelid`,
	"type": `
		SELECT n.nspname, coalesce(r."table", e."table", ''), coalesce(r.relation, e.relation, ''), t.typname, t::text
		FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace
		LEFT JOIN r ON r.oid = t.typrelid LEFT JOIN pg_type AS et ON et.oid = t.typelem LEFT JOIN r AS e ON e.oid = et.typrelid`,
	"enum": `
		SELECT n.nspname, '', '', t.typname || ' ' || e.enumlabel, e::text
		FROM pg_enum AS e JOIN pg_type AS t ON t.oid = e.enumtypid JOIN pg_namespace AS n ON n.oid = t.typnamespace`,
	"proc": `
		SELECT n.nspname, '', '', p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', p::text
		FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace`,
	"extension":     `SELECT n.nspname, '', '', e.extname, e::text FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace`,
	"collation":     `SELECT n.nspname, '', '', c.collname, c::text FROM pg_collation AS c JOIN pg_namespace AS n ON n.oid = c.collnamespace`,
	"statistic_ext": `SELECT n.nspname, '', '', s.stxname, s::text FROM pg_statistic_ext AS s JOIN pg_namespace AS n ON n.oid = s.stxnamespace`,
	"event_trigger": `SELECT '', '', '', t.evtname, t::text FROM pg_event_trigger AS t`,
}

// readState reads the state of a database.
func readState(ctx context.Context, db *pgxpool.Pool) (*state, error) {
	s := &state{objects: map[object]string{}, contents: map[string]string{}}
	for _, kind := range sortedKeys(catalogues) {
		if err := s.readCatalogue(ctx, db, kind); err != nil {
			return nil, fmt.Errorf("read the catalogue pg_%s: %w", kind, err)
		}
	}
	for o := range s.objects {
		if o.kind == "class" && o.relation == o.table { // not an index
			if err := s.readContents(ctx, db, o); err != nil {
				return nil, fmt.Errorf("read %s.%s: %w", o.schema, o.table, err)
			}
		}
	}
	return s, nil
}

func (s *state) readCatalogue(ctx context.Context, db *pgxpool.Pool, kind string) error {
	rows, err := db.Query(ctx, `
		WITH r AS (`+relationOf+`), o (schema, "table", relation, name, value) AS (`+catalogues[kind]+`)
		SELECT schema, "table", relation, name, value FROM o
		WHERE schema NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND schema NOT LIKE 'pg\_temp%' AND schema NOT LIKE 'pg\_toast\_temp%'`)
	if err != nil {
		return err
	}
	o := object{kind: kind}
	var value string
	_, err = pgx.ForEachRow(rows, []any{&o.schema, &o.table, &o.relation, &o.name, &value}, func() error {
		s.objects[o] = value
		return nil
	})
	return err
}

// readContents reads the row count and digest of a table or sequence.
func (s *state) readContents(ctx context.Context, db *pgxpool.Pool, o object) error {
	var contents string
	err := db.QueryRow(ctx, fmt.Sprintf(`
		SELECT count(*) || ' rows, ' || coalesce(md5(string_agg(t::text, E'\n' ORDER BY t::text)), '') FROM (SELECT * FROM %s) AS t`, quote(o.schema, o.table))).Scan(&contents)
	s.contents[o.schema+"."+o.table] = contents
	return err
}

// digest returns a short digest of the whole state.
func (s *state) digest() string {
	sum := sha256.New()
	lines := map[string]string{}
	for o, value := range s.objects {
		lines[o.String()] = value
	}
	for _, name := range sortedKeys(lines) {
		fmt.Fprintln(sum, name, lines[name])
	}
	for _, name := range sortedKeys(s.contents) {
		fmt.Fprintln(sum, name, s.contents[name])
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// change is the difference between two states.
type change struct {
	gone, altered []string // objects
	added         []object
	contents      []string // tables that exist in both states with different rows
}

// since returns the difference between an earlier state and s.
func (s *state) since(before *state) change {
	var c change
	for o, value := range before.objects {
		if now, ok := s.objects[o]; !ok {
			c.gone = append(c.gone, o.String())
		} else if now != value {
			c.altered = append(c.altered, fmt.Sprintf("%s: %s, was %s", o, now, value))
		}
	}
	for o := range s.objects {
		if _, ok := before.objects[o]; !ok {
			c.added = append(c.added, o)
		}
	}
	for table, rows := range before.contents {
		if now, ok := s.contents[table]; ok && now != rows {
			c.contents = append(c.contents, fmt.Sprintf("%s: %s, was %s", table, now, rows))
		}
	}
	return c
}

func (c change) none() bool {
	return len(c.gone)+len(c.altered)+len(c.added)+len(c.contents) == 0
}

// details lists the change.
func (c change) details() []string {
	var all []string
	for _, part := range []struct {
		what  string
		names []string
	}{{"gone", c.gone}, {"altered", c.altered}, {"rows", c.contents}} {
		for _, name := range part.names {
			all = append(all, part.what+": "+name)
		}
	}
	for _, o := range c.added {
		all = append(all, "added: "+o.String())
	}
	return all
}
