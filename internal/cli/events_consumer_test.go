package cli

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore"
)

// eventConsumer follows the events by a cursor, and beside it by the last id, to show what that loses.
type eventConsumer struct {
	outbox  *killedOutbox
	finish  atomic.Bool // all writers have ended
	resumed int         // how often it read the cursor in a new session

	byID   map[int64]bool
	lastID int64
}

// run consumes events until the writers have ended and nothing is left. When Postgres fails, it connects again and goes on.
func (c *eventConsumer) run() {
	var failed time.Time // since when no session could be had
	for {
		conn, err := pgx.Connect(context.Background(), c.outbox.pgURL)
		if err == nil {
			failed = time.Time{}
			err = c.consume(conn)
			conn.Close(context.Background())
			c.resumed++
		}
		switch {
		case err == nil:
			return
		case failed.IsZero():
			failed = time.Now()
		case time.Since(failed) > time.Minute:
			c.outbox.t.Errorf("Postgres does not come back: %v", err)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// errDropped ends the consumer's session before its COMMIT.
var errDropped = errors.New("dropped")

func (c *eventConsumer) consume(conn *pgx.Conn) error {
	ctx := context.Background()
	catalog, err := linkstore.NewCatalog(nil, nil)
	if err != nil {
		return err
	}
	store := linkstore.New(conn, catalog, linkstore.Config{})
	for {
		finished := c.finish.Load()
		if finished {
			h, err := store.Horizon(ctx)
			if err != nil {
				return err
			}
			finished = h.Waiting == 0 && h.Age == 0
		}
		n := 0
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) (err error) {
			n, err = c.batch(ctx, tx, store)
			return err
		})
		if err != nil {
			return err
		}
		if err := c.readByID(ctx, conn); err != nil {
			return err
		}
		if finished && n == 0 {
			return nil
		}
	}
}

// batch does with the next events what they are for, and keeps the cursor in the same transaction.
func (c *eventConsumer) batch(ctx context.Context, tx pgx.Tx, store *linkstore.Store) (int, error) {
	var cursor string
	if err := tx.QueryRow(ctx, `SELECT cursor FROM consumer FOR UPDATE`).Scan(&cursor); err != nil {
		return 0, err
	}
	events, err := store.WithTx(tx).Events(ctx, cursor, 20)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	for _, e := range events {
		if _, err := tx.Exec(ctx, `INSERT INTO consumed (id, product, channel, kind) VALUES ($1, $2, $3, $4)`,
			e.ID, e.Left, e.Right, e.Kind); err != nil {
			return 0, err
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE consumer SET cursor = $1`, events[len(events)-1].Cursor); err != nil {
		return 0, err
	}
	if rand.N(20) == 0 {
		return 0, errDropped
	}
	return len(events), nil
}

func (c *eventConsumer) readByID(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `SELECT id FROM linkgraph.link_event WHERE id > $1 ORDER BY id`, c.lastID)
	if err != nil {
		return err
	}
	var id int64
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error {
		c.byID[id], c.lastID = true, id
		return nil
	})
	return err
}

// check compares what was consumed with the events, the links, and what the clients were told.
func (o *killedOutbox) check(c *eventConsumer) {
	conn := o.connect()
	defer conn.Close(context.Background())
	var written, lost, doubled, wrong int
	if err := conn.QueryRow(o.t.Context(), `
		SELECT (SELECT count(*) FROM linkgraph.link_event),
			(SELECT count(*) FROM linkgraph.link_event AS e WHERE NOT EXISTS (SELECT FROM consumed AS c WHERE c.id = e.id)),
			(SELECT count(*) - count(DISTINCT id) FROM consumed),
			(SELECT count(*) FROM (
				SELECT DISTINCT ON (product, channel) product, channel, kind FROM consumed ORDER BY product, channel, seq DESC) AS l
				WHERE (kind = 'attached') <> EXISTS (SELECT FROM product_sales_channel AS p
					WHERE p.product_id = l.product AND p.sales_channel_id = l.channel AND p.deleted_at IS NULL))`).
		Scan(&written, &lost, &doubled, &wrong); err != nil {
		o.t.Fatal(err)
	}
	o.t.Logf(
		"%d events in transactions of up to %v: %d lost, %d doubled; the consumer had %d sessions; one by id lost %d",
		written,
		*eventsHold,
		lost,
		doubled,
		c.resumed,
		written-len(c.byID),
	)
	if lost != 0 || doubled != 0 || wrong != 0 {
		o.t.Errorf(
			"%d events were lost, %d doubled, and %d pairs are not as their last event says",
			lost,
			doubled,
			wrong,
		)
	}
	if written < 50 {
		o.t.Errorf("%d events are too few to tell", written)
	}
	o.checkOrder(conn)
}

// checkOrder checks that the events of each pair take turns, and that there is one for all that was answered.
func (o *killedOutbox) checkOrder(conn *pgx.Conn) {
	rows, err := conn.Query(o.t.Context(), `SELECT product, channel, kind FROM consumed ORDER BY seq`)
	if err != nil {
		o.t.Fatal(err)
	}
	seen, last := map[change]int{}, map[change]linkstore.EventKind{}
	var e change
	if _, err := pgx.ForEachRow(rows, []any{&e.product, &e.channel, &e.kind}, func() error {
		pair := change{product: e.product, channel: e.channel}
		if was := last[pair]; was == e.kind || was == "" && e.kind == linkstore.Detached {
			o.t.Errorf("%v is %s after %q", pair, e.kind, was)
		}
		last[pair] = e.kind
		seen[e]++
		return nil
	}); err != nil {
		o.t.Fatal(err)
	}
	for c, n := range o.acked {
		if seen[c] < n {
			o.t.Errorf("%v was answered %d times and has %d events", c, n, seen[c])
		}
	}
}
