package resolve

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
)

// One answers a to-one field: what look-ahead has loaded, or what the request's loader fetches now.
func One[T any](ctx context.Context, o *Object, field string, wrap func(*Object) T) (T, error) {
	var zero T
	v, err := o.hop(ctx, field)
	if err != nil {
		return zero, err
	}
	far, ok := v.(*Object)
	if !ok {
		return zero, fmt.Errorf("%s.%s is a list", o.Model().Name, field)
	}
	return wrap(far), nil
}

// Many answers a to-many field, as One does.
func Many[T any](ctx context.Context, o *Object, field string, wrap func(*Connection) T) (T, error) {
	var zero T
	v, err := o.hop(ctx, field)
	if err != nil {
		return zero, err
	}
	c, ok := v.(*Connection)
	if !ok {
		return zero, fmt.Errorf("%s.%s is no list", o.Model().Name, field)
	}
	return wrap(c), nil
}

func (o *Object) hop(ctx context.Context, field string) (any, error) {
	i, ok := o.sel.byField[graphql.GetFieldContext(ctx).Field.Field]
	if !ok {
		return nil, fmt.Errorf("%s.%s was not planned", o.Model().Name, field)
	}
	if o.hops != nil {
		return o.hops[i], nil
	}
	l := loadersFrom(ctx)
	if l == nil {
		return nil, fmt.Errorf("%s.%s was not loaded, and the request has no loaders", o.Model().Name, field)
	}
	return l.hops.Load(ctx, hopKey{o.sel, i, o})()
}
