package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// Arguments returns the arguments of a field by name, with the defaults of the schema. Numbers are json.Number, so that a Decimal keeps all
// its digits. An argument whose variable has no value is absent.
func Arguments(field *ast.Field, vars map[string]any) map[string]any {
	args := make(map[string]any, len(field.Arguments))
	if field.Definition == nil {
		return args
	}
	for _, def := range field.Definition.Arguments {
		var v any
		given := false
		if arg := field.Arguments.ForName(def.Name); arg != nil {
			v, given = literal(arg.Value, vars)
		}
		if !given && def.DefaultValue != nil {
			v, given = literal(def.DefaultValue, vars)
		}
		if given {
			args[def.Name] = v
		}
	}
	return args
}

// literal evaluates a literal or a variable. given is false for a variable without a value.
func literal(v *ast.Value, vars map[string]any) (any, bool) {
	switch v.Kind {
	case ast.Variable:
		if value, ok := vars[v.Raw]; ok {
			return value, true
		}
		if v.VariableDefinition != nil && v.VariableDefinition.DefaultValue != nil {
			return literal(v.VariableDefinition.DefaultValue, vars)
		}
		return nil, false
	case ast.IntValue, ast.FloatValue:
		return json.Number(v.Raw), true
	case ast.BooleanValue:
		return v.Raw == "true", true
	case ast.NullValue:
		return nil, true
	case ast.ListValue:
		list := make([]any, 0, len(v.Children))
		for _, child := range v.Children {
			item, _ := literal(child.Value, vars)
			list = append(list, item)
		}
		return list, true
	case ast.ObjectValue:
		object := make(map[string]any, len(v.Children))
		for _, child := range v.Children {
			if item, ok := literal(child.Value, vars); ok {
				object[child.Name] = item
			}
		}
		return object, true
	default: // strings, block strings and enum values
		return v.Raw, true
	}
}

