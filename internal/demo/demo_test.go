package demo_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/demo"
	"github.com/linkgraph/linkgraph/internal/demo/demotest"
	"github.com/linkgraph/linkgraph/internal/pgtest"
)

// shop returns a database with all tables and no records.
func shop(t *testing.T) (*pgtest.DB, *graph.Graph) {
	t.Helper()
	db := demotest.Empty(t)
	g, err := graph.New(db.Pool, graph.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return db, g
}

func count(t *testing.T, db *pgtest.DB, what string) (n int) {
	t.Helper()
	if err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM `+what).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestLoadIsWholeOrNothing loads the demo store while one of its last records exists already, and again once that is
// gone. Afterwards the store is emptied and must stay empty.
func TestLoadIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	db, g := shop(t)
	exec := func(sql string) {
		t.Helper()
		if _, err := db.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(
		`INSERT INTO api_key (id, token, salt, redacted, title, type, created_by) VALUES ('apk_demo_admin', 't', '', '', 'Mine', 'secret', 'x')`,
	)
	keys, err := demo.Load(t.Context(), db.Pool, g.Records, g.Links)
	if !errors.Is(err, demo.ErrInTheWay) || keys != (demo.Credentials{}) {
		t.Fatalf("%+v, %v", keys, err)
	}
	if n := count(
		t,
		db,
		`product`,
	) + count(
		t,
		db,
		`price`,
	) + count(
		t,
		db,
		`customer`,
	) + count(
		t,
		db,
		`linkgraph.link_event`,
	); n != 0 {
		t.Errorf("%d records of half a store", n)
	}
	exec(`DELETE FROM api_key`)
	keys, err = demo.Load(t.Context(), db.Pool, g.Records, g.Links)
	if err != nil || keys.SecretKey == "" || keys.PublishableKey == "" {
		t.Fatalf("%+v, %v", keys, err)
	}
	if count(t, db, `product`) != 3 || count(t, db, `api_key`) != 2 || count(t, db, `linkgraph.link_event`) == 0 {
		t.Error("the store is not whole")
	}
	exec(`TRUNCATE product, api_key, price_set CASCADE`)
	keys, err = demo.Load(t.Context(), db.Pool, g.Records, g.Links)
	if err != nil || keys != (demo.Credentials{}) || count(t, db, `product`) != 0 {
		t.Errorf("a store that was emptied is filled: %+v, %v", keys, err)
	}
}

// TestLoadLeavesAStoreAlone loads the demo store where a merchant has one product, which is deleted. Nothing may be
// created, then or later.
func TestLoadLeavesAStoreAlone(t *testing.T) {
	t.Parallel()
	db, g := shop(t)
	if _, err := db.Pool.Exec(
		t.Context(),
		`INSERT INTO product (id, title, handle, deleted_at) VALUES ('prod_own', 'Own', 'own', now())`,
	); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		keys, err := demo.Load(t.Context(), db.Pool, g.Records, g.Links)
		if err != nil || keys != (demo.Credentials{}) || count(t, db, `price`)+count(t, db, `api_key`) != 0 {
			t.Errorf("%+v, %v", keys, err)
		}
		if _, err := db.Pool.Exec(t.Context(), `DELETE FROM product`); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLoadAtOnce loads the store several times at once. Exactly one load must create it.
func TestLoadAtOnce(t *testing.T) {
	t.Parallel()
	db, g := shop(t)
	var all sync.WaitGroup
	made := make(chan bool, 3)
	for range cap(made) {
		all.Go(func() {
			keys, err := demo.Load(t.Context(), db.Pool, g.Records, g.Links)
			if err != nil {
				t.Error(err)
			}
			made <- keys.SecretKey != ""
		})
	}
	all.Wait()
	close(made)
	n := 0
	for is := range made {
		if is {
			n++
		}
	}
	if n != 1 || count(t, db, `product`) != 3 {
		t.Errorf("%d made it", n)
	}
}
