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
	for {
		// Relies on audit_at and the primary key.
		tag, err := db.Exec(ctx, `
			DELETE FROM linkgraph.audit WHERE id IN (
				SELECT id FROM linkgraph.audit WHERE at < $1::timestamptz ORDER BY at LIMIT $2::integer FOR UPDATE SKIP LOCKED
			)`, olderThan, pruneBatch)
		if err != nil {
			return total, fmt.Errorf("prune audit: %w", err)
		}
		total += int(tag.RowsAffected())
		if tag.RowsAffected() == 0 {
			return total, nil
		}
	}
}
