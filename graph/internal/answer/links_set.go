package answer

import (
	"context"
	"strings"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/naming"
	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// The arguments of setLinks are read from the document, where numbers are as the client wrote them. Reading them never
// fails: NewLinkSet returns the errors.
type (
	// RecordKey is the argument `of`, a RecordKeyInput.
	RecordKey struct{ keys []linkstore.Key }
	// NamedLink is the argument `link`, the value of a LinkName.
	NamedLink struct{ value string }
	// LinkTargets is the argument `to`, a list of LinkTargetInput.
	LinkTargets struct{ list []any }
)

// UnmarshalGQLContext reads the argument.
func (k *RecordKey) UnmarshalGQLContext(ctx context.Context, _ any) error {
	fields := plan.ObjectOf(rootArguments(ctx)["of"])
	k.keys = nil
	for _, module := range plan.SortedKeys(fields) {
		k.keys = append(k.keys, moduleKeys(module, fields[module])...)
	}
	return nil
}

// UnmarshalGQLContext reads the argument.
func (n *NamedLink) UnmarshalGQLContext(ctx context.Context, _ any) error {
	n.value, _ = rootArguments(ctx)["link"].(string)
	return nil
}

// Name returns the name of the link: "product_sales_channel". It is "" of nil.
func (n *NamedLink) Name() string {
	if n == nil {
		return ""
	}
	return strings.ToLower(n.value)
}

// UnmarshalGQLContext reads the argument.
func (t *LinkTargets) UnmarshalGQLContext(ctx context.Context, _ any) error {
	t.list = plan.ListOf(rootArguments(ctx)["to"])
	return nil
}

// LinkSet is what setLinks is asked for.
type LinkSet struct {
	Of linkstore.Source
	To []linkstore.Target
}

// NewLinkSet returns what setLinks is asked for. The errors of targets are a *linkstore.ItemsError. A payload that would
// exceed a limit is a *plan.LimitError: nothing is written yet.
func NewLinkSet(ctx context.Context, of RecordKey, link NamedLink, to LinkTargets) (*LinkSet, error) {
	name := link.Name()
	d, ok := requestFrom(ctx).engine.linkCatalog.Link(name)
	if !ok {
		return nil, plan.Invalidf("setLinks.link", "there is no link %s", link.value)
	}
	set := &LinkSet{To: make([]linkstore.Target, len(to.list))}
	var err error
	if set.Of, err = of.end(requestFrom(ctx).engine, d); err != nil {
		return nil, err
	}
	if err := storeerr.NewItemsError(len(to.list), func(i int) (err error) {
		set.To[i], err = newTarget(d, plan.ObjectOf(to.list[i]))
		return err
	}); err != nil {
		return nil, err
	}
	if d.ReadOnly != "" {
		return set, nil // the store says so
	}
	return set, checkPayload(ctx, []string{name}, max(len(to.list), 1))
}

// end finds the end of a link that the key names.
func (k RecordKey) end(e *Engine, d *linkstore.Definition) (linkstore.Source, error) {
	of := linkstore.Source{Link: d.Name}
	var choices []string
	for _, side := range []struct {
		from linkstore.Side
		end  *linkstore.End
	}{{linkstore.Left, &d.Left}, {linkstore.Right, &d.Right}} {
		m, _ := e.linkCatalog.Model(side.end.Model)
		choices = append(choices, "{ "+naming.Camel(m.Module)+": { "+naming.Camel(side.end.Key)+": … } }")
		for _, key := range k.keys {
			if len(k.keys) == 1 && key.Module == m.Module && key.Name == side.end.Key {
				of.From, of.ID = side.from, key.ID
				return of, nil
			}
		}
	}
	reason := "names no record"
	switch {
	case len(k.keys) > 1:
		reason = "names more than one record"
	case len(k.keys) == 1:
		reason = "is no end of the link " + d.Name
	}
	return of, plan.Invalidf("setLinks.of", "%s; the choices are %s", reason, strings.Join(choices, ", "))
}

// newTarget reads one LinkTargetInput.
func newTarget(d *linkstore.Definition, raw map[string]any) (linkstore.Target, error) {
	t := linkstore.Target{ID: idText(raw["id"])}
	if raw["data"] == nil {
		return t, nil
	}
	data, err := dataObject(raw["data"])
	if err == nil && len(data) > 0 {
		t.Data, err = columnsOf(d, data)
	}
	return t, err
}

// LinksSet resolves setLinks to the results of the store.
func LinksSet(ctx context.Context, results []linkstore.SetResult) (Answer, error) {
	r := newOutcomes(ctx, len(results), func(i int) (*linkstore.Link, linkstore.Outcome) {
		return &results[i].Link, results[i].Outcome
	})
	return r, nil
}
