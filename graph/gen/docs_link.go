package main

import (
	"fmt"
	"strings"
)

// hop is a link seen from one of its ends.
type hop struct {
	*link
	near, far *end
}

// hops returns the links of a model. A link of the model to itself is there once from each end.
func (m *manual) hops(md *model) []hop {
	var hops []hop
	for _, l := range m.spec.links {
		for _, h := range []hop{{l, l.left, l.right}, {l, l.right, l.left}} {
			if h.near.model == md {
				hops = append(hops, h)
			}
		}
	}
	return hops
}

func (m *manual) linkTable(w *page, md *model) {
	var rows [][]string
	for _, h := range m.hops(md) {
		far := h.far.model
		leads := refFrom(md.module, far)
		if far.module != md.module {
			leads += " of " + moduleRef(far.module)
		}
		if h.far.isList {
			leads = "many " + leads
		}
		name := tick(h.name)
		if says := m.says[h.name]; says != "" {
			name += "<br>" + says
		}
		rows = append(
			rows,
			[]string{h.fields(), leads, name, h.keptIn(), h.cardinality(), h.cascadeNote(), h.extra(), h.example()},
		)
	}
	if rows != nil {
		w.line("**Links**\n")
	}
	w.table([]string{"Field", "Leads to", "Link", "Kept in", "Cardinality", "Cascade", "Extra columns", "Filter"}, rows)
}

// fields lists the near model's fields that cross the link: to the other record and, if the link is stored and
// to-one, to the link row.
func (h hop) fields() string {
	switch {
	case h.near.field == "":
		return "none"
	case h.readOnly == nil && !h.far.isList:
		return ticks([]string{h.near.field, h.near.field + "Link"})
	}
	return tick(h.near.field)
}

func (l *link) keptIn() string {
	if l.readOnly == nil {
		return "table " + tableName(l.schema, l.table)
	}
	return fmt.Sprintf(
		"%s of %s, read-only",
		columnText(l.readOnly),
		tableName(l.left.model.schema, l.left.model.table),
	)
}

// cardinality describes how many records of the near end are linked to how many of the far end.
func (h hop) cardinality() string {
	number := map[bool]string{false: "one", true: "many"}
	return number[h.near.isList] + " to " + number[h.far.isList]
}

func (h hop) cascadeNote() string {
	var notes []string
	if h.far.cascade {
		notes = append(notes, fmt.Sprintf("the %s is deleted with this", h.far.model.name))
	}
	if h.near.cascade {
		notes = append(notes, fmt.Sprintf("this is deleted with the %s", h.far.model.name))
	}
	return strings.Join(notes, "; ")
}

func (l *link) extra() string {
	var all []string
	for _, c := range l.columns {
		text := fmt.Sprintf("`%s: %s`", c.field, c.outputType())
		if c.hasDefault {
			text += ", default " + c.defaultNote()
		}
		all = append(all, text)
	}
	return strings.Join(all, "<br>")
}

// example returns a filter of the near model that crosses the link.
func (h hop) example() string {
	if h.near.field == "" {
		return ""
	}
	far := h.far.model
	value := fmt.Sprintf(`{ %s: { eq: "…" } }`, far.primary)
	for _, c := range far.columns {
		if c.gqlType == "String" && !c.readOnly {
			value = fmt.Sprintf(`{ %s: { eq: "…" } }`, c.field)
			break
		}
	}
	if h.far.isList {
		value = "{ some: " + value + " }"
	}
	return tick(h.near.field + ": " + value)
}
