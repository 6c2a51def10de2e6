package plan

import (
	"cmp"
	"context"
	"math"
	"sync"
)

// Limits bounds what one operation may ask for: all of its root fields together, unless a field says otherwise. A zero field takes its
// default, which is the number in its comment.
type Limits struct {
	DefaultPage int // rows of a list that names no size; 20
	MaxPage     int // rows of one page; 100
	MaxDepth    int // nested selection sets; 16
	MaxIn       int // values of one `in` list; 1,000
	// MaxConditions bounds the conditions of all filters, each item of `and` and `or` included; 400.
	MaxConditions int
	// MaxValues bounds the values that filters compare with; 20,000.
	MaxValues int
	// MaxValueBytes bounds the bytes of these values, and of cursors; 1 MiB.
	MaxValueBytes int
	MaxSortKeys   int // sort keys of one list; 8
	MaxRelations  int // nested relations and links in one filter or sort key; 5
	// MaxSearch bounds the weight of lists, filters, sort keys and counts, in the units below; 20,000.
	MaxSearch int
	// MaxCost bounds the fields that are written and the records that are read, if pages hold what is expected of them; 20,000,000.
	MaxCost int
	// MaxAnswer bounds the bytes of the answer; 256 MiB.
	MaxAnswer int
}

// Complete gives the fields that are zero their defaults.
func (l *Limits) Complete() {
	l.OrDefault(Limits{
		DefaultPage:   20,
		MaxPage:       100,
		MaxDepth:      16,
		MaxIn:         1000,
		MaxConditions: 400,
		MaxValues:     20_000,
		MaxValueBytes: 1 << 20,
		MaxSortKeys:   8,
		MaxRelations:  5,
		MaxSearch:     20_000,
		MaxCost:       20_000_000,
		MaxAnswer:     256 << 20,
	})
}

// OrDefault gives the fields that are zero their values in other limits.
func (l *Limits) OrDefault(other Limits) {
	l.DefaultPage = cmp.Or(l.DefaultPage, other.DefaultPage)
	l.MaxPage = cmp.Or(l.MaxPage, other.MaxPage)
	l.MaxDepth = cmp.Or(l.MaxDepth, other.MaxDepth)
	l.MaxIn = cmp.Or(l.MaxIn, other.MaxIn)
	l.MaxConditions = cmp.Or(l.MaxConditions, other.MaxConditions)
	l.MaxValues = cmp.Or(l.MaxValues, other.MaxValues)
	l.MaxValueBytes = cmp.Or(l.MaxValueBytes, other.MaxValueBytes)
	l.MaxSortKeys = cmp.Or(l.MaxSortKeys, other.MaxSortKeys)
	l.MaxRelations = cmp.Or(l.MaxRelations, other.MaxRelations)
	l.MaxSearch = cmp.Or(l.MaxSearch, other.MaxSearch)
	l.MaxCost = cmp.Or(l.MaxCost, other.MaxCost)
	l.MaxAnswer = cmp.Or(l.MaxAnswer, other.MaxAnswer)
}

// Weights in Limits.MaxSearch. They follow the work in Postgres. A list is a statement or a part of one. A condition reads a column of each
// row at worst. A relation reads another table, for each row of the table above it. An aggregate reads all related rows of all rows before
// the first row of the list is known. A count reads all rows of the list.
const (
	weightList      = 4
	weightCondition = 1
	weightRelation  = 10 // times its depth
	weightAggregate = 50 // times its depth
	weightCount     = 10
)

// usage is how much of the limits is used.
type usage struct{ conditions, values, valueBytes, search, fields int }

// usageCap keeps sums and products from overflowing. It is far above every limit.
const usageCap = math.MaxInt32

func (u *usage) add(o usage) {
	u.conditions = min(u.conditions+o.conditions, usageCap)
	u.values = min(u.values+o.values, usageCap)
	u.valueBytes = min(u.valueBytes+o.valueBytes, usageCap)
	u.search = min(u.search+o.search, usageCap)
	u.fields = min(u.fields+o.fields, usageCap)
}

func (u *usage) minus(o usage) usage {
	return usage{
		u.conditions - o.conditions,
		u.values - o.values,
		u.valueBytes - o.valueBytes,
		u.search - o.search,
		u.fields - o.fields,
	}
}

// fieldsOfRecords is what MaxCost bounds, in errors.
const fieldsOfRecords = "fields of all records"

// check returns a *LimitError if a limit is exceeded. path says up to which field the operation was counted.
func (l *Limits) check(path string, u usage) error {
	for _, of := range [...]struct {
		what         string
		asked, limit int
	}{
		{"conditions", u.conditions, l.MaxConditions},
		{"values of filters", u.values, l.MaxValues},
		{"bytes of the values of filters", u.valueBytes, l.MaxValueBytes},
		{"cost of filters, sort keys and counts", u.search, l.MaxSearch},
		{fieldsOfRecords, u.fields, l.MaxCost},
	} {
		if of.asked > of.limit {
			return NewLimitError(of.what+" up to "+path, of.limit, of.asked)
		}
	}
	return nil
}

// Budget adds up the usage of all root fields of an operation, or of all operations of one batch. It is safe for concurrent use.
type Budget struct {
	// OnAdmit is called before an operation reads anything, and may wait or return an error that refuses it. expensive says that the
	// operation takes long in Postgres or much CPU. nil admits all.
	OnAdmit func(ctx context.Context, expensive bool) error

	mu   sync.Mutex
	used usage
}

// An operation is expensive from this usage on.
const (
	expensiveSearch = 100
	expensiveFields = 500_000
)

// Admit calls OnAdmit with what was charged so far, and returns its error.
func (b *Budget) Admit(ctx context.Context) error {
	if b.OnAdmit == nil {
		return nil
	}
	u := b.get()
	return b.OnAdmit(ctx, u.search >= expensiveSearch || u.fields >= expensiveFields)
}

type budgetKey struct{}

// WithBudget returns a context whose operations share a new budget.
func WithBudget(ctx context.Context) (context.Context, *Budget) {
	b := &Budget{}
	return context.WithValue(ctx, budgetKey{}, b), b
}

// BudgetFrom returns the budget of the context, or a new one if it has none.
func BudgetFrom(ctx context.Context) *Budget {
	if b, ok := ctx.Value(budgetKey{}).(*Budget); ok {
		return b
	}
	return &Budget{}
}

// Points returns what the operations take of a rate limit: 1, and one more for each 20,000 fields and each 50 units of search.
func (b *Budget) Points() int {
	u := b.get()
	return 1 + u.fields/20_000 + u.search/50
}

func (b *Budget) get() usage {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// tally counts the usage of one root field while it is compiled.
type tally struct {
	limits *Limits
	before usage // of the other root fields
	own    usage
}

// add counts more usage. It returns a *LimitError if the operation then exceeds a limit.
func (t *tally) add(path string, u usage) error {
	t.own.add(u)
	all := t.before
	all.add(t.own)
	return t.limits.check(path, all)
}
