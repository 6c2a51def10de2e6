package graph

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/linkgraph/linkgraph/graph/internal/answer"
	"github.com/linkgraph/linkgraph/graph/internal/bytecache"
	"github.com/linkgraph/linkgraph/graph/transport"
)

// introspectionCache is how many bytes of answers about the schema each view of the API keeps. The whole schema, as
// GraphiQL and code generators ask for it, takes three megabytes.
const introspectionCache = 16 << 20

// introspection bounds and caches what gqlgen answers about the schema. gqlgen resolves every field of every type in
// goroutines of its own, which takes more than a second for the whole schema, checks neither the deadline nor the size
// of the answer, and holds all of it in memory before it writes the first byte. The schema does not change while the
// server runs, so an answer is valid for as long.
type introspection struct {
	answers *bytecache.Cache[[]byte]
	turn    chan struct{} // one answer is made at a time: a flood of documents costs the memory of one
}

var _ interface {
	graphql.RootFieldInterceptor
	graphql.FieldInterceptor
	graphql.HandlerExtension
} = introspection{}

func newIntrospection() introspection {
	return introspection{
		answers: bytecache.New[[]byte](introspectionCache, introspectionCache/2),
		turn:    make(chan struct{}, 1),
	}
}

// ExtensionName returns the name of the extension.
func (introspection) ExtensionName() string { return "introspection" }

// Validate accepts every schema.
func (introspection) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptRootField answers the fields __schema and __type.
func (i introspection) InterceptRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	field := graphql.GetRootFieldContext(ctx).Field
	if field.Name != "__schema" && field.Name != "__type" {
		return next(ctx)
	}
	value, err := answer.WriteNow(ctx, func(to *answer.Output) error {
		op := graphql.GetOperationContext(ctx)
		if op.DisableIntrospection {
			return &gqlerror.Error{
				Message: "introspection is off for these credentials", Path: ast.Path{ast.PathName(field.Alias)},
				Extensions: map[string]any{"code": transport.CodeForbidden},
			}
		}
		return i.write(ctx, introspectionKey(op, field.Alias), next, to)
	})
	if err != nil {
		graphql.AddError(ctx, err)
	}
	return value
}

// write writes the value of a root field: as it was written before, or as next resolves it.
func (i introspection) write(ctx context.Context, key string, next graphql.RootResolver, to *answer.Output) error {
	if text, ok := i.answers.Get(key); ok {
		return writeWithin(to, text)
	}
	select {
	case i.turn <- struct{}{}:
		defer func() { <-i.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if text, ok := i.answers.Get(key); ok { // made by the request that had the turn
		return writeWithin(to, text)
	}
	m := &meter{ctx: ctx, room: int64(to.Room())}
	value := next(context.WithValue(ctx, meterKey{}, m))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case m.stopped.Load():
		return to.TooLong()
	}
	begin := len(to.Bytes())
	value.MarshalGQL(to)
	if to.Room() < 0 {
		return to.TooLong()
	}
	text := to.Bytes()[begin:]
	if len(text) <= introspectionCache/2 && len(graphql.GetErrors(ctx)) == 0 {
		i.answers.Add(key, bytes.Clone(text), len(text))
	}
	return nil
}

func writeWithin(to *answer.Output, text []byte) error {
	if len(text) > to.Room() {
		return to.TooLong()
	}
	_, err := to.Write(text)
	return err
}

// introspectionKey identifies the value of a root field: by the document, the operation, the field and the variables.
// Arguments and directives below __schema and __type are strings and booleans, so other variables cannot change it.
func introspectionKey(op *graphql.OperationContext, alias string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q", op.RawQuery, op.OperationName, alias)
	for _, name := range slices.Sorted(maps.Keys(op.Variables)) {
		switch v := op.Variables[name].(type) {
		case nil, string, bool:
			fmt.Fprintf(h, " %q %#v", name, v)
		}
	}
	return string(h.Sum(nil))
}

// meter stops the resolution of an answer that is too long or too late.
type meter struct {
	ctx     context.Context //nolint:containedctx // the operation's: those of fields take long to ask
	room    int64
	used    atomic.Int64 // bytes of names and strings: the answer is longer than that
	stopped atomic.Bool
}

type meterKey struct{}

// add counts bytes of the answer and reports whether resolution goes on.
func (m *meter) add(bytes int) bool {
	if m.used.Add(int64(bytes)) > m.room || m.ctx.Err() != nil {
		m.stopped.Store(true)
	}
	return !m.stopped.Load()
}

// InterceptField meters the fields below __schema and __type. Once the meter has stopped, fields are null or empty
// lists: gqlgen has no other way out that does not cost an error for each field that was begun.
func (introspection) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	m, ok := ctx.Value(meterKey{}).(*meter)
	if !ok {
		return next(ctx)
	}
	field := graphql.GetFieldContext(ctx).Field
	if !m.add(len(field.Alias)) && !field.Definition.Type.NonNull {
		return nil, nil
	}
	value, err := next(ctx)
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.String:
		m.add(v.Len())
	case reflect.Slice:
		if m.stopped.Load() {
			value = v.Slice(0, 0).Interface()
		}
	}
	return value, err
}
