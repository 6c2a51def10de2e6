// Package explain inspects how Postgres runs statements: their plans and the rows they touch.
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

// Pool is a pool that runs EXPLAIN for each statement before the statement itself.
type Pool struct {
	*pgxpool.Pool
	settled bool

	mu    sync.Mutex
	plans map[string]string
}

// New returns a pool that explains the plan of a statement's first execution, which Postgres makes for the given
// arguments.
func New(pool *pgxpool.Pool) *Pool { return &Pool{Pool: pool, plans: map[string]string{}} }

// NewSettled returns a pool that explains the plan that a session uses after many executions. Postgres may then use
// one generic plan for all arguments.
func NewSettled(pool *pgxpool.Pool) *Pool {
	p := New(pool)
	p.settled = true
	return p
}

// Plans returns the plans so far, by statement.
func (p *Pool) Plans() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.plans
}

const explained = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) "

func (p *Pool) explain(ctx context.Context, sql string, args []any) {
	var lines []string
	var err error
	if p.settled {
		lines, err = p.settle(ctx, sql, args)
	} else {
		var rows pgx.Rows
		rows, err = p.Pool.Query(ctx, explained+sql, args...)
		if err == nil {
			lines, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
	}
	if err != nil {
		return // running the statement itself will report it
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plans[strings.Join(strings.Fields(sql), " ")] = strings.Join(lines, "\n")
}

// settle runs a statement until Postgres has chosen between custom and generic plans, which it does at the sixth
// execution. It returns the plan.
func (p *Pool) settle(ctx context.Context, sql string, args []any) (lines []string, err error) {
	err = pgx.BeginFunc(ctx, p.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "PREPARE settled AS "+sql); err != nil {
			return err
		}
		values := make([]string, len(args))
		for i, arg := range args {
			values[i] = literal(arg)
		}
		run := "EXECUTE settled"
		if len(values) > 0 {
			run += "(" + strings.Join(values, ", ") + ")"
		}
		for range 6 {
			if _, err := tx.Exec(ctx, run); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, explained+run)
		if err != nil {
			return err
		}
		if lines, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "DEALLOCATE settled")
		return err
	})
	return lines, err
}

// literal formats an argument as SQL.
func literal(arg any) string {
	quoted := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	switch arg := arg.(type) {
	case nil:
		return "NULL"
	case []string:
		texts := make([]string, len(arg))
		for i, s := range arg {
			texts[i] = quoted(s)
		}
		return "ARRAY[" + strings.Join(texts, ", ") + "]::text[]"
	default:
		return quoted(fmt.Sprint(arg))
	}
}

// Query explains and runs a statement.
func (p *Pool) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	p.explain(ctx, sql, args)
	return p.Pool.Query(ctx, sql, args...)
}

// SendBatch explains and runs the statements of a batch.
func (p *Pool) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	for _, q := range b.QueuedQueries {
		p.explain(ctx, q.SQL, q.Arguments)
	}
	return p.Pool.SendBatch(ctx, b)
}

var (
	// rowsOf matches the rows of a step. Postgres 18 prints them with two decimals.
	rowsOf = regexp.MustCompile(`rows=(\d+)(?:\.\d+)? loops=(\d+)`)
	scan   = regexp.MustCompile(
		`(?:Scan|Scan using \S+|Scan Backward using \S+) on (\w+)[^(]*\(actual rows=(\d+)(?:\.\d+)? loops=(\d+)\)`,
	)
	removed = regexp.MustCompile(`Rows Removed by (?:Filter|Index Recheck): (\d+)`)
)

// Widest returns the largest number of rows that any step of a plan returns.
func Widest(plan string) int {
	most := 0
	for _, m := range rowsOf.FindAllStringSubmatch(plan, -1) {
		most = max(most, number(m[1])*number(m[2]))
	}
	return most
}

// Read returns how many table rows a plan reads, including those that it filters out.
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
	_, _ = fmt.Sscan(text, &n) // the pattern matches digits only
	return n
}
