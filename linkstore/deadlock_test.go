package linkstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// deadlocks counts the statements that Postgres ended because two calls waited for each other.
type deadlocks struct{ atomic.Int64 }

func (d *deadlocks) count(err error) {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "40P01" {
		d.Add(1)
	}
}

func (*deadlocks) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

func (d *deadlocks) TraceQueryEnd(_ context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	d.count(data.Err)
}

func (*deadlocks) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (d *deadlocks) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	d.count(data.Err)
}
func (*deadlocks) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// newContended returns a store over a catalogue whose models are declared against the way that deletions go, and a count of deadlocks.
func newContended(t *testing.T, writers int) (*linkstore.Store, *deadlocks) {
	t.Helper()
	db := newDB(t)
	config, err := pgxpool.ParseConfig(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	counted := &deadlocks{}
	config.MaxConns = int32(writers)
	config.ConnConfig.Tracer = counted
	config.ConnConfig.RuntimeParams["deadlock_timeout"] = "50ms"
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	catalog, err := linkstore.NewCatalog([]linkstore.Model{
		{Module: "channel", Name: "Channel", Table: "channel", Key: "channel_id"},
		{Module: "stock", Name: "Location", Table: "location", Key: "location_id"},
		{Module: "pricing", Name: "PriceSet", Table: "price_set", Key: "price_set_id"},
		{
			Module: "product",
			Name:   "Product",
			Table:  "product",
			Key:    "product_id",
			Owns:   []linkstore.Owned{{Model: "Variant", Column: "product_id"}},
		},
		{Module: "product", Name: "Variant", Table: "variant", Key: "variant_id"},
	}, []linkstore.Definition{
		{
			Name:     linktest.Priced,
			IDPrefix: "lp",
			Left:     linkstore.End{Model: "Variant"},
			Right:    linkstore.End{Model: "PriceSet", DeleteCascade: true},
		},
		{
			Name:     linktest.Sold,
			IDPrefix: "lc",
			Left:     linkstore.End{Model: "Product", IsList: true},
			Right:    linkstore.End{Model: "Channel", IsList: true},
		},
		{
			Name: linktest.Related, IDPrefix: "lr", Left: linkstore.End{Model: "Product", IsList: true},
			Right: linkstore.End{Model: "Product", Key: "related_product_id", IsList: true},
		},
		{
			Name: linktest.Paired, IDPrefix: "lx", Left: linkstore.End{Model: "Channel", DeleteCascade: true},
			Right: linkstore.End{Model: "Location", DeleteCascade: true},
		},
		{
			Name:     linktest.Shown,
			IDPrefix: "lh",
			Left:     linkstore.End{Model: "Variant", IsList: true},
			Right:    linkstore.End{Model: "Channel"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"product", "price_set", "channel", "location"} {
		_, err := pool.Exec(
			t.Context(),
			`INSERT INTO `+table+` (id) SELECT left($1::text, 1) || n FROM generate_series(1, 3) AS n`,
			table,
		)
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pool.Exec(
		t.Context(),
		`INSERT INTO variant (id, product_id) SELECT 'v' || n, 'p' || 1 + n % 2 FROM generate_series(1, 4) AS n`,
	); err != nil {
		t.Fatal(err)
	}
	return linkstore.New(pool, catalog, linkstore.Config{}), counted
}

// TestNoDeadlocks has two clients, and then eight that do all there is, work against each other.
func TestNoDeadlocks(t *testing.T) {
	t.Parallel()
	create := func(ctx context.Context, s *linkstore.Store, items ...linkstore.Item) error {
		_, err := s.Create(ctx, items, linkstore.CreateOptions{Replace: true})
		return err
	}
	deleteAndRestore := func(ctx context.Context, s *linkstore.Store, records []linkstore.Records) error {
		if _, err := s.DeleteRecords(ctx, records); err != nil {
			return err
		}
		_, err := s.Restore(ctx, records)
		return err
	}
	id := func(random *rand.Rand, prefix string, n int) string { return fmt.Sprint(prefix, 1+random.IntN(n)) }
	for name, writers := range map[string][]func(context.Context, *linkstore.Store, *rand.Rand) error{
		"CreateBesideDelete": {
			func(ctx context.Context, s *linkstore.Store, _ *rand.Rand) error {
				return create(ctx, s, priced("v1", "p1"))
			},
			func(ctx context.Context, s *linkstore.Store, _ *rand.Rand) error {
				return deleteAndRestore(ctx, s, recordsOf("Variant", "v1"))
			},
		},
		"All": {
			func(ctx context.Context, s *linkstore.Store, r *rand.Rand) error {
				return create(ctx, s, priced(id(r, "v", 4), id(r, "p", 3)), sold(id(r, "p", 3), id(r, "c", 3)), sold(id(r, "p", 3), id(r, "c", 3)))
			},
			func(ctx context.Context, s *linkstore.Store, r *rand.Rand) error {
				return create(ctx, s, linkstore.Item{Link: linktest.Related, Left: id(r, "p", 3), Right: id(r, "p", 3)},
					linkstore.Item{Link: linktest.Paired, Left: id(r, "c", 3), Right: id(r, "l", 3)}, linkstore.Item{Link: linktest.Shown, Left: id(r, "v", 4), Right: id(r, "c", 3)})
			},
			func(ctx context.Context, s *linkstore.Store, r *rand.Rand) error {
				_, err := s.Dismiss(ctx, []linkstore.Item{
					priced(id(r, "v", 4), id(r, "p", 3)), sold(id(r, "p", 3), id(r, "c", 3)), sold(id(r, "p", 3), id(r, "c", 3)),
					{Link: linktest.Shown, Left: id(r, "v", 4), Right: id(r, "c", 3)},
				})
				return err
			},
			func(ctx context.Context, s *linkstore.Store, r *rand.Rand) error {
				return deleteAndRestore(ctx, s, append(recordsOf("Channel", id(r, "c", 3)), recordsOf("Variant", id(r, "v", 4))...))
			},
			func(ctx context.Context, s *linkstore.Store, r *rand.Rand) error {
				return deleteAndRestore(ctx, s, append(recordsOf("Product", id(r, "p", 3)), recordsOf("PriceSet", id(r, "p", 3))...))
			},
			func(ctx context.Context, s *linkstore.Store, r *rand.Rand) error {
				return deleteAndRestore(ctx, s, append(recordsOf("Location", id(r, "l", 3)), recordsOf("Product", id(r, "p", 3))...))
			},
			func(ctx context.Context, s *linkstore.Store, r *rand.Rand) error {
				_, err := s.SetLinks(ctx, linkstore.Source{Link: linktest.Sold, ID: id(r, "p", 3)}, []linkstore.Target{{ID: "c3"}, {ID: "c1"}})
				return err
			},
			func(ctx context.Context, s *linkstore.Store, r *rand.Rand) error {
				_, err := s.SetLinks(ctx, linkstore.Source{Link: linktest.Shown, From: linkstore.Right, ID: id(r, "c", 3)},
					[]linkstore.Target{{ID: "v4"}, {ID: id(r, "v", 3)}})
				return err
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, counted := newContended(t, len(writers))
			var wg sync.WaitGroup
			for i, write := range writers {
				wg.Go(func() {
					random := rand.New(rand.NewPCG(uint64(i), 3))
					for range 200 {
						if err := write(t.Context(), s, random); err != nil && !expected(err) {
							t.Errorf("writer %d: %v", i, err)
							return
						}
					}
				})
			}
			wg.Wait()
			if n := counted.Load(); n > 0 {
				t.Errorf("%d deadlocks", n)
			}
		})
	}
}
