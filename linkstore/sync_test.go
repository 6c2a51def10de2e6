package linkstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// oneLink returns a store of one link between products and channels, as the definition has it.
func oneLink(t *testing.T, pool *pgxpool.Pool, d linkstore.Definition) *linkstore.Store {
	t.Helper()
	catalog, err := linkstore.NewCatalog([]linkstore.Model{
		{Module: "product", Name: "Product", Table: "product", Key: "product_id"},
		{Module: "channel", Name: "Channel", Table: "channel", Key: "channel_id"},
	}, []linkstore.Definition{d})
	if err != nil {
		t.Fatal(err)
	}
	return linkstore.New(pool, catalog, linkstore.Config{})
}

func productChannel() linkstore.Definition {
	return linkstore.Definition{
		Name: "product_channel", IDPrefix: "pc",
		Left: linkstore.End{Model: "Product", IsList: true}, Right: linkstore.End{Model: "Channel", IsList: true},
	}
}

func emptyDB(t *testing.T) *pgxpool.Pool {
	t.Helper()
	return pgtest.NewFrom(t, "tables", func(ctx context.Context, pool *pgxpool.Pool) error {
		_, err := pool.Exec(ctx, linktest.Tables)
		return err
	}).Pool
}

func kinds(p linkstore.Plan) []linkstore.ActionKind {
	var all []linkstore.ActionKind
	for _, a := range p.Actions {
		all = append(all, a.Kind)
	}
	return all
}

func runSync(t *testing.T, s *linkstore.Store, mode linkstore.SyncMode, want ...linkstore.ActionKind) {
	t.Helper()
	done, err := s.Sync(t.Context(), mode)
	if err != nil {
		t.Fatal(err)
	}
	if got := kinds(done); len(got) != len(want) || got[0] != want[0] {
		t.Errorf("did %v, want %v\n%s", got, want, done)
	}
}

func TestSyncCreatesOnceAndFollowsTheDefinition(t *testing.T) {
	t.Parallel()
	pool := emptyDB(t)
	d := productChannel()
	s := oneLink(t, pool, d)
	plan, err := s.Plan(t.Context())
	if err != nil || plan.Actions[0].Kind != linkstore.CreateTable || !strings.Contains(plan.String(), "CREATE TABLE") {
		t.Fatalf("plan: %v %v", plan, err)
	}
	runSync(t, s, linkstore.Safe, linkstore.CreateTable)
	runSync(t, s, linkstore.Safe, linkstore.Noop)
	d.Columns = []linkstore.Column{{Name: "rank", Type: linkstore.Integer, NotNull: true, Default: "7"}}
	runSync(t, oneLink(t, pool, d), linkstore.Safe, linkstore.UpdateTable)
	runSync(t, oneLink(t, pool, d), linkstore.Safe, linkstore.Noop)

	// A column of another type loses data: only All changes it.
	d.Columns[0] = linkstore.Column{Name: "rank", Type: linkstore.Text}
	plan, err = oneLink(t, pool, d).Plan(t.Context())
	if err != nil || kinds(plan)[1] != linkstore.Destructive {
		t.Errorf("plan: %s %v", plan, err)
	}
	runSync(t, oneLink(t, pool, d), linkstore.Safe, linkstore.Noop)
	runSync(t, oneLink(t, pool, d), linkstore.All, linkstore.Noop, linkstore.Destructive)
	runSync(t, oneLink(t, pool, d), linkstore.All, linkstore.Noop)
}

