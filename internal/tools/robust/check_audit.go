package robust

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/audit"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// newAudit returns the server's audit table. The name of a call takes the place of the request id.
func newAudit() *audit.Log {
	return audit.New(audit.Config{Who: func(ctx context.Context) audit.Entry {
		name, _ := ctx.Value(callKey{}).(string)
		return audit.Entry{CallerKind: audit.Library, RequestID: name}
	}})
}

// counts are the counts of an audit row.
type counts struct {
	Outcomes map[string]int `json:"outcomes"`
	Links    map[string]int `json:"links"`
	Replaced int            `json:"replaced"`
	Records  map[string]int `json:"records"`
}

// audited is a row of the audit table.
type audited struct {
	action   string
	deletion string
	counts   counts
}

// String returns a text by which rows can be compared.
func (a audited) String() string {
	c := a.counts
	return fmt.Sprintf(
		"%s %s: outcomes %v, links %v, %d replaced, records %v",
		a.action,
		a.deletion,
		c.Outcomes,
		c.Links,
		c.Replaced,
		c.Records,
	)
}

// action returns the audit table's name of a verb.
func (v Verb) action() string {
	switch v {
	case Create, Replace:
		return string(linkstore.CreateLinks)
	case Dismiss:
		return string(linkstore.DismissLinks)
	case Set:
		return string(linkstore.SetLinks)
	case Delete:
		return string(linkstore.DeleteLinks)
	case DeleteRecords:
		return string(linkstore.DeleteRecords)
	case Restore:
		return string(linkstore.RestoreRecords)
	case RestoreDeletion:
		return string(linkstore.RestoreDeletion)
	case Put:
		return string(recordstore.CreateRecords)
	case Move:
		return string(recordstore.UpdateRecords)
	}
	return string(v)
}

// checkAudit checks that the audit table has exactly one row for each call without an error, and that its counts
// match the answer.
func (r *run) checkAudit(ctx context.Context, after int64) error {
	rows, err := r.direct.Query(ctx, `
		SELECT request_id, action, COALESCE(receipt->>'deletion_id', ''), receipt->>'counts'
		FROM linkgraph.audit WHERE id > $1 AND starts_with(request_id, $2)`, after, r.prefix)
	if err != nil {
		return err
	}
	written := map[string][]audited{}
	var call, text string
	var row audited
	if _, err := pgx.ForEachRow(rows, []any{&call, &row.action, &row.deletion, &text}, func() error {
		row.counts = counts{}
		if err := json.Unmarshal([]byte(text), &row.counts); err != nil {
			return err
		}
		written[call] = append(written[call], row)
		return nil
	}); err != nil {
		return err
	}
	for _, o := range r.history {
		if o.Call.Verb == Read {
			continue
		}
		var want []audited
		if o.Answer.Err == "" {
			want = []audited{o.audited()}
		}
		if got := written[o.Name]; fmt.Sprint(got) != fmt.Sprint(want) {
			r.fault(
				"client %d: %s: answered %v %s, the audit table has %v, want %v",
				o.Client,
				o.Call,
				o.Answer,
				o.Answer.Deletion,
				got,
				want,
			)
		}
		delete(written, o.Name)
	}
	for call := range maps.Keys(written) {
		r.fault("there is an audit row of call %s, whose answer does not match", call)
	}
	return nil
}

// audited returns the row that an answer implies.
func (o Operation) audited() audited {
	row := audited{action: o.Call.Verb.action(), deletion: o.Answer.Deletion}
	c := &row.counts
	count := func(counts *map[string]int, name string, n int) {
		if *counts == nil {
			*counts = map[string]int{}
		}
		(*counts)[name] += n
	}
	switch o.Call.Verb {
	case Create, Replace, Dismiss:
		for i, outcome := range o.Answer.Outcomes {
			count(&c.Outcomes, outcome, 1)
			count(&c.Links, o.Call.Pairs[i].Link, 1)
		}
		c.Replaced = len(o.Answer.Removed)
	case Set:
		for _, outcome := range o.Answer.Outcomes {
			count(&c.Outcomes, outcome, 1)
		}
		if n := len(o.Answer.Removed); n > 0 {
			count(&c.Outcomes, string(linkstore.Dismissed), n)
		}
		if n := len(o.Answer.Outcomes) + len(o.Answer.Removed); n > 0 {
			count(&c.Links, o.Call.Of.Link, n)
		}
	case Put, Move:
		count(&c.Records, o.Call.Records[0].Model, len(o.Call.Records))
	default:
		for _, removed := range o.Answer.Removed {
			if link, _, is := strings.Cut(removed, "("); is {
				count(&c.Links, link, 1)
				continue
			}
			model, _, _ := strings.Cut(removed, "/")
			count(&c.Records, model, 1)
		}
	}
	return row
}
