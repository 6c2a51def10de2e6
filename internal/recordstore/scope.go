package recordstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Scope is what some viewers see of one model.
type Scope struct {
	Model string
	// Fields are the columns and relations that are seen.
	Fields []string
	// Where says which records are seen. nil means all of them. Related records in it count only if their own view shows
	// them too; a model that has no view is taken as a whole.
	Where Expr
	// Above is a to-one relation of the model to itself. A record is seen only where Where holds for all records above it too, up to
	// one that has none above, and none of them is deleted. "" means that a record is seen whatever is above it.
	Above string
	// Keyed is the field of a column that holds a JSON object with values by column, of the table that the field KeyedBy names. Columns
	// of models that are not seen are left out of the object; a table that is no model's has none. "" means that there is none.
	Keyed, KeyedBy string
	// Nested records are reached from others alone: they are in no list of their own, and are not found by their id.
	Nested bool
}

// Viewer holds for the one record whose key is the viewer's.
type Viewer struct{}

// ErrNoViewer says that records were to be read by someone of whom nothing is known.
var ErrNoViewer = errors.New("modules: there is no viewer")

type viewerKey struct{}

// WithViewer returns a context of reads for the viewer with this key. A narrowed catalogue is read for a viewer alone.
func WithViewer(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, viewerKey{}, key)
}

// Narrow returns the catalogue as viewers see it. What has no view cannot be named any more, and the records that a view
// leaves out are left out of whatever is read, compared, counted or sorted by. The error reports every fault.
func (c *Catalog) Narrow(views []Scope) (*Catalog, error) {
	narrow := &Catalog{byName: make(map[string]*Model, len(c.models)), seen: map[string]bool{}, narrowed: true}
	var faults []error
	for _, m := range c.models {
		n := *m
		n.Columns = slices.Clone(m.Columns)
		for i := range n.Columns {
			n.Columns[i].of = &n
		}
		narrow.byName[n.Name] = &n
	}
	for _, v := range views {
		m, ok := narrow.byName[v.Model]
		if !ok || narrow.seen[v.Model] {
			faults = append(faults, fmt.Errorf("there is no model %q, or it has two views", v.Model))
			continue
		}
		faults = append(faults, m.narrow(v))
		narrow.seen[v.Model] = true
		narrow.models = append(narrow.models, m)
	}
	for _, v := range views {
		if narrow.seen[v.Model] {
			faults = append(faults, narrow.key(v))
			faults = append(faults, narrow.checkScope(v.Model, nil))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("modules: views: %w", err)
	}
	return narrow, nil
}

func (m *Model) narrow(v Scope) error {
	m.scope, m.nested = v.Where, v.Nested
	m.fields = make(map[string]bool, len(v.Fields))
	for _, field := range v.Fields {
		_, column := m.columns[field]
		if _, relation := m.relations[field]; !column && !relation {
			return fmt.Errorf("%s has no field %q", m.Name, field)
		}
		m.fields[field] = true
	}
	if v.Above == "" {
		return nil
	}
	i, ok := m.relations[v.Above]
	if !ok || m.Relations[i].Target != m.Name || m.Relations[i].Many || m.Relations[i].Through != nil {
		return fmt.Errorf("%s: above: %q is no to-one relation of it to itself", m.Name, v.Above)
	}
	above := above{relation: &m.Relations[i], where: v.Where}
	if m.scope = above; v.Where != nil {
		m.scope = And{v.Where, above}
	}
	return nil
}

// checkScope refuses scopes that ask for each other without end.
func (c *Catalog) checkScope(model string, path []string) error {
	if slices.Contains(path, model) {
		return fmt.Errorf("which records are seen is asked in a circle: %s", strings.Join(append(path, model), ", "))
	}
	for _, target := range targets(c.byName[model].scope) {
		if err := c.checkScope(target, append(path, model)); err != nil {
			return err
		}
	}
	return nil
}

// targets are the models whose records a condition asks for.
func targets(e Expr) []string {
	var all []string
	switch e := e.(type) {
	case And:
		for _, part := range e {
			all = append(all, targets(part)...)
		}
	case Or:
		for _, part := range e {
			all = append(all, targets(part)...)
		}
	case Not:
		return targets(e.Expr)
	case Related:
		return append(targets(e.Where), e.Relation.Target)
	}
	return all
}

// viewed is the catalogue that a read of this context works with.
func (c *Catalog) viewed(ctx context.Context) (*Catalog, error) {
	if !c.narrowed {
		return c, nil
	}
	viewer, ok := ctx.Value(viewerKey{}).(string)
	if !ok {
		return nil, ErrNoViewer
	}
	v := *c
	v.viewer = viewer
	return &v, nil
}

// Nested reports whether the records are reached from others alone.
func (m *Model) Nested() bool { return m.nested }

// sees reports whether a field may be named.
func (m *Model) sees(field string) bool { return m.fields == nil || m.fields[field] }

// live is the condition under which a row of the model counts, with a leading AND: it is not deleted, and it is seen.
func (b *builder) live(m *Model, alias string) string { return m.live(alias) + b.scope(m, alias) }

// scope is the condition under which a row of the model is seen, with a leading AND. What stands in a scope is compiled
// where it is used: its relations rely on the indexes that hops use.
func (b *builder) scope(m *Model, alias string) string { return b.seen(m, m.scope, alias) }

func (b *builder) seen(m *Model, scope Expr, alias string) string {
	if scope == nil {
		return ""
	}
	outer := b.scoping
	b.scoping = true
	defer func() { b.scoping = outer }()
	return " AND " + b.part(func() { scope.compile(b, m, alias) })
}

// scopeFrom is what is left to ask of a record that a relation leads to, from one that is seen: not that there is such a one. In a
// scope it is not yet known of the near record that it is seen.
func (b *builder) scopeFrom(near *Model, r *Relation, target *Model) Expr {
	if b.scoping || target.scope == nil {
		return target.scope
	}
	parts, ok := target.scope.(And)
	if !ok {
		parts = And{target.scope}
	}
	left := slices.DeleteFunc(slices.Clone(parts), func(part Expr) bool {
		asked, ok := part.(Related)
		return ok && asked.Quantifier == Some && asked.Where == nil && asked.Relation.undoes(r, near)
	})
	if len(left) == 0 {
		return nil
	}
	return left
}

// undoes reports whether a relation leads back where another, of the near model, leads from.
func (r *Relation) undoes(o *Relation, near *Model) bool {
	if r.Target != near.Name || !slices.Equal(r.Columns, o.TargetColumns) || !slices.Equal(r.TargetColumns, o.Columns) {
		return false
	}
	if r.Through == nil || o.Through == nil {
		return r.Through == o.Through
	}
	return r.Through.Schema == o.Through.Schema && r.Through.Table == o.Through.Table &&
		r.Through.SoftDelete == o.Through.SoftDelete &&
		slices.Equal(r.Through.Columns, o.Through.TargetColumns) &&
		slices.Equal(r.Through.TargetColumns, o.Through.Columns)
}

func (Viewer) compile(b *builder, m *Model, alias string) {
	b.printf("%s = %s", b.column(m, alias, m.primary), b.value(&m.Columns[m.primary], b.catalog.viewer))
}
