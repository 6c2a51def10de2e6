package answer

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
)

// dryRunArgument is the argument of every mutation that says whether it only shows what it would do.
const dryRunArgument = "dryRun"

// asksForDryRun reports whether a root field of a mutation is a dry run.
func (r *Request) asksForDryRun() bool {
	if r.op.Operation.Operation != ast.Mutation {
		return false
	}
	for _, root := range r.operation.Roots {
		if r.isDryRun(root.Field) {
			return true
		}
	}
	return false
}

func (r *Request) isDryRun(f graphql.CollectedField) bool {
	return f.Arguments.ForName(dryRunArgument) != nil && plan.Arguments(f.Field, r.op.Variables)[dryRunArgument] == true
}

// IsDryRun reports whether an operation must be rolled back. The error names a root field that is no dry run beside others that
// are: all fields of a document are one transaction.
func IsDryRun(ctx context.Context) (bool, error) {
	r := requestFrom(ctx)
	if !r.dryRun {
		return false, nil
	}
	for _, root := range r.operation.Roots {
		if f := root.Field; f.Name != "__typename" && !r.isDryRun(f) {
			return true, plan.Invalidf(
				f.Alias+"."+dryRunArgument,
				"the fields of a mutation are one transaction: all of them are dry runs, or none",
			)
		}
	}
	return true, nil
}
