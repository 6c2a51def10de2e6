package cli

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"
)

// readiness answers /readyz: whether a load balancer should send requests.
type readiness struct {
	db       *database
	gates    gates
	writes   bool // the server is not read-only
	stopping atomic.Bool
}

// lack returns why the server is not ready, or "".
func (r *readiness) lack(ctx context.Context) string {
	if r.stopping.Load() {
		return "the server is shutting down"
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	var readOnly bool
	if err := r.db.aside.QueryRow(ctx, `SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean`).
		Scan(&readOnly); err != nil {
		return "the database does not answer"
	}
	if readOnly && r.writes {
		return "the database takes no writes: it is read-only, as a standby is; --read-only serves it as it is"
	}
	return r.gates.stalled()
}

// ServeHTTP answers /readyz.
func (r *readiness) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if lack := r.lack(request.Context()); lack != "" {
		http.Error(w, lack, http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}
