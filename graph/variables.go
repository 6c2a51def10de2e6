package graph

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// explainVariable says of a field that a variable's type does not have which type that is, and which fields it has: the
// validator says "unknown field" alone.
func explainVariable(ctx context.Context, schema *ast.Schema, err *gqlerror.Error) {
	if len(err.Path) < 2 || err.Path[0] != ast.PathName("variable") {
		return
	}
	if err.Message != "unknown field" || len(err.Path) < 3 || !graphql.HasOperationContext(ctx) {
		err.Message = fmt.Sprintf("variable %s: %s", err.Path[1:].String(), err.Message)
		return
	}
	op := graphql.GetOperationContext(ctx).Operation
	name, _ := err.Path[1].(ast.PathName)
	if op == nil || op.VariableDefinitions.ForName(string(name)) == nil {
		return
	}
	t := op.VariableDefinitions.ForName(string(name)).Type
	for _, step := range err.Path[2 : len(err.Path)-1] {
		switch step := step.(type) {
		case ast.PathIndex:
			if t = t.Elem; t == nil {
				return
			}
		case ast.PathName:
			def := schema.Types[t.Name()]
			if def == nil || def.Fields.ForName(string(step)) == nil {
				return
			}
			t = def.Fields.ForName(string(step)).Type
		}
	}
	def := schema.Types[t.Name()]
	if def == nil {
		return
	}
	var fields []string
	for _, f := range def.Fields {
		fields = append(fields, f.Name)
	}
	sort.Strings(fields)
	err.Message = fmt.Sprintf("%s has no field %v; the fields are %s", def.Name, err.Path[len(err.Path)-1], strings.Join(fields, ", "))
}
