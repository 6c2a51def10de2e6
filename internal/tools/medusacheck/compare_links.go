package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// directions compares every direction of every link with Medusa's fields, if it has one, and with the tables. It also
// filters each direction by each far record.
func (c *comparer) directions(ctx context.Context) error {
	offered, err := c.offered()
	if err != nil {
		return err
	}
	all, err := c.api.directions()
	if err != nil {
		return err
	}
	for _, d := range all {
		l := c.report.line(d.link.Name, d.name())
		if err := c.direction(ctx, l, d, offered[d.name()]); err != nil {
			return fmt.Errorf("%s of link %s: %w", d.name(), d.link.Name, err)
		}
		delete(offered, d.name())
	}
	for _, name := range sortedKeys(offered) {
		c.report.line("?", name).differ("Medusa offers %s, which is no way across a link here", offered[name][0].name)
	}
	return nil
}

// field is a field of Medusa that crosses a link.
type field struct {
	link, name string // "Product.sales_channels"
	rows       bool
}

// offered returns Medusa's fields by direction.
func (c *comparer) offered() (map[string][]field, error) {
	all := map[string][]field{}
	for _, link := range sortedKeys(c.medusa.Links) {
		for _, name := range sortedKeys(c.medusa.Links[link]) {
			if name == "records" || notCompared[name] != "" {
				continue
			}
			p, err := c.place(link, name)
			if err != nil {
				return nil, fmt.Errorf("find %s of Medusa's link %s: %w", name, link, err)
			}
			if len(p.path) == 1 {
				way := p.model + "." + p.path[0]
				all[way] = append(all[way], field{link, name, p.rows})
			}
		}
	}
	return all, nil
}

func (c *comparer) direction(ctx context.Context, l *line, d *direction, offered []field) error {
	stored, err := c.joined(ctx, d)
	if err != nil {
		return err
	}
	var names []string
	for _, f := range offered {
		_, name, _ := strings.Cut(f.name, ".")
		names = append(names, name)
	}
	if l.medusa = strings.Join(names, ", "); len(names) == 0 {
		l.note = "compared with the tables"
	}
	for _, keysAlone := range []bool{false, true} {
		ours, totals, err := c.api.follow(ctx, d, keysAlone)
		if err != nil {
			return err
		}
		c.steps(l, ours, stored, offered, keysAlone)
		for _, near := range sortedKeys(totals) {
			if have := len(ours[near]); have != totals[near] {
				l.differ("%s: totalCount is %d, the list has %d%s", near, totals[near], have, manner(keysAlone))
			}
		}
		if keysAlone {
			continue
		}
		for _, steps := range ours {
			l.now.linked += len(steps)
		}
		l.now.records += len(ours)
		if err := c.edges(ctx, l, d, ours); err != nil {
			return err
		}
	}
	return c.filters(ctx, l, d, stored)
}

// steps compares the steps of a direction with Medusa's fields and with the tables.
func (c *comparer) steps(l *line, ours, stored hops, offered []field, keysAlone bool) {
	for _, f := range offered {
		c.offer(l, ours, stored, f, manner(keysAlone))
	}
	compareIDs(l, "the tables"+manner(keysAlone), farKeys(ours), farKeys(stored))
}

func manner(keysAlone bool) string {
	if keysAlone {
		return " (asked for keys alone)"
	}
	return ""
}

// offer compares a direction with one of Medusa's fields. It ignores Medusa's link rows whose far record is deleted,
// because they lead nowhere.
func (c *comparer) offer(l *line, ours, stored hops, f field, manner string) {
	theirs := leadsTo(c.medusa.Links[f.link][f.name])
	if !f.rows {
		compareIDs(l, f.name+manner, farKeys(ours), theirs)
		return
	}
	live := rowKeys(stored)
	for near, ids := range theirs {
		theirs[near] = slices.DeleteFunc(ids, func(id string) bool { return !slices.Contains(live[near], id) })
	}
	compareIDs(l, f.name+manner, rowKeys(ours), theirs)
}

// edges compares the link rows of a direction with Medusa's.
func (c *comparer) edges(ctx context.Context, l *line, d *direction, ours hops) error {
	if d.row == nil {
		return nil
	}
	rows, ok := c.medusa.rows(c.medusa.medusaLink(d.link.Name))
	if !ok {
		var err error
		if rows, err = c.table(ctx, d.row); err != nil {
			return err
		}
	}
	records := l.now.records
	for _, near := range sortedKeys(ours) {
		for _, step := range ours[near] {
			id := text(step.row["id"])
			if rows[id] == nil {
				l.differ("%s: the link row %q is in this API's answer alone", near, id)
			} else if err := c.fields(ctx, l, d.row, id, step.row, rows[id]); err != nil {
				return err
			}
		}
	}
	l.now.records = records // link rows are not counted as records
	return nil
}

