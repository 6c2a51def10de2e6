package robust

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// Answer is the answer to a call, in a form in which the answers of two stores can be compared.
type Answer struct {
	Err      string   // class of the error, "" for none
	Outcomes []string // of the items
	Removed  []string // sorted: links that were replaced or that a Set dismissed, or what a receipt holds
	Deletion string   // id of the receipt
}

// String returns the error, or else the outcomes and removed records.
func (a Answer) String() string {
	if a.Err != "" {
		return a.Err
	}
	return strings.Join(slices.Concat(a.Outcomes, a.Removed), " ")
}

// classes are the errors that a call may return. After any other error it is unknown whether the call took effect.
func classes() map[string]error {
	return map[string]error{
		"conflict":         linkstore.ErrConflict,
		"no such record":   linkstore.ErrRecordNotFound,
		"invalid":          linkstore.ErrInvalid,
		"no such deletion": linkstore.ErrDeletionNotFound,
	}
}

// classOf returns the classes of an error. One of several items has those of all of its errors.
func classOf(err error) (string, bool) {
	if err == nil {
		return "", true
	}
	var names []string
	for name, class := range classes() {
		if errors.Is(err, class) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		return strings.Join(names, ", "), true
	}
	return "no such record", errors.Is(err, recordstore.ErrRecordNotFound)
}

func nameOf(p linkstore.Pair) string { return p.Link + "(" + p.Left + "," + p.Right + ")" }

