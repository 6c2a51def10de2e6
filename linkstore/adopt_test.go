package linkstore_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/linkstore"
)

// foreignTable returns the SQL of a link table that another program made. Its layout is that of Medusa 2. Older versions of
// Medusa store times in whole seconds: timestamptz(0).
func foreignTable(timestamptz string) string {
	return strings.ReplaceAll(`
		CREATE TABLE product_channel (
			product_id varchar(255) NOT NULL, channel_id varchar(255) NOT NULL, id varchar(255) NOT NULL,
			created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
			deleted_at timestamptz NULL, CONSTRAINT product_channel_pkey PRIMARY KEY (product_id, channel_id));
		CREATE INDEX "IDX_id_20b454295" ON product_channel (id);
		CREATE INDEX "IDX_product_id_20b454295" ON product_channel (product_id) WHERE deleted_at IS NULL;
		CREATE INDEX "IDX_channel_id_20b454295" ON product_channel (channel_id) WHERE deleted_at IS NULL;
		CREATE INDEX "IDX_deleted_at_20b454295" ON product_channel (deleted_at);
		INSERT INTO product (id) VALUES ('p1'), ('p2');
		INSERT INTO channel (id) VALUES ('c1'), ('c2');
		INSERT INTO product_channel (product_id, channel_id, id) VALUES ('p1', 'c1', 'prodsc_1'), ('p1', 'c2', 'prodsc_2')`,
		"timestamptz", timestamptz)
}

func foreignDB(t *testing.T, timestamptz string) *pgxpool.Pool {
	t.Helper()
	pool := emptyDB(t)
	run(t, pool, foreignTable(timestamptz))
	return pool
}