// ListOf returns an argument as a list: GraphQL coerces a single value to a list of one. nil is an empty list.
func ListOf(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// ObjectOf returns an argument as an object, or nil if it is none.
func ObjectOf(v any) map[string]any {
	object, _ := v.(map[string]any)
	return object
}

// SortedKeys returns the keys in order, so that equal arguments give equal SQL.
func SortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// translator translates arguments into conditions, orders and pages of the record store.
type translator struct {
	catalog *recordstore.Catalog
	limits  *Limits
	tally   *tally
	depth   int  // how many relations were crossed
	now     bool // accept "now" as a time: that of the transaction
}

// spendCondition counts one more condition.
func (t translator) spendCondition(path string) error {
	return t.tally.add(path, usage{conditions: 1, search: weightCondition})
}

// across returns the translator for the far side of a relation, which has a weight per level.
func (t translator) across(path string, weight int) (translator, error) {
	t.depth++
	if t.depth > t.limits.MaxRelations {
		return t, NewLimitError("relations one below the other in "+path, t.limits.MaxRelations, t.depth)
	}
	return t, t.tally.add(path, usage{search: weight * t.depth})
}

// filter translates a filter argument. row is the model of the link rows that lead to the records, or nil. The result is nil if the filter
// is empty.
func (t translator) filter(path string, m, row *recordstore.Model, raw map[string]any) (recordstore.Expr, error) {
	var all recordstore.And
	for _, name := range SortedKeys(raw) {
		v := raw[name]
		if v == nil {
			continue
		}
		e, err := t.condition(path+"."+name, m, row, name, v)
		if err != nil {
			return nil, err
		}
		if e != nil {
			all = append(all, e)
		}
	}
	switch len(all) {
	case 0:
		return nil, nil
	case 1:
		return all[0], nil
	default:
		return all, nil
	}
}

func (t translator) condition(path string, m, row *recordstore.Model, name string, v any) (recordstore.Expr, error) {
	if err := t.spendCondition(path); err != nil {
		return nil, err
	}
	switch name {
	case "and", "or":
		return t.combination(path, m, row, name, v)
	case "not":
		e, err := t.filter(path, m, row, ObjectOf(v))
		if err != nil {
			return nil, err
		}
		if e == nil {
			e = recordstore.And{}
		}
		return recordstore.Not{Expr: e}, nil
	case "isNull":
		if v == true {
			return recordstore.Or{}, nil // false: a record that exists is not null
		}
		return nil, nil
	case "link":
		if row != nil {
			e, err := t.filter(path, row, nil, ObjectOf(v))
			if e == nil || err != nil {
				return nil, err
			}
			return recordstore.OnRow{Expr: e}, nil
		}
	}
	if r, ok := m.Relation(name); ok {
		return t.related(path, r, ObjectOf(v))
	}
	i, ok := m.Column(name)
	if !ok {
		return nil, Invalidf(path, "%s has no such field", m.Name)
	}
	return t.comparisons(path, m, i, ObjectOf(v))
}

func (t translator) combination(path string, m, row *recordstore.Model, name string, v any) (recordstore.Expr, error) {
	var parts []recordstore.Expr
	for i, item := range ListOf(v) {
		at := fmt.Sprintf("%s[%d]", path, i)
		if err := t.spendCondition(at); err != nil {
			return nil, err
		}
		e, err := t.filter(at, m, row, ObjectOf(item))
		if err != nil {
			return nil, err
		}
		if e == nil {
			e = recordstore.And{}
		}
		parts = append(parts, e)
	}
	if name == "and" {
		return recordstore.And(parts), nil
	}
	return recordstore.Or(parts), nil
}

func (t translator) related(path string, r *recordstore.Relation, raw map[string]any) (recordstore.Expr, error) {
	target, row := t.catalog.Target(r), t.catalog.Row(r)
	outer := t
	t, err := t.across(path, weightRelation)
	if err != nil {
		return nil, err
	}
	if r.Many {
		var all recordstore.And
		for _, q := range []recordstore.Quantifier{recordstore.Some, recordstore.None, recordstore.Every} {
			v, ok := raw[string(q)]
			if !ok || v == nil {
				continue
			}
			if len(all) > 0 { // each is a subquery of its own
				if _, err := outer.across(path+"."+string(q), weightRelation); err != nil {
					return nil, err
				}
			}
			where, err := t.filter(path+"."+string(q), target, row, ObjectOf(v))
			if err != nil {
				return nil, err
			}
			if q == recordstore.Every && where == nil {
				continue // true for any records
			}
			all = append(all, recordstore.Related{Relation: r, Quantifier: q, Where: where})
		}
		if len(all) == 0 {
			return nil, nil
		}
		return all, nil
	}
	if raw["isNull"] == true {
		if len(raw) > 1 {
			return nil, Invalidf(path, "isNull: true leaves nothing for the other conditions to hold for")
		}
		return recordstore.Related{Relation: r, Quantifier: recordstore.None}, nil
	}
	where, err := t.filter(path, target, row, raw)
	if err != nil || (where == nil && raw["isNull"] == nil) {
		return nil, err
	}
	return recordstore.Related{Relation: r, Quantifier: recordstore.Some, Where: where}, nil
}

func (t translator) comparisons(
	path string,
	m *recordstore.Model,
	column int,
	raw map[string]any,
) (recordstore.Expr, error) {
	col := &m.Columns[column]
	var all recordstore.And
	for i, op := range SortedKeys(raw) {
		at := path + "." + op
		if i > 0 { // the first was counted with its field
			if err := t.spendCondition(at); err != nil {
				return nil, err
			}
		}
		v := raw[op]
		c := recordstore.Compare{Column: column, Op: recordstore.Op(op), Value: v}
		var err error
		switch {
		case v == nil:
			return nil, Invalidf(at, "null is compared with isNull")
		case c.Op == recordstore.IsNull:
		case c.Op == recordstore.In || c.Op == recordstore.NotIn:
			c.Value, err = t.values(at, col, ListOf(v))
		default:
			c.Value, err = t.value(at, col, v)
			if text, ok := c.Value.(string); ok && (c.Op == recordstore.Like || c.Op == recordstore.ILike) &&
				endsInEscape(text) {
				err = Invalidf(at, `a pattern must not end with \: write \\ for the character itself`)
			}
		}
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return conjunction(all), nil
}

// conjunction joins conditions by AND: nil for none, and a single one as it is.
func conjunction(all recordstore.And) recordstore.Expr {
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}

func (t translator) value(path string, col *recordstore.Column, v any) (any, error) {
	if t.now && v == "now" && col.Type == recordstore.Time {
		return v, nil // Postgres reads it
	}
	n, err := recordstore.Normalize(col, v)
	if err != nil {
		return nil, &InputError{Path: path, Reason: err.Error(), Err: err}
	}
	return n, t.tally.add(path, usage{values: 1, valueBytes: valueBytes(n)})
}

// valueBytes is roughly the size of a value as a parameter.
func valueBytes(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case json.RawMessage:
		return len(v)
	default:
		return 8
	}
}

func (t translator) values(path string, col *recordstore.Column, list []any) ([]any, error) {
	if len(list) > t.limits.MaxIn {
		return nil, NewLimitError(path, t.limits.MaxIn, len(list))
	}
	out := make([]any, len(list))
	for i, v := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		if v == nil {
			return nil, Invalidf(at, "null is compared with isNull")
		}
		var err error
		if out[i], err = t.value(at, col, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func endsInEscape(pattern string) bool {
	trimmed := strings.TrimRight(pattern, `\`)
	return (len(pattern)-len(trimmed))%2 == 1
}

// order translates an orderBy argument.
func (t translator) order(path string, m, row *recordstore.Model, raw []any) ([]recordstore.Order, error) {
	if len(raw) > t.limits.MaxSortKeys {
		return nil, NewLimitError("sort keys of "+path, t.limits.MaxSortKeys, len(raw))
	}
	var order []recordstore.Order
	for i, item := range raw {
		at := fmt.Sprintf("%s[%d]", path, i)
		o, err := t.sortKey(at, m, row, ObjectOf(item))
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(order, o.SameKey) {
			return nil, Invalidf(at, "the list is ordered by this field already")
		}
		order = append(order, o)
	}
	return order, nil
}

func (t translator) sortKey(path string, m, row *recordstore.Model, raw map[string]any) (recordstore.Order, error) {
	if err := t.tally.add(path, usage{search: weightCondition}); err != nil {
		return recordstore.Order{}, err
	}
	keys := slices.DeleteFunc(SortedKeys(raw), func(k string) bool { return raw[k] == nil })
	if len(keys) != 1 {
		return recordstore.Order{}, Invalidf(
			path,
			"a sort key has exactly one field, this one has %d; write a list: [{ a: ASC }, { b: DESC }]",
			len(keys),
		)
	}
	name := keys[0]
	if name == "link" && row != nil {
		o, err := t.sortKey(path+".link", row, nil, ObjectOf(raw[name]))
		if len(o.Path) > 0 {
			o.Path[0].Row = true
		} else {
			o.Row = true
		}
		return o, err
	}
	if r, ok := m.Relation(name); ok {
		return t.relatedKey(path+"."+name, r, ObjectOf(raw[name]))
	}
	i, ok := m.Column(name)
	if !ok {
		return recordstore.Order{}, Invalidf(path, "%s has no field %s", m.Name, name)
	}
	o := direction(raw[name])
	o.Column = i
	return o, nil
}

func direction(v any) recordstore.Order {
	text, _ := v.(string)
	return recordstore.Order{
		Desc:       strings.HasPrefix(text, "DESC"),
		NullsFirst: text == "ASC_NULLS_FIRST" || text == "DESC",
	}
}

// relatedKey translates a sort key across a relation: a field of the one record, or an aggregate of many.
func (t translator) relatedKey(path string, r *recordstore.Relation, raw map[string]any) (recordstore.Order, error) {
	target, row := t.catalog.Target(r), t.catalog.Row(r)
	step := recordstore.Step{Relation: r}
	weight := weightRelation
	if r.Many {
		weight = weightAggregate
	}
	t, err := t.across(path, weight)
	if err != nil {
		return recordstore.Order{}, err
	}
	if !r.Many {
		o, err := t.sortKey(path, target, row, raw)
		o.Path = append([]recordstore.Step{step}, o.Path...)
		return o, err
	}
	if step.Where, err = t.filter(path+".filter", target, row, ObjectOf(raw["filter"])); err != nil {
		return recordstore.Order{}, err
	}
	var given []string
	for _, name := range []string{"count", "min", "max"} {
		if raw[name] != nil {
			given = append(given, name)
		}
	}
	if len(given) != 1 {
		return recordstore.Order{}, Invalidf(
			path,
			"a list is sorted by exactly one of count, min and max; %d are given",
			len(given),
		)
	}
	step.Aggregate = recordstore.Aggregate(given[0])
	if step.Aggregate == recordstore.Count {
		o := direction(raw["count"])
		o.Path = []recordstore.Step{step}
		return o, nil
	}
	o, err := t.sortKey(path+"."+given[0], target, row, ObjectOf(raw[given[0]]))
	if err != nil {
		return o, err
	}
	if o.Path == nil && !o.Row { // otherwise the column is of another model
		switch col := &target.Columns[o.Column]; {
		case col.Type == recordstore.Boolean:
			return o, Invalidf(path+"."+given[0], "%s is true or false, which has no least and no greatest", col.Field)
		case col.Parts != nil:
			return o, Invalidf(
				path+"."+given[0],
				"%s is made of %s; take one of them",
				col.Field,
				strings.Join(col.Parts, " and "),
			)
		}
	}
	o.Path = append([]recordstore.Step{step}, o.Path...)
	return o, nil
}

// page translates first, after, last and before.
func (t translator) page(path string, args map[string]any) (*recordstore.Page, error) {
	p := &recordstore.Page{Limit: t.limits.DefaultPage}
	first, last := args["first"], args["last"]
	if first != nil && last != nil {
		return nil, Invalidf(path, "first and last exclude each other")
	}
	name, size := "first", first
	if last != nil {
		name, size, p.Backward = "last", last, true
	}
	if size != nil {
		n, err := integer(size)
		switch {
		case err != nil:
			return nil, Invalidf(path+"."+name, "%v is no whole number", size)
		case n < 0:
			return nil, Invalidf(path+"."+name, "%d is negative", n)
		case n > t.limits.MaxPage:
			return nil, NewLimitError(path+"."+name, t.limits.MaxPage, n)
		}
		p.Limit = n
	}
	p.After, _ = args["after"].(string)
	p.Before, _ = args["before"].(string)
	return p, t.tally.add(path, usage{valueBytes: len(p.After) + len(p.Before)})
}

func integer(v any) (int, error) {
	switch v := v.(type) {
	case json.Number:
		n, err := v.Int64()
		return int(n), err
	default:
		return graphql.UnmarshalInt(v)
	}
}
