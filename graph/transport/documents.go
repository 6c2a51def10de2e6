package transport

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/core"
	standard "github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/linkgraph/linkgraph/graph/internal/bytecache"
	"github.com/linkgraph/linkgraph/graph/internal/plan"
)

// document is a valid GraphQL document.
type document struct {
	text string
	// parsed has no variable definitions: gqlgen would check the values by them, and not as the specification says.
	// inputs checks them instead.
	parsed    *ast.QueryDocument
	variables map[*ast.OperationDefinition]ast.VariableDefinitionList
	counts    counts
	plans     *plan.Cache
	slow      atomic.Int64 // treated as slow until then, in Unix nanoseconds
	// trusted documents are those that the server was configured with.
	trusted bool
}

// slowFor is how long a document counts as expensive after Postgres cancelled one of its statements for its run time.
const slowFor = time.Minute

// MarkSlow marks the context's document as expensive: the database cancelled one of its statements for its run time.
func MarkSlow(ctx context.Context) {
	if doc, ok := ctx.Value(documentKey{}).(*document); ok {
		doc.markSlow(time.Now())
	}
}

// PlansOf returns the plans of the context's document, nil if it has none.
func PlansOf(ctx context.Context) *plan.Cache {
	if doc, ok := ctx.Value(documentKey{}).(*document); ok {
		return doc.plans
	}
	return nil
}

func (doc *document) markSlow(now time.Time) { doc.slow.Store(now.Add(slowFor).UnixNano()) }

func (doc *document) wasSlow(now time.Time) bool { return now.UnixNano() < doc.slow.Load() }

// size estimates the bytes that the document takes with its plans.
func (doc *document) size() int {
	const field = 600 // of a plan
	return doc.counts.size() + field*doc.counts.fields*doc.plans.Capacity()
}

// documents parses and validates documents, and caches them.
type documents struct {
	schema *ast.Schema
	limits DocumentLimits
	rules  []validator.Rule
	cache  *bytecache.Cache[*document]
}

// newDocuments returns an empty cache of documents of a schema, bounded in bytes.
func newDocuments(schema *ast.Schema, limits DocumentLimits, bytes int, hideSuggestions bool) *documents {
	return &documents{schema, limits, validationRules(hideSuggestions), bytecache.New[*document](bytes, bytes/10)}
}

// validationRules returns the rules of the specification, in the order in which gqlgen applies them.
func validationRules(hideSuggestions bool) []validator.Rule {
	set := standard.NewDefaultRules()
	if hideSuggestions {
		// gqlgen's SetDisableSuggestion replaces two of the five rules that suggest names.
		for suggesting, plain := range map[string]validator.Rule{
			standard.FieldsOnCorrectTypeRule.Name: standard.FieldsOnCorrectTypeRuleWithoutSuggestions,
			standard.KnownArgumentNamesRule.Name:  standard.KnownArgumentNamesRuleWithoutSuggestions,
			standard.KnownTypeNamesRule.Name:      standard.KnownTypeNamesRuleWithoutSuggestions,
			standard.ScalarLeafsRule.Name:         standard.ScalarLeafsRuleWithoutSuggestions,
			standard.ValuesOfCorrectTypeRule.Name: standard.ValuesOfCorrectTypeRuleWithoutSuggestions,
		} {
			set.RemoveRule(suggesting)
			set.AddRule(plain.Name, plain.RuleFunc)
		}
	}
	set.AddRule("ObjectsOfCorrectType", objectsOfCorrectType)
	var sorted []validator.Rule
	for name, f := range set.GetInner() {
		sorted = append(sorted, validator.Rule{Name: name, RuleFunc: f})
	}
	sort.Sort(core.NameSorter(sorted))
	return sorted
}

// objectsOfCorrectType refuses an object where a built-in scalar or an enum is expected. gqlparser's rule lets it
// pass, and gqlgen then fails or panics.
func objectsOfCorrectType(observers *validator.Events, addError validator.AddErrFunc) {
	observers.OnValue(func(_ *validator.Walker, v *ast.Value) {
		if v.Kind != ast.ObjectValue || v.Definition == nil || v.ExpectedType == nil {
			return
		}
		if v.Definition.Kind == ast.Enum || v.Definition.OneOf("Int", "Float", "String", "Boolean", "ID") {
			addError(
				validator.Message(`Expected value of type "%s", found %s.`, v.ExpectedType.String(), v.String()),
				core.At(v.Position),
			)
		}
	})
}

// load returns the document of a text, from the cache if it is there.
func (d *documents) load(text string) (*document, gqlerror.List) {
	if doc, ok := d.cache.Get(text); ok {
		return doc, nil
	}
	doc, errs := d.prepare(text)
	if errs == nil {
		d.cache.Add(text, doc, doc.size())
	}
	return doc, errs
}