func TestSyncChecksRowsBeforeACardinality(t *testing.T) {
	t.Parallel()
	pool := emptyDB(t)
	d := productChannel()
	s := oneLink(t, pool, d)
	runSync(t, s, linkstore.Safe, linkstore.CreateTable)
	if _, err := pool.Exec(
		t.Context(),
		`INSERT INTO product (id) VALUES ('p1'); INSERT INTO channel (id) VALUES ('c1'), ('c2')`,
	); err != nil {
		t.Fatal(err)
	}
	items := []linkstore.Item{{Link: d.Name, Left: "p1", Right: "c1"}, {Link: d.Name, Left: "p1", Right: "c2"}}
	if _, err := s.Create(t.Context(), items, linkstore.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	d.Right.IsList = false
	narrow := oneLink(t, pool, d)
	_, err := narrow.Sync(t.Context(), linkstore.Safe)
	var offenders *linkstore.OffendersError
	if !errors.As(err, &offenders) || offenders.Offenders[0] != "p1 has 2 links" {
		t.Fatalf("got %v", err)
	}
	if _, err := s.Dismiss(t.Context(), items[1:]); err != nil {
		t.Fatal(err)
	}
	runSync(t, narrow, linkstore.Safe, linkstore.UpdateTable)
	if _, err := narrow.Create(
		t.Context(),
		items[1:],
		linkstore.CreateOptions{},
	); !errors.Is(
		err,
		linkstore.ErrConflict,
	) {
		t.Errorf("second link: %v", err)
	}
	runSync(t, s, linkstore.Safe, linkstore.UpdateTable) // wide again: the unique index goes
	if _, err := s.Create(t.Context(), items[1:], linkstore.CreateOptions{}); err != nil {
		t.Error(err)
	}
}

// TestSyncAdoptsAForeignTable starts from a link table that another program made, in the layout of Medusa 2.
func TestSyncAdoptsAForeignTable(t *testing.T) {
	t.Parallel()
	pool := emptyDB(t)
	if _, err := pool.Exec(t.Context(), `
		CREATE TABLE product_channel (
			product_id varchar(255) NOT NULL, channel_id varchar(255) NOT NULL, id varchar(255) NOT NULL,
			created_at timestamptz(0) NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz(0) NOT NULL DEFAULT CURRENT_TIMESTAMP,
			deleted_at timestamptz(0), CONSTRAINT product_channel_pkey PRIMARY KEY (product_id, channel_id));
		CREATE INDEX "IDX_product_id_1" ON product_channel (product_id);
		CREATE INDEX "IDX_channel_id_1" ON product_channel (channel_id);
		CREATE INDEX "IDX_id_1" ON product_channel (id);
		CREATE INDEX "IDX_deleted_at_1" ON product_channel (deleted_at);
		INSERT INTO product (id) VALUES ('p1'), ('p2');
		INSERT INTO channel (id) VALUES ('c1');
		INSERT INTO product_channel (product_id, channel_id, id) VALUES ('p1', 'c1', 'pc_old')`); err != nil {
		t.Fatal(err)
	}
	s := oneLink(t, pool, productChannel())
	done, err := s.Sync(t.Context(), linkstore.All)
	if err != nil {
		t.Fatal(err)
	}
	if text := done.String(); strings.Contains(text, "DROP") || strings.Contains(text, "ALTER") ||
		strings.Contains(text, "_id on") {
		t.Errorf("more than indexes:\n%s", text)
	}
	results, err := s.Create(t.Context(), []linkstore.Item{
		{Link: "product_channel", Left: "p1", Right: "c1"}, {Link: "product_channel", Left: "p2", Right: "c1"},
	}, linkstore.CreateOptions{})
	if err != nil || results[0].Outcome != linkstore.Unchanged || results[0].Link.ID != "pc_old" ||
		results[1].Outcome != linkstore.Created {
		t.Fatalf("got %+v, %v", results, err)
	}
	// A deletion is restored although the table keeps whole seconds.
	receipt, err := s.DeleteRecords(t.Context(), []linkstore.Records{{Model: "Product", IDs: []string{"p1"}}})
	if err != nil || len(receipt.Links) != 1 {
		t.Fatalf("delete: %+v, %v", receipt, err)
	}
	back, err := s.RestoreDeletion(t.Context(), receipt.DeletionID)
	if err != nil || len(back.Links) != 1 {
		t.Errorf("restore: %+v, %v", back, err)
	}
}

func TestSyncDropsOnlyWhatItMade(t *testing.T) {
	t.Parallel()
	pool := emptyDB(t)
	runSync(t, oneLink(t, pool, productChannel()), linkstore.Safe, linkstore.CreateTable)
	renamed := productChannel()
	renamed.Name, renamed.Table = "sold", "sold"
	s := oneLink(t, pool, renamed)
	exists := func() (there bool) {
		t.Helper()
		if err := pool.QueryRow(t.Context(), `SELECT to_regclass('product_channel') IS NOT NULL`).
			Scan(&there); err != nil {
			t.Fatal(err)
		}
		return there
	}
	runSync(t, s, linkstore.Safe, linkstore.CreateTable)
	if !exists() {
		t.Fatal("a safe sync dropped a table")
	}
	runSync(t, s, linkstore.All, linkstore.Noop, linkstore.Destructive)
	if exists() {
		t.Error("the table of the link that is gone is still there")
	}
}

// TestSyncKeepsTheTableOfARenamedLink has the link under another name use the same table.
func TestSyncKeepsTheTableOfARenamedLink(t *testing.T) {
	t.Parallel()
	pool := emptyDB(t)
	runSync(t, oneLink(t, pool, productChannel()), linkstore.Safe, linkstore.CreateTable)
	renamed := productChannel()
	renamed.Name, renamed.Table = "sold", "product_channel"
	runSync(t, oneLink(t, pool, renamed), linkstore.All, linkstore.Noop)
	// The table is still one of ours: it gets its new column.
	renamed.Columns = []linkstore.Column{{Name: "rank", Type: linkstore.Integer}}
	runSync(t, oneLink(t, pool, renamed), linkstore.Safe, linkstore.UpdateTable)
}

func TestSyncFailsWithItsStatement(t *testing.T) {
	t.Parallel()
	pool := emptyDB(t)
	if _, err := pool.Exec(t.Context(), `CREATE TABLE linkgraph_sold_id (n integer)`); err != nil {
		t.Fatal(err)
	}
	d := productChannel()
	d.Table = "sold"
	_, err := oneLink(t, pool, d).Sync(t.Context(), linkstore.Safe)
	if err == nil || !strings.Contains(err.Error(), "CREATE INDEX") {
		t.Fatalf("got %v", err)
	}
	var there bool
	if err := pool.QueryRow(t.Context(), `SELECT to_regclass('sold') IS NOT NULL`).Scan(&there); err != nil || there {
		t.Errorf("half a sync was left behind (%v)", err)
	}
	// A table of that name that is something else is not touched.
	other := productChannel()
	other.Table = "channel"
	if _, err := oneLink(t, pool, other).Sync(t.Context(), linkstore.All); !errors.Is(err, linkstore.ErrInvalid) {
		t.Errorf("a foreign table: %v", err)
	}
}

func TestCatalogReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := linkstore.NewCatalog([]linkstore.Model{
		{Module: "a", Name: "A", Table: "a", Key: "a_id", Owns: []linkstore.Owned{{Model: "Nobody"}}},
		{Module: "a", Name: "A2", Table: "a2", Key: "a_id"},
		{Module: "b", Name: "B", Table: "b", Key: "b_id", NoSoftDelete: true},
	}, []linkstore.Definition{
		{
			Name:     "x",
			IDPrefix: "x",
			Left:     linkstore.End{Model: "A"},
			Right:    linkstore.End{Model: "B", DeleteCascade: true},
		},
		{Name: "y", Left: linkstore.End{Model: "A"}, Right: linkstore.End{Model: "B"}},
		{Name: "z", IDPrefix: "z", Left: linkstore.End{Model: "A"}, Right: linkstore.End{Model: "C"}},
		{Name: "w", IDPrefix: "w", Left: linkstore.End{Model: "A"}, Right: linkstore.End{Model: "A"}},
	})
	for _, want := range []string{
		`owns unknown model "Nobody"`, "same key a_id", "nothing can cascade to them", "link y has no id prefix",
		`unknown model "C"`, "both ends are called a_id",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported by:\n%v", want, err)
		}
	}
	long := linkstore.Definition{
		IDPrefix: "l",
		Left:     linkstore.End{Model: "AVeryLongNameOfAModelIndeed"},
		Right:    linkstore.End{Model: "AnotherVeryLongNameOfAModel"},
	}
	c, err := linkstore.NewCatalog([]linkstore.Model{
		{Module: "first", Name: "AVeryLongNameOfAModelIndeed", Table: "a", Key: "a_id"},
		{Module: "second", Name: "AnotherVeryLongNameOfAModel", Table: "b", Key: "b_id"},
	}, []linkstore.Definition{long})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Links()[0].Table; got != "first_a_very_long_name_of_a_model_indeed_second_another_ver_"+got[len(got)-8:] &&
		len(got) != 63 {
		t.Errorf("table %q", got)
	}
}
