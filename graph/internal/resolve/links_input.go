package resolve

import (
	"context"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"linkgraph/graph/internal/jsonscan"
	"linkgraph/internal/naming"
	"linkgraph/linkstore"
)

// linkInputType is the type of the schema that names a link. (gqlgen takes exported names of this package for types of the schema.)
const linkInputType = "LinkInput"

// Links is an argument of a root field that is a list of links. It is also the value of a variable that was read from the text of the
// request.
type Links struct {
	items []linkstore.Item
	err   error
}

// Items returns the links, or an ItemError that says which one is not well, and why.
func (l Links) Items() ([]linkstore.Item, error) { return l.items, l.err }

// UnmarshalGQLContext reads the argument from the variable, or from the document, where its numbers are as they were written.
func (l *Links) UnmarshalGQLContext(ctx context.Context, v any) error {
	e := requestFrom(ctx).engine
	if read, ok := v.(Links); ok {
		l.items, l.err = e.readLinks(read)
	} else {
		l.items, l.err = e.items(listOf(rootArguments(ctx)["links"]))
	}
	return nil
}

// LinkInputs reads lists of LinkInput. It knows the names of the schema, and what they are in the catalogue.
type LinkInputs struct {
	catalog *linkstore.Catalog
	names   map[string]string // of links, by the value of the enum
	ends    bool
	modules map[string]map[string]*inputKey // by the fields that lead to a key
}

// inputKey is a key of a module.
type inputKey struct{ path, module, name string }

// LinkInputs returns what reads lists of LinkInput as a schema has it. It is nil if the schema has no such type.
func (e *Engine) LinkInputs(schema *ast.Schema) *LinkInputs {
	def := schema.Types[linkInputType]
	if def == nil {
		return nil
	}
	in := &LinkInputs{catalog: e.catalog, names: map[string]string{}, modules: map[string]map[string]*inputKey{}}
	for _, f := range def.Fields {
		of := schema.Types[f.Type.Name()]
		switch {
		case f.Name == "link":
			for _, v := range of.EnumValues {
				in.names[v.Name] = strings.ToLower(v.Name)
			}
		case f.Name == "ends":
			in.ends = true
		case of.Kind == ast.InputObject:
			keys := map[string]*inputKey{}
			for _, key := range of.Fields {
				keys[key.Name] = &inputKey{f.Name + "." + key.Name, naming.Snake(f.Name), naming.Snake(key.Name)}
			}
			in.modules[f.Name] = keys
		}
	}
	return in
}

// Takes reports whether a type is that of the lists. in may be nil: there are no such lists then.
func (in *LinkInputs) Takes(t *ast.Type) bool {
	return in != nil && t.Elem != nil && t.Elem.NamedType == linkInputType
}

// Read reads a list that is written as most are. Others are to be read as every value is: ok is then false.
func (in *LinkInputs) Read(text string) (list Links, ok bool) {
	r := linkReader{LinkInputs: in, scan: jsonscan.New(text), items: make([]linkstore.Item, 0, strings.Count(text, "},{")+1)}
	ok = r.scan.List(r.item) && r.scan.End()
	return Links{items: r.items}, ok
}

// linkReader reads a list of links.
type linkReader struct {
	*LinkInputs
	scan  *jsonscan.Scanner
	items []linkstore.Item

	link linkInput // the one that is being read
	join linkJoin  // of the one before it
}

// linkInput is one LinkInput.
type linkInput struct {
	item linkstore.Item
	keys [2]*inputKey
	ids  [2]string
	n    int // of keys
	ends bool
}

// linkJoin is the link between two keys, if there is one.
type linkJoin struct {
	keys    [2]*inputKey
	link    string
	swapped bool // the first key is the right one
}

func (r *linkReader) item() bool {
	r.link = linkInput{}
	if !r.scan.Object(r.field) {
		return false
	}
	l := &r.link
	switch {
	case l.n == 2 && !l.ends:
		r.joined()
	case l.n > 0 || !l.ends || l.item.Link == "":
		return false
	}
	r.items = append(r.items, l.item)
	return true
}

