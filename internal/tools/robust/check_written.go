package robust

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// checkWritten compares what the calls wrote with their answers.
func (r *run) checkWritten(ctx context.Context, state linktest.State) error {
	if err := r.checkRows(ctx); err != nil {
		return err
	}
	if err := r.checkEvents(ctx, state, r.events); err != nil {
		return err
	}
	if err := r.checkAudit(ctx, r.audited); err != nil {
		return err
	}
	return r.checkDeletions(ctx, r.deletions)
}

// checkRows checks that each call without an error wrote a row, and that the row matches its answer.
func (r *run) checkRows(ctx context.Context) error {
	rows, err := r.direct.Query(ctx, `SELECT call, answer FROM robust_call WHERE starts_with(call, $1)`, r.prefix)
	if err != nil {
		return err
	}
	written := map[string]string{}
	var call, text string
	if _, err := pgx.ForEachRow(rows, []any{&call, &text}, func() error {
		written[call] = text
		return nil
	}); err != nil {
		return err
	}
	for _, o := range r.history {
		if o.Call.Verb == Read {
			continue
		}
		text, there := written[o.Name]
		delete(written, o.Name)
		var a Answer
		if there {
			if err := json.Unmarshal([]byte(text), &a); err != nil {
				return err
			}
		}
		if there != (o.Answer.Err == "") || there &&
			fmt.Sprint(a, a.Deletion) != fmt.Sprint(o.Answer, o.Answer.Deletion) {
			r.fault(
				"client %d: %s: answered %v %s, the row says %v %s (there: %t)",
				o.Client,
				o.Call,
				o.Answer,
				o.Answer.Deletion,
				a,
				a.Deletion,
				there,
			)
		}
	}
	for call := range written {
		r.fault("there is a row of call %s, whose answer does not match", call)
	}
	return nil
}

// checkEvents checks that attached and detached events alternate for each pair, that the last one matches the link's
// state, and that there are as many as the answers imply.
func (r *run) checkEvents(ctx context.Context, state linktest.State, after int64) error {
	rows, err := r.direct.Query(
		ctx,
		`SELECT event, link, left_key, right_key FROM linkgraph.link_event WHERE id > $1 AND starts_with(left_key, $2) ORDER BY id`,
		after,
		r.prefix,
	)
	if err != nil {
		return err
	}
	live := map[linkstore.Pair]bool{}
	var event string
	var p linkstore.Pair
	count := map[string]int{}
	if _, err := pgx.ForEachRow(rows, []any{&event, &p.Link, &p.Left, &p.Right}, func() error {
		count[event]++
		if live[p] == (event == "attached") {
			r.fault("%s was %s twice", nameOf(p), event)
		}
		live[p] = event == "attached"
		return nil
	}); err != nil {
		return err
	}
	for p, l := range state.Links {
		if l.Live != live[p] {
			r.fault("%s is live: %t, its events say %t", nameOf(p), l.Live, live[p])
		}
	}
	told := map[string]int{}
	for _, o := range r.history {
		for event, n := range o.told() {
			told[event] += n
		}
	}
	for _, event := range []string{"attached", "detached"} {
		if count[event] != told[event] {
			r.fault("%d events of links %s, the answers imply %d", count[event], event, told[event])
		}
	}
	return nil
}

// told returns the number of each event that an answer implies.
func (o Operation) told() map[string]int {
	told := map[string]int{}
	for _, outcome := range o.Answer.Outcomes {
		switch linkstore.Outcome(outcome) {
		case linkstore.Created, linkstore.Revived:
			told["attached"]++
		case linkstore.Updated:
			// an update is an event of a link that stays
		case linkstore.Dismissed:
			told["detached"]++
		}
	}
	for _, removed := range o.Answer.Removed {
		if !strings.Contains(removed, "(") {
			continue
		}
		if o.Call.Verb == Restore || o.Call.Verb == RestoreDeletion {
			told["attached"]++
		} else {
			told["detached"]++
		}
	}
	return told
}

// checkDeletions checks that each stored deletion matches a receipt, and that there are no others.
func (r *run) checkDeletions(ctx context.Context, before int64) error {
	n := int64(0)
	for _, o := range r.history {
		if o.Call.Verb != Delete && o.Call.Verb != DeleteRecords || o.Answer.Err != "" {
			continue
		}
		if (o.Answer.Deletion == "") != (len(o.Answer.Removed) == 0) {
			r.fault(
				"client %d: %s: the receipt names %q and holds %v",
				o.Client,
				o.Call,
				o.Answer.Deletion,
				o.Answer.Removed,
			)
		}
		if o.Answer.Deletion == "" {
			continue
		}
		n++
		rows, err := r.direct.Query(ctx, `
			SELECT link || '(' || left_key || ',' || right_key || ')' FROM linkgraph.deletion_link WHERE deletion_id = $1
			UNION ALL SELECT model || '/' || key FROM linkgraph.deletion_record WHERE deletion_id = $1 AND removed`, o.Answer.Deletion)
		if err != nil {
			return err
		}
		noted, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		slices.Sort(noted)
		if !slices.Equal(noted, o.Answer.Removed) {
			r.fault(
				"client %d: %s: answered %v, deletion %s holds %v",
				o.Client,
				o.Call,
				o.Answer.Removed,
				o.Answer.Deletion,
				noted,
			)
		}
	}
	var after int64
	err := r.direct.QueryRow(ctx, `SELECT count(*) FROM linkgraph.deletion`).Scan(&after)
	if after-before != n {
		r.fault("%d deletions are stored, the answers name %d", after-before, n)
	}
	return err
}
