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

// batchTx is the transaction of a call. Statements that need not wait for each other's rows travel together: they are queued, and then
// sent in their order. The first that are sent take BEGIN with them, the last take COMMIT. A DB that hands out no connection begins
// and ends its transactions by itself.
type batchTx struct {
	db     DB
	conn   sender // the call's alone; nil if db hands out none
	giveUp func() // gives the connection back
	tx     pgx.Tx // nil until something is sent
	done   bool   // committed
	joined bool   // the transaction is the caller's, who commits
	queued []statement
	last   pgx.Batch // put off to the end: nothing waits for them
}

// callEnder is a transaction that is told when the statements sent next are the last of a call.
type callEnder interface{ EndCall() }

type sender interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// statement is one on n rows.
type statement struct {
	n    int
	read func(pgx.Rows) error
	*pgx.QueuedQuery
}

func (s statement) isLarge() bool { return s.n >= rowkey.Many }

// start returns the transaction of a call, which begins with the first statements. finish or cancel ends it.
func (s *Store) start(ctx context.Context) (*batchTx, error) {
	w := &batchTx{db: s.db, giveUp: func() {}}
	switch db := s.db.(type) {
	case pgx.Tx: // the call is a savepoint, unless it has joined
		if s.joined {
			w.conn, w.tx, w.joined = db, db, true
		}
	case Sessions:
		session, err := db.Session(ctx)
		if err != nil {
			return nil, err
		}
		w.conn, w.giveUp = session, session.Release
	case interface {
		Acquire(ctx context.Context) (*pgxpool.Conn, error)
	}:
		conn, err := db.Acquire(ctx)
		if err != nil {
			return nil, err
		}
		w.conn, w.giveUp = conn.Conn(), conn.Release
	case *pgx.Conn:
		w.conn = db
	}
	return w, nil
}

// queue adds a statement on n rows to those that are sent next. read takes what it returns; nil means that nobody wants to know. A
// statement that fails fails the call, and so does read.
func (w *batchTx) queue(n int, read func(pgx.Rows) error, sql string, args ...any) {
	q := &pgx.QueuedQuery{SQL: sql, Arguments: args}
	if read != nil {
		q.Query(read)
	}
	w.queued = append(w.queued, statement{n, read, q})
}

// send sends what is queued and reads what comes back.
func (w *batchTx) send(ctx context.Context) error { return w.sendAll(ctx, false) }

// commit sends what is queued or was put off, and ends the transaction.
func (w *batchTx) commit(ctx context.Context) error {
	for _, q := range w.last.QueuedQueries {
		w.queued = append(w.queued, statement{QueuedQuery: q})
	}
	// What somebody else reads may fail: only then it is known whether to commit.
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
		ctx, stop = unhurried(ctx)
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

// commitGrace is how long a commit that is on its way may still take when the call's context ends: the call then knows whether it was
// done. A lock that its statements wait for is not waited for longer either.
const commitGrace = 5 * time.Second

// unhurried is a context that ends a while after another one.
func unhurried(ctx context.Context) (context.Context, context.CancelFunc) {
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

// cancel takes back what is not committed, and gives back the connection.
func (w *batchTx) cancel(ctx context.Context) {
	if w.joined {
		return
	}
	if w.tx != nil && !w.done && (w.conn == nil || w.tx.Conn().PgConn().TxStatus() != 'I') {
		_ = w.tx.Rollback(ctx) // the connection is closed if it fails
	}
	w.giveUp()
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
			err = w.alone(ctx, queued[0])
		case -1:
			n = len(queued)
			err = w.together(ctx, queued, last)
		default:
			err = w.together(ctx, queued[:n], false)
		}
		if err != nil {
			return err
		}
		queued = queued[n:]
	}
	return nil
}

// begin begins the transaction by itself.
func (w *batchTx) begin(ctx context.Context) error {
	if w.tx != nil {
		return nil
	}
	if w.conn == nil {
		var err error
		w.tx, err = w.db.Begin(ctx)
		return err
	}
	return w.together(ctx, nil, false)
}

// alone runs a large statement, which is planned for its rows.
func (w *batchTx) alone(ctx context.Context, s statement) error {
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

// together runs statements in one round trip. The last ones of a call commit; if they are the first ones too, they are a transaction
// without saying so.
func (w *batchTx) together(ctx context.Context, statements []statement, last bool) error {
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

// committed fails if COMMIT ended a transaction that had failed.
func committed(tag pgconn.CommandTag) error {
	if tag.String() == "ROLLBACK" {
		return pgx.ErrTxCommitRollback
	}
	return nil
}

// textKey says which text of a statement it is, and what it depends on: a model or a link, and a few ways to put it.
type textKey struct {
	what  string
	of    any
	how   string
	large bool // it is planned for its rows
	more  bool
}

// text is made once for each key.
func text[T any](s *Store, key textKey, make func() T) T {
	if made, ok := s.texts.Load(key); ok {
		if t, ok := made.(T); ok {
			return t
		}
	}
	t := make()
	s.texts.Store(key, t)
	return t
}
