package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"github.com/linkgraph/linkgraph/graph"
)

// longestText is how much of a text that a client chose is kept, in bytes.
const longestText = 200

// Request returns a Config.Who for a server: the caller is that of graph.WithCaller, the rest is what gqlgen knows of the
// operation, or the name of WithOperation. requestID gives the id of a request, or ""; nil means that there are none. Outside of a request the caller is a
// Library.
func Request(requestID func(ctx context.Context) string) func(ctx context.Context) Entry {
	return func(ctx context.Context) Entry {
		e := Entry{CallerKind: Library}
		if requestID != nil {
			e.RequestID = requestID(ctx)
		}
		if name, ok := ctx.Value(operationKey{}).(string); ok {
			e.Operation = name
		}
		if graphql.HasOperationContext(ctx) {
			e.CallerKind = Anonymous
			e.operation(graphql.GetOperationContext(ctx))
		}
		if root := graphql.GetRootFieldContext(ctx); root != nil && root.Field.Field != nil {
			e.Field = root.Field.Name
			if root.Field.Alias != "" && root.Field.Alias != root.Field.Name {
				e.Field = clip(root.Field.Alias) + ": " + root.Field.Name
			}
		}
		if c, ok := graph.CallerFrom(ctx); ok {
			e.CallerKind, e.CallerID, e.CallerName, e.CallerRole = Admin, clip(c.ID), clip(c.Name), string(c.Role)
			if c.Storefront {
				e.CallerKind, e.CallerRole = Storefront, ""
			}
		}
		return e
	}
}

type operationKey struct{}

// WithOperation names the operation of a request that is not GraphQL.
func WithOperation(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, operationKey{}, name)
}

// OfCommand returns a Config.Who for a command of the program.
func OfCommand(name string) func(ctx context.Context) Entry {
	return func(context.Context) Entry { return Entry{CallerKind: Command, CallerName: name} }
}

func (e *Entry) operation(op *graphql.OperationContext) {
	name := op.OperationName
	if op.Operation != nil && op.Operation.Name != "" {
		name = op.Operation.Name
	}
	e.Operation = clip(name)
	sum := sha256.Sum256([]byte(op.RawQuery))
	e.DocumentHash = hex.EncodeToString(sum[:])
}

// clip makes a text that others chose fit into a row.
func clip(s string) string {
	s = strings.ReplaceAll(s, "\x00", "")
	if len(s) > longestText {
		s = s[:longestText]
		for !utf8.ValidString(s) && len(s) > longestText-utf8.UTFMax {
			s = s[:len(s)-1]
		}
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