// prepare parses, counts and validates. Counting comes before validation because it is linear, while validation
// compares every field with those of the same name.
func (d *documents) prepare(text string) (*document, gqlerror.List) {
	if err := limitError("bytes of the document", len(text), d.limits.Bytes); err != nil {
		return nil, gqlerror.List{err}
	}
	parsed, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, max(d.limits.Tokens, 0))
	if err != nil {
		return nil, gqlerror.List{d.parseError(err)}
	}
	if len(parsed.Operations) == 0 {
		return nil, gqlerror.List{invalidDocument("no operation provided")}
	}
	c, fault := count(parsed)
	if fault != nil {
		return nil, gqlerror.List{fault}
	}
	c.bytes = len(text)
	if err := d.limits.check(c); err != nil {
		return nil, gqlerror.List{err}
	}
	if err := d.forbidden(parsed); err != nil {
		return nil, gqlerror.List{err}
	}
	if errs := d.validate(parsed); len(errs) > 0 {
		return nil, errs
	}
	doc := &document{
		text:      text,
		parsed:    parsed,
		variables: map[*ast.OperationDefinition]ast.VariableDefinitionList{},
		counts:    c,
		plans:     plan.NewCache(parsed),
	}
	for _, op := range parsed.Operations {
		doc.variables[op] = op.VariableDefinitions
		op.VariableDefinitions = nil
	}
	return doc, nil
}

// forbidden refuses a mutation where the schema has none, as for storefronts. It comes before validation, which would
// report a syntax of the schema where access is missing.
func (d *documents) forbidden(doc *ast.QueryDocument) *gqlerror.Error {
	if d.schema.Mutation != nil {
		return nil
	}
	for _, op := range doc.Operations {
		if op.Operation == ast.Mutation {
			err := gqlerror.ErrorPosf(
				op.Position,
				"a storefront may not write: a publishable key is good for queries alone; mutations need a secret key that may write",
			)
			errcode.Set(err, CodeForbidden)
			return err
		}
	}
	return nil
}

// isForbidden reports whether a document was refused by forbidden.
func isForbidden(errs gqlerror.List) bool {
	return len(errs) == 1 && errs[0].Extensions["code"] == CodeForbidden
}

func (d *documents) parseError(err error) *gqlerror.Error {
	out, ok := err.(*gqlerror.Error) //nolint:errorlint // the parser returns it bare
	if !ok {
		return invalidDocument("the document cannot be parsed")
	}
	errcode.Set(out, errcode.ParseFailed)
	if strings.HasPrefix(out.Message, "exceeded token limit") {
		out.Message = fmt.Sprintf("tokens of the document: there are more than the limit of %d", d.limits.Tokens)
		errcode.Set(out, CodeLimit)
	}
	return out
}

// mostMessage bounds a validation message, in characters: messages repeat values of the document.
const mostMessage = 1000

// maxErrors is where validation stops: each error costs more work and bytes than the part of the document that causes
// it.
const maxErrors = 50

type tooManyErrors struct{}

func (d *documents) validate(doc *ast.QueryDocument) (errs gqlerror.List) {
	defer func() {
		switch r := recover(); r.(type) {
		case nil:
		case tooManyErrors: // from add, through the validator, which has no other way out
		default:
			panic(r)
		}
		for _, err := range errs {
			errcode.Set(err, errcode.ValidationFailed)
		}
	}()
	observers := &validator.Events{}
	for _, rule := range d.rules {
		rule.RuleFunc(observers, func(options ...validator.ErrorOption) {
			err := &gqlerror.Error{Rule: rule.Name}
			for _, o := range options {
				o(err)
			}
			err.Message = shorten(err.Message, mostMessage)
			if errs = append(errs, err); len(errs) == maxErrors {
				errs = append(
					errs,
					gqlerror.Errorf(
						"there are more errors than %d; the rest of the document was not looked at",
						maxErrors,
					),
				)
				panic(tooManyErrors{})
			}
		})
	}
	validator.Walk(d.schema, doc, observers)
	return errs
}

// operation returns the operation to run.
func (doc *document) operation(name string) (*ast.OperationDefinition, *gqlerror.Error) {
	ops := doc.parsed.Operations
	if op := ops.ForName(name); op != nil {
		return op, nil
	}
	if name == "" {
		return nil, invalidDocument("the document has %d operations: operationName must say which one to run", len(ops))
	}
	return nil, invalidDocument("operation %s not found", shorten(name, mostEcho))
}

func invalidDocument(format string, args ...any) *gqlerror.Error {
	err := gqlerror.Errorf(format, args...)
	errcode.Set(err, errcode.ValidationFailed)
	return err
}

// ContextDocuments is the query cache of gqlgen's executor. It returns the document that was prepared for the request.
// gqlgen's own cache is bounded by entries, not bytes, and validates before any limit is checked.
type ContextDocuments struct{}

type documentKey struct{}

// Get returns the document of the request.
func (ContextDocuments) Get(ctx context.Context, _ string) (*ast.QueryDocument, bool) {
	doc, ok := ctx.Value(documentKey{}).(*document)
	if !ok {
		return nil, false
	}
	return doc.parsed, true
}

// Add does nothing.
func (ContextDocuments) Add(context.Context, string, *ast.QueryDocument) {}
