package graph

import (
	"context"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"linkgraph/graph/internal/exec"
)

const (
	cachedQueries = 1000
	maxTokens     = 15_000
	maxBody       = 4 << 20
)

// Handler serves the API: POST, and GET for queries.
func (g *Graph) Handler() http.Handler {
	schema := exec.NewExecutableSchema(exec.Config{Resolvers: &exec.Resolver{Engine: g.engine}})
	s := handler.New(schema)
	s.AddTransport(transport.Options{})
	s.AddTransport(transport.GET{})
	s.AddTransport(transport.POST{})
	s.SetQueryCache(lru.New[*ast.QueryDocument](cachedQueries))
	s.SetParserTokenLimit(maxTokens)
	s.Use(extension.Introspection{})
	s.Use(introspector{schema.Schema()})
	s.Use(literals{})
	if g.cfg.ReadOnly {
		s.Use(readOnly{})
	}
	s.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		return next(g.engine.WithLoaders(ctx))
	})
	s.SetErrorPresenter(func(ctx context.Context, err error) *gqlerror.Error {
		out := g.present(ctx, err)
		explainVariable(ctx, schema.Schema(), out)
		return out
	})
	s.SetRecoverFunc(g.recovered)
	return http.MaxBytesHandler(s, maxBody)
}

// literals refuses number literals that no Go number can hold: gqlgen panics on them.
type literals struct{}

var _ interface {
	graphql.OperationContextMutator
	graphql.HandlerExtension
} = literals{}

// ExtensionName names the extension.
func (literals) ExtensionName() string { return "literals" }

// Validate has nothing to check of the schema.
func (literals) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext looks at every literal of the operation.
func (literals) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	for _, d := range op.Doc.Operations {
		if err := checkSelections(d.SelectionSet); err != nil {
			return err
		}
	}
	for _, f := range op.Doc.Fragments {
		if err := checkSelections(f.SelectionSet); err != nil {
			return err
		}
	}
	return nil
}

// readOnly refuses mutations.
type readOnly struct{}

var _ interface {
	graphql.OperationContextMutator
	graphql.HandlerExtension
} = readOnly{}

// ExtensionName names the extension.
func (readOnly) ExtensionName() string { return "readOnly" }

// Validate has nothing to check of the schema.
func (readOnly) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext looks at the kind of the operation.
func (readOnly) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if op.Operation.Operation != ast.Mutation {
		return nil
	}
	e := gqlerror.ErrorPosf(op.Operation.Position, "this server is read-only: it answers queries alone")
	e.Extensions = map[string]any{"code": codeForbidden}
	return e
}

func checkSelections(set ast.SelectionSet) *gqlerror.Error {
	for _, s := range set {
		var err *gqlerror.Error
		switch s := s.(type) {
		case *ast.Field:
			for _, a := range s.Arguments {
				if err = checkLiteral(a.Value); err != nil {
					return err
				}
			}
			err = checkSelections(s.SelectionSet)
		case *ast.InlineFragment:
			err = checkSelections(s.SelectionSet)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func checkLiteral(v *ast.Value) *gqlerror.Error {
	if v.Kind == ast.IntValue || v.Kind == ast.FloatValue {
		if _, err := v.Value(nil); err != nil {
			e := gqlerror.ErrorPosf(v.Position, "the number %s is too large to be written as a literal; write it as a string", v.Raw)
			e.Extensions = map[string]any{"code": codeBadInput}
			return e
		}
	}
	for _, c := range v.Children {
		if err := checkLiteral(c.Value); err != nil {
			return err
		}
	}
	return nil
}
