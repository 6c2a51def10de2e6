package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/internal/exec"
	"github.com/linkgraph/linkgraph/internal/bookkeeping"
	"github.com/linkgraph/linkgraph/internal/medusa/medusatest"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// oneOfEach makes a record of every model, and has them lead to each other over every relation and link that the database has.
func oneOfEach(t *testing.T, db *pgtest.DB) {
	t.Helper()
	m := newMaker(newAPI(t, db, graph.Config{}))
	catalog := m.graph.Records.Catalog()
	kept := map[string]string{}
	tables := map[string]bool{} // that records were made in
	for _, model := range catalog.Models() {
		if model.Link == "" && !model.ReadOnly {
			kept[model.Name] = m.make(model.Name, nil)
			tables[model.Table] = true
		}
	}
	run := func(sql string, args ...any) {
		t.Helper()
		if _, err := db.Pool.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%s %v: %v", sql, args, err)
		}
	}
	writeHistory(t, m.graph, db)
	quote := func(name string) string { return pgx.Identifier{name}.Sanitize() }
	for _, model := range catalog.Models() {
		taken := map[string]bool{} // columns that hold a key
		for _, r := range model.Relations {
			target := m.model(r.Target)
			switch t := r.Through; {
			case model.Link != "" || model.ReadOnly:
			case t == nil && !r.Many && taken[r.Columns[0]]: // holds keys of several models
				i, _ := model.Column(r.Columns[0])
				m.make(model.Name, map[string]any{model.Columns[i].Field: kept[target.Name]})
			case t == nil && !r.Many && len(r.Columns) == 1 && r.Columns[0] != model.PrimaryKey:
				taken[r.Columns[0]] = true
				run(
					fmt.Sprintf(
						`UPDATE %s SET %s = (SELECT %s FROM %s WHERE %s = $1) WHERE %s = $2`,
						quote(model.Table),
						quote(r.Columns[0]),
						quote(
							r.TargetColumns[0],
						),
						quote(target.Table),
						quote(target.PrimaryKey),
						quote(model.PrimaryKey),
					),
					kept[target.Name],
					kept[model.Name],
				)
			case r.Settable != "" && !tables[t.Table]:
				record := recordstore.Values{
					model.Columns[model.Primary()].Field: kept[model.Name],
					r.Settable:                           []any{kept[target.Name]},
				}
				_, err := m.graph.Records.Update(context.Background(), model, []recordstore.Values{record})
				if err != nil {
					m.Fatal(err)
				}
			}
		}
	}
	for _, d := range m.graph.Links.Catalog().Links() {
		var there bool
		if err := db.Pool.QueryRow(t.Context(), `SELECT to_regclass($1) IS NOT NULL`, quote(d.Table)).
			Scan(&there); err != nil {
			t.Fatal(err)
		}
		if d.ReadOnly == "" && there {
			run(
				fmt.Sprintf(
					`INSERT INTO %s (%s, %s, id) VALUES ($1, $2, $3)`,
					quote(d.Table),
					quote(d.Left.Key),
					quote(d.Right.Key),
				),
				kept[d.Left.Model],
				kept[d.Right.Model],
				d.IDPrefix,
			)
		}
	}
}

// writeHistory inserts a row into each table of the module history. The link store and the audit log make the tables in any
// database that they write to.
func writeHistory(t *testing.T, g *graph.Graph, db *pgtest.DB) {
	t.Helper()
	ctx := t.Context()
	if _, err := bookkeeping.Migrate(ctx, db.Pool); err != nil {
		t.Fatal(err)
	}
	if err := g.Links.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Pool.Exec(ctx, `
		INSERT INTO linkgraph.deletion (id, deleted_at) VALUES ('del_1', now());
		INSERT INTO linkgraph.deletion_record (deletion_id, model, key, removed) VALUES ('del_1', 'Product', 'p', true);
		INSERT INTO linkgraph.deletion_link (deletion_id, link, left_key, right_key) VALUES ('del_1', 'a_b', 'a', 'b');
		INSERT INTO linkgraph.repaired_link (deletion_id, link, id, left_key, right_key, kind)
		VALUES ('del_1', 'a_b', 'ab_1', 'a', 'b', 'duplicate');
		INSERT INTO linkgraph.link_event (event, link, left_key, right_key, data, cause)
		VALUES ('detached', 'a_b', 'a', 'b', '{}', 'delete');
		INSERT INTO linkgraph.audit (
			caller_kind, caller_id, caller_name, caller_role, request_id, operation, field, document_hash, action, receipt,
			truncated, deletion_id
		) VALUES ('admin', 'apk_1', 'A', 'read-write', '', '', 'deleteLinks', '', 'delete_links', '{}', false, 'del_1')`,
	); err != nil {
		t.Fatal(err)
	}
}

