package pricing

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// counter keeps rules_count of prices, or of price lists: how many live rules hang on each. Medusa compares it with the rules that
// match when it calculates a price. Whoever changes the number locks the owner first, so that the next one counts what is there then.
type counter struct {
	owner, rule string // tables
	column      string // of rules: the owner
}

// created counts rules that are about to be made.
func (c counter) created(ctx context.Context, tx pgx.Tx, rules []recordstore.Values) error {
	added := map[string]int{}
	for _, r := range rules {
		if owner, ok := r[c.column].(string); ok {
			added[owner]++
		}
	}
	return c.count(ctx, tx, nil, added)
}

// updated counts rules that are about to move from one owner to another.
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
	// Relies on the primary key of rules. The rules are locked: they are about to change.
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

// count writes how many rules owners will have: those that hang on them now without the moved ones, and those that are added.
func (c counter) count(ctx context.Context, tx pgx.Tx, moved []string, added map[string]int) error {
	owners := slices.Sorted(maps.Keys(added))
	numbers := make([]int, len(owners))
	for i, owner := range owners {
		numbers[i] = added[owner]
	}
	if len(owners) == 0 {
		return nil
	}
	// Relies on the primary key of owners. A statement of its own: what it waits for is seen by the next one.
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

// keys are those of a call. Postgres cannot look into the SELECT, so that it plans the statement once, not for each call's keys.
const keys = `unnest((SELECT $1::text[]))`

// rulesChanged counts anew where rules were deleted or restored.
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

// ownersRestored counts anew the rules of owners that were restored, and so are locked: some of the rules may have come back before.
func (c counter) ownersRestored(owners []string, last *pgx.Batch) {
	c.recount(`SELECT `+keys, owners, last)
}

// recount queues the count of owners that a statement selects. A deleted one keeps its number: that of the rules it is restored with.
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
