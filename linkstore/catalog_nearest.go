package linkstore

import "slices"

// maxNear is how many links an error suggests.
const maxNear = 3

// undefinedPair returns the error for two keys that no link joins, or that the named link does not join; named may be
// nil. Its choices are the links of the two models: a catalogue may have many more.
func (c *Catalog) undefinedPair(a, b Key, named *Definition) *UndefinedError {
	e := undefined("link", a.path()+" to "+b.path(), nil, ErrLinkNotDefined)
	e.all = true
	var near, sameModules []*Definition
	if named != nil {
		near = append(near, named)
	}
	modelA, _ := c.ModelByKey(a.Module, a.Name) // nil if only ends of links have the key
	modelB, _ := c.ModelByKey(b.Module, b.Name)
	for _, d := range c.links {
		ofModels := d.hasEnd(a, modelA) || d.hasEnd(b, modelB)
		if ofModels {
			e.Choices = append(e.Choices, d.Name)
		}
		switch {
		case !d.joinsModules(a.Module, b.Module) || d == named:
		case ofModels:
			near = append(near, d)
		default:
			sameModules = append(sameModules, d)
		}
	}
	near = slices.Concat(near, sameModules)
	for _, d := range near[:min(len(near), maxNear)] {
		left, right := Key{Module: d.left.Module, Name: d.Left.Key}, Key{Module: d.right.Module, Name: d.Right.Key}
		e.Near = append(e.Near, d.Name+" ("+left.path()+" to "+right.path()+")")
	}
	return e
}

// path returns the name of a key with its module.
func (k Key) path() string { return k.Module + "." + k.Name }

// hasEnd reports whether one end of a link has a key, or is the model of the key.
func (d *Definition) hasEnd(k Key, of *Model) bool {
	return d.Left.is(d.left, k.Module, k.Name) || d.Right.is(d.right, k.Module, k.Name) ||
		of != nil && (d.left == of || d.right == of)
}

// joinsModules reports whether a link joins records of two modules, in either order.
func (d *Definition) joinsModules(a, b string) bool {
	return d.left.Module == a && d.right.Module == b || d.left.Module == b && d.right.Module == a
}
