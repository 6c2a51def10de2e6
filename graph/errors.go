package graph

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/graph/transport"
	"github.com/linkgraph/linkgraph/internal/naming"
	"github.com/linkgraph/linkgraph/internal/overload"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// The codes that errors carry in extensions.code, besides those of package transport.
const (
	codeLinkNotDefined = "LINK_NOT_DEFINED"
	codeLinkConflict   = "LINK_CONFLICT"
	codeNotFound       = "RECORD_NOT_FOUND"
	codeLockTimeout    = "LOCK_TIMEOUT"
)

// codes maps errors to codes. An error that is not listed is logged, and INTERNAL to clients.
var codes = []struct {
	is   error
	code string
}{
	{linkstore.ErrLinkNotDefined, codeLinkNotDefined},
	{linkstore.ErrConflict, codeLinkConflict},
	{linkstore.ErrRecordNotFound, codeNotFound},
	{linkstore.ErrDeletionNotFound, codeNotFound},
	{linkstore.ErrLinkNotFound, codeNotFound},
	{linkstore.ErrLimit, transport.CodeLimit},
	{linkstore.ErrReadOnly, transport.CodeBadInput},
	{linkstore.ErrInvalid, transport.CodeBadInput},
	{recordstore.ErrNotFound, codeNotFound},
	{recordstore.ErrLimit, transport.CodeLimit},
	{recordstore.ErrConflict, transport.CodeBadInput},
	{recordstore.ErrInvalid, transport.CodeBadInput},
	{recordstore.ErrAbsent, transport.CodeBadInput},
	{linkstore.ErrContended, transport.CodeUnavailable},
	{recordstore.ErrContended, transport.CodeUnavailable},
	{linkstore.ErrLockTimeout, codeLockTimeout},
	{recordstore.ErrLockTimeout, codeLockTimeout},
	{plan.ErrLimit, transport.CodeLimit},
	{plan.ErrInput, transport.CodeBadInput},
}

// present sets the code of an error and, for an item of a list, its index.
func (g *Graph) present(ctx context.Context, err error) *gqlerror.Error {
	out := graphql.DefaultErrorPresenter(ctx, err)
	if out.Extensions == nil {
		out.Extensions = map[string]any{}
	}
	cause := errors.Unwrap(out)
	if cause == nil {
		// gqlgen's own: parsing, validation and the coercion of arguments.
		if out.Extensions["code"] == nil {
			out.Extensions["code"] = transport.CodeBadInput
		}
		return out
	}
	for _, c := range codes {
		if errors.Is(err, c.is) {
			out.Extensions["code"] = c.code
			g.explain(out, err)
			return out
		}
	}
	if g.presentDatabase(ctx, out, err) {
		return out
	}
	g.cfg.Logger.ErrorContext(ctx, "internal error", "error", err, "path", out.Path.String())
	out.Message, out.Extensions["code"] = "internal error", transport.CodeInternal
	return out
}

// presentDatabase presents faults of the database and of the connection to it as UNAVAILABLE. It reports whether err is
// one.
func (g *Graph) presentDatabase(ctx context.Context, out *gqlerror.Error, err error) bool {
	var busy *overload.Error
	switch {
	case errors.As(err, &busy):
		out.Message, out.Extensions["reason"] = busy.Error(), transport.ReasonOverloaded
	case recordstore.IsTimeout(err):
		if ctx.Err() == nil {
			transport.MarkSlow(ctx)
		}
		g.cfg.Logger.WarnContext(ctx, "statement timeout", "error", err, "path", out.Path.String())
		out.Message = "the database ended a statement that took too long; ask for less, or try again"
	case recordstore.IsReadOnly(err):
		g.cfg.Logger.ErrorContext(ctx, "database takes no writes", "error", err)
		out.Message = "the database takes no writes at present: it is read-only, as a standby is; nothing was written: try again"
	case recordstore.IsConflict(err):
		out.Message = recordstore.ErrContended.Error()
	case recordstore.IsUnavailable(err):
		g.cfg.Logger.ErrorContext(ctx, "database unavailable", "error", err)
		out.Message = "the database cannot be reached at present; try again"
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		out.Message = "the request was ended before it was answered"
	default:
		return false
	}
	out.Extensions["code"] = transport.CodeUnavailable
	return true
}

// explain adds details to the extensions, so that programs need not parse the message.
func (g *Graph) explain(out *gqlerror.Error, err error) {
	var linkItem *linkstore.ItemError
	var recordItem *recordstore.ItemError
	var conflict *linkstore.ConflictError
	var invalid *linkstore.InvalidError
	switch {
	case errors.As(err, &linkItem):
		out.Extensions["index"] = linkItem.Index
		out.Message = linkItem.Err.Error()
	case errors.As(err, &recordItem):
		out.Extensions["index"] = recordItem.Index
		out.Message = recordItem.Err.Error()
	}
	if errors.As(err, &invalid) && strings.Contains(invalid.Field, "_") {
		spelt := *invalid // as the API spells it
		spelt.Field = naming.Camel(invalid.Field)
		out.Message = spelt.Error()
	}
	if errors.As(err, &conflict) && conflict.Existing.Left != "" {
		out.Extensions["existing"] = map[string]any{
			"link":  conflict.Link,
			"id":    conflict.Existing.ID,
			"left":  conflict.Existing.Left,
			"right": conflict.Existing.Right,
		}
	}
}

// recovered turns a panic into an error that present logs.
func (g *Graph) recovered(_ context.Context, v any) error {
	return fmt.Errorf("panic: %v\n%s", v, debug.Stack())
}
