package answer

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// Fault is why an item of a partial call was skipped.
type Fault struct {
	Code, Message string
	OtherIndex    int             // of the item that excludes it; -1 if there is none
	Existing      *linkstore.Link // that excludes it; nil if there is none
}

// writeFault writes the error of an item, or null.
func (a *Request) writeFault(fields []plan.Field, fault *Fault) error {
	if fault == nil {
		a.b = append(a.b, "null"...)
		return nil
	}
	return a.eachField(fields, func(f *plan.Field) error {
		switch f.Kind {
		case plan.WriteFaultCode:
			a.stringOrNull(fault.Code, true)
		case plan.WriteFaultMessage:
			a.stringOrNull(fault.Message, true)
		case plan.WriteOtherIndex:
			if fault.OtherIndex < 0 {
				a.b = append(a.b, "null"...)
				return nil
			}
			a.b = strconv.AppendInt(a.b, int64(fault.OtherIndex), 10)
		case plan.WriteExisting:
			return a.writeExisting(f.Fields, fault.Existing)
		}
		return nil
	})
}

// writeExisting writes the link that an item conflicts with, or null.
func (a *Request) writeExisting(fields []plan.Field, l *linkstore.Link) error {
	if l == nil {
		a.b = append(a.b, "null"...)
		return nil
	}
	return a.eachField(fields, func(f *plan.Field) error {
		switch f.Kind {
		case plan.WriteExistingID:
			a.stringOrNull(l.ID, true)
		case plan.WriteExistingName:
			a.stringOrNull(strings.ToUpper(l.Name), true)
		case plan.WriteExistingLeft:
			a.stringOrNull(l.Left, true)
		case plan.WriteExistingRight:
			a.stringOrNull(l.Right, true)
		}
		return nil
	})
}

// MoreError says that more items are faulty than the answer has errors.
type MoreError struct{ Count int }

func (e *MoreError) Error() string {
	return fmt.Sprintf("%d more items have errors; nothing was written", e.Count)
}

// Unwrap returns storeerr.ErrInvalid.
func (e *MoreError) Unwrap() error { return storeerr.ErrInvalid }

// AddErrors adds an error to the answer, at the field of the context. The errors of several items become an error each.
func AddErrors(ctx context.Context, err error) {
	for _, e := range each(err) {
		graphql.AddError(ctx, graphql.AddFieldLocationToError(ctx, e))
	}
}

// FailItems is AddErrors for a resolver. It returns the last error, which the resolver has to return.
func FailItems(ctx context.Context, err error) error {
	all := each(err)
	last := len(all) - 1
	for _, e := range all[:last] {
		AddErrors(ctx, e)
	}
	return all[last]
}

// each returns the errors of items that err consists of, or err itself.
func each(err error) []error {
	items, ok := errors.AsType[*storeerr.ItemsError](err)
	if !ok {
		return []error{err}
	}
	all := items.Unwrap()
	if items.More > 0 {
		all = append(all, &MoreError{items.More})
	}
	return all
}
