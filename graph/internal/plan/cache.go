package plan

import (
	"slices"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// maxShapes is how many plans of one document are kept: one for each operation, and for each set of values of the variables
// of @skip and @include.
const maxPlans = 8

// Plans keeps the plans of one document.
type Cache struct {
	operations int
	conditions   []string // the variables of @skip and @include

	mu      sync.RWMutex
	plans map[cacheKey]*Operation
}

// shape is what decides the fields of an answer.
type cacheKey struct {
	operation *ast.OperationDefinition
	conditions   string // the values of the deciding variables
}

// Operation is the plan of an operation: its root fields, each with what it takes to answer it, but those of introspection.
type Operation struct{ Roots []*Root }

// Root is the plan of a root field. What lies below it is planned when it is first known of which model it is.
type Root struct {
	Field   graphql.CollectedField
	NonNull bool
	Plans   PlansByModel     // of records
	Links   LinkPlans // of the field `links`
	Payload Payload
	layoutOnce    sync.Once // the payload is laid out, or what is shown of links
}

// NewPlans returns the plans of a document that was found valid: none yet.
func NewCache(doc *ast.QueryDocument) *Cache {
	p := &Cache{operations: len(doc.Operations)}
	for _, op := range doc.Operations {
		p.examine(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		p.examine(f.SelectionSet)
	}
	slices.Sort(p.conditions)
	p.conditions = slices.Compact(p.conditions)
	return p
}

// Most is how many plans may come to be kept.
func (p *Cache) Capacity() int { return min(maxPlans, p.operations<<min(len(p.conditions), 3)) }

func (p *Cache) examine(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			p.examineDirectives(s.Directives)
			p.examine(s.SelectionSet)
		case *ast.InlineFragment:
			p.examineDirectives(s.Directives)
			p.examine(s.SelectionSet)
		case *ast.FragmentSpread:
			p.examineDirectives(s.Directives)
		}
	}
}

func (p *Cache) examineDirectives(list ast.DirectiveList) {
	for _, d := range list {
		if arg := d.Arguments.ForName("if"); arg != nil && arg.Value.Kind == ast.Variable {
			p.conditions = append(p.conditions, arg.Value.Raw)
		}
	}
}

// Operation returns the plan of an operation, one that is kept if there is one.
func (p *Cache) Operation(op *graphql.OperationContext) (plan *Operation, kept bool) {
	s := cacheKey{op.Operation, p.evaluate(op.Variables)}
	p.mu.RLock()
	plan, kept = p.plans[s]
	p.mu.RUnlock()
	if kept {
		return plan, true
	}
	plan = newOperation(op)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.plans == nil {
		p.plans = map[cacheKey]*Operation{}
	}
	if len(p.plans) < maxPlans {
		p.plans[s] = plan
	}
	return plan, false
}

func (p *Cache) evaluate(vars map[string]any) string {
	if len(p.conditions) == 0 {
		return ""
	}
	var b strings.Builder
	for _, name := range p.conditions {
		if vars[name] == true {
			b.WriteByte('t')
		} else {
			b.WriteByte('f')
		}
	}
	return b.String()
}

func newOperation(op *graphql.OperationContext) *Operation {
	plan := &Operation{}
	object := "Query"
	if op.Operation.Operation == ast.Mutation {
		object = "Mutation"
	}
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{object}) {
		if !strings.HasPrefix(f.Name, "__") && plan.Root(f.Alias) == nil {
			plan.Roots = append(plan.Roots, &Root{Field: f, NonNull: f.Definition.Type.NonNull})
		}
	}
	return plan
}

// Root is the plan of a root field, by the name it has in the answer.
func (o *Operation) Root(alias string) *Root {
	for _, r := range o.Roots {
		if r.Field.Alias == alias {
			return r
		}
	}
	return nil
}
