package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// pruneBatch is how many rows one statement of Prune removes.
const pruneBatch = 5000

// Prune removes the rows that are older than a time, a few thousand in each transaction, and returns how many.
func Prune(ctx context.Context, db recordstore.DB, olderThan time.Time) (total int, err error) {
	from := time.Time{}
	for {
		// Relies on audit_at and the primary key. Each statement begins where the one before ended: until they are vacuumed, the
		// index still has the rows that are gone.
		n := 0
		if err := db.QueryRow(ctx, `
			WITH old AS (
				SELECT id, at FROM linkgraph.audit WHERE at >= $3::timestamptz AND at < $1::timestamptz
				ORDER BY at LIMIT $2::integer FOR UPDATE SKIP LOCKED
			), gone AS (
				DELETE FROM linkgraph.audit AS t USING old WHERE t.id = old.id
			)
			SELECT count(*), COALESCE(max(at), $3::timestamptz) FROM old`, olderThan, pruneBatch, from).Scan(&n, &from); err != nil {
			return total, fmt.Errorf("prune audit: %w", err)
		}
		total += n
		if n == 0 {
			return total, nil
		}
	}
}