// readOnly has a database refuse to be written to.
func readOnly(t *testing.T, db *pgtest.DB) {
	t.Helper()
	if _, err := db.Pool.Exec(
		t.Context(),
		`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`,
	); err != nil {
		t.Fatal(err)
	}
	db.Pool.Reset() // for sessions that know of it
	if _, err := db.Pool.Exec(t.Context(), `CREATE TABLE t (n integer)`); err == nil {
		t.Fatal("the database can be written to")
	}
}

// sweep is a query that reads all fields of all records of a model, and what every relation leads to; and counts
// those that lead to something, and those that do not.
func sweep(schema *ast.Schema, v verbs, m *recordstore.Model, all map[string]verbs) string {
	var fields, counts strings.Builder
	for _, f := range schema.Types[m.Name].Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		r, ok := m.Relation(f.Name)
		if !ok {
			fmt.Fprintf(&fields, " %s", f.Name)
			if f.Type.Name() == "LinkedRecord" { // an end of a link
				fields.WriteString(" { module model id }")
			}
			continue
		}
		key := all[r.Target].key
		some, none := "isNull: false", "isNull: true"
		if r.Many {
			fmt.Fprintf(&fields, " %s { totalCount nodes { %s } }", f.Name, key)
			some, none = "some: {}", "none: {}"
		} else {
			fmt.Fprintf(&fields, " %s { %s }", f.Name, key)
		}
		for name, condition := range map[string]string{"some": some, "none": none} {
			fmt.Fprintf(
				&counts,
				" %s_%s: %s(filter: { %s: { %s } }) { totalCount }",
				name,
				f.Name,
				v.list,
				f.Name,
				condition,
			)
		}
	}
	return fmt.Sprintf(
		`{ all: %s(first: 1000) { totalCount nodes {%s } pageInfo { hasNextPage endCursor } } %s }`,
		v.list,
		&fields,
		&counts,
	)
}

// found is the answer to a sweep.
type found struct {
	TotalCount int
	Nodes      []map[string]json.RawMessage
}

// leads counts the records that a relation of a node leads to.
func leads(node map[string]json.RawMessage, r *recordstore.Relation) int {
	if !r.Many {
		if string(node[r.Field]) == "null" {
			return 0
		}
		return 1
	}
	var list found
	_ = json.Unmarshal(node[r.Field], &list) // no list, no records
	return list.TotalCount
}

// sweepAll reads everything that a database has. lacks are the models whose table is missing. All other models have
// records, and of every relation between them one that it leads from.
func sweepAll(t *testing.T, a *api, lacks map[string]bool) {
	t.Helper()
	schema := exec.NewExecutableSchema(exec.Config{}).Schema()
	all := apiVerbs()
	for _, m := range a.graph.Records.Catalog().Models() {
		v := all[m.Name]
		var answer map[string]found
		a.ask(&answer, sweep(schema, v, m, all), nil)
		list := answer["all"]
		if lacks[m.Name] != (list.TotalCount == 0) || len(list.Nodes) != list.TotalCount {
			t.Errorf("%s: %d records, %d nodes", v.list, list.TotalCount, len(list.Nodes))
		}
		for i := range m.Relations {
			r := &m.Relations[i]
			n := 0
			for _, node := range list.Nodes {
				n = max(n, leads(node, r))
			}
			lacking := lacks[m.Name] || lacks[r.Target] ||
				r.Through != nil && (lacks[r.Through.Row] || lacksTable(a, lacks, r.Through.Table))
			if lacking != (n == 0) {
				t.Errorf("%s.%s leads to %d records", m.Name, r.Field, n)
			}
			with, without := answer["some_"+r.Field].TotalCount, answer["none_"+r.Field].TotalCount
			if with+without != list.TotalCount || (with == 0) != lacking {
				t.Errorf(
					"%s.%s: %d lead to something, %d do not, of %d",
					m.Name,
					r.Field,
					with,
					without,
					list.TotalCount,
				)
			}
		}
	}
	if strings.Contains(a.log.String(), "level=ERROR") {
		t.Errorf("logged: %s", a.log)
	}
}

