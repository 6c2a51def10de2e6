package main

import (
	"fmt"
	"slices"
	"strings"
)

// maxEdges is the most edges of one diagram. A module with more gets one diagram of its relations and one of its
// links.
const maxEdges = 16

// diagramHead begins a diagram. It sets no colours for boxes and text, so the reader's theme applies, dark themes
// included.
const diagramHead = "```mermaid\n%%{init: {\"flowchart\": {\"nodeSpacing\": 24}}}%%\nflowchart LR"

// edge is an edge of a diagram. line is Mermaid's notation for it.
type edge struct {
	from, to    *model
	line, label string
}

// diagrams draws the module: its models, their relations, and the models that links lead to.
func (m *manual) diagrams(w *page, module string) {
	relations, links := m.relationEdges(module), m.linkEdges(module)
	if len(relations)+len(links) == 0 {
		return
	}
	if len(links) == 0 || len(relations)+len(links) <= maxEdges {
		stretch(links, relations)
		m.diagram(w, module, m.models(module), slices.Concat(relations, links))
	} else {
		m.diagram(w, module, m.models(module), relations)
		m.diagram(w, module, nil, links)
	}
	w.line("%s\n", legend(relations, links))
}

// legend explains the kinds of lines that the diagram has.
func legend(relations, links []edge) string {
	all := slices.Concat(relations, links)
	var text []string
	if relations != nil {
		text = append(text, "Arrows without a name lead from a model to what belongs to it; with two heads, both ways.")
	}
	if links != nil {
		text = append(text, "Lines with a name are links, dotted if read-only.")
	}
	if slices.ContainsFunc(all, func(e edge) bool { return strings.Contains(e.line, "==") }) {
		text = append(text, "A thick arrow or ◀ points at what is deleted with the other end.")
	}
	if slices.ContainsFunc(all, func(e edge) bool { return e.from == e.to }) {
		text = append(text, "↻ leads to records of the same model.")
	}
	return strings.Join(text, " ")
}

// diagram draws the given models of a module, and the edges with the models at their ends.
func (m *manual) diagram(w *page, module string, shown []*model, edges []edge) {
	loops := map[*model]string{}
	for _, e := range edges {
		shown = append(shown, e.from, e.to)
		if e.from == e.to { // shown inside the box: an edge from a box to itself breaks Mermaid's layout of groups
			loops[e.from] += strings.TrimRight("<br/>↻ "+e.loopLabel(), " ")
		}
	}
	w.line("%s", diagramHead)
	var far []string
	for _, group := range append([]string{module}, m.neighbours(module)...) {
		models := slices.DeleteFunc(m.models(group), func(md *model) bool { return !slices.Contains(shown, md) })
		if len(models) == 0 {
			continue
		}
		w.line("  subgraph m_%s[\"%s\"]\n    direction LR", group, group)
		for _, md := range models {
			w.line("    %s[\"%s%s\"]", md.name, md.name, loops[md])
		}
		w.line("  end")
		if group != module {
			far = append(far, "m_"+group)
		}
	}
	for _, e := range edges {
		if e.from != e.to {
			w.line("  %s %s%s %s", e.from.name, e.line, quoted(e.label), e.to.name)
		}
	}
	w.line("  classDef own fill:none,stroke:#8250df,stroke-width:2px\n  class m_%s own", module)
	if far != nil {
		w.line("  classDef far fill:none,stroke:#8c959f,stroke-dasharray:4 3\n  class %s far", strings.Join(far, ","))
	}
	w.line("```\n")
}

func (e edge) loopLabel() string {
	if e.label == "" && e.line == "==>" {
		return "cascade"
	}
	return e.label
}

func quoted(label string) string {
	if label == "" {
		return ""
	}
	return fmt.Sprintf("|\"%s\"|", label)
}

// linkEdges returns the links of a module as edges that start at the module's own model.
func (m *manual) linkEdges(module string) []edge {
	var edges []edge
	for _, l := range m.spec.links {
		near, far := l.left, l.right
		if near.model.module != module {
			near, far = far, near
		}
		if near.model.module != module {
			continue
		}
		e := edge{near.model, far.model, "---", narrow(l.name)}
		switch {
		case near.cascade && far.cascade:
			e.line = "<==>"
		case near.cascade: // Mermaid has no line with an arrow head at its start only
			e.line, e.label = "===", e.label+"<br/>◀ cascade"
		case far.cascade:
			e.line = "==>"
		case l.readOnly != nil:
			e.line = "-.-"
		}
		edges = append(edges, e)
	}
	return edges
}

// stretch lengthens the edges of links, so that Mermaid places the models of other modules to the right of the
// module's own.
func stretch(links, relations []edge) {
	deepest := 0
	for _, e := range relations {
		deepest = max(deepest, rank(e.to, relations, nil))
	}
	for i, e := range links {
		if e.from.module != e.to.module {
			more := deepest - rank(e.from, relations, nil)
			links[i].line = e.line[:1] + strings.Repeat(e.line[1:2], more) + e.line[1:]
		}
	}
}

// rank returns the length of the longest path along the edges to a model.
func rank(md *model, edges []edge, way []*model) int {
	way = append(way, md)
	longest := 0
	for _, e := range edges {
		if e.to == md && !slices.Contains(way, e.from) {
			longest = max(longest, 1+rank(e.from, edges, way))
		}
	}
	return longest
}

// narrow breaks a long name into two lines near its middle.
func narrow(name string) string {
	const wide = 20
	if len(name) <= wide {
		return name
	}
	at := -1
	for i, r := range name {
		if r == '_' && max(i, len(name)-i) < max(at, len(name)-at) {
			at = i
		}
	}
	if at < 0 {
		return name
	}
	return name[:at+1] + "<br/>" + name[at+1:]
}

// pair is a relation inside a module, from an owner to the model that belongs to it.
type pair struct{ from, to *model }

// pairs returns the relations of a module, and which of them cascade.
func (m *manual) pairs(module string) (pairs []pair, cascades map[pair]bool) {
	cascades = map[pair]bool{}
	add := func(from, to *model, cascade bool) {
		p := pair{from, to}
		if !slices.Contains(pairs, p) {
			pairs = append(pairs, p)
		}
		cascades[p] = cascades[p] || cascade
	}
	for _, md := range m.models(module) {
		for _, r := range m.relations(md) {
			switch {
			case r.through != nil:
				add(md, r.target, false)
				add(r.target, md, false)
			case r.declared && r.cascade:
				add(md, r.target, true)
			case r.declared:
				add(r.target, md, md.counterpartCascades(r))
			case r.columns[0] != md.keyColumns()[0]: // not the inverse of another relation: its column is not the key
				add(md, r.target, false)
			}
		}
	}
	return pairs, cascades
}

// relationEdges returns the relations inside a module. A relation and its inverse become one edge if neither
// cascades. Cascades come first, because Mermaid lays out best what it lays out first.
func (m *manual) relationEdges(module string) []edge {
	pairs, cascades := m.pairs(module)
	var thick, thin []edge
	for i, p := range pairs {
		reverse := pair{p.to, p.from}
		back := slices.Index(pairs, reverse)
		switch {
		case cascades[p]:
			thick = append(thick, edge{from: p.from, to: p.to, line: "==>"})
		case back < 0 || cascades[reverse]:
			thin = append(thin, edge{from: p.from, to: p.to, line: "-->"})
		case back >= i:
			thin = append(thin, edge{from: p.from, to: p.to, line: "<-->"})
		}
	}
	return slices.Concat(thick, thin)
}
