package access

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/semaphore"
)

// uses keeps api_key.last_used_at to the minute, beside the requests. A note that cannot be taken is left out: the next use
// takes another.
type uses struct {
	db      DB
	log     *slog.Logger
	writing *semaphore.Weighted
	off     atomic.Bool // the database does not let us
}

const noteTimeout = 5 * time.Second

func newUses(db DB, log *slog.Logger) *uses {
	return &uses{db: db, log: log, writing: semaphore.NewWeighted(1)}
}

// note takes down that a key is used.
func (u *uses) note(key foundKey) {
	if !key.Unnoted || key.ReadOnly || u.off.Load() || !u.writing.TryAcquire(1) {
		return
	}
	go func() {
		defer u.writing.Release(1)
		ctx, cancel := context.WithTimeout(context.Background(), noteTimeout)
		defer cancel()
		// api_key_pkey
		_, err := u.db.Exec(ctx, `
			UPDATE api_key SET last_used_at = now()
			WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`, key.ID)
		switch {
		case err == nil:
		case declined(err):
			u.off.Store(true)
			u.log.Info("last_used_at of API keys is not kept", "reason", err)
		default:
			u.log.Warn("last_used_at of an API key is not kept", "key", key.ID, "error", err)
		}
	}()
}

// declined reports whether Postgres will not write, however often it is asked.
func declined(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) &&
		(pg.Code == "25006" || pg.Code == "42501") // read_only_sql_transaction, insufficient_privilege
}
