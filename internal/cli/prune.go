package cli

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/linkgraph/linkgraph/internal/audit"
	"github.com/linkgraph/linkgraph/internal/idempotency"
)

type pruneCommand struct {
	databaseFlags
	OlderThan age      `help:"Remove what is older than this: 90d, 12h." required:"" placeholder:"AGE"`
	What      []string `help:"What to remove: events, deletions, audit or idempotency. Several are separated by commas." required:"" placeholder:"KIND"`
}

// Run removes old rows of the bookkeeping, in small transactions.
func (c *pruneCommand) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, s, writes, func(db *database) error {
		kinds := prunable(db)
		for _, name := range c.What {
			if !slices.ContainsFunc(kinds, func(k prunableKind) bool { return k.name == name }) {
				return fmt.Errorf("--what=%s: the choices are %s", name, strings.Join(names(kinds), ", "))
			}
		}
		for _, k := range kinds {
			if !slices.Contains(c.What, k.name) {
				continue
			}
			n, err := k.prune(ctx, time.Now().Add(-time.Duration(c.OlderThan)))
			fmt.Fprintf(s.out, "%s: %d removed\n", k.name, n)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// age is a duration that may be given in days.
type age time.Duration

// UnmarshalText reads 90d, or what time.ParseDuration does.
func (a *age) UnmarshalText(text []byte) error {
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		var n int
		if _, err := fmt.Sscanf(days, "%d", &n); err != nil || n < 0 || fmt.Sprint(n) != days {
			return fmt.Errorf("%q is no age: 90d is one, and so is 12h", text)
		}
		*a = age(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil || d < 0 {
		return fmt.Errorf("%q is no age: 90d is one, and so is 12h", text)
	}
	*a = age(d)
	return nil
}

// prunableKind is a kind of rows that are removed when they are old.
type prunableKind struct {
	name  string
	prune func(ctx context.Context, olderThan time.Time) (int, error)
}

func names(kinds []prunableKind) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = k.name
	}
	return out
}

func prunable(db *database) []prunableKind {
	return []prunableKind{
		{"events", db.graph.Links.PruneEvents},
		{"deletions", db.graph.Links.PruneDeletions},
		{"audit", func(ctx context.Context, olderThan time.Time) (int, error) {
			return audit.Prune(ctx, db.pool, olderThan)
		}},
		{"idempotency", func(ctx context.Context, olderThan time.Time) (int, error) {
			return idempotency.Prune(ctx, db.pool, olderThan)
		}},
	}
}

// retainFlags say how long a server keeps its bookkeeping.
type retainFlags struct {
	RetainEvents      age `help:"Remove events older than this: 90d, 12h. 0 keeps them." default:"0" env:"RETAIN_EVENTS"`
	RetainDeletions   age `help:"Remove deletions older than this, which can then not be restored. 0 keeps them." default:"0" env:"RETAIN_DELETIONS"`
	RetainAudit       age `help:"Remove audit rows older than this. 0 keeps them." default:"0" env:"RETAIN_AUDIT"`
	RetainIdempotency age `help:"Remove answers of idempotency keys older than this. 0 keeps them." default:"0" env:"RETAIN_IDEMPOTENCY"`
}

// pruneEvery is how often a server looks for what is old.
const pruneEvery = 10 * time.Minute

// keepPruning removes what is old until the context ends.
func (f retainFlags) keepPruning(ctx context.Context, db *database, log *slog.Logger) {
	ages := map[string]age{
		"events":      f.RetainEvents,
		"deletions":   f.RetainDeletions,
		"audit":       f.RetainAudit,
		"idempotency": f.RetainIdempotency,
	}
	if f == (retainFlags{}) {
		return // everything is kept
	}
	for ctx.Err() == nil {
		for _, k := range prunable(db) {
			if ages[k.name] <= 0 {
				continue
			}
			n, err := k.prune(ctx, time.Now().Add(-time.Duration(ages[k.name])))
			switch {
			case ctx.Err() != nil:
			case err != nil:
				log.Warn("prune", "what", k.name, "error", err)
			case n > 0:
				log.Info("pruned", "what", k.name, "rows", n)
			}
		}
		sleep(ctx, pruneEvery)
	}
}
