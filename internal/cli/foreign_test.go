package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/internal/medusa/medusatest"
	"github.com/linkgraph/linkgraph/internal/pgtest"
)

// foreign is a small part of a database that Medusa made: two tables of modules, and their link table.
const foreign = `
	CREATE TABLE product (
		id text PRIMARY KEY, title text NOT NULL, handle text NOT NULL, status text NOT NULL DEFAULT 'draft',
		created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz
	);
	CREATE TABLE sales_channel (
		id text PRIMARY KEY, name text NOT NULL, description text, is_disabled boolean NOT NULL DEFAULT false, metadata jsonb,
		created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz
	);
	CREATE TABLE product_sales_channel (
		product_id varchar(255) NOT NULL, sales_channel_id varchar(255) NOT NULL, id varchar(255) NOT NULL,
		created_at timestamptz(0) NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz(0) NOT NULL DEFAULT CURRENT_TIMESTAMP,
		deleted_at timestamptz(0), PRIMARY KEY (product_id, sales_channel_id)
	);
	INSERT INTO product (id, title, handle) VALUES ('prod_1', 'Shirt', 'shirt');
	INSERT INTO sales_channel (id, name) VALUES ('sc_1', 'Web');
	INSERT INTO product_sales_channel (product_id, sales_channel_id, id) VALUES ('prod_1', 'sc_1', 'prodsc_1')`

// relations lists every table and index of a database, so that two moments can be compared.
func relations(t *testing.T, db *pgtest.DB) string {
	t.Helper()
	var names string
	err := db.Pool.QueryRow(t.Context(), `
		SELECT string_agg(n.nspname || '.' || c.relname, ' ' ORDER BY n.nspname, c.relname)
		FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`).Scan(&names)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func try(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err = Run(context.Background(), args, &stdout, &stderr)
	return stdout.String(), err
}

// TestForeignDatabase goes the way of a shop that points the server at its Medusa database: nothing is changed until
// it is asked for, and then only what the plan has shown.
func TestForeignDatabase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if _, err := db.Pool.Exec(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	before := relations(t, db)
	if _, err := try(t, "serve", "--addr", "127.0.0.1:0", "--database-url", db.URL); err == nil ||
		!strings.Contains(err.Error(), "migrate --plan") {
		t.Errorf("serve on a foreign database: %v", err)
	}
	readOnly := serve(t, "--read-only", "--database-url", db.URL)
	for query, want := range map[string]string{
		`{ products { nodes { title subtitle salesChannels { nodes { name } } images { nodes { url } } tags { totalCount } } } }`: `{"data":{"products":{"nodes":[{"title":"Shirt","subtitle":null,` +
			`"salesChannels":{"nodes":[{"name":"Web"}]},"images":{"nodes":[]},"tags":{"totalCount":0}}]}}}`,
		`{ users(filter: { rbacRoles: { none: {} } }) { totalCount nodes { rbacRoles { totalCount } } } }`:                `{"data":{"users":{"totalCount":0,"nodes":[]}}}`,
		`{ orders(filter: { status: { eq: PENDING } }, orderBy: [{ status: DESC }]) { nodes { items { totalCount } } } }`: `{"data":{"orders":{"nodes":[]}}}`,
		`{ links(links: [{ user: { userId: "u" }, rbac: { rbacRoleId: "r" } }]) { id } }`:                                 `{"data":{"links":[]}}`,
		`mutation { createProducts(input: [{ title: "Hat" }]) { products { id } } }`:                                      `FORBIDDEN`,
	} {
		if got := readOnly.post(t, query); !strings.Contains(got, want) {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
	}
	if err := readOnly.stop(); err != nil {
		t.Error(err)
	}
	plan, err := try(t, "migrate", "--plan", "--database-url", db.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"CREATE INDEX IF NOT EXISTS linkgraph_product_created_at ON product", `CREATE INDEX "linkgraph_product_sales_channel_left"`,
		"CREATE TABLE IF NOT EXISTS rbac_role (", "-- module product, 00001_product.sql\n",
		"-- bookkeeping, 00002_audit.sql\n", "CREATE TABLE IF NOT EXISTS linkgraph.audit (",
	} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan lacks %s", want)
		}
	}
	for _, never := range []string{`CREATE TABLE "product_sales_channel"`, "ALTER TABLE product", `ALTER TABLE "product`, "DROP TABLE IF EXISTS", "+goose Down"} {
		if strings.Contains(plan, never) {
			t.Errorf("the plan has %s", never)
		}
	}
	if found, err := try(t, "links", "discover", "--database-url", db.URL); err != nil ||
		!strings.Contains(found, "is declared") {
		t.Errorf("links discover: %s %v", found, err)
	}
	if after := relations(t, db); after != before {
		t.Errorf("something was made although nothing was asked for:\n%s\n%s", before, after)
	}
}