func linksOf(links []linkstore.Link) []string {
	var all []string
	for _, l := range links {
		all = append(all, nameOf(l.Pair()))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func receiptOf(r linkstore.Receipt) Answer {
	a := Answer{Removed: linksOf(r.Links), Deletion: r.DeletionID}
	for _, records := range r.Records {
		for _, id := range records.IDs {
			a.Removed = append(a.Removed, records.Model+"/"+id)
		}
	}
	slices.Sort(a.Removed)
	return a
}

func createdOf(results []linkstore.CreateResult) Answer {
	var a Answer
	var replaced []linkstore.Link
	for _, r := range results {
		a.Outcomes = append(a.Outcomes, string(r.Outcome))
		replaced = append(replaced, r.Replaced...)
	}
	a.Removed = linksOf(replaced)
	return a
}

func dismissedOf(results []linkstore.DismissResult) Answer {
	var a Answer
	for _, r := range results {
		a.Outcomes = append(a.Outcomes, string(r.Outcome))
	}
	return a
}

// setOf returns the outcomes of the targets, and the links that were dismissed.
func setOf(results []linkstore.SetResult) Answer {
	var a Answer
	var dismissed []linkstore.Link
	for _, r := range results {
		if r.Outcome == linkstore.Dismissed {
			dismissed = append(dismissed, r.Link)
		} else {
			a.Outcomes = append(a.Outcomes, string(r.Outcome))
		}
	}
	a.Removed = linksOf(dismissed)
	return a
}

// links are the methods of a link store that histories call. Both the real store and the in-memory model have them.
type links interface {
	Create(ctx context.Context, items []linkstore.Item, opts linkstore.CreateOptions) ([]linkstore.CreateResult, error)
	Dismiss(ctx context.Context, items []linkstore.Item) ([]linkstore.DismissResult, error)
	SetLinks(ctx context.Context, of linkstore.Source, to []linkstore.Target) ([]linkstore.SetResult, error)
	Delete(ctx context.Context, records []linkstore.Records) (linkstore.Receipt, error)
	DeleteRecords(ctx context.Context, records []linkstore.Records) (linkstore.Receipt, error)
	Restore(ctx context.Context, records []linkstore.Records) (linkstore.Receipt, error)
	RestoreDeletion(ctx context.Context, deletionID string) (linkstore.Receipt, error)
}

// callLinks makes a call of a link store.
func callLinks(ctx context.Context, s links, c Call) (Answer, error) {
	switch c.Verb {
	case Create, Replace:
		results, err := s.Create(ctx, c.items(), linkstore.CreateOptions{Replace: c.Verb == Replace})
		return createdOf(results), err
	case Dismiss:
		results, err := s.Dismiss(ctx, c.items())
		return dismissedOf(results), err
	case Set:
		results, err := s.SetLinks(ctx, c.Of, c.targets())
		return setOf(results), err
	}
	var receipt linkstore.Receipt
	var err error
	switch c.Verb {
	case Delete:
		receipt, err = s.Delete(ctx, c.records())
	case DeleteRecords:
		receipt, err = s.DeleteRecords(ctx, c.records())
	case Restore:
		receipt, err = s.Restore(ctx, c.records())
	case RestoreDeletion:
		receipt, err = s.RestoreDeletion(ctx, c.Deletion)
	default:
		err = fmt.Errorf("the link store has no call %q", c.Verb)
	}
	return receiptOf(receipt), err
}

// Operation is a call with its answer and times.
type Operation struct {
	Client     int
	Name       string // of the call, as in the row that the hook writes
	Call       Call
	Answer     Answer
	Begin, End time.Duration   // since the history began
	Lost       bool            // the answer was lost and is known from the row that the call wrote
	State      *linktest.State `json:"-"` // what Read returned
}

// apply makes a call of the model. ok is true if the model's answer equals the store's.
func apply(m *linktest.Model, o Operation) (ok bool) {
	c := o.Call
	switch c.Verb {
	case Read:
		state, err := m.State(context.Background())
		return err == nil && reflect.DeepEqual(state, *o.State)
	case Put, Move:
		for i, r := range c.Records {
			if c.Verb == Move && !m.IsLive(r) || !m.IsLive(linktest.Record{Model: "Product", ID: c.Owners[i]}) {
				return o.Answer.Err == "no such record"
			}
		}
		for i, r := range c.Records {
			if c.Verb == Put {
				_ = m.PutRecord(context.Background(), r.Model, r.ID, c.Owners[i])
			} else {
				m.SetOwner(r, c.Owners[i])
			}
		}
		return o.Answer.Err == ""
	}
	got, err := callLinks(context.Background(), m, c)
	if err != nil {
		class, _ := classOf(err)
		return o.Answer.Err == class
	}
	if o.Answer.Err != "" || !slices.Equal(got.Outcomes, o.Answer.Outcomes) ||
		!slices.Equal(got.Removed, o.Answer.Removed) ||
		(got.Deletion == "") != (o.Answer.Deletion == "") {
		return false
	}
	if got.Deletion != "" && (c.Verb == Delete || c.Verb == DeleteRecords) {
		m.RenameDeletion(got.Deletion, o.Answer.Deletion)
	}
	return true
}

// Linearizable reports whether there is an order of the operations, consistent with their times, in which the model
// gives the same answers as the store.
func Linearizable(
	catalog *linkstore.Catalog,
	world World,
	history []Operation,
	patience time.Duration,
) porcupine.CheckResult {
	model := porcupine.Model{
		Init: func() any {
			m := linktest.NewModel(catalog)
			for _, r := range world.Records {
				_ = m.PutRecord(context.Background(), r.Model, r.ID, world.Owners[r])
			}
			return m
		},
		Step: func(state, input, _ any) (bool, any) {
			before, isModel := state.(*linktest.Model)
			o, isOperation := input.(Operation)
			if !isModel || !isOperation {
				return false, state
			}
			after := before.Clone()
			return apply(after, o), after
		},
		Equal: reflect.DeepEqual,
	}
	operations := make([]porcupine.Operation, len(history))
	for i, o := range history {
		operations[i] = porcupine.Operation{ClientId: o.Client, Input: o, Call: int64(o.Begin), Return: int64(o.End)}
	}
	return porcupine.CheckOperationsTimeout(model, operations, patience)
}
