package linkstore

import (
	"context"
	"fmt"
	"time"
)

// Horizon is what holds events back.
type Horizon struct {
	// Waiting is how many events are committed and cannot be read yet. It is counted up to 10,000.
	Waiting int
	// Lag is the age of the oldest of them. 0 means that all committed events can be read.
	Lag time.Duration
	// Age is how long the transaction that holds them back has run. 0 means that there is none, or that the user of the store may
	// not see it.
	Age time.Duration
	// PID is the process of that transaction's session; 0 if it is prepared, and belongs to none.
	PID int32
	// Holder describes the session: user, application, database, client and state. "" means that no transaction is open.
	Holder string
}

// Horizon returns the transaction that holds back the events that Events does not return yet: the oldest one that has written
// something and is still open, anywhere in the cluster. Age, client and state are seen only by superusers, members of pg_monitor
// and the user of the session.
func (s *Store) Horizon(ctx context.Context) (Horizon, error) {
	var h Horizon
	var age, lag float64
	// Relies on the index link_event_order, which the order has the planner use. The xmin of a snapshot is the number of a transaction, never of a part of one.
	err := s.db.QueryRow(ctx, fmt.Sprintf(`
		WITH now AS MATERIALIZED (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin)
		SELECT w.waiting, w.lag, COALESCE(o.pid, 0), COALESCE(o.seconds, 0), COALESCE(o.holder, '')
		FROM now CROSS JOIN LATERAL (
			SELECT count(*) AS waiting, COALESCE(GREATEST(extract(epoch FROM clock_timestamp() - min(created_at)), 0), 0)::float8 AS lag
			FROM (SELECT created_at FROM %[1]s WHERE tx >= now.xmin ORDER BY tx, id LIMIT 10000) AS first
		) AS w LEFT JOIN LATERAL (
			SELECT pid, extract(epoch FROM clock_timestamp() - xact_start)::float8 AS seconds,
				concat_ws(', ', 'user ' || usename, 'application ' || NULLIF(application_name, ''), 'database ' || datname,
					'client ' || host(client_addr), state) AS holder
			FROM pg_stat_activity WHERE backend_xid = now.xmin::xid
			UNION ALL
			SELECT 0, extract(epoch FROM clock_timestamp() - prepared)::float8,
				concat_ws(', ', 'prepared transaction ' || gid, 'user ' || owner, 'database ' || database)
			FROM pg_prepared_xacts WHERE transaction = now.xmin::xid
			LIMIT 1
		) AS o ON TRUE`, s.own("link_event"))).Scan(&h.Waiting, &lag, &h.PID, &age, &h.Holder)
	if err != nil {
		return Horizon{}, fmt.Errorf("horizon of events: %w", err)
	}
	h.Lag, h.Age = time.Duration(lag*float64(time.Second)), time.Duration(age*float64(time.Second))
	return h, nil
}