// columns lists the columns and constraints of the tables in foreign.
func columns(t *testing.T, db *pgtest.DB) string {
	t.Helper()
	var all string
	err := db.Pool.QueryRow(t.Context(), `
		SELECT string_agg(line, E'\n' ORDER BY line) FROM (
			SELECT concat_ws(' ', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull) AS line FROM pg_attribute
			WHERE attrelid IN ('product'::regclass, 'sales_channel'::regclass, 'product_sales_channel'::regclass) AND attnum > 0
			UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
			WHERE conrelid IN ('product'::regclass, 'sales_channel'::regclass, 'product_sales_channel'::regclass)
		) AS f`).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestAdoptedDatabase migrates such a database, which keeps its tables as they are, and serves it.
func TestAdoptedDatabase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	// Without the columns that the modules' indexes and links rely on a database is no Medusa database of a known
	// version.
	sql := strings.Replace(foreign, "status text", "collection_id text, type_id text, status text", 1)
	if _, err := db.Pool.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
	before := columns(t, db)
	if out, err := try(t, "migrate", "--database-url", db.URL); err != nil {
		t.Fatalf("%s\n%v", out, err)
	}
	if after := columns(t, db); after != before {
		t.Errorf("columns before:\n%s\nafter:\n%s", before, after)
	}
	plan, err := try(t, "migrate", "--plan", "--database-url", db.URL)
	if err != nil || strings.Contains(plan, "CREATE") {
		t.Errorf("a second plan is not empty: %v\n%s", err, plan)
	}
	s := serve(t, "--database-url", db.URL)
	if got := s.post(
		t,
		`mutation { createLinks(links: [{ product: { productId: "prod_1" }, salesChannel: { salesChannelId: "sc_1" } }]) { results { outcome link { id } } } }`,
	); !strings.Contains(
		got,
		`"UNCHANGED","link":{"id":"prodsc_1"}`,
	) {
		t.Error(got)
	}
	// The other program deletes a channel and leaves its link, then makes another.
	if _, err := db.Pool.Exec(t.Context(), `
		UPDATE sales_channel SET deleted_at = now();
		INSERT INTO sales_channel (id, name) VALUES ('sc_2', 'App');
		INSERT INTO product_sales_channel (product_id, sales_channel_id, id) VALUES ('prod_1', 'sc_2', 'prodsc_2')`); err != nil {
		t.Fatal(err)
	}
	const ids = `{ product(id: "prod_1") { salesChannels { totalCount nodes { id } } } products(filter: { salesChannels: { some: { id: { eq: "sc_1" } } } }) { totalCount } }`
	if got, want := s.post(
		t,
		ids,
	), `{"data":{"product":{"salesChannels":{"totalCount":1,"nodes":[{"id":"sc_2"}]}},"products":{"totalCount":0}}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestMedusaDatabase migrates and serves a database of a Medusa whose rbac module is off. Its tables stay for Medusa to create.
func TestMedusaDatabase(t *testing.T) {
	t.Parallel()
	db := medusatest.New(t)
	if _, err := db.Pool.Exec(
		t.Context(),
		`DROP TABLE rbac_role, user_rbac_role, invite_rbac_role CASCADE`,
	); err != nil {
		t.Fatal(err)
	}
	plan, err := try(t, "migrate", "--plan", "--database-url", db.URL)
	if err != nil || strings.Contains(plan, "CREATE TABLE IF NOT EXISTS rbac_role") ||
		!strings.Contains(plan, "CREATE INDEX IF NOT EXISTS linkgraph_product_created_at ON product") ||
		!strings.Contains(
			plan,
			"blocked     user_rbac_role: no table yet\n            in the way: table rbac_role does not exist yet: Medusa creates it",
		) {
		t.Errorf("plan: %v\n%s", err, plan)
	}
	if out, err := try(t, "migrate", "--database-url", db.URL); err != nil {
		t.Fatalf("%s\n%v", out, err)
	}
	s := serve(t, "--database-url", db.URL)
	if got, want := s.post(t, `{ rbacRoles { totalCount } }`), `{"data":{"rbacRoles":{"totalCount":0}}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	all := relations(t, db)
	for _, table := range []string{"public.rbac_role ", "public.user_rbac_role ", "public.invite_rbac_role "} {
		if strings.Contains(all, table) {
			t.Errorf("%s was created", table)
		}
	}
}
