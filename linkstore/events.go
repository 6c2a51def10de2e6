package linkstore

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Event is an entry of the outbox: a link was attached or detached.
type Event struct {
	// Cursor is the event's place: Events(ctx, Cursor, …) returns what comes after it.
	Cursor string `json:"cursor"`
	// ID is unique. Ids do not say what came first.
	ID    int64     `json:"id"`
	Kind  EventKind `json:"event"`
	Link  string    `json:"link"`
	Left  string    `json:"left"`
	Right string    `json:"right"`
	// Data are the extra columns of the link, as Link.Data has them.
	Data map[string]any `json:"data"`
	// Cause is the call that wrote the event: create, replace, dismiss, delete or restore.
	Cause string    `json:"cause"`
	At    time.Time `json:"at"`
}

// EventKind is what became of a link.
type EventKind string

// The kinds of events.
const (
	Attached EventKind = "attached"
	Detached EventKind = "detached"
)

// maxEvents is how many events one call of Events returns at most.
const maxEvents = 10_000

// Events returns what became of links after a cursor, oldest first: at most limit events, 10,000 if limit is 0. "" is the
// cursor before all events. A reader that keeps the cursor of the last event it has handled gets each event at least once.
//
// Events of a transaction appear when it and all transactions that began to write before it have ended: none can then come
// before an event that was read. Events of one pair are in the order in which they took effect. A transaction that stays
// open, anywhere in the cluster, holds back those of all later ones; Horizon says which.
//
// A cursor that cannot be read is a *CursorError. So is one of events that were pruned, or that were restored into another
// cluster, where transactions are numbered anew.
func (s *Store) Events(ctx context.Context, after string, limit int) ([]Event, error) {
	return s.EventsOf(ctx, EventFilter{}, after, limit)
}

// EventFilter selects events of one link, of a record at one end of it, or of one pair. The zero value selects all.
type EventFilter struct {
	Link string
	// Left and Right are ids of records. They need Link.
	Left, Right string
}

