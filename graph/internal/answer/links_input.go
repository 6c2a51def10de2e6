package answer

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/graph/internal/jsonread"
	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/naming"
	"github.com/linkgraph/linkgraph/linkstore"
)

// linkInputType is the input type of a link. It is no Go type, because gqlgen would bind an exported LinkInput to the schema.
const linkInputType = "LinkInput"

// Links is an argument that is a list of links. A variable of that type may have a Links as its value, which LinkInputReader read from the
// JSON of the request.
type Links struct{ items []linkstore.Item }

// Items returns the links. A link that cannot be read has its error in Item.Err: the store reports it with all others.
func (l Links) Items() []linkstore.Item { return l.items }

// UnmarshalGQLContext reads the argument from the variable, or else from the document, where numbers are as the client wrote them. It never
// fails.
func (l *Links) UnmarshalGQLContext(ctx context.Context, v any) error {
	e := requestFrom(ctx).engine
	if read, ok := v.(Links); ok {
		l.items = e.readLinks(read)
	} else {
		l.items = e.items(plan.ListOf(rootArguments(ctx)["links"]))
	}
	return nil
}

// LinkInputReader reads lists of LinkInput straight from JSON: maps for 10,000 links would cost more than writing them. It reads the usual
// forms and leaves all others to the general path.
type LinkInputReader struct {
	catalog *linkstore.Catalog
	names   map[string]string // of links, by enum value
	ends    bool
	modules map[string]map[string]*inputKey // by the fields for the module and the key
}

// inputKey is the key of a linkable model.
type inputKey struct{ path, module, name string }

