package answer

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/linkgraph/linkgraph/internal/lazytx"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// beginWriting prepares what the root fields of a mutation write by. Several are one transaction: all of them are committed,
// or none. A single one leaves that to its call, which also knows how to run itself again, unless the caller commits.
func (r *Request) beginWriting() {
	r.recordStore, r.linkStore = r.engine.records, r.engine.links
	if r.op.Operation.Operation != ast.Mutation || len(r.operation.Roots) < 2 && !r.commitLast {
		return
	}
	r.writes = r.engine.records.Open(lazytx.Writing())
	r.recordStore, r.linkStore = r.engine.records.Join(r.writes), r.engine.links.Join(r.writes)
}

// LinksFrom returns the store by which a mutation writes links.
func LinksFrom(ctx context.Context) *linkstore.Store { return requestFrom(ctx).linkStore }

// Enter is called before the resolver of a root field. It returns false if the field is not to be resolved: an earlier one of
// the same mutation has failed.
func Enter(ctx context.Context) bool {
	r := requestFrom(ctx)
	if r.writes == nil {
		return true
	}
	r.writes.Own(graphql.GetRootFieldContext(ctx))
	if r.pending == 1 && !r.commitLast {
		r.writes.LastCall()
	}
	return !r.failed
}

// endWriting commits what the root fields of a mutation have written together. It returns false if that failed.
func (r *Request) endWriting(fields []*rootField) bool {
	if r.writes == nil {
		return true
	}
	if r.commitLast {
		r.writes.Own(nil) // errors of statements that are still queued name their fields
		return !r.failed
	}
	if !r.failed {
		r.writes.Own(nil)
		err := r.writes.Commit(r.ctx)
		if err == nil {
			for _, f := range fields {
				f.result.committed = true
			}
			return true
		}
		r.op.Error(fields[len(fields)-1].ctx, graphql.AddFieldLocationToError(fields[len(fields)-1].ctx, err))
		r.failed = true
	}
	_ = r.writes.Rollback(r.ctx) // the session is closed if it fails
	return false
}

// Transaction returns that of a mutation whose caller commits.
func Transaction(ctx context.Context) *lazytx.Tx { return requestFrom(ctx).writes }

// Owner finds the root field that an error is of, if it is another one than the one that has found it.
func Owner(err error) (field graphql.CollectedField, ok bool) {
	var owned *lazytx.OwnedError
	if !errors.As(err, &owned) {
		return field, false
	}
	root, ok := owned.Owner.(*graphql.RootFieldContext)
	if !ok {
		return field, false
	}
	return root.Field, true
}

// Again reports whether a mutation of several root fields came in the way of another transaction: nothing of it was written,
// and it may succeed if it is run again.
func Again(ctx context.Context, errs gqlerror.List) bool {
	r := requestFrom(ctx)
	if r.writes == nil || r.ctx.Err() != nil {
		return false
	}
	for _, err := range errs {
		var rerun *linkstore.RerunError
		if errors.As(err, &rerun) || recordstore.IsConflict(err) {
			return true
		}
	}
	return false
}