// EventsOf is Events for those that a filter selects. Cursors are the same whatever the filter. A reader whose filter selects few
// events has an old cursor, which may have been pruned when the next of them comes.
func (s *Store) EventsOf(ctx context.Context, of EventFilter, after string, limit int) ([]Event, error) {
	if limit <= 0 || limit > maxEvents {
		limit = maxEvents
	}
	from, err := parseEventCursor(after)
	if err != nil {
		return nil, err
	}
	if of, err = s.canonicalFilter(of); err != nil {
		return nil, err
	}
	var events []Event
	err = s.read(ctx, func() (err error) {
		events, err = s.eventsAfter(ctx, of, from, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return events, nil
}

// canonicalFilter returns a filter with ids as events have them.
func (s *Store) canonicalFilter(of EventFilter) (EventFilter, error) {
	if of.Link == "" {
		if of.Left != "" || of.Right != "" {
			return of, &InvalidError{Field: "link", Reason: "is missing: the ids are those of a link's records"}
		}
		return of, nil
	}
	d, ok := s.catalog.Link(of.Link)
	if !ok {
		return of, undefined("link", of.Link, s.catalog.linkNames(), ErrLinkNotDefined)
	}
	var err error
	if of.Left != "" {
		if of.Left, err = canonicalID(d.leftKey, d.Left.Key, of.Left); err != nil {
			return of, err
		}
	}
	if of.Right != "" {
		of.Right, err = canonicalID(d.rightKey, d.Right.Key, of.Right)
	}
	return of, err
}

// eventRange returns the condition of a filter and of the place to begin at, the order, and the arguments from $4 on.
//
// The last column of the index before tx is compared as a range, and the order begins with it: so no index but the one that is
// meant has the order. With equality, the planner may take that of all events, and read through all of them to find those of a
// link. For a pair, the planner chooses between the indexes of both ends by how many events each of the two records has.
func eventRange(of EventFilter) (condition, order string, args []any) {
	const place = "t.tx, t.id) > ("
	const from = "o.after_tx, o.after_id)"
	switch {
	case of.Link == "":
		return "(" + place + from, "t.tx, t.id", nil
	case of.Left == "" && of.Right == "":
		return "t.link <= $4::text AND (t.link, " + place + "$4::text, " + from, "t.link, t.tx, t.id", []any{of.Link}
	}
	key, id, pair := "t.left_key", of.Left, ""
	args = []any{of.Link}
	if of.Left == "" {
		key, id = "t.right_key", of.Right
	}
	args = append(args, id)
	if of.Left != "" && of.Right != "" {
		pair = " AND t.right_key = $6::text"
		args = append(args, of.Right)
	}
	return "t.link = $4::text AND " + key + " <= $5::text AND (" + key + ", " + place + "$5::text, " + from + pair, key + ", t.tx, t.id", args
}

// eventsAfter relies on one of the indexes link_event_order, link_event_link, link_event_left and link_event_right. It begins
// behind the events that were pruned: until they are vacuumed, the index still has them. LIMIT 1 tells the planner that the
// stream is one row, which it does not know of a table that is never analyzed.
func (s *Store) eventsAfter(ctx context.Context, of EventFilter, from eventCursor, limit int) ([]Event, error) {
	condition, order, args := eventRange(of)
	rows, err := s.db.Query(ctx, fmt.Sprintf(`
		SELECT o.stream, o.pruned_tx::text, o.pruned_id, e.*
		FROM (
			SELECT *,
				CASE WHEN (pruned_tx, pruned_id) > ($1::text::xid8, $2::bigint) THEN pruned_tx ELSE $1::text::xid8 END AS after_tx,
				CASE WHEN (pruned_tx, pruned_id) > ($1::text::xid8, $2::bigint) THEN pruned_id ELSE $2::bigint END AS after_id
			FROM %[1]s LIMIT 1
		) AS o LEFT JOIN LATERAL (
			SELECT t.tx::text, t.id, t.event, t.link, t.left_key, t.right_key, t.data, t.cause, t.created_at
			FROM %[2]s AS t
			WHERE %[3]s AND t.tx < pg_snapshot_xmin(pg_current_snapshot())
			ORDER BY %[4]s LIMIT $3::integer
		) AS e ON TRUE`, s.own("event_stream"), s.own("link_event"), condition, order),
		append([]any{from.tx, from.id, limit}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var events []Event
	for rows.Next() {
		var stream, prunedTx string
		var prunedID int64
		var tx, kind, link, left, right, cause *string
		var id *int64
		var data map[string]any
		var at *time.Time
		if err := rows.Scan(
			&stream, &prunedTx, &prunedID, &tx, &id, &kind, &link, &left, &right, &data, &cause, &at,
		); err != nil {
			return nil, err
		}
		if err := from.check(stream, eventCursor{stream, prunedTx, prunedID}); err != nil {
			return nil, err
		}
		if tx == nil {
			break // there is none
		}
		events = append(events, Event{
			ID:     *id,
			Kind:   EventKind(*kind),
			Link:   *link,
			Left:   *left,
			Right:  *right,
			Data:   data,
			Cause:  *cause,
			At:     *at,
			Cursor: eventCursor{stream, *tx, *id}.String(),
		})
	}
	return events, rows.Err()
}

// eventCursor is a place in the order of events. The zero value is before all of them.
type eventCursor struct {
	stream string // that the cursor is of
	tx     string // a number of 64 bits without sign
	id     int64
}

func (c eventCursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(c.stream + "." + c.tx + "." + strconv.FormatInt(c.id, 10)))
}

// CursorError is a cursor from which events cannot be read.
type CursorError struct {
	Cursor string
	Reason string
	// Oldest is the cursor before the oldest event that is kept, if the cursor is older. "" otherwise.
	Oldest string
}

func (e *CursorError) Error() string {
	text := fmt.Sprintf("cursor %q: %s", e.Cursor, e.Reason)
	if e.Oldest != "" {
		text += fmt.Sprintf("; the oldest events that are kept come after %q", e.Oldest)
	}
	return text
}

// Unwrap gives ErrInvalid.
func (e *CursorError) Unwrap() error { return ErrInvalid }

func parseEventCursor(text string) (eventCursor, error) {
	if text == "" {
		return eventCursor{tx: "0"}, nil
	}
	unreadable := &CursorError{Cursor: text, Reason: "is not one that Events has returned"}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return eventCursor{}, unreadable
	}
	parts := strings.Split(string(raw), ".")
	if len(parts) != 3 || parts[0] == "" {
		return eventCursor{}, unreadable
	}
	tx, err := strconv.ParseUint(parts[1], 10, 64)
	if err != nil {
		return eventCursor{}, unreadable
	}
	id, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return eventCursor{}, unreadable
	}
	return eventCursor{parts[0], strconv.FormatUint(tx, 10), id}, nil
}

// check refuses a cursor of another stream, and one before events that were pruned. pruned is the last of these.
func (c eventCursor) check(stream string, pruned eventCursor) error {
	switch {
	case c.stream == "": // from the beginning: of what is kept
		return nil
	case c.stream != stream:
		return &CursorError{
			Cursor: c.String(),
			Reason: "is of another database cluster, from which this one was restored; read again from the beginning",
		}
	case c.before(pruned):
		return &CursorError{Cursor: c.String(), Reason: "is of events that were pruned", Oldest: pruned.String()}
	}
	return nil
}

// before reports whether a place comes before another one.
func (c eventCursor) before(o eventCursor) bool {
	a, _ := strconv.ParseUint(c.tx, 10, 64)
	b, _ := strconv.ParseUint(o.tx, 10, 64)
	return a < b || a == b && c.id < o.id
}

// EventChannel is the channel on which the database notifies listeners of new events: see Listening.
const EventChannel = "linkgraph_event"

// listenFor is how long a listener is notified after it has last said that it listens.
const listenFor = time.Minute

// Listening has the database notify EventChannel of new events for the next minute. A notification is sent when the
// transaction commits; its events can be read as soon as no earlier one is open. While nobody listens none is sent: Postgres
// commits transactions that notify one after the other.
func (s *Store) Listening(ctx context.Context) error {
	// Relies on the primary key: there is one row.
	_, err := s.db.Exec(
		ctx,
		`UPDATE `+s.own("event_stream")+` SET listening_until = clock_timestamp() + $1::interval`,
		listenFor,
	)
	if err != nil {
		return fmt.Errorf("listen to events: %w", err)
	}
	return nil
}
