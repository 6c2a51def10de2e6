package plan

import (
	"context"
	"math"
	"sync"
)

// Limits bound what one operation may ask for, all of its root fields together unless said otherwise. A zero field takes its
// default.
type Limits struct {
	DefaultPage int // rows of a list that names no size; 20
	MaxPage     int // rows of one page; 100
	MaxDepth    int // levels of selections; 16
	MaxIn       int // values of one `in` list; 1,000
	// MaxConditions bounds the conditions of all filters, each item of `and` and `or` included; 400.
	MaxConditions int
	// MaxValues bounds the values that filters compare with; 20,000.
	MaxValues int
	// MaxValueBytes bounds the bytes of these values, and of cursors; 1 MiB.
	MaxValueBytes int
	MaxSortKeys   int // sort keys of one list; 8
	MaxRelations  int // relations and links that one filter or sort key crosses, one below the other; 5
	// MaxSearch bounds what filters, sort keys and counts cost: see the weights below; 20,000.
	MaxSearch int
	// MaxCost bounds the fields that are written, and the records that are read for them, if every page is full; 20,000,000.
	MaxCost int
	// MaxAnswer bounds the bytes of the answer; 256 MiB.
	MaxAnswer int
}

// Complete gives the fields that are zero their defaults.
func (l *Limits) Complete() {
	l.Default(Limits{
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

// Default gives the fields that are zero the values that they have in other limits.
func (l *Limits) Default(other Limits) {
	for _, f := range []struct {
		limit *int
		value int
	}{
		{&l.DefaultPage, other.DefaultPage},
		{&l.MaxPage, other.MaxPage},
		{&l.MaxDepth, other.MaxDepth},
		{&l.MaxIn, other.MaxIn},
		{&l.MaxConditions, other.MaxConditions},
		{&l.MaxValues, other.MaxValues},
		{&l.MaxValueBytes, other.MaxValueBytes},
		{&l.MaxSortKeys, other.MaxSortKeys},
		{&l.MaxRelations, other.MaxRelations},
		{&l.MaxSearch, other.MaxSearch},
		{&l.MaxCost, other.MaxCost},
		{&l.MaxAnswer, other.MaxAnswer},
	} {
		if *f.limit == 0 {
			*f.limit = f.value
		}
	}
}

// What lists, filters, sort keys and counts weigh in Limits.MaxSearch. A list is a statement, or a part of one. A comparison looks at a column of each row at worst. A relation is
// another table, and one below others is looked at for each row of these. An aggregate looks at all related rows of all rows
// of the list before the first row is known. A count looks at all rows of the list.
const (
	weightList      = 4
	weightCondition = 1
	weightRelation  = 10 // times its depth
	weightAggregate = 50 // times its depth
	weightCount     = 10
)

// usage is what has been asked for, of what Limits bound over a whole operation.
type usage struct{ conditions, values, valueBytes, search, fields int }

// most keeps numbers that are far above every limit from overflowing when they are added and multiplied.
const most = math.MaxInt32

func (u *usage) add(o usage) {
	u.conditions = min(u.conditions+o.conditions, most)
	u.values = min(u.values+o.values, most)
	u.valueBytes = min(u.valueBytes+o.valueBytes, most)
	u.search = min(u.search+o.search, most)
	u.fields = min(u.fields+o.fields, most)
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

// check refuses what is above a limit. path says how far the operation was looked at.
func (l *Limits) check(path string, u usage) error {
	for _, of := range [...]struct {
		what         string
		asked, limit int
	}{
		{"conditions", u.conditions, l.MaxConditions},
		{"values of filters", u.values, l.MaxValues},
		{"bytes of the values of filters", u.valueBytes, l.MaxValueBytes},
		{"cost of filters, sort keys and counts", u.search, l.MaxSearch},
		{"fields of all records, if every page is full,", u.fields, l.MaxCost},
	} {
		if of.asked > of.limit {
			return &LimitError{What: of.what + " up to " + path, Limit: of.limit, Asked: of.asked}
		}
	}
	return nil
}

// Budget adds up what the root fields of an operation ask for, or those of all operations of one request.
type Budget struct {
	// Weigh is called before anything of an operation is read, with what it asks for, and may wait or refuse. nil lets all pass.
	Weigh func(ctx context.Context, dear bool) error

	mu   sync.Mutex
	used usage
}

// From what on operations are dear: they take long in Postgres, or much of the processor to be written.
const (
	dearSearch = 100
	dearFields = 500_000
)

// Admit asks whether what was planned may be read.
func (b *Budget) Admit(ctx context.Context) error {
	if b.Weigh == nil {
		return nil
	}
	u := b.get()
	return b.Weigh(ctx, u.search >= dearSearch || u.fields >= dearFields)
}

type budgetKey struct{}

// WithBudget returns a context whose operations share a new budget.
func WithBudget(ctx context.Context) (context.Context, *Budget) {
	b := &Budget{}
	return context.WithValue(ctx, budgetKey{}, b), b
}

// BudgetFrom returns the budget of a context, or a new one.
func BudgetFrom(ctx context.Context) *Budget {
	if b, ok := ctx.Value(budgetKey{}).(*Budget); ok {
		return b
	}
	return &Budget{}
}

// Points is how much of a rate limit the operations take: 1 of a small one, and one more for each 20,000 fields and each 50 of
// what filters, sort keys and counts cost.
func (b *Budget) Points() int {
	u := b.get()
	return 1 + u.fields/20_000 + u.search/50
}

func (b *Budget) get() usage {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// tally is what one root field asks for while it is planned.
type tally struct {
	limits *Limits
	before usage // what other root fields asked for
	own    usage
}

// add counts more, and refuses what is then above a limit.
func (t *tally) add(path string, u usage) error {
	t.own.add(u)
	all := t.before
	all.add(t.own)
	return t.limits.check(path, all)
}
