package graph

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/linkgraph/linkgraph/graph/internal/answer"
	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/graph/transport"
	"github.com/linkgraph/linkgraph/internal/naming"
	"github.com/linkgraph/linkgraph/internal/overload"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// The codes that errors carry in extensions.code, besides those of package transport.
const (
	codeLinkNotDefined = "LINK_NOT_DEFINED"
	codeLinkConflict   = "LINK_CONFLICT"
	codeNotFound       = "RECORD_NOT_FOUND"
	codeLockTimeout    = "LOCK_TIMEOUT"
	codeConflict       = "CONFLICT"
)

// codes maps classes of errors to codes. An error of no class is logged, and clients see INTERNAL.
var codes = []struct {
	is   error
	code string
}{
	{linkstore.ErrLinkNotDefined, codeLinkNotDefined},
	{linkstore.ErrConflict, codeLinkConflict},
	{linkstore.ErrDeletionNotFound, codeNotFound},
	{linkstore.ErrLinkNotFound, codeNotFound},
	{linkstore.ErrReadOnly, transport.CodeBadInput},
	{recordstore.ErrStale, codeConflict},
	{recordstore.ErrConflict, transport.CodeBadInput},
	{recordstore.ErrAbsent, transport.CodeBadInput},
	{storeerr.ErrRecordNotFound, codeNotFound},
	{storeerr.ErrLimit, transport.CodeLimit},
	{storeerr.ErrInvalid, transport.CodeBadInput},
	{storeerr.ErrContended, transport.CodeUnavailable},
	{storeerr.ErrLockTimeout, codeLockTimeout},
}

// present sets the code of an error and, for an item of a list, its index.
func (g *Graph) present(ctx context.Context, err error) *gqlerror.Error {
	out := graphql.DefaultErrorPresenter(ctx, err)
	if out.Extensions == nil {
		out.Extensions = map[string]any{}
	}
	if field, ok := answer.Owner(err); ok { // another root field has sent the statement that failed
		out.Path = ast.Path{ast.PathName(field.Alias)}
		out.Locations = []gqlerror.Location{{Line: field.Position.Line, Column: field.Position.Column}}
	}
	cause := errors.Unwrap(out)
	if cause == nil {
		// gqlgen's own: parsing, validation and the coercion of arguments.
		if out.Extensions["code"] == nil {
			out.Extensions["code"] = transport.CodeBadInput
		}
		return out
	}
	if code := CodeOf(err); code != "" {
		out.Extensions["code"] = code
		explain(out, err)
		return out
	}
	if g.presentDatabase(ctx, out, err) {
		return out
	}
	g.cfg.Logger.ErrorContext(ctx, "internal error", "error", err, "path", out.Path.String())
	out.Message, out.Extensions["code"] = "internal error", transport.CodeInternal
	return out
}

// CodeOf returns the code that an error of a store carries in extensions.code, or "" if it is not one that clients see.
func CodeOf(err error) string {
	for _, c := range codes {
		if errors.Is(err, c.is) {
			return c.code
		}
	}
	return ""
}

// fault describes the error of an item that a partial call skipped. An error of no class is logged.
func (g *Graph) fault(ctx context.Context, err error) *answer.Fault {
	f := &answer.Fault{Code: CodeOf(err), Message: messageOf(err), OtherIndex: -1}
	if f.Code == "" {
		g.cfg.Logger.ErrorContext(ctx, "internal error", "error", err)
		f.Code, f.Message = transport.CodeInternal, "internal error"
	}
	if exclusion, ok := errors.AsType[*linkstore.ExclusionError](err); ok {
		f.OtherIndex = exclusion.Other
	}
	if conflict, ok := errors.AsType[*linkstore.ConflictError](err); ok && conflict.Existing.ID != "" {
		f.Existing = &conflict.Existing
	}
	return f
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
		out.Message = storeerr.ErrContended.Error()
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

// messageOf returns the message of an error of a class. It names a column by its field.
func messageOf(err error) string {
	invalid, ok := errors.AsType[*storeerr.InvalidError](err)
	if !ok || !strings.Contains(invalid.Field, "_") || ofArgument(err) {
		return err.Error()
	}
	spelled := *invalid
	spelled.Field = naming.Camel(invalid.Field)
	return spelled.Error()
}

// explain adds extensions that let a program handle an error without reading its text.
func explain(out *gqlerror.Error, err error) {
	out.Message = messageOf(errors.Unwrap(out))
	if item, ok := errors.AsType[*storeerr.ItemError](err); ok {
		out.Extensions["index"] = item.Index
		out.Message = messageOf(item.Err)
	}
	if stale, ok := errors.AsType[*recordstore.StaleError](err); ok {
		out.Extensions["id"] = stale.ID
		out.Extensions["current"] = map[string]any{stale.Field: stale.Current}
	}
	if exclusion, ok := errors.AsType[*linkstore.ExclusionError](err); ok {
		out.Extensions["otherIndex"] = exclusion.Other
	}
	if more, ok := errors.AsType[*answer.MoreError](err); ok {
		out.Extensions["more"] = more.Count
	}
	if conflict, ok := errors.AsType[*linkstore.ConflictError](err); ok && conflict.Existing.ID != "" {
		out.Extensions["existing"] = map[string]any{
			"link":  conflict.Link,
			"id":    conflict.Existing.ID,
			"left":  conflict.Existing.Left,
			"right": conflict.Existing.Right,
		}
	}
}

// ofArgument reports whether an error names an argument by its path, which is spelled as the API spells it.
func ofArgument(err error) bool {
	_, ok := errors.AsType[*plan.InputError](err)
	return ok
}

// recovered turns a panic into an error that present logs.
func (g *Graph) recovered(_ context.Context, v any) error {
	return fmt.Errorf("panic: %v\n%s", v, debug.Stack())
}
