package linkstore

import (
	"fmt"
	"slices"
)

// ModelByKey returns the model of a module whose key has the given name. The error for an unknown name is an
// *UndefinedError with the valid names.
func (c *Catalog) ModelByKey(module, key string) (*Model, error) {
	var keys, names []string
	for _, m := range c.models {
		if m.Module == module && m.Key == key {
			return m, nil
		}
		if m.Module == module && m.Key != "" {
			keys = append(keys, m.Key)
		}
		if !slices.Contains(names, m.Module) {
			names = append(names, m.Module)
		}
	}
	if !slices.Contains(names, module) {
		return nil, undefined("module", module, names, ErrInvalid)
	}
	return nil, undefined("key of module "+module, key, keys, ErrInvalid)
}

// is reports whether a module and key name this end.
func (e *End) is(m *Model, module, key string) bool { return m.Module == module && e.Key == key }

// Find returns the links between two keys, given in either order.
func (c *Catalog) Find(moduleA, keyA, moduleB, keyB string) []*Definition {
	var found []*Definition
	for _, d := range c.links {
		if d.Left.is(d.left, moduleA, keyA) && d.Right.is(d.right, moduleB, keyB) ||
			d.Left.is(d.left, moduleB, keyB) && d.Right.is(d.right, moduleA, keyA) {
			found = append(found, d)
		}
	}
	return found
}

// linkNames returns the names of all links, for error messages.
func (c *Catalog) linkNames() []string {
	names := make([]string, len(c.links))
	for i, d := range c.links {
		names[i] = d.Name
	}
	return names
}

// Resolve returns the link and the records that an item identifies. The ids are in canonical form. If Item.Err is set,
// Resolve returns it.
func (c *Catalog) Resolve(item Item) (Pair, error) {
	if item.Err != nil {
		return Pair{}, item.Err
	}
	d, pair, err := c.resolve(item)
	if err != nil {
		return pair, err
	}
	left, right := d.leftKey, d.rightKey
	if d.ReadOnly == "" { // so that errors name the columns of the records
		left, right = d.left.key, d.right.key
	}
	if pair.Left, err = canonicalID(left, d.Left.Key, pair.Left); err != nil {
		return pair, err
	}
	pair.Right, err = canonicalID(right, d.Right.Key, pair.Right)
	return pair, err
}

func (c *Catalog) resolve(item Item) (*Definition, Pair, error) {
	var named *Definition
	if item.Link != "" {
		var ok bool
		if named, ok = c.byLink[item.Link]; !ok {
			return nil, Pair{}, undefined("link", item.Link, c.linkNames(), ErrLinkNotDefined)
		}
	}
	if len(item.Keys) == 0 {
		if named == nil {
			return nil, Pair{}, &InvalidError{
				Field:  "link",
				Reason: "is missing: name the link and its two ends, or two keys",
			}
		}
		return named, Pair{named.Name, item.Left, item.Right}, nil
	}
	if item.Left != "" || item.Right != "" {
		return nil, Pair{}, &InvalidError{Field: "keys", Reason: "ends and keys exclude each other"}
	}
	if len(item.Keys) != 2 {
		return nil, Pair{}, &InvalidError{
			Field:  "keys",
			Reason: fmt.Sprintf("a link joins two records, and the item names %d", len(item.Keys)),
		}
	}
	a, b := item.Keys[0], item.Keys[1]
	for _, k := range item.Keys {
		if err := c.checkKey(k); err != nil {
			return nil, Pair{}, err
		}
	}
	found := c.Find(a.Module, a.Name, b.Module, b.Name)
	if named != nil {
		found = slices.DeleteFunc(found, func(d *Definition) bool { return d != named })
	}
	if len(found) == 0 {
		return nil, Pair{}, c.undefinedPair(a, b, named)
	}
	if len(found) > 1 {
		names := make([]string, len(found))
		for i, d := range found {
			names[i] = d.Name
		}
		return nil, Pair{}, &InvalidError{
			Field:   "link",
			Reason:  "more than one link joins these keys: name it",
			Choices: names,
		}
	}
	d := found[0]
	if !d.Left.is(d.left, a.Module, a.Name) {
		a, b = b, a
	}
	return d, Pair{d.Name, a.ID, b.ID}, nil
}

// checkKey returns an error if neither a model nor an end of a link has the key.
func (c *Catalog) checkKey(k Key) error {
	_, err := c.ModelByKey(k.Module, k.Name)
	if err == nil {
		return nil
	}
	for _, d := range c.links {
		if d.Left.is(d.left, k.Module, k.Name) || d.Right.is(d.right, k.Module, k.Name) {
			return nil
		}
	}
	return err
}