func (r *linkReader) field(name string) bool {
	l := &r.link
	switch name {
	case "link":
		text, ok := r.text()
		known := r.names[text]
		ok = ok && known != "" && l.item.Link == ""
		l.item.Link = known
		return ok
	case "ends":
		ok := r.ends && !l.ends && r.scan.Object(r.end)
		l.ends = true
		return ok && l.item.Left != "" && l.item.Right != ""
	case "data":
		v, ok := r.scan.Value()
		data, isObject := v.(map[string]any)
		ok = ok && isObject && l.item.Data == nil
		l.item.Data = data
		return ok
	}
	keys := r.modules[name]
	if keys == nil || l.n == 2 {
		return false
	}
	before := l.n
	ok := r.scan.Object(func(name string) bool {
		key := keys[name]
		if key == nil || l.n != before {
			return false
		}
		id, ok := r.text()
		l.keys[l.n], l.ids[l.n] = key, id
		l.n++
		return ok
	})
	return ok && l.n == before+1 && (l.n == 1 || l.keys[0].module != l.keys[1].module)
}

func (r *linkReader) end(name string) bool {
	text, ok := r.text()
	switch {
	case name == "left" && r.link.item.Left == "":
		r.link.item.Left = text
	case name == "right" && r.link.item.Right == "":
		r.link.item.Right = text
	default:
		return false
	}
	return ok
}

// text reads a string that is not empty.
func (r *linkReader) text() (string, bool) {
	if r.scan.Kind() != '"' {
		return "", false
	}
	text, ok := r.scan.Text()
	return text, ok && text != ""
}

// joined finds the link between the two keys. If there is none, or if there are several, it is for the store to say so.
func (r *linkReader) joined() {
	l := &r.link
	if r.join.keys != l.keys || l.item.Link != "" {
		r.join = r.find(l.keys, l.item.Link)
	}
	if r.join.link == "" {
		first, second := 0, 1
		if l.keys[0].path > l.keys[1].path {
			first, second = 1, 0
		}
		l.item.Keys = []linkstore.Key{l.key(first), l.key(second)}
		return
	}
	l.item.Link, l.item.Left, l.item.Right = r.join.link, l.ids[0], l.ids[1]
	if r.join.swapped {
		l.item.Left, l.item.Right = l.ids[1], l.ids[0]
	}
}

func (l *linkInput) key(i int) linkstore.Key {
	return linkstore.Key{Module: l.keys[i].module, Name: l.keys[i].name, ID: l.ids[i]}
}

func (in *LinkInputs) find(keys [2]*inputKey, name string) linkJoin {
	a, b := keys[0], keys[1]
	found := in.catalog.Find(a.module, a.name, b.module, b.name)
	if name != "" {
		found = slices.DeleteFunc(found, func(d *linkstore.Definition) bool { return d.Name != name })
	}
	if len(found) != 1 {
		return linkJoin{keys: keys}
	}
	left := &found[0].Left
	m, _ := in.catalog.Model(left.Model)
	j := linkJoin{keys: keys, link: found[0].Name, swapped: m.Module != a.module || left.Key != a.name}
	if name != "" {
		j.keys = [2]*inputKey{} // good for links that are named alone
	}
	return j
}

// readLinks spells the extra columns of a list's links as the database does.
func (e *Engine) readLinks(list Links) ([]linkstore.Item, error) {
	items := list.items
	if slices.ContainsFunc(items, func(item linkstore.Item) bool { return item.Data != nil }) {
		items = slices.Clone(items) // the variable may be used again
	}
	for i := range items {
		if items[i].Data == nil {
			continue
		}
		var err error
		if items[i].Data, err = e.data(items[i]); err != nil {
			return nil, &linkstore.ItemError{Index: i, Err: err}
		}
	}
	return items, nil
}