// LinkInputReader returns a reader for the LinkInput of a schema, or nil if the schema has none.
func (e *Engine) LinkInputReader(schema *ast.Schema) *LinkInputReader {
	def := schema.Types[linkInputType]
	if def == nil {
		return nil
	}
	in := &LinkInputReader{
		catalog: e.linkCatalog,
		names:   map[string]string{},
		modules: map[string]map[string]*inputKey{},
	}
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

// Read reads the JSON of a variable and returns a Links. ok is false if t is no list of LinkInput, if a link has an unusual form, or if the
// JSON is bad: the caller then reads the value in the general way, which also gives the error. A nil reader reads nothing.
func (in *LinkInputReader) Read(t *ast.Type, text []byte) (v any, ok bool) {
	if in == nil || t.Elem == nil || t.Elem.NamedType != linkInputType {
		return nil, false
	}
	r := linkReader{
		LinkInputReader: in,
		text:            string(text),
		scan:            jsonread.New(text),
		items:           make([]linkstore.Item, 0, bytes.Count(text, []byte("},{"))+1),
	}
	err := jsonread.List(r.scan, r.item)
	return Links{items: r.items}, err == nil
}

// linkReader reads one list.
type linkReader struct {
	*LinkInputReader
	text  string // the JSON
	scan  *jsontext.Decoder
	items []linkstore.Item

	link linkInput // the link that is being read
	last keyLink   // of the link before it, whose keys are mostly the same
}

// linkInput is one LinkInput.
type linkInput struct {
	item linkstore.Item
	keys [2]*inputKey
	ids  [2]string
	n    int // of keys
	ends bool
}

// keyLink is the link between two keys; its name is "" if there is none or several.
type keyLink struct {
	keys    [2]*inputKey
	link    string
	swapped bool // the first key is the right one
}

// errSlowPath leaves the value to the general path.
var errSlowPath = errors.New("not on the fast path")

// fastPath returns errSlowPath unless ok.
func fastPath(ok bool) error {
	if !ok {
		return errSlowPath
	}
	return nil
}

func (r *linkReader) item() error {
	r.link = linkInput{}
	if err := jsonread.Object(r.scan, r.field); err != nil {
		return err
	}
	l := &r.link
	switch {
	case l.n == 2 && !l.ends:
		r.resolveKeys()
	case l.n > 0 || !l.ends || l.item.Link == "":
		return errSlowPath
	}
	r.items = append(r.items, l.item)
	return nil
}

func (r *linkReader) field(name []byte) error {
	l := &r.link
	switch string(name) {
	case "link":
		text, err := r.plainString()
		if err != nil {
			return err
		}
		known := r.names[text]
		first := l.item.Link == ""
		l.item.Link = known
		return fastPath(known != "" && first)
	case "ends":
		if !r.ends || l.ends {
			return errSlowPath
		}
		l.ends = true
		if err := jsonread.Object(r.scan, r.end); err != nil {
			return err
		}
		return fastPath(l.item.Left != "" && l.item.Right != "")
	case "data":
		v, err := jsonread.Value(r.scan)
		if err != nil {
			return err
		}
		data, isObject := v.(map[string]any)
		first := l.item.Data == nil
		l.item.Data = data
		return fastPath(isObject && first)
	}
	keys := r.modules[string(name)]
	if keys == nil || l.n == 2 {
		return errSlowPath
	}
	before := l.n
	err := jsonread.Object(r.scan, func(name []byte) error {
		key := keys[string(name)]
		if key == nil || l.n != before {
			return errSlowPath
		}
		id, err := r.plainString()
		l.keys[l.n], l.ids[l.n] = key, id
		l.n++
		return err
	})
	if err != nil {
		return err
	}
	return fastPath(l.n == before+1 && (l.n == 1 || l.keys[0].module != l.keys[1].module))
}

func (r *linkReader) end(name []byte) error {
	into := &r.link.item.Left
	if string(name) == "right" {
		into = &r.link.item.Right
	} else if string(name) != "left" {
		return errSlowPath
	}
	if *into != "" {
		return errSlowPath
	}
	var err error
	*into, err = r.plainString()
	return err
}

// plainString reads a string that is not empty and has no escapes. It is a part of the text, so that it costs no allocation.
func (r *linkReader) plainString() (string, error) {
	v, err := r.scan.ReadValue()
	if err != nil {
		return "", err
	}
	if v.Kind() != jsontext.KindString || len(v) < 3 || bytes.IndexByte(v, '\\') >= 0 {
		return "", errSlowPath
	}
	end := int(r.scan.InputOffset()) - 1
	return r.text[end-len(v)+2 : end], nil
}

// resolveKeys finds the link between the two keys. If there is none, or if there are several, the store returns the error.
func (r *linkReader) resolveKeys() {
	l := &r.link
	if r.last.keys != l.keys || l.item.Link != "" {
		r.last = r.find(l.keys, l.item.Link)
	}
	if r.last.link == "" {
		first, second := 0, 1
		if l.keys[0].path > l.keys[1].path {
			first, second = 1, 0
		}
		l.item.Keys = []linkstore.Key{l.key(first), l.key(second)}
		return
	}
	l.item.Link, l.item.Left, l.item.Right = r.last.link, l.ids[0], l.ids[1]
	if r.last.swapped {
		l.item.Left, l.item.Right = l.ids[1], l.ids[0]
	}
}

func (l *linkInput) key(i int) linkstore.Key {
	return linkstore.Key{Module: l.keys[i].module, Name: l.keys[i].name, ID: l.ids[i]}
}

func (in *LinkInputReader) find(keys [2]*inputKey, name string) keyLink {
	a, b := keys[0], keys[1]
	found := in.catalog.Find(a.module, a.name, b.module, b.name)
	if name != "" {
		found = slices.DeleteFunc(found, func(d *linkstore.Definition) bool { return d.Name != name })
	}
	if len(found) != 1 {
		return keyLink{keys: keys}
	}
	left := &found[0].Left
	m, _ := in.catalog.Model(left.Model)
	j := keyLink{keys: keys, link: found[0].Name, swapped: m.Module != a.module || left.Key != a.name}
	if name != "" {
		j.keys = [2]*inputKey{} // must not serve links without a name
	}
	return j
}

// readLinks returns the items of a variable, with extra columns under their names in the database.
func (e *Engine) readLinks(list Links) []linkstore.Item {
	items := list.items
	if slices.ContainsFunc(items, func(item linkstore.Item) bool { return item.Data != nil }) {
		items = slices.Clone(items) // another field may use the variable too
	}
	for i := range items {
		if items[i].Data != nil {
			items[i].Data, items[i].Err = e.data(items[i])
		}
	}
	return items
}