func lacksTable(a *api, lacks map[string]bool, table string) bool {
	return slices.ContainsFunc(
		a.graph.Records.Catalog().Models(),
		func(m *recordstore.Model) bool { return m.Table == table && lacks[m.Name] },
	)
}

// adapted returns a read-only API over a database as it is, and what it lacks: a table, or a column of one.
func adapted(t *testing.T, db *pgtest.DB) (*api, []string) {
	t.Helper()
	a := newAPI(
		t,
		db,
		graph.Config{ReadOnly: true, Limits: graph.Limits{MaxPage: 1000, MaxCost: 10_000_000, MaxConditions: 1000}},
	)
	missing, err := a.graph.Adapt(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a.handler = a.graph.Handler()
	var lacks []string
	for _, m := range missing {
		if m.Columns == nil {
			lacks = append(lacks, m.Model)
		}
		for _, c := range m.Columns {
			lacks = append(lacks, m.Model+"."+c)
		}
	}
	slices.Sort(lacks)
	return a, lacks
}

func set(names ...string) map[string]bool {
	all := map[string]bool{}
	for _, n := range names {
		all[n] = true
	}
	return all
}

// notOfMedusa are the models of link tables that Medusa does not make.
var notOfMedusa = []string{"OrderClaimPaymentCollection", "OrderExchangePaymentCollection", "ProductRelatedProduct"}

// TestDatabases asks for every field of every model and link, and walks every relation, on databases that cannot be
// written to: one of this program, one of Medusa, and one of a Medusa without some modules and a column.
func TestDatabases(t *testing.T) {
	t.Parallel()
	t.Run("migrated", func(t *testing.T) {
		t.Parallel()
		db := newDB(t)
		oneOfEach(t, db)
		readOnly(t, db)
		a, lacks := adapted(t, db)
		if len(lacks) > 0 {
			t.Errorf("lacks %v", lacks)
		}
		sweepAll(t, a, nil)
	})
	t.Run("medusa", func(t *testing.T) {
		t.Parallel()
		db := medusatest.New(t)
		oneOfEach(t, db)
		readOnly(t, db)
		a, lacks := adapted(t, db)
		if !slices.Equal(lacks, notOfMedusa) {
			t.Errorf("lacks %v", lacks)
		}
		sweepAll(t, a, set(notOfMedusa...))
	})
	t.Run("older medusa", func(t *testing.T) {
		t.Parallel()
		db := medusatest.New(t)
		oneOfEach(t, db)
		if _, err := db.Pool.Exec(t.Context(), `
			DROP TABLE rbac_role, rbac_policy, rbac_role_inheritance, rbac_role_parent, rbac_role_policy, user_rbac_role, invite_rbac_role,
				translation, translation_settings, locale;
			ALTER TABLE product DROP COLUMN external_id`); err != nil {
			t.Fatal(err)
		}
		readOnly(t, db)
		a, lacks := adapted(t, db)
		tables := append(
			slices.Clone(notOfMedusa),
			"InviteRbacRole",
			"Locale",
			"RbacPolicy",
			"RbacRole",
			"RbacRoleInheritance",
			"RbacRoleParent",
			"RbacRolePolicy",
			"Translation",
			"TranslationSetting",
			"UserRbacRole",
		)
		want := append(slices.Clone(tables), "Product.external_id")
		slices.Sort(want)
		if !slices.Equal(lacks, want) {
			t.Errorf("lacks %v, want %v", lacks, want)
		}
		sweepAll(t, a, set(tables...))
		var answer struct {
			Products struct {
				Nodes []struct{ ExternalID *string }
			}
			User struct{ RbacRoles found }
		}
		a.ask(&answer, `{ products(filter: { externalId: { isNull: true } }) { nodes { externalId } } }`, nil)
		if len(answer.Products.Nodes) == 0 || answer.Products.Nodes[0].ExternalID != nil {
			t.Errorf("got %+v", answer)
		}
		for _, mutation := range []string{
			`mutation { createProducts(input: [{ title: "a" }]) { products { id } } }`,
			`mutation { deleteUsers(ids: ["u"]) { deletionId } }`,
			`mutation { createLinks(links: [{ product: { productId: "p" }, salesChannel: { salesChannelId: "c" } }]) { results { outcome } } }`,
		} {
			m := &maker{api: a}
			if f := m.fails(mutation); f.Extensions.Code != "FORBIDDEN" {
				t.Errorf("%s: %+v", mutation, f)
			}
		}
	})
}
