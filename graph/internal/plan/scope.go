package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// Scope is what storefronts see of a model, as the schema declares it.
type Scope struct {
	Model  string
	Fields []string
	// Where is a filter argument in JSON: only records that match it are seen. "" means all.
	Where string
	// Key is the relation to the viewer's publishable API key: only records that are linked to it are seen. "" means all.
	Key string
	// Above, Keyed, KeyedBy and Nested are those of recordstore.Scope.
	Above, Keyed, KeyedBy string
	Nested                bool
}

// Narrow returns the catalogue that storefronts see. The error names every scope that is at fault.
func Narrow(catalog *recordstore.Catalog, scopes []Scope) (*recordstore.Catalog, error) {
	var narrow []recordstore.Scope
	var faults []error
	for _, v := range scopes {
		where, err := v.scope(catalog)
		if err != nil {
			faults = append(faults, fmt.Errorf("storefront: %s: %w", v.Model, err))
		}
		narrow = append(narrow, recordstore.Scope{
			Model:   v.Model,
			Fields:  v.Fields,
			Where:   where,
			Above:   v.Above,
			Keyed:   v.Keyed,
			KeyedBy: v.KeyedBy,
			Nested:  v.Nested,
		})
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return catalog.Narrow(narrow)
}

// scope compiles the condition for records that are seen; nil means all.
func (v Scope) scope(catalog *recordstore.Catalog) (recordstore.Expr, error) {
	m, ok := catalog.Model(v.Model)
	if !ok {
		return nil, errors.New("there is no such model")
	}
	var all recordstore.And
	if v.Where != "" {
		raw := map[string]any{}
		decoder := json.NewDecoder(bytes.NewBufferString(v.Where))
		decoder.UseNumber()
		if err := decoder.Decode(&raw); err != nil {
			return nil, fmt.Errorf("where: %w", err)
		}
		var limits Limits
		limits.Complete()
		t := translator{catalog: catalog, limits: &limits, tally: &tally{limits: &limits}, now: true}
		where, err := t.filter("where", m, nil, raw)
		if err != nil {
			return nil, err
		}
		if where != nil {
			all = append(all, where)
		}
	}
	if v.Key != "" {
		r, ok := m.Relation(v.Key)
		if !ok {
			return nil, fmt.Errorf("key: there is no relation %q", v.Key)
		}
		all = append(all, recordstore.Related{Relation: r, Quantifier: recordstore.Some, Where: recordstore.Viewer{}})
	}
	return conjunction(all), nil
}