// filters queries the near records of each far record. The filter must find none for a deleted far record, although
// links may still name it.
func (c *comparer) filters(ctx context.Context, l *line, d *direction, stored hops) error {
	nears, err := c.namedKeys(ctx, d)
	if err != nil {
		return err
	}
	for near, steps := range stored {
		for _, step := range steps {
			nears[step.far] = append(nears[step.far], near)
		}
	}
	for _, far := range sortedKeys(nears) {
		found, err := c.api.filtered(ctx, d, far)
		if err != nil {
			return err
		}
		slices.Sort(found)
		slices.Sort(nears[far])
		if wanted := slices.Compact(nears[far]); !slices.Equal(found, wanted) {
			l.differ("filtered by %s: %v, not %v", far, found, wanted)
		}
	}
	return nil
}

// namedKeys returns the keys of far records that live links name, whether these records exist or not.
func (c *comparer) namedKeys(ctx context.Context, d *direction) (map[string][]string, error) {
	m, column := d.near, d.relation.Columns[0]
	if d.row != nil {
		m, column = d.row, d.relation.Through.TargetColumns[0]
	} else if d.relation.TargetColumns[0] != d.far.PrimaryKey {
		return map[string][]string{}, nil
	}
	rows, err := c.table(ctx, m)
	keys := map[string][]string{}
	for _, row := range rows {
		if row[column] != nil {
			keys[text(row[column])] = nil
		}
	}
	return keys, err
}

// joined returns the steps of a direction according to the tables.
func (c *comparer) joined(ctx context.Context, d *direction) (hops, error) {
	near, err := c.table(ctx, d.near)
	if err != nil {
		return nil, err
	}
	far, err := c.table(ctx, d.far)
	if err != nil {
		return nil, err
	}
	all := make(hops, len(near))
	for key := range near {
		all[key] = nil
	}
	if d.row == nil {
		joinColumns(all, near, far, d.relation.Columns[0], d.relation.TargetColumns[0])
		return all, nil
	}
	rows, err := c.table(ctx, d.row)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		n, f := text(row[d.relation.Through.Columns[0]]), text(row[d.relation.Through.TargetColumns[0]])
		if near[n] != nil && far[f] != nil {
			all[n] = append(all[n], hop{f, row})
		}
	}
	return all, nil
}

// joinColumns joins records whose columns are equal.
func joinColumns(all hops, near, far map[string]record, nearColumn, farColumn string) {
	for n, a := range near {
		for f, b := range far {
			if a[nearColumn] != nil && a[nearColumn] == b[farColumn] {
				all[n] = append(all[n], hop{f, nil})
			}
		}
	}
}

func farKeys(all hops) map[string][]string {
	return keysOf(all, func(h hop) string { return h.far })
}

func rowKeys(all hops) map[string][]string {
	return keysOf(all, func(h hop) string { return text(h.row["id"]) })
}

func keysOf(all hops, key func(hop) string) map[string][]string {
	keys := make(map[string][]string, len(all))
	for near, steps := range all {
		list := []string{}
		for _, step := range steps {
			list = append(list, key(step))
		}
		slices.Sort(list)
		keys[near] = list
	}
	return keys
}

// compareIDs compares where the same records lead to.
func compareIDs(l *line, source string, ours, theirs map[string][]string) {
	for _, near := range sortedKeys(ours) {
		if _, ok := theirs[near]; !ok {
			l.differ("%s: the record is not in %s", near, source)
		}
	}
	for _, near := range sortedKeys(theirs) {
		if have, ok := ours[near]; !ok {
			l.differ("%s: the record is in %s alone", near, source)
		} else if !slices.Equal(have, theirs[near]) {
			l.differ("%s: leads to %v, in %s to %v", near, have, source, theirs[near])
		}
	}
}

// ways compares Medusa's fields that continue beyond a link, and lists those that are not compared.
func (c *comparer) ways(ctx context.Context) error {
	for _, link := range sortedKeys(c.medusa.Links) {
		for _, name := range sortedKeys(c.medusa.Links[link]) {
			if why := notCompared[name]; why != "" {
				l := c.report.line(ourLink(link), "none for "+name)
				l.note = "not compared: " + why
				continue
			}
			if path := fieldNames[name]; len(path) > 1 {
				if err := c.way(ctx, link, name, path); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// way compares one field that continues beyond a link.
func (c *comparer) way(ctx context.Context, link, name string, path []string) error {
	modelName, medusas, _ := strings.Cut(name, ".")
	m, _ := c.api.records.Model(ourModel(modelName))
	selection := fmt.Sprintf(
		"key: %s hop: %s { hop: %s(first: %d) { edges { node { key: id } } } }",
		keyField(m),
		path[0],
		path[1],
		wholePage,
	)
	list, err := c.api.list(ctx, m, "", selection)
	if err != nil {
		return err
	}
	l := c.report.line(ourLink(link), m.Name+"."+strings.Join(path, "."))
	l.medusa = medusas
	ours := hops{}
	for _, near := range list {
		l.now.records++
		key := text(near["key"])
		ours[key] = nil
		behind, ok := near["hop"].(record)
		if !ok {
			continue
		}
		p, err := asPage(behind["hop"])
		if err != nil {
			return err
		}
		for _, e := range p.Edges {
			ours[key] = append(ours[key], hop{far: text(e.Node["key"])})
			l.now.linked++
		}
	}
	compareIDs(l, name, farKeys(ours), leadsTo(c.medusa.Links[link][name]))
	return nil
}
