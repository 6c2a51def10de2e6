package graph

import (
	"context"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/linkgraph/linkgraph/graph/internal/exec"
	"github.com/linkgraph/linkgraph/graph/transport"
)

// Handler serves the API with the defaults of HTTP and without authentication: every caller is an admin.
func (g *Graph) Handler() http.Handler {
	h, err := g.HTTPHandler(HTTP{})
	if err != nil {
		panic(err) // the defaults are valid
	}
	return h
}

// HTTPHandler serves the API: POST, and GET for queries. It reports every fault of the configuration. The headers that
// every answer of a server needs are set around it: transport.SecureHeaders.
func (g *Graph) HTTPHandler(cfg HTTP) (http.Handler, error) {
	cfg.complete()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	admin, err := g.server(view{side: g.admin, introspection: true}, cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Authenticate == nil {
		return transport.AllowOrigins(cfg.Origins, admin), nil
	}
	few := cfg
	few.DocumentCache /= 4 // read-only admins are few
	reader, err := g.server(view{
		side:          g.admin,
		schema:        readerSchema(exec.NewExecutableSchema(exec.Config{}).Schema(), g.Records.Catalog()),
		introspection: true,
		partial:       true,
	}, few)
	if err != nil {
		return nil, err
	}
	schema, err := storefrontSchema()
	if err != nil {
		return nil, err
	}
	storefront, err := g.server(
		view{side: g.storefront, schema: schema, introspection: cfg.Storefront.Introspection},
		cfg.storefront(),
	)
	if err != nil {
		return nil, err
	}
	gate := &authGate{
		authenticate: cfg.Authenticate,
		admin:        admin,
		reader:       reader,
		storefront:   storefront,
		log:          g.cfg.Logger,
		endpoint:     transport.Refuser(cfg.transport(g.cfg.Logger)),
	}
	return transport.AllowOrigins(cfg.Origins, gate), nil // outermost: a page may read that it was refused
}

// view is the API as one kind of caller sees it.
type view struct {
	side
	schema        *ast.Schema // nil means the whole schema
	introspection bool
	// partial drops documents of HTTP.Trusted that are not valid in this schema, instead of refusing to start.
	partial bool
}

// server serves one view of the API.
func (g *Graph) server(of view, cfg HTTP) (http.Handler, error) {
	schema := exec.NewExecutableSchema(exec.Config{Resolvers: of.resolvers, Schema: of.schema})
	how := cfg.transport(g.cfg.Logger)
	how.Idempotency = g.cfg.Answers != nil
	how.Partial, how.Begin, how.Read = of.partial, new(outputs).with, of.engine.LinkInputReader(schema.Schema()).Read
	endpoint, err := transport.New(schema.Schema(), how)
	if err != nil {
		return nil, err
	}
	s := handler.New(schema)
	s.AddTransport(endpoint)
	s.SetQueryCache(transport.ContextDocuments{})
	if g.cfg.Observer != nil {
		s.Use(g.cfg.Observer) // the first is the outermost
	}
	if of.introspection {
		s.Use(extension.Introspection{})
	}
	s.Use(newIntrospection())
	s.Use(writers{g.cfg.ReadOnly})
	s.Use(executor{of.engine, g.cfg.Observer, g.cfg.Answers, g.present})
	s.SetErrorPresenter(g.present)
	s.SetRecoverFunc(g.recovered)
	return s, nil
}

// writers refuses mutations of callers who may not write.
type writers struct{ nobody bool }

var _ interface {
	graphql.OperationContextMutator
	graphql.HandlerExtension
} = writers{}

// ExtensionName names the extension.
func (writers) ExtensionName() string { return "writers" }

// Validate accepts every schema.
func (writers) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext refuses a mutation on a read-only server, or of a caller without write access.
func (w writers) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if op.Operation.Operation != ast.Mutation {
		return nil
	}
	caller, known := CallerFrom(ctx)
	var e *gqlerror.Error
	switch {
	case w.nobody:
		e = gqlerror.ErrorPosf(op.Operation.Position, "this server is read-only: it answers queries alone")
	case known && caller.Role != ReadWrite:
		e = gqlerror.ErrorPosf(
			op.Operation.Position,
			"these credentials are read-only: they are good for queries alone",
		)
	default:
		return nil
	}
	e.Extensions = map[string]any{"code": transport.CodeForbidden}
	return e
}
