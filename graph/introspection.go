package graph

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
)

// cachedIntrospections bounds the answers that are kept: few tools ask, each with a query of its own, and an answer about
// the whole schema has 3 MB.
const cachedIntrospections = 8

// introspections keeps answers about the schema, which does not change while the server runs. Making one takes gqlgen two
// million allocations.
type introspections struct {
	answers graphql.Cache[json.RawMessage]
}

var _ interface {
	graphql.OperationInterceptor
	graphql.HandlerExtension
} = introspections{}

func newIntrospections() introspections {
	return introspections{lru.New[json.RawMessage](cachedIntrospections)}
}

// ExtensionName names the extension.
func (introspections) ExtensionName() string { return "introspections" }

// Validate has nothing to check of the schema.
func (introspections) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptOperation answers operations that ask of the schema alone from what was answered before.
func (i introspections) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query"}) {
		if !strings.HasPrefix(f.Name, "__") {
			return next(ctx)
		}
	}
	variables, err := json.Marshal(op.Variables)
	if err != nil {
		return next(ctx)
	}
	sum := sha256.Sum256([]byte(op.Operation.Name + "\x00" + string(variables) + "\x00" + op.RawQuery))
	key := string(sum[:])
	if answer, ok := i.answers.Get(ctx, key); ok {
		return graphql.OneShot(&graphql.Response{Data: answer})
	}
	respond := next(ctx)
	return func(ctx context.Context) *graphql.Response {
		response := respond(ctx)
		if response != nil && len(response.Errors) == 0 {
			i.answers.Add(ctx, key, response.Data)
		}
		return response
	}
}
