package pricing

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// counter maintains rules_count of prices, or of price lists: the number of their live rules. Medusa compares it with
// the number of matching rules when it calculates a price. Every change of the number locks the owner first, so that
// concurrent changes count one after the other.
type counter struct {
	owner, rule string // tables
	column      string // the column of rule with the owner's key
}

// created updates the counts for rules that are about to be created.
func (c counter) created(ctx context.Context, tx pgx.Tx, rules []recordstore.Values) error {
	added := map[string]int{}
	for _, r := range rules {
		if owner, ok := r[c.column].(string); ok {
			added[owner]++
		}
	}
	return c.count(ctx, tx, nil, added)
}

// updated updates the counts for rules that are about to get another owner.
func (c counter) updated(ctx context.Context, tx pgx.Tx, rules []recordstore.Values) error {
	var moved []string
	added := map[string]int{}
	for _, r := range rules {
		id, _ := r["id"].(string)
		if owner, ok := r[c.column].(string); ok {
			moved = append(moved, id)
			added[owner]++
		}
	}
	if len(moved) == 0 {
		return nil
	}
	// Relies on the primary key of rules. It locks the rules, because they are about to change.
	rows, err := tx.Query(
		ctx,
		fmt.Sprintf(`SELECT DISTINCT %s FROM %s WHERE id = ANY(ARRAY(SELECT %s))`, c.column, c.rule, keys),
		moved,
	)
	if err != nil {
		return err
	}
	left, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, owner := range left {
		added[owner] += 0
	}
	return c.count(ctx, tx, moved, added)
}

// count writes how many rules each owner will have: its current ones without the moved rules, plus the added ones.
func (c counter) count(ctx context.Context, tx pgx.Tx, moved []string, added map[string]int) error {
	owners := slices.Sorted(maps.Keys(added))
	numbers := make([]int, len(owners))
	for i, owner := range owners {
		numbers[i] = added[owner]
	}
	if len(owners) == 0 {
		return nil
	}
	// Relies on the primary key of owners. It is a statement of its own, so that the next one sees what was committed
	// while it waited for the lock.
	if _, err := tx.Exec(ctx, fmt.Sprintf(
		`SELECT 1 FROM %s WHERE id = ANY(ARRAY(SELECT %s)) ORDER BY id COLLATE "C" FOR NO KEY UPDATE`,
		c.owner,
		keys,
	), owners); err != nil {
		return err
	}
	// Relies on the index of live rules by owner.
	_, err := tx.Exec(ctx, fmt.Sprintf(`
		UPDATE %[1]s AS o SET rules_count = n.number, updated_at = now()
		FROM (
			SELECT p.id, p.added + (
				SELECT count(*) FROM %[2]s AS r WHERE r.%[3]s = p.id AND r.deleted_at IS NULL AND r.id <> ALL((SELECT $3::text[])::text[]))::integer AS number
			FROM unnest((SELECT $1::text[]), (SELECT $2::integer[])) AS p(id, added)
		) AS n
		WHERE o.id = n.id AND o.rules_count IS DISTINCT FROM n.number`, c.owner, c.rule, c.column), owners, numbers, append([]string{}, moved...))
	return err
}

// keys unnests the keys of a call. The subselect hides the array from the planner, so that Postgres plans the
// statement once and not anew for each call's keys.
const keys = `unnest((SELECT $1::text[]))`

// rulesChanged recounts the owners of rules that were deleted or restored.
func (c counter) rulesChanged(rules []string, last *pgx.Batch) {
	// Relies on the primary keys.
	owners := fmt.Sprintf(`SELECT %s FROM %s WHERE id = ANY(ARRAY(SELECT %s))`, c.column, c.rule, keys)
	last.Queue(fmt.Sprintf(
		`SELECT 1 FROM %s WHERE id = ANY(ARRAY(%s)) AND deleted_at IS NULL ORDER BY id COLLATE "C" FOR NO KEY UPDATE`,
		c.owner,
		owners,
	), rules)
	c.recount(owners, rules, last)
}

// ownersRestored recounts owners that were restored, and are therefore locked: some of their rules may have been
// restored earlier.
func (c counter) ownersRestored(owners []string, last *pgx.Batch) {
	c.recount(`SELECT `+keys, owners, last)
}

// recount queues a statement that recounts the owners that a query selects. Deleted owners keep their count, which
// then matches the rules that a restore brings back with them.
func (c counter) recount(owners string, ids []string, last *pgx.Batch) {
	// Relies on the index of live rules by owner, and on the primary key of owners.
	last.Queue(fmt.Sprintf(`
		UPDATE %[1]s AS o SET rules_count = n.number, updated_at = now()
		FROM (
			SELECT p.id, (SELECT count(*) FROM %[2]s AS r WHERE r.%[3]s = p.id AND r.deleted_at IS NULL)::integer AS number
			FROM (SELECT DISTINCT id FROM (%[4]s) AS p(id)) AS p
		) AS n
		WHERE o.id = n.id AND o.deleted_at IS NULL AND o.rules_count IS DISTINCT FROM n.number`, c.owner, c.rule, c.column, owners), ids)
}
