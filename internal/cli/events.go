package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/linkstore"
)

type eventsCommand struct {
	databaseFlags
	After  string        `help:"Print events after this cursor, which is that of the last handled event. Default: from the beginning." placeholder:"CURSOR"`
	Follow bool          `help:"Keep running, and print new events as they are committed." short:"f"`
	JSON   bool          `help:"Print one JSON object per line, with the cursor."`
	Link   string        `help:"Print events of this link only." placeholder:"NAME"`
	Left   string        `help:"Print events of the record with this id at the left end of --link only." placeholder:"ID"`
	Right  string        `help:"Print events of the record with this id at the right end of --link only." placeholder:"ID"`
	Limit  int           `help:"Most events to print. 0 prints all."`
	Poll   time.Duration `help:"How often --follow polls for events, besides notifications." default:"1s"`
}

// Run prints what became of links. A reader that keeps the cursor of an event after handling it handles each at least once.
func (c *eventsCommand) Run(ctx context.Context, s *streams) error {
	mode := reads
	if c.Follow {
		mode = writes // a listener says so in the database
	}
	return c.with(ctx, s, mode, func(db *database) error {
		var news wakeups
		if c.Follow {
			var stop func()
			news, stop = listen(ctx, db, s)
			defer stop()
		}
		return c.print(ctx, s, db.graph.Links, news)
	})
}

// eventPage is how many events are read at a time.
const eventPage = 1000

// print prints events until there are no more, or as long as it follows them.
func (c *eventsCommand) print(
	ctx context.Context,
	s *streams,
	links *linkstore.Store,
	news wakeups,
) error {
	cursor, printed := c.After, 0
	for {
		limit := eventPage
		if c.Limit > 0 {
			limit = min(limit, c.Limit-printed)
		}
		events, err := links.EventsOf(
			ctx,
			linkstore.EventFilter{Link: c.Link, Left: c.Left, Right: c.Right},
			cursor,
			limit,
		)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // told to stop
		}
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := c.line(s, e); err != nil {
				return err
			}
			cursor = e.Cursor
		}
		printed += len(events)
		switch {
		case c.Limit > 0 && printed >= c.Limit:
			return nil
		case len(events) == limit:
		case !c.Follow:
			return nil
		default:
			news.wait(ctx, c.Poll)
		}
	}
}

func (c *eventsCommand) line(s *streams, e linkstore.Event) error {
	if c.JSON {
		lines := json.NewEncoder(s.out)
		lines.SetEscapeHTML(false)
		return lines.Encode(e)
	}
	_, err := fmt.Fprintf(
		s.out,
		"%s  %s  %s  %s %s -> %s  %s\n",
		e.Cursor,
		e.At.UTC().Format(time.RFC3339Nano),
		e.Kind,
		e.Link,
		e.Left,
		e.Right,
		e.Cause,
	)
	return err
}

// wakeups are notifications of new events.
type wakeups chan struct{}

// wait waits for a notification, but not longer than a while: a notification can come before its event can be read, or be lost.
func (w wakeups) wait(ctx context.Context, longest time.Duration) {
	select {
	case <-w:
		sleep(ctx, settle)
	case <-time.After(longest):
	case <-ctx.Done():
	}
}

// settle is how long a reader waits behind a notification, so that those that come close together are read together.
const settle = 5 * time.Millisecond

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// listenAgain is how often the database is told that somebody listens: less than the time that it remembers.
const listenAgain = 20 * time.Second

// listen has the database notify of new events. Where it cannot, as on a standby or through a pooler, events are looked for.
func listen(ctx context.Context, db *database, s *streams) (_ wakeups, stop func()) {
	w := make(wakeups, 1)
	if db.pooled {
		s.log.Info("events are polled: a pooler passes no notifications on")
		return w, func() {}
	}
	ctx, stop = context.WithCancel(ctx)
	go func() {
		for ctx.Err() == nil {
			if err := w.receive(ctx, db.pool, db.graph.Links); err != nil && ctx.Err() == nil {
				s.log.Warn("events are polled for a while: the database sends no notifications", "error", err)
				sleep(ctx, listenAgain)
			}
		}
	}()
	return w, stop
}

// receive takes notifications until the connection ends.
func (w wakeups) receive(ctx context.Context, pool *pgxpool.Pool, links *linkstore.Store) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `LISTEN `+linkstore.EventChannel); err != nil {
		return err
	}
	for {
		if err := links.Listening(ctx); err != nil {
			return err
		}
		until, cancel := context.WithTimeout(ctx, listenAgain)
		err := w.pass(until, conn)
		cancel()
		if until.Err() == nil || ctx.Err() != nil {
			return err
		}
		if conn.Conn().IsClosed() { // the end of the wait has closed it
			return nil
		}
	}
}

// pass wakes the reader for each notification.
func (w wakeups) pass(ctx context.Context, conn *pgxpool.Conn) error {
	for {
		if _, err := conn.Conn().WaitForNotification(ctx); err != nil {
			return err
		}
		select {
		case w <- struct{}{}:
		default: // it has not woken yet
		}
	}
}
