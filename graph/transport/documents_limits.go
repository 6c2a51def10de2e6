package transport

import (
	"cmp"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// DocumentLimits bounds a document. The limits are checked before validation, while the document has cost no more than
// parsing. A zero field takes its default; below zero there is no limit.
type DocumentLimits struct {
	Bytes      int // of its text; 256 KiB
	Tokens     int // names, values and punctuation; 15,000
	Aliases    int // fields that are given another name; 500
	RootFields int // of the largest operation, its fragments included; 100
	Directives int // uses of directives; 500
	Fragments  int // fragments that are defined; 200
	Spreads    int // uses of fragments; 1,000
	// Fields bounds the fields of the largest operation with every fragment written out: a fragment that spreads
	// another twice, which spreads another twice, and so on, is short and large; 10,000.
	Fields int
	// Repeats bounds how often one name may stand among the fields of the document, those of a fragment counted once a
	// spread, those of inline fragments once a level: validation compares each with each; 500.
	Repeats int
}

// Complete sets the zero fields to their defaults.
func (l *DocumentLimits) Complete() {
	l.OrDefault(DocumentLimits{
		Bytes:      256 << 10,
		Tokens:     15_000,
		Aliases:    500,
		RootFields: 100,
		Directives: 500,
		Fragments:  200,
		Spreads:    1000,
		Fields:     10_000,
		Repeats:    500,
	})
}

// OrDefault sets the zero fields to the values of other.
func (l *DocumentLimits) OrDefault(other DocumentLimits) {
	l.Bytes = cmp.Or(l.Bytes, other.Bytes)
	l.Tokens = cmp.Or(l.Tokens, other.Tokens)
	l.Aliases = cmp.Or(l.Aliases, other.Aliases)
	l.RootFields = cmp.Or(l.RootFields, other.RootFields)
	l.Directives = cmp.Or(l.Directives, other.Directives)
	l.Fragments = cmp.Or(l.Fragments, other.Fragments)
	l.Spreads = cmp.Or(l.Spreads, other.Spreads)
	l.Fields = cmp.Or(l.Fields, other.Fields)
	l.Repeats = cmp.Or(l.Repeats, other.Repeats)
}

// counts is what DocumentLimits bounds, and the size of the parsed document.
type counts struct {
	bytes, aliases, rootFields, directives, fragments, spreads, fields, repeats int
	schemas                                                                     int // fields __schema
	nodes                                                                       int // of the parsed document
}

// maxSchemas bounds the fields __schema of one document: the answer is a thousand times as long as the question.
const maxSchemas = 5

// size estimates the bytes of the parsed document: a node is a struct with a position, in a slice.
func (c counts) size() int {
	const node = 400
	return c.bytes + node*c.nodes
}

// add adds the counts of another document of the same batch.
func (c *counts) add(o counts) {
	c.bytes += o.bytes
	c.aliases += o.aliases
	c.rootFields += o.rootFields
	c.directives += o.directives
	c.fragments += o.fragments
	c.spreads += o.spreads
	c.fields += o.fields
	c.schemas += o.schemas
	c.repeats = max(c.repeats, o.repeats)
}

func (l *DocumentLimits) check(c counts) *gqlerror.Error {
	for _, of := range []struct {
		what         string
		asked, limit int
	}{
		{"bytes of the document", c.bytes, l.Bytes},
		{"aliases of the document", c.aliases, l.Aliases},
		{"root fields of the operation", c.rootFields, l.RootFields},
		{"directives of the document", c.directives, l.Directives},
		{"fragments of the document", c.fragments, l.Fragments},
		{"fragment spreads of the document", c.spreads, l.Spreads},
		{"fields of the operation with all fragments", c.fields, l.Fields},
		{"fields of one name in the document", c.repeats, l.Repeats},
		{"fields __schema in the document", c.schemas, maxSchemas},
	} {
		if err := limitError(of.what, of.asked, of.limit); err != nil {
			return err
		}
	}
	return nil
}

func limitError(what string, asked, limit int) *gqlerror.Error {
	if limit < 0 || asked <= limit {
		return nil
	}
	err := gqlerror.Errorf("%s: %d is above the limit of %d", what, asked, limit)
	errcode.Set(err, CodeLimit)
	return err
}

// counter counts a document in one walk over what is written, and one over its fragments.
type counter struct {
	counts
	doc     *ast.QueryDocument
	spreads map[string]int // how often each fragment is spread
	// expanded are the fields of each fragment with all it spreads, and those of them at its top; -1 while they are
	// counted.
	expanded map[string][2]int
	fault    *gqlerror.Error
}

// count counts a document. It refuses what would fail in the executor: numbers that overflow, and @defer, which needs
// more than one answer.
func count(doc *ast.QueryDocument) (counts, *gqlerror.Error) {
	c := &counter{doc: doc, spreads: map[string]int{}, expanded: map[string][2]int{}}
	c.fragments = len(doc.Fragments)
	for _, op := range doc.Operations {
		for _, v := range op.VariableDefinitions {
			c.nodes++
			c.value(v.DefaultValue)
			c.uses(v.Directives)
		}
		c.uses(op.Directives)
		c.written(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		c.uses(f.Directives)
		c.written(f.SelectionSet)
	}
	if c.fault != nil {
		return c.counts, c.fault
	}
	for _, op := range doc.Operations {
		fields, top := c.expand(op.SelectionSet)
		c.fields, c.rootFields = max(c.fields, fields), max(c.rootFields, top)
	}
	names := map[string]int{}
	for _, op := range doc.Operations {
		c.repeat(names, op.SelectionSet, 1, 1)
	}
	for _, f := range doc.Fragments {
		c.repeat(names, f.SelectionSet, max(c.spreads[f.Name], 1), 1)
	}
	for _, n := range names {
		c.repeats = max(c.repeats, n)
	}
	return c.counts, nil
}

func (c *counter) written(set ast.SelectionSet) {
	for _, s := range set {
		c.nodes++
		switch s := s.(type) {
		case *ast.Field:
			if s.Alias != s.Name {
				c.aliases++
			}
			for _, a := range s.Arguments {
				c.nodes++
				c.value(a.Value)
			}
			c.uses(s.Directives)
			c.written(s.SelectionSet)
		case *ast.InlineFragment:
			c.uses(s.Directives)
			c.written(s.SelectionSet)
		case *ast.FragmentSpread:
			c.counts.spreads++
			c.spreads[s.Name]++
			c.uses(s.Directives)
		}
	}
}

func (c *counter) uses(directives ast.DirectiveList) {
	for _, d := range directives {
		c.nodes++
		c.directives++
		if d.Name == "defer" && c.fault == nil {
			c.fault = gqlerror.ErrorPosf(d.Position, "@defer is not served: an answer comes in one piece")
			errcode.Set(c.fault, errcode.ValidationFailed)
		}
		for _, a := range d.Arguments {
			c.nodes++
			c.value(a.Value)
		}
	}
}

func (c *counter) value(v *ast.Value) {
	if v == nil {
		return
	}
	c.nodes++
	if v.Kind == ast.IntValue || v.Kind == ast.FloatValue {
		if _, err := v.Value(nil); err != nil && c.fault == nil {
			c.fault = gqlerror.ErrorPosf(
				v.Position,
				"the number %s is too large to be written as a literal; write it as a string",
				shorten(v.Raw, mostEcho),
			)
			errcode.Set(c.fault, CodeBadInput)
		}
	}
	for _, child := range v.Children {
		c.value(child.Value)
	}
}

// manyFields caps the counts, so that they cannot overflow.
const manyFields = 1 << 40

// expand counts the fields of a selection set with its fragments expanded, and those at its top level. A fragment that
// spreads itself counts once; validation refuses it.
func (c *counter) expand(set ast.SelectionSet) (fields, top int) {
	for _, s := range set {
		var more, moreTop int
		switch s := s.(type) {
		case *ast.Field:
			more, _ = c.expand(s.SelectionSet)
			more, moreTop = more+1, 1
		case *ast.InlineFragment:
			more, moreTop = c.expand(s.SelectionSet)
		case *ast.FragmentSpread:
			more, moreTop = c.fragment(s.Name)
		}
		fields, top = min(fields+more, manyFields), min(top+moreTop, manyFields)
	}
	return fields, top
}

func (c *counter) fragment(name string) (fields, top int) {
	if n, ok := c.expanded[name]; ok {
		return max(n[0], 0), max(n[1], 0)
	}
	f := c.doc.Fragments.ForName(name)
	if f == nil {
		return 0, 0
	}
	c.expanded[name] = [2]int{-1, -1}
	fields, top = c.expand(f.SelectionSet)
	c.expanded[name] = [2]int{fields, top}
	return fields, top
}

// repeat counts the fields of a set by name. Those in inline fragments within each other are compared once a level, and
// counted so.
func (c *counter) repeat(names map[string]int, set ast.SelectionSet, times, level int) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			names[s.Alias] += times * level
			if s.Name == "__schema" {
				c.schemas += times
			}
			c.repeat(names, s.SelectionSet, times, 1)
		case *ast.InlineFragment:
			c.repeat(names, s.SelectionSet, times, level+1)
		}
	}
}

// mostEcho bounds how much of a value an error repeats, in characters.
const mostEcho = 60

// shorten cuts a text to at most so many characters.
func shorten(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
