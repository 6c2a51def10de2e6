package linkstore_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore"
)

// A consumer keeps the cursor in the transaction in which it acts on the events: so it acts on each exactly once.
func ExampleStore_Events() {
	ctx := context.Background()
	store, pool, drop := exampleStore(ctx)
	defer drop()
	mustCreate(ctx, store, priced("small", "cheap"), priced("large", "dear"))
	if _, err := store.Dismiss(ctx, []linkstore.Item{priced("small", "cheap")}); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := pool.Exec(ctx, `CREATE TABLE follower AS SELECT '' AS cursor, 0 AS handled`); err != nil {
		fmt.Println(err)
		return
	}
	for handled := 0; handled < 3; {
		err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			var cursor string
			if err := tx.QueryRow(ctx, `SELECT cursor FROM follower FOR UPDATE`).Scan(&cursor); err != nil {
				return err
			}
			events, err := store.WithTx(tx).Events(ctx, cursor, 2)
			if err != nil {
				return err
			}
			for _, e := range events {
				fmt.Println(e.Kind, e.Link, e.Left, e.Right, "by", e.Cause)
				cursor = e.Cursor
			}
			return tx.QueryRow(ctx, `UPDATE follower SET cursor = $1, handled = handled + $2 RETURNING handled`,
				cursor, len(events)).Scan(&handled)
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	_, err := store.Events(ctx, "yesterday", 0)
	var wrong *linkstore.CursorError
	fmt.Println(errors.As(err, &wrong), err)

	// Output:
	// attached variant_price_set large dear by create
	// attached variant_price_set small cheap by create
	// detached variant_price_set small cheap by dismiss
	// true cursor "yesterday": is not one that Events has returned
}
