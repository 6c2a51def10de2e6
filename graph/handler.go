package graph

import (
	"context"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"linkgraph/graph/internal/exec"
)

// Handler serves the API with the defaults of HTTP.
func (g *Graph) Handler() http.Handler {
	h, err := g.HTTPHandler(HTTP{})
	if err != nil {
		panic(err) // the defaults have no faults
	}
	return h
}

// HTTPHandler serves the API: POST, and GET for queries. It reports every fault of the configuration.
func (g *Graph) HTTPHandler(cfg HTTP) (http.Handler, error) {
	cfg.complete()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	schema := exec.NewExecutableSchema(exec.Config{Resolvers: &exec.Resolver{Engine: g.engine}})
	documents := newDocuments(schema.Schema(), cfg.Documents, cfg.DocumentCache, cfg.HideSuggestions)
	persisted, err := newPersisted(documents, cfg)
	if err != nil {
		return nil, err
	}
	s := handler.New(schema)
	s.AddTransport(&endpoint{graph: g, cfg: cfg, schema: schema.Schema(), persisted: persisted})
	s.SetQueryCache(contextDocument{})
	if g.cfg.Observer != nil {
		s.Use(g.cfg.Observer) // the first is the outermost
	}
	s.Use(extension.Introspection{})
	s.Use(introspector{schema.Schema()})
	if g.cfg.ReadOnly {
		s.Use(readOnly{})
	}
	s.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		return next(g.engine.WithLoaders(ctx))
	})
	s.SetErrorPresenter(func(ctx context.Context, err error) *gqlerror.Error {
		out := g.present(ctx, err)
		explainVariable(ctx, schema.Schema(), out)
		if cfg.HideSuggestions {
			out.Message, _, _ = strings.Cut(out.Message, fieldsAre)
		}
		return out
	})
	s.SetRecoverFunc(g.recovered)
	return cfg.wrap(s)
}

// fieldsAre is where explainVariable begins to list the fields of a type.
const fieldsAre = "; the fields are "

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
