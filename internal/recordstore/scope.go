package recordstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Scope is what a group of viewers may see of one model.
type Scope struct {
	Model string
	// Fields lists the visible columns and relations.
	Fields []string
	// Where selects the visible records. nil means all. Related records in it count only if their own scope shows
	// them too. All records of a model without a scope count.
	Where Expr
	// Above is a to-one relation of the model to itself, such as a parent. A record is visible only if Where holds
	// for all its ancestors too, up to the root, and none of them is deleted. "" means that ancestors do not
	// matter.
	Above string
	// Keyed is the field of a column with a JSON object of values by column name. The field KeyedBy names the table
	// of these columns. Columns that are not visible are removed from the object; for a table that no model has,
	// all are. "" means that there is no such column.
	Keyed, KeyedBy string
	// Nested records are reachable only from other records: they have no list of their own, and cannot be found by
	// id.
	Nested bool
}

// Viewer is the condition that the record's key is the key of the viewer.
type Viewer struct{}

// ErrNoViewer reports a read of a narrowed catalogue without a viewer.
var ErrNoViewer = errors.New("modules: there is no viewer")

type viewerKey struct{}

// WithViewer returns a context for reads by the viewer with this key. Reads of a narrowed catalogue require one.
func WithViewer(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, viewerKey{}, key)
}

// Narrow returns the catalogue restricted to scopes. Models and fields without a scope cannot be named. Records
// outside of their scope are excluded from all reads, comparisons, counts and sort keys. The error reports every
// fault.
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

// narrow restricts the model to a scope.
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

// checkScope returns an error if scopes depend on each other in a cycle.
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

// targets returns the models whose records a condition refers to.
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

// viewed returns the catalogue for a read with this context.
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

// Nested reports whether the records are reachable only from other records.
func (m *Model) Nested() bool { return m.nested }

// sees reports whether a field is visible.
func (m *Model) sees(field string) bool { return m.fields == nil || m.fields[field] }

// live returns the condition that a row of the model is neither deleted nor outside of its scope, with a leading
// AND.
func (b *builder) live(m *Model, alias string) string { return m.live(alias) + b.scope(m, alias) }

// scope returns the condition that a row of the model is in its scope, with a leading AND. It is compiled where it
// is used, so its relations rely on the same indexes as other traversals.
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

// scopeFrom returns the part of a target's scope that still has to be checked for records reached by a relation
// from a visible record. It drops the condition that such a near record exists. While a scope itself is compiled,
// the near record is not known to be visible, so nothing is dropped.
func (b *builder) scopeFrom(near *Model, r *Relation, target *Model) Expr {
	if b.scoping || target.scope == nil {
		return target.scope
	}
	parts, ok := target.scope.(And)
	if !ok {
		parts = And{target.scope}
	}
	remaining := slices.DeleteFunc(slices.Clone(parts), func(part Expr) bool {
		asked, ok := part.(Related)
		return ok && asked.Quantifier == Some && asked.Where == nil && asked.Relation.undoes(r, near)
	})
	if len(remaining) == 0 {
		return nil
	}
	return remaining
}

// undoes reports whether a relation is the inverse of another one that starts at the near model.
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
