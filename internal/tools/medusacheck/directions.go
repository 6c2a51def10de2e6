package main

import (
	"context"
	"fmt"

	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// direction is a field of a model that crosses a link.
type direction struct {
	link      *linkstore.Definition
	relation  *recordstore.Relation
	near, far *recordstore.Model
	row       *recordstore.Model // of the link table; nil for a read-only link
}

func (d *direction) name() string { return d.near.Name + "." + d.relation.Field }

// hop is one step of a direction.
type hop struct {
	far string
	row record // the link row
}

// hops are all steps of a direction, by the key of the near record. Records without steps have an entry too.
type hops map[string][]hop

// directions returns both directions of all links.
func (a *api) directions() ([]*direction, error) {
	var all []*direction
	for _, link := range a.links.Links() {
		for _, end := range []linkstore.End{link.Left, link.Right} {
			if end.Field == "" {
				continue
			}
			near, _ := a.records.Model(end.Model)
			relation, ok := near.Relation(end.Field)
			if !ok {
				return nil, fmt.Errorf("link %s: %s has no field %s", link.Name, end.Model, end.Field)
			}
			all = append(all, &direction{link, relation, near, a.records.Target(relation), a.records.Row(relation)})
		}
	}
	return all, nil
}

// selection returns a selection of one page of a direction, or of the one record it leads to. It selects the keys
// only, or another column too, because the API may answer the two differently.
func (d *direction) selection(keysAlone bool, after string) string {
	field, row, far := d.relation.Field, "", "key: "+keyField(d.far)
	if !keysAlone {
		far += " " + columnFields(d.far)
	}
	if d.row != nil {
		row = "link { " + columnFields(d.row) + " }"
	}
	if d.relation.Many {
		return fmt.Sprintf(
			"hop: %s(first: %d%s) { totalCount edges { node { %s } %s } %s }",
			field,
			nestedPage,
			after,
			far,
			row,
			pageInfo,
		)
	}
	if d.row != nil {
		row = fmt.Sprintf("row: %sLink { %s }", field, columnFields(d.row))
	}
	return fmt.Sprintf("hop: %s { %s } %s", field, far, row)
}

// follow reads all steps of a direction, page by page. It also returns the totalCount of each list, by near record.
func (a *api) follow(ctx context.Context, d *direction, keysAlone bool) (hops, map[string]int, error) {
	list, err := a.list(ctx, d.near, "", "key: "+keyField(d.near)+" "+d.selection(keysAlone, ""))
	if err != nil {
		return nil, nil, err
	}
	all, totals := make(hops, len(list)), map[string]int{}
	for _, near := range list {
		key := text(near["key"])
		if !d.relation.Many {
			all[key] = oneStep(near)
			continue
		}
		if all[key], totals[key], err = a.steps(ctx, d, keysAlone, key, near); err != nil {
			return nil, nil, err
		}
	}
	return all, totals, nil
}

// oneStep returns the step of a record whose direction is to-one.
func oneStep(near record) []hop {
	far, ok := near["hop"].(record)
	if !ok {
		return nil
	}
	row, _ := near["row"].(record)
	return []hop{{text(far["key"]), row}}
}

// steps returns the steps of a record. It reads the pages after the first.
func (a *api) steps(ctx context.Context, d *direction, keysAlone bool, key string, near record) ([]hop, int, error) {
	var steps []hop
	r := a.roots[d.near.Name]
	query := fmt.Sprintf(
		"query ($after: String) { near: %s(%s: %s) { %s } }",
		r.one,
		r.key,
		literal(key),
		d.selection(keysAlone, ", after: $after"),
	)
	for {
		p, err := asPage(near["hop"])
		if err != nil {
			return nil, 0, err
		}
		for _, e := range p.Edges {
			steps = append(steps, hop{text(e.Node["key"]), e.Link})
		}
		if !p.PageInfo.HasNextPage {
			return steps, p.TotalCount, nil
		}
		var answer struct{ Near record }
		if err := a.ask(ctx, query, record{"after": p.PageInfo.EndCursor}, &answer); err != nil {
			return nil, 0, err
		}
		near = answer.Near
	}
}

// filtered returns the keys of the near records that a filter for one far record finds.
func (a *api) filtered(ctx context.Context, d *direction, far string) ([]string, error) {
	condition := fmt.Sprintf("{ %s: { eq: %s } }", keyField(d.far), literal(far))
	if d.relation.Many {
		condition = "{ some: " + condition + " }"
	}
	list, err := a.list(
		ctx,
		d.near,
		fmt.Sprintf(", filter: { %s: %s }", d.relation.Field, condition),
		"key: "+keyField(d.near),
	)
	keys := make([]string, len(list))
	for i, r := range list {
		keys[i] = text(r["key"])
	}
	return keys, err
}
