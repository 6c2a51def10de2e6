package plan

import (
	"slices"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// maxPlans bounds the plans of one document. There is one for each operation and each combination of the variables of @skip and @include.
const maxPlans = 8

// Cache holds the plans of one document. It is safe for concurrent use.
type Cache struct {
	operations int
	conditions []string // the variables that @skip and @include depend on

	mu    sync.RWMutex
	plans map[cacheKey]*Operation
}

// cacheKey is what decides which fields an answer has.
type cacheKey struct {
	operation  *ast.OperationDefinition
	conditions string // the values of the variables of @skip and @include
}

// Operation is the plan of an operation: its root fields, without those of introspection.
type Operation struct{ Roots []*Root }

// Root is the plan of a root field. What is below it is compiled when its model is first known.
type Root struct {
	Field      graphql.CollectedField
	NonNull    bool
	Plans      PlansByModel // of what is below records
	Links      LinkPlans    // of a field that is a list of links
	Payload    Payload
	layoutOnce sync.Once // for Payload and Links
}

// NewCache returns an empty cache for a document. The document has to be valid.
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

// Capacity returns how many plans the cache may hold at most, for estimates of its memory.
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

// Operation returns the plan of an operation. cached is false if it had to be made.
func (p *Cache) Operation(op *graphql.OperationContext) (plan *Operation, cached bool) {
	s := cacheKey{op.Operation, p.evaluate(op.Variables)}
	p.mu.RLock()
	plan, cached = p.plans[s]
	p.mu.RUnlock()
	if cached {
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

// Root returns the plan of the root field with an alias, or nil.
func (o *Operation) Root(alias string) *Root {
	for _, r := range o.Roots {
		if r.Field.Alias == alias {
			return r
		}
	}
	return nil
}
