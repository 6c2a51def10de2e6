// Package explain looks at how Postgres runs the statements of a graph: their plans, and the rows they touch.
package explain

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Pool is a pool that explains each statement before it runs it.
type Pool struct {
	*pgxpool.Pool

	mu    sync.Mutex
	plans map[string]string
}

// New returns a pool that explains.
func New(pool *pgxpool.Pool) *Pool { return &Pool{Pool: pool, plans: map[string]string{}} }

// Plans returns the plans so far, by statement.
func (p *Pool) Plans() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.plans
}

func (p *Pool) explain(ctx context.Context, sql string, args []any) {
	rows, err := p.Pool.Query(ctx, "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) "+sql, args...)
	if err != nil {
		return // the statement itself will say why
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plans[strings.Join(strings.Fields(sql), " ")] = strings.Join(lines, "\n")
}

// Query explains a statement that travels alone.
func (p *Pool) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	p.explain(ctx, sql, args)
	return p.Pool.Query(ctx, sql, args...)
}

// SendBatch explains statements that travel together.
func (p *Pool) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	for _, q := range b.QueuedQueries {
		p.explain(ctx, q.SQL, q.Arguments)
	}
	return p.Pool.SendBatch(ctx, b)
}

var (
	// Postgres 18 writes rows with two decimals.
	rowsOf  = regexp.MustCompile(`rows=(\d+)(?:\.\d+)? loops=(\d+)`)
	scan    = regexp.MustCompile(`(?:Scan|Scan using \S+|Scan Backward using \S+) on (\w+)[^(]*\(actual rows=(\d+)(?:\.\d+)? loops=(\d+)\)`)
	removed = regexp.MustCompile(`Rows Removed by (?:Filter|Index Recheck): (\d+)`)
)

// Widest is the most rows that any step of a plan gives.
func Widest(plan string) int {
	most := 0
	for _, m := range rowsOf.FindAllStringSubmatch(plan, -1) {
		most = max(most, number(m[1])*number(m[2]))
	}
	return most
}

// Read is how many rows of tables a plan reads, those that it filters out included.
func Read(plan string) int {
	total := 0
	for _, m := range scan.FindAllStringSubmatch(plan, -1) {
		total += number(m[2]) * number(m[3])
	}
	for _, m := range removed.FindAllStringSubmatch(plan, -1) {
		total += number(m[1])
	}
	return total
}

func number(text string) int {
	var n int
	_, _ = fmt.Sscan(text, &n) // the pattern takes digits alone
	return n
}
