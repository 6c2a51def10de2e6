package linkstore

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// batchTx is the transaction of a call. It saves round trips: statements that do not need each other's results are
// queued and sent as one batch, in order. The first batch includes BEGIN and the last one COMMIT. A DB that hands
// out no connection begins and ends its transactions itself.
type batchTx struct {
	db      DB
	conn    sender // belongs to this call; nil if db hands out none
	release func() // releases the connection
	tx      pgx.Tx // nil until something is sent
	done    bool   // committed
	joined  bool   // the caller owns the transaction and commits it
	queued  []statement
	last    pgx.Batch // sent at the end, because nothing waits for the results
}

// callEnder is a transaction that needs to know when the next batch is the last of a call.
type callEnder interface{ EndCall() }

type sender interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// statement is a queued statement. n is the number of rows that it works on.
type statement struct {
	n    int
	read func(pgx.Rows) error
	*pgx.QueuedQuery
}

func (s statement) isLarge() bool { return s.n >= rowkey.Many }

// start returns the transaction of a call. It begins with the first batch. The caller ends it with commit, and must
// call cancel.
func (s *Store) start(ctx context.Context) (*batchTx, error) {
	w := &batchTx{db: s.db, release: func() {}}
	switch db := s.db.(type) {
	case pgx.Tx: // the call is a savepoint, unless the store has joined the transaction
		if s.joined {
			w.conn, w.tx, w.joined = db, db, true
		}
	case Sessions:
		session, err := db.Session(ctx)
		if err != nil {
			return nil, err
		}
		w.conn, w.release = session, session.Release
	case interface {
		Acquire(ctx context.Context) (*pgxpool.Conn, error)
	}:
		conn, err := db.Acquire(ctx)
		if err != nil {
			return nil, err
		}
		w.conn, w.release = conn.Conn(), conn.Release
	case *pgx.Conn:
		w.conn = db
	}
	return w, nil
}

// queue adds a statement on n rows to the next batch. read reads its result; nil ignores it. If the statement or
// read fails, the call fails.
func (w *batchTx) queue(n int, read func(pgx.Rows) error, sql string, args ...any) {
	q := &pgx.QueuedQuery{SQL: sql, Arguments: args}
	if read != nil {
		q.Query(read)
	}
	w.queued = append(w.queued, statement{n, read, q})
}

// send sends the queued statements and reads their results.
func (w *batchTx) send(ctx context.Context) error { return w.sendAll(ctx, false) }

// commit sends the queued statements and those of last, and ends the transaction.
func (w *batchTx) commit(ctx context.Context) error {
	for _, q := range w.last.QueuedQueries {
		w.queued = append(w.queued, statement{QueuedQuery: q})
	}
	// A hook may reject the result of a statement that it queued. So these results must be read before COMMIT is
	// sent.
	if w.conn == nil ||
		slices.ContainsFunc(w.last.QueuedQueries, func(q *pgx.QueuedQuery) bool { return q.Fn != nil }) {
		if err := w.send(ctx); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if w.joined {
		if tx, ok := w.tx.(callEnder); ok {
			tx.EndCall()
		}
		return w.send(ctx)
	}
	if session, ok := w.conn.(Session); ok {
		session.Committing(ctx)
	} else {
		var stop context.CancelFunc
		ctx, stop = withCommitGrace(ctx)
		defer stop()
	}
	if err := w.sendAll(ctx, true); err != nil {
		return err
	}
	if w.tx == nil || w.done {
		return nil
	}
	err := w.tx.Commit(ctx)
	w.done = err == nil
	return err
}

// commitGrace is how long a commit that has been sent may continue after the call's context ends, so that the call
// can report whether it was done. It also bounds how long the last statements wait for a lock then.
const commitGrace = 5 * time.Second

// withCommitGrace returns a context that ends commitGrace after ctx does.
func withCommitGrace(ctx context.Context) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(commitGrace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-late.Done():
		}
	})
	return late, func() {
		stop()
		cancel()
	}
}

// cancel rolls back unless the transaction is committed, and releases the connection.
func (w *batchTx) cancel(ctx context.Context) {
	if w.joined {
		return
	}
	if w.tx != nil && !w.done && (w.conn == nil || w.tx.Conn().PgConn().TxStatus() != 'I') {
		_ = w.tx.Rollback(ctx) // the connection is closed if it fails
	}
	w.release()
}

func (w *batchTx) sendAll(ctx context.Context, last bool) error {
	queued := w.queued
	w.queued = nil
	for len(queued) > 0 {
		n := slices.IndexFunc(queued, statement.isLarge)
		var err error
		switch n {
		case 0:
			n = 1
			err = w.sendAlone(ctx, queued[0])
		case -1:
			n = len(queued)
			err = w.sendTogether(ctx, queued, last)
		default:
			err = w.sendTogether(ctx, queued[:n], false)
		}
		if err != nil {
			return err
		}
		queued = queued[n:]
	}
	return nil
}

// begin begins the transaction with a round trip of its own, if it has not begun.
func (w *batchTx) begin(ctx context.Context) error {
	if w.tx != nil {
		return nil
	}
	if w.conn == nil {
		var err error
		w.tx, err = w.db.Begin(ctx)
		return err
	}
	return w.sendTogether(ctx, nil, false)
}

// sendAlone runs a large statement outside of a batch, so that Postgres plans it for the number of its rows.
func (w *batchTx) sendAlone(ctx context.Context, s statement) error {
	if err := w.begin(ctx); err != nil {
		return err
	}
	rows, err := w.tx.Query(ctx, s.SQL, slices.Concat([]any{pgx.QueryExecModeCacheDescribe}, s.Arguments)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if s.read != nil {
		if err := s.read(rows); err != nil {
			return err
		}
	}
	rows.Close()
	return rows.Err()
}

// sendTogether sends statements in one round trip. If last is true, the batch also commits. A batch that is both the
// first and the last is an implicit transaction.
func (w *batchTx) sendTogether(ctx context.Context, statements []statement, last bool) error {
	if w.conn == nil {
		if err := w.begin(ctx); err != nil {
			return err
		}
	}
	batch := &pgx.Batch{}
	begins := w.tx == nil && !last
	if begins {
		batch.BeginTx(pgx.TxOptions{})
	}
	for _, s := range statements {
		batch.QueuedQueries = append(batch.QueuedQueries, s.QueuedQuery)
	}
	last = last && w.conn != nil
	if last && w.tx != nil {
		batch.Queue("commit").Exec(committed)
	}
	by := w.conn
	if by == nil {
		by = w.tx
	}
	results := by.SendBatch(ctx, batch)
	if begins {
		w.tx = results.Tx()
	}
	err := results.Close()
	w.done = last && err == nil
	return err
}

// committed returns an error if COMMIT ended a transaction that had failed.
func committed(tag pgconn.CommandTag) error {
	if tag.String() == "ROLLBACK" {
		return pgx.ErrTxCommitRollback
	}
	return nil
}

// sqlKey identifies the text of a statement in the cache.
type sqlKey struct {
	statement string
	subject   any
	variant   string
	large     bool // the statement is planned for the number of its rows
	multiple  bool
}

// cachedSQL returns what build makes for a key. It calls build once for each key.
func cachedSQL[T any](s *Store, key sqlKey, build func() T) T {
	if cached, ok := s.sqlCache.Load(key); ok {
		if t, ok := cached.(T); ok {
			return t
		}
	}
	t := build()
	s.sqlCache.Store(key, t)
	return t
}