func run(t *testing.T, pool *pgxpool.Pool, sql string) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// relations lists the tables and indexes of a database with what they consist of.
func relations(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `
		SELECT schemaname || ': ' || indexdef FROM pg_indexes WHERE schemaname NOT IN ('pg_catalog', 'linkgraph')
		UNION ALL
		SELECT table_schema || '.' || table_name || '.' || column_name || ' ' || data_type || COALESCE(column_default, '') || is_nullable
		FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'linkgraph') ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSyncOnlyAddsIndexesToAForeignTable(t *testing.T) {
	t.Parallel()
	pool := foreignDB(t, "timestamptz")
	before := relations(t, pool)
	// Each product is in one channel, says the definition; p1 is in two.
	d := productChannel()
	d.Right.IsList = false
	s := oneLink(t, pool, d)
	for _, mode := range []linkstore.SyncMode{linkstore.Safe, linkstore.All} {
		done, err := s.Sync(t.Context(), mode)
		if err != nil {
			t.Fatal(err)
		}
		blocked := done.Actions[1]
		if blocked.Kind != linkstore.Blocked || !slices.Equal(blocked.Offenders, []string{"p1 has 2 links"}) ||
			!strings.Contains(blocked.Reason, "linkgraph_product_channel_one_right") {
			t.Errorf("blocked: %+v", blocked)
		}
		if text := done.String(); !strings.Contains(text, "blocked     product_channel") ||
			!strings.Contains(text, "in the way: p1 has 2 links") {
			t.Errorf("plan:\n%s", text)
		}
	}
	var added []string
	for _, r := range relations(t, pool) {
		if !slices.Contains(before, r) {
			added = append(added, r)
		}
	}
	if len(added) != 2 ||
		slices.ContainsFunc(added, func(r string) bool { return !strings.Contains(r, "INDEX linkgraph_") }) {
		t.Errorf("added:\n%s", strings.Join(added, "\n"))
	}
	// The index comes as soon as nothing is in its way, and goes when the definition lets it.
	run(t, pool, `UPDATE product_channel SET deleted_at = now() WHERE channel_id = 'c2'`)
	runSync(t, s, linkstore.Safe, linkstore.UpdateTable)
	runSync(t, s, linkstore.Safe, linkstore.Noop)
	runSync(t, oneLink(t, pool, productChannel()), linkstore.Safe, linkstore.UpdateTable)
	after := relations(t, pool)
	for _, r := range before {
		if !slices.Contains(after, r) {
			t.Errorf("lost: %s", r)
		}
	}
}

func TestSyncLeavesForeignColumnsAlone(t *testing.T) {
	t.Parallel()
	pool := foreignDB(t, "timestamptz")
	run(
		t,
		pool,
		`ALTER TABLE product_channel ADD COLUMN note varchar(255), ADD COLUMN rank bigint NOT NULL DEFAULT 0, ADD COLUMN day date`,
	)
	d := productChannel()
	d.Columns = []linkstore.Column{
		{Name: "note", Type: linkstore.Text},
		{Name: "rank", Type: linkstore.Integer, NotNull: true, Default: "0"},
	}
	runSync(t, oneLink(t, pool, d), linkstore.All, linkstore.UpdateTable)
	results, err := oneLink(t, pool, d).Create(t.Context(), []linkstore.Item{
		{
			Link:  d.Name,
			Left:  "p1",
			Right: "c1",
			Data:  map[string]any{"note": "n", "rank": 3},
		},
		{Link: d.Name, Left: "p1", Right: "c2"},
	}, linkstore.CreateOptions{})
	if err != nil || results[0].Outcome != linkstore.Updated || results[1].Outcome != linkstore.Unchanged {
		t.Errorf("create: %+v, %v", results, err)
	}
	d.Columns = []linkstore.Column{{Name: "day", Type: linkstore.Timestamp}}
	runSync(t, oneLink(t, pool, d), linkstore.All, linkstore.Noop, linkstore.Blocked)
	d.Columns = []linkstore.Column{{Name: "weight", Type: linkstore.Decimal}}
	if _, err := oneLink(t, pool, d).Sync(t.Context(), linkstore.All); !errors.Is(err, linkstore.ErrInvalid) ||
		!strings.Contains(err.Error(), "has no column weight") {
		t.Errorf("a column that is not there: %v", err)
	}
}

func TestPlanWritesNothing(t *testing.T) {
	t.Parallel()
	pool := foreignDB(t, "timestamptz")
	err := pgx.BeginTxFunc(t.Context(), pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		plan, err := oneLink(t, pool, productChannel()).WithTx(tx).Plan(t.Context())
		if err != nil {
			return err
		}
		if got := kinds(plan); !slices.Equal(got, []linkstore.ActionKind{linkstore.UpdateTable}) ||
			strings.Count(plan.String(), "CREATE INDEX") != 2 {
			t.Errorf("plan:\n%s", plan)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPlanComparesTheTypesOfKeys(t *testing.T) {
	t.Parallel()
	pool := foreignDB(t, "timestamptz")
	plan := func(left, right linkstore.Model, end linkstore.End) error {
		t.Helper()
		left.Module, left.Name, left.Key = "product", "Product", "product_id"
		right.Module, right.Name, right.Key = "channel", "Channel", "channel_id"
		end.Model, end.IsList = "Channel", true
		catalog, err := linkstore.NewCatalog([]linkstore.Model{left, right}, []linkstore.Definition{{
			Name: "product_channel", IDPrefix: "pc", Left: linkstore.End{Model: "Product", IsList: true}, Right: end,
		}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = linkstore.New(pool, catalog, linkstore.Config{}).Plan(t.Context())
		return err
	}
	number := linkstore.Model{PrimaryKey: []linkstore.KeyColumn{{Name: "id", Type: "integer"}}}
	if err := plan(linkstore.Model{}, number, linkstore.End{}); !errors.Is(err, linkstore.ErrInvalid) ||
		!strings.Contains(
			err.Error(),
			`column channel_id of table product_channel is character varying, and the key it should hold is integer: set columnType: "text"`,
		) {
		t.Errorf("a number in a column of texts: %v", err)
	}
	if err := plan(linkstore.Model{}, number, linkstore.End{ColumnType: "text"}); err != nil {
		t.Errorf("a number kept as text: %v", err)
	}
	run(
		t,
		pool,
		`DELETE FROM product_channel; ALTER TABLE product_channel ALTER COLUMN channel_id TYPE integer USING 0`,
	)
	if err := plan(linkstore.Model{}, number, linkstore.End{}); err != nil {
		t.Errorf("a number: %v", err)
	}
	if err := plan(linkstore.Model{}, linkstore.Model{}, linkstore.End{}); err == nil ||
		!strings.Contains(err.Error(), "is integer, and the key it should hold is text") {
		t.Errorf("a text in a column of numbers: %v", err)
	}
	big := linkstore.Model{PrimaryKey: []linkstore.KeyColumn{{Name: "id", Type: "bigint"}}}
	if err := plan(linkstore.Model{}, big, linkstore.End{}); err == nil ||
		!strings.Contains(err.Error(), "is integer, and the key it should hold is bigint") {
		t.Errorf("a key too wide: %v", err)
	}
	small := linkstore.Model{PrimaryKey: []linkstore.KeyColumn{{Name: "id", Type: "smallint"}}}
	if err := plan(linkstore.Model{}, small, linkstore.End{}); err != nil {
		t.Errorf("a narrower key: %v", err)
	}
}

// TestRestoreLeavesForeignDeletionsAlone has another program delete the link p1 c1 at different times around a deletion by the
// store. A restore brings back only links that the deletion removed and that have been deleted ever since.
func TestRestoreLeavesForeignDeletionsAlone(t *testing.T) {
	t.Parallel()
	const (
		otherDeletes = `UPDATE product_channel SET deleted_at = now() + interval '%' WHERE product_id = 'p1' AND channel_id = 'c1'`
		otherCreates = `INSERT INTO product_channel (product_id, channel_id, id) VALUES ('p1', 'c1', 'prodsc_new')
			ON CONFLICT (product_id, channel_id) DO UPDATE SET id = EXCLUDED.id, deleted_at = NULL`
	)
	deletes := func(shift string) string { return strings.Replace(otherDeletes, "%", shift, 1) }
	link := []linkstore.Item{{Link: "product_channel", Left: "p1", Right: "c1"}}
	type world struct {
		*testing.T
		pool     *pgxpool.Pool
		s        *linkstore.Store
		deletion string
	}
	restore := func(w *world) {
		if _, err := w.s.RestoreDeletion(w.Context(), w.deletion); err != nil {
			w.Fatal(err)
		}
	}
	for _, c := range []struct {
		name          string
		before, after func(w *world)
		back          bool // whether the link p1 c1 is live in the end
	}{
		{"NotAtAll", func(*world) {}, func(*world) {}, true},
		{"BeforeOurs", func(w *world) { run(w.T, w.pool, deletes("-3 seconds")) }, func(*world) {}, false},
		{"InTheSecondOfOurs", func(w *world) { run(w.T, w.pool, deletes("0 seconds")) }, func(*world) {}, false},
		{"LinkedAgainByTheOther", func(*world) {}, func(w *world) { run(w.T, w.pool, otherCreates) }, true},
		{"LinkedAgainAndDeleted", func(*world) {}, func(w *world) {
			run(w.T, w.pool, otherCreates)
			run(w.T, w.pool, deletes("3 seconds"))
		}, false},
		{"LinkedAgainByUsAndDeletedByTheOther", func(*world) {}, func(w *world) {
			run(w.T, w.pool, `UPDATE product SET deleted_at = NULL`)
			if _, err := w.s.Create(w.Context(), link, linkstore.CreateOptions{}); err != nil {
				w.Fatal(err)
			}
			run(w.T, w.pool, deletes("3 seconds"))
		}, false},
		{"RestoredAndThenDeleted", func(*world) {}, func(w *world) {
			restore(w)
			run(w.T, w.pool, deletes("3 seconds"))
		}, false},
		// After our own restore even the very second of our deletion is no reason to bring the link back again.
		{"RestoredAndThenDeletedInOurSecond", func(*world) {}, func(w *world) {
			restore(w)
			run(w.T, w.pool, `UPDATE product_channel SET deleted_at = (SELECT deleted_at FROM linkgraph.deletion LIMIT 1) WHERE channel_id = 'c1'`)
		}, false},
		{"RestoredByTheOtherAndThenDeleted", func(*world) {}, func(w *world) {
			run(w.T, w.pool, `UPDATE product SET deleted_at = NULL; UPDATE product_channel SET deleted_at = NULL`)
			run(w.T, w.pool, deletes("3 seconds"))
		}, false},
	} {
		for _, timestamptz := range []string{"timestamptz", "timestamptz(0)"} {
			t.Run(c.name+"/"+timestamptz, func(t *testing.T) {
				t.Parallel()
				w := &world{T: t, pool: foreignDB(t, timestamptz)}
				w.s = oneLink(t, w.pool, productChannel())
				runSync(t, w.s, linkstore.Safe, linkstore.UpdateTable)
				c.before(w)
				receipt, err := w.s.DeleteRecords(
					t.Context(),
					[]linkstore.Records{{Model: "Product", IDs: []string{"p1"}}},
				)
				if err != nil {
					t.Fatal(err)
				}
				w.deletion = receipt.DeletionID
				c.after(w)
				restore(w)
				var live []string
				rows, err := w.pool.Query(
					context.WithoutCancel(t.Context()),
					`SELECT channel_id FROM product_channel WHERE deleted_at IS NULL ORDER BY 1`,
				)
				if err != nil {
					t.Fatal(err)
				}
				if live, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
					t.Fatal(err)
				}
				if slices.Contains(live, "c1") != c.back || !slices.Contains(live, "c2") {
					t.Errorf("live: %v", live)
				}
			})
		}
	}
}

// TestSyncWaitsForTablesOfAnotherProgram has a link whose channels have no table yet. While another program manages the
// tables, the link is blocked. The link table is created once the other program is gone, or once it created its table.
func TestSyncWaitsForTablesOfAnotherProgram(t *testing.T) {
	t.Parallel()
	for name, makeRoom := range map[string]func(pool *pgxpool.Pool, program *string){
		"TheTableIsCreated": func(pool *pgxpool.Pool, _ *string) { run(t, pool, `ALTER TABLE later RENAME TO channel`) },
		"TheProgramIsGone":  func(_ *pgxpool.Pool, program *string) { *program = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := emptyDB(t)
			run(t, pool, `ALTER TABLE channel RENAME TO later`)
			program := "shopkeeper"
			catalog := oneLink(t, pool, productChannel()).Catalog()
			s := linkstore.New(pool, catalog, linkstore.Config{
				ManagedBy: func(context.Context, linkstore.DB) (string, error) { return program, nil },
			})
			done, err := s.Sync(t.Context(), linkstore.All)
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"table channel does not exist yet: shopkeeper creates it"}
			if got := done.Actions[0]; got.Kind != linkstore.Blocked || !slices.Equal(got.Offenders, want) {
				t.Errorf("got %+v", got)
			}
			makeRoom(pool, &program)
			runSync(t, s, linkstore.Safe, linkstore.CreateTable)
		})
	}
}

// TestSyncFailsWithManagedBy fails a sync whose hook fails, and asks the hook only if a table is missing.
func TestSyncFailsWithManagedBy(t *testing.T) {
	t.Parallel()
	pool := emptyDB(t)
	lost := errors.New("lost")
	s := linkstore.New(pool, oneLink(t, pool, productChannel()).Catalog(), linkstore.Config{
		ManagedBy: func(context.Context, linkstore.DB) (string, error) { return "", lost },
	})
	if _, err := s.Plan(t.Context()); err != nil {
		t.Errorf("no table is missing: %v", err)
	}
	run(t, pool, `ALTER TABLE channel RENAME TO later`)
	if _, err := s.Sync(t.Context(), linkstore.Safe); !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
}
