package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/linkgraph/linkgraph/internal/naming"
)

// index returns the index page.
func (m *manual) index() string {
	w := &page{}
	w.line("%s\n\n# Modules and links\n", pageMark)
	w.line(
		"A module owns its tables and knows no other; a link joins records of two. [Links](../links.md) says what links promise,",
	)
	w.line("[Add a module and a link](../add-a-module.md) how to declare more.\n\n## Modules\n")
	modules := slices.Sorted(slices.Values(m.spec.modules))
	var rows [][]string
	for _, module := range modules {
		var models []string
		for _, md := range m.models(module) {
			models = append(models, refFrom("", md))
		}
		rows = append(rows, []string{moduleRef(module), m.about[module], strings.Join(models, ", ")})
	}
	w.table([]string{"Module", "About", "Models"}, rows)
	if m.spec.links != nil {
		m.mapOfLinks(w, modules)
		m.linkIndex(w)
	}
	return strings.TrimRight(w.String(), "\n") + "\n"
}

// linkIndex writes the table of all links.
func (m *manual) linkIndex(w *page) {
	var rows [][]string
	for _, l := range m.spec.links {
		left := hop{l, l.left, l.right}
		table, readOnly := "", ""
		if l.readOnly == nil {
			table = tableName(l.schema, l.table)
		} else {
			readOnly = columnText(l.readOnly)
		}
		rows = append(
			rows,
			[]string{
				tick(l.name),
				m.says[l.name],
				l.left.ref(),
				l.right.ref(),
				left.cardinality(),
				l.deletes(),
				table,
				readOnly,
			},
		)
	}
	w.line(
		"## Links\n\nThe left end comes first in the cardinality. A read-only link is a column of the left model's table.",
	)
	if i := slices.IndexFunc(m.spec.links, func(l *link) bool { return l.rows != nil }); i >= 0 {
		example := m.spec.links[i].rows
		w.line(
			"The rows of other links have a type and root fields of their own: `%s`, `%s`, `%s`.",
			example.name,
			naming.Camel(example.name),
			example.plural,
		)
	}
	w.line("")
	w.table([]string{"Link", "Meaning", "Left", "Right", "Cardinality", "Cascade", "Table", "Read-only"}, rows)
}

func (e *end) ref() string {
	ref := refFrom("", e.model)
	if e.field != "" {
		ref += "." + tick(e.field)
	}
	return ref
}

// deletes describes which end is deleted together with the other.
func (l *link) deletes() string {
	var ends []string
	for _, e := range []*end{l.left, l.right} {
		if e.cascade {
			ends = append(ends, fmt.Sprintf("the %s is deleted with the other", e.model.name))
		}
	}
	return strings.Join(ends, "; ")
}

// bundle is the set of links between two modules, or inside one.
type bundle struct {
	a, b  string
	links []*link
}

// bundles returns all bundles, sorted.
func (m *manual) bundles() []*bundle {
	var all []*bundle
	for _, l := range m.spec.links {
		a, b := l.left.model.module, l.right.model.module
		i := slices.IndexFunc(all, func(o *bundle) bool { return o.a == a && o.b == b || o.a == b && o.b == a })
		if i < 0 {
			i = len(all)
			all = append(all, &bundle{a: a, b: b})
		}
		all[i].links = append(all[i].links, l)
	}
	slices.SortFunc(all, func(x, y *bundle) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	return all
}

// label returns the name of the only link, or the number of links.
func (b *bundle) label() string {
	if len(b.links) == 1 {
		return narrow(b.links[0].name)
	}
	return fmt.Sprintf("%d links", len(b.links))
}

// mapOfLinks draws the modules, with one edge per pair of linked modules.
func (m *manual) mapOfLinks(w *page, modules []string) {
	bundles := m.bundles()
	loops := map[string]string{}
	for _, b := range bundles {
		if b.a == b.b {
			loops[b.a] = " ↻"
		}
	}
	w.line("## Map\n\n%s", diagramHead)
	for _, module := range modules {
		w.line("  m_%s[\"%s%s\"]", module, module, loops[module])
	}
	for _, b := range bundles {
		line := "-.-"
		if slices.ContainsFunc(b.links, func(l *link) bool { return l.readOnly == nil }) {
			line = "---"
		}
		if b.a != b.b {
			w.line("  m_%s %s%s m_%s", b.a, line, quoted(b.label()), b.b)
		}
	}
	w.line("```\n\nA dotted line is of read-only links alone; ↻ is a link inside the module.\n")
}
