package linkstore

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	mrand "math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// Verb is what a call of a Store does.
type Verb string

// The verbs.
const (
	CreateLinks     Verb = "create_links"     // Create
	DismissLinks    Verb = "dismiss_links"    // Dismiss
	SetLinks        Verb = "set_links"        // SetLinks
	DeleteLinks     Verb = "delete_links"     // Delete
	DeleteRecords   Verb = "delete_records"   // DeleteRecords
	RestoreRecords  Verb = "restore"          // Restore
	RestoreDeletion Verb = "restore_deletion" // RestoreDeletion
)

// Written is what a call wrote, which may be nothing.
type Written struct {
	Verb Verb
	// Items are those of Create and Dismiss, in the order of the call, without those that a partial Create left out. Of
	// SetLinks they are the results.
	Items []WrittenItem
	// Faults are the items that a partial Create left out, in order.
	Faults []ItemError
	// Replaced are the links that Create dismissed to make room, each once.
	Replaced []Link
	// Given are the records that Delete, DeleteRecords and Restore were given, each once, with the models' names.
	Given []Records
	// GivenDeletion is the id that RestoreDeletion was given.
	GivenDeletion string
	// Receipt is that of a deletion or a restore.
	Receipt Receipt
}

// WrittenItem is what became of one item. ID is "" if the pair was not linked.
type WrittenItem struct {
	Pair
	Outcome Outcome
	ID      string
}

// told is a part of a statement on a few links: it writes the events of those, written, that another part wrote, in their order.
// which says of what rows, t; "" means of all.
func (s *Store) told(d *Definition, event, cause, which string) string {
	if which != "" {
		which = " WHERE " + which
	}
	return fmt.Sprintf(
		`, told AS (
		INSERT INTO %s (event, cause, link, left_key, right_key, data)
		SELECT %s, %s, %s, %s, %s, %s FROM written AS t%s ORDER BY %s)`,
		s.own(
			"link_event",
		),
		literal(event),
		literal(cause),
		literal(d.Name),
		d.leftKey.KeyOf("t"),
		d.rightKey.KeyOf("t"),
		d.dataText(),
		which,
		d.order("t"),
	)
}

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// dataText is the extra columns of a row, t, as a JSON object, as Link.Data is written.
func (d *Definition) dataText() string {
	if len(d.Columns) == 0 {
		return "'{}'::jsonb"
	}
	parts := make([]string, 0, 2*len(d.Columns))
	for _, c := range d.Columns {
		value := "t." + quote(c.Name)
		switch c.Type {
		case Decimal:
			value += "::text"
		case JSON:
			value += "::jsonb"
		case Timestamp:
			value = "rtrim(rtrim(to_char(" + value + " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '0'), '.') || 'Z'"
		}
		parts = append(parts, literal(c.Name), value)
	}
	return "jsonb_build_object(" + strings.Join(parts, ", ") + ")"
}

// emit writes events of many links of one kind to the outbox, in the transaction of what they tell of and in the order of the calls.
func (s *Store) emit(tx *batchTx, event, cause string, links []Link) error {
	if len(links) == 0 {
		return nil
	}
	left, right := make([]string, len(links)), make([]string, len(links))
	for i, l := range links {
		left[i], right[i] = l.Left, l.Right
	}
	args, names, column, array := []any{event, cause, links[0].Name, left, right}, "l, r", "'{}'", ""
	if len(links[0].Data) > 0 {
		data := make([]string, len(links))
		for i, l := range links {
			text, err := json.Marshal(l.Data)
			if err != nil {
				return err
			}
			data[i] = string(text)
		}
		args, names, column, array = append(args, data), "l, r, data", "p.data::jsonb", ", $6::text[]"
	}
	tx.last.Queue(`
		INSERT INTO `+s.own("link_event")+` (event, cause, link, left_key, right_key, data)
		SELECT $1::text, $2::text, $3::text, p.l, p.r, `+column+` FROM unnest($4::text[], $5::text[]`+array+`) AS p(`+names+`)`, args...)
	return nil
}

