package medusa

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/linkstore"
)

// TestUndeclaredLinkTables reads what Medusa and the database say about link tables, and leaves out those that are declared or
// gone.
func TestUndeclaredLinkTables(t *testing.T) {
	t.Parallel()
	catalog, err := linkstore.NewCatalog([]linkstore.Model{
		{Module: "product", Name: "Product", Key: "product_id"},
		{Module: "channel", Name: "Channel", Key: "channel_id"},
	}, []linkstore.Definition{
		{
			Name:     "product_channel",
			IDPrefix: "pc",
			Left:     linkstore.End{Model: "Product"},
			Right:    linkstore.End{Model: "Channel"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.New(t)
	found, err := undeclared(t.Context(), db.Pool, catalog)
	if err != nil || len(found) != 0 {
		t.Fatalf("without Medusa: %+v, %v", found, err)
	}
	if _, err := db.Pool.Exec(t.Context(), `
		CREATE TABLE link_module_migrations (
			id serial PRIMARY KEY, table_name varchar(255) NOT NULL UNIQUE, link_descriptor jsonb NOT NULL DEFAULT '{}', created_at timestamp DEFAULT now());
		CREATE TABLE product_channel (product_id text, channel_id text, id text, deleted_at timestamptz, PRIMARY KEY (product_id, channel_id));
		CREATE TABLE my_posts (
			product_variant_id varchar(255) NOT NULL, post_id varchar(255) NOT NULL, id varchar(255) NOT NULL, sort int NOT NULL DEFAULT 0,
			amount numeric(10,0), created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz,
			PRIMARY KEY (product_variant_id, post_id));
		CREATE TABLE "Odd" (site_code text, post_id bigint, lang uuid, PRIMARY KEY (post_id, site_code, lang));
		INSERT INTO my_posts (product_variant_id, post_id, id, deleted_at) VALUES
			('v1', 'a', 'my_post_01', NULL), ('v1', 'b', 'my_post_02', NULL), ('v2', 'c', 'my_post_03', NULL), ('v3', 'c', 'my_post_04', now());
		INSERT INTO link_module_migrations (table_name, link_descriptor) VALUES
			('product_channel', '{"toModel": "sales_channel", "toModule": "sales_channel", "fromModel": "product", "fromModule": "product"}'),
			('my_posts', '{"toModel": "post", "toModule": "blog", "fromModel": "product_variant", "fromModule": "product"}'),
			('Odd', '{}'), ('gone', '{}')`); err != nil {
		t.Fatal(err)
	}
	want := []linkTable{
		{
			schema: "public",
			table:  "Odd",
			keys: []linkstore.KeyColumn{
				{Name: "post_id", Type: "bigint"},
				{Name: "site_code", Type: "text"},
				{Name: "lang", Type: "uuid"},
			},
		},
		{
			schema:   "public",
			table:    "my_posts",
			idPrefix: "my_post",
			keys: []linkstore.KeyColumn{
				{Name: "product_variant_id", Type: "varchar"},
				{Name: "post_id", Type: "varchar"},
			},
			columns: []tableColumn{
				{name: "sort", sqlType: "integer", notNull: true, expression: "0"},
				{name: "amount", sqlType: "numeric(10,0)"},
			},
			// v1 has two live posts. The post c has one live variant: the other link is deleted.
			from:    linkEnd{module: "product", model: "product_variant"},
			to:      linkEnd{module: "blog", model: "post", isList: true},
			hasID:   true,
			hasDate: true,
		},
	}
	if found, err = undeclared(t.Context(), db.Pool, catalog); err != nil {
		t.Fatal(err)
	}
	for i := range found {
		found[i].oid = 0 // differs from run to run
	}
	if diff := cmp.Diff(want, found, cmp.AllowUnexported(linkTable{}, linkEnd{}, tableColumn{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
