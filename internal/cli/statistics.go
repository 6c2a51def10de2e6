package cli

import (
	"context"
	"log/slog"
	"time"
)

// statisticsEvery is how often a server reads how long lists are. Postgres itself learns it when it analyses a table, which takes
// about a minute after many changes.
const statisticsEvery = time.Minute

// readStatistics reads how long lists are, now and then until the context ends. Until it succeeds, pages count as full.
func (db *database) readStatistics(ctx context.Context, log *slog.Logger) {
	for ctx.Err() == nil {
		if err := db.graph.ReadStatistics(ctx); err != nil && ctx.Err() == nil {
			log.Debug("statistics are not known", "error", err)
		}
		sleep(ctx, statisticsEvery)
	}
}