// run runs the transaction of a call and tells of it. One of our own is run again when Postgres ends it for the sake of another; one
// that was overtaken by another is run again in a caller's transaction too, from its savepoint. fn may leave statements queued: what
// they read is there when told is called, which says what was written.
func (s *Store) run(ctx context.Context, fn func(tx *batchTx) (told func() Written, err error)) error {
	for try, overtaken := 0, 0; ; {
		err := s.once(ctx, fn)
		if s.joined {
			return s.joinedError(err)
		}
		switch kind := classify(err); {
		case kind == final:
			return s.lockTimeoutOf(err)
		case kind == changed && overtaken < overtakes*s.cfg.Retries:
			overtaken++
		case kind != changed && !s.inTx && try < s.cfg.Retries:
			try++
		case kind == duplicate:
			return duplicateOf(err)
		case s.inTx && kind == retryable:
			return err // the caller's to run again
		default:
			return &storeerr.ContendedError{Err: err}
		}
		pause := time.Duration(mrand.Int64N(int64(time.Millisecond) << min(try+overtaken/2, 6)))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// readTries is how often a read is run when Postgres ends it for the sake of another transaction.
const readTries = 3

// read runs a read, and again if a standby ended it for the sake of what it has to repeat.
func (s *Store) read(ctx context.Context, fn func() error) error {
	for try := 1; ; try++ {
		err := fn()
		switch {
		case classify(err) != retryable || s.inTx || ctx.Err() != nil:
			return err
		case try == readTries:
			return &storeerr.ContendedError{Err: err}
		}
	}
}

// overtakes is how often a call may be overtaken for each retry that it has: another call got on each time.
const overtakes = 10

func (s *Store) once(ctx context.Context, fn func(tx *batchTx) (told func() Written, err error)) error {
	tx, err := s.start(ctx)
	if err != nil {
		return err
	}
	defer tx.cancel(ctx)
	told, err := fn(tx)
	if err != nil {
		return err
	}
	if s.cfg.Written == nil {
		if err := tx.commit(ctx); err != nil {
			return err
		}
		told()
		return nil
	}
	if err := tx.send(ctx); err != nil {
		return err
	}
	if err := s.cfg.Written(ctx, told(), &tx.last); err != nil {
		return err
	}
	return tx.commit(ctx)
}

// createWritten tells of a Create.
func (s *Store) createWritten(results []CreateResult) Written {
	if s.cfg.Written == nil {
		return Written{}
	}
	w := Written{Verb: CreateLinks, Items: make([]WrittenItem, 0, len(results))}
	replaced := map[Pair]Link{}
	for i, r := range results {
		if r.Err != nil {
			w.Faults = append(w.Faults, ItemError{Index: i, Err: r.Err})
			continue
		}
		w.Items = append(w.Items, WrittenItem{r.Link.Pair(), r.Outcome, r.Link.ID})
		for _, l := range r.Replaced {
			replaced[l.Pair()] = l
		}
	}
	w.Replaced = sortedLinks(replaced)
	return w
}

// dismissWritten tells of a Dismiss.
func (s *Store) dismissWritten(pairs []Pair, results []DismissResult) Written {
	if s.cfg.Written == nil {
		return Written{}
	}
	w := Written{Verb: DismissLinks, Items: make([]WrittenItem, len(results))}
	for i, r := range results {
		w.Items[i] = WrittenItem{Pair: pairs[i], Outcome: r.Outcome}
		if r.Link != nil {
			w.Items[i].ID = r.Link.ID
		}
	}
	return w
}

// setWritten tells of a SetLinks.
func (s *Store) setWritten(results []SetResult) Written {
	if s.cfg.Written == nil {
		return Written{}
	}
	w := Written{Verb: SetLinks, Items: make([]WrittenItem, len(results))}
	for i, r := range results {
		w.Items[i] = WrittenItem{r.Link.Pair(), r.Outcome, r.Link.ID}
	}
	return w
}

// recordsOf lists the records of a call model by model.
func recordsOf(roots []record) []Records {
	var all []Records
	at := map[*Model]int{}
	for _, r := range roots {
		i, known := at[r.model]
		if !known {
			i = len(all)
			at[r.model] = i
			all = append(all, Records{Module: r.model.Module, Model: r.model.Name, Key: r.model.Key})
		}
		all[i].IDs = append(all[i].IDs, r.id)
	}
	return all
}

func sortedLinks(m map[Pair]Link) []Link {
	return slices.SortedFunc(maps.Values(m), func(a, b Link) int { return a.Pair().compare(b.Pair()) })
}
