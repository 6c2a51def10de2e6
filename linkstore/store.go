package linkstore

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// DB is what a Store needs. *pgxpool.Pool, *pgx.Conn and pgx.Tx satisfy it.
type DB interface {
	Begin(ctx context.Context) (pgx.Tx, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Sessions is a DB that hands out a session to each call that writes. It is asked for nothing else to write with.
type Sessions interface {
	Session(ctx context.Context) (Session, error)
}

// Session is a connection that is a call's alone until it is released.
type Session interface {
	// SendBatch is that of pgx.Conn.
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	// Committing is told, with the call's context, that what is sent next commits.
	Committing(ctx context.Context)
	Release()
}

// Config says how a Store works. The zero value is good.
type Config struct {
	// NewID makes the ids of links and deletions. nil means the prefix, an underscore and a ULID.
	NewID func(prefix string) string
	// MaxItems is how many items one call may have. 0 means 10,000.
	MaxItems int
	// Retries is how often a transaction is run again after a deadlock or a lost race. 0 means 10.
	Retries int
	// Schema is that of the store's own tables. "" means linkgraph.
	Schema string
	// AbsentLinks names links whose table is not in the database. They have no rows, and none can be made.
	AbsentLinks []string
	// AbsentModels names models whose table is not in the database. They have no records.
	AbsentModels []string
	// ManagedBy returns the name of another program that creates and changes the tables of records in this database, or "" if
	// there is none. A sync then creates no link table before the tables of the records at its ends exist: the link is Blocked.
	// It is called when such a table is missing. nil means that there is no such program.
	ManagedBy func(ctx context.Context, db DB) (string, error)
	// Deleted is told of the records that a call soft-deleted, Restored of those that it restored, in its transaction and while they are
	// locked. What they queue runs there, after all else. nil means nobody is told.
	Deleted, Restored func(records []Records, last *pgx.Batch)
	// Written is told of each call that writes, in its transaction, when all is done but the commit. What it queues travels with
	// the last statements of the call. If it fails, or a statement that it queues, the call fails and nothing is written. A
	// transaction that is run again tells again: what the earlier try queued is gone with it. nil means nobody is told.
	Written func(ctx context.Context, w Written, last *pgx.Batch) error
}

// Store keeps the links of a catalogue.
type Store struct {
	db      DB
	catalog *Catalog
	cfg     Config
	inTx    bool // the transaction is the caller's
	joined  bool // calls are no savepoints in it
	texts   *sync.Map
}

// New returns a store. Migrate and Sync make the tables it needs.
func New(db DB, catalog *Catalog, cfg Config) *Store {
	if cfg.MaxItems == 0 {
		cfg.MaxItems = 10_000
	}
	if cfg.Retries == 0 {
		cfg.Retries = 10
	}
	if cfg.Schema == "" {
		cfg.Schema = "linkgraph"
	}
	return &Store{db: db, catalog: catalog, cfg: cfg, texts: &sync.Map{}}
}

// WithTx returns a store that works in the caller's transaction: a call is a savepoint, and is not tried again.
func (s *Store) WithTx(tx pgx.Tx) *Store {
	return &Store{db: tx, catalog: s.catalog, cfg: s.cfg, inTx: true, texts: s.texts}
}

// Join returns a store whose calls are part of the caller's transaction, and no savepoints in it: when one fails the caller
// has to roll back. One that has to be run again for the sake of another transaction fails with a *RerunError.
func (s *Store) Join(tx pgx.Tx) *Store {
	out := s.WithTx(tx)
	out.joined = true
	return out
}

// WithWritten returns a store that tells also of its calls, after Config.Written and as that does.
func (s *Store) WithWritten(also func(ctx context.Context, w Written, last *pgx.Batch) error) *Store {
	out := *s
	out.cfg.Written = func(ctx context.Context, w Written, last *pgx.Batch) error {
		if s.cfg.Written != nil {
			if err := s.cfg.Written(ctx, w, last); err != nil {
				return err
			}
		}
		return also(ctx, w, last)
	}
	return &out
}

// MaxItems returns how many items one call may have.
func (s *Store) MaxItems() int { return s.cfg.MaxItems }

// Catalog returns the links of the store.
func (s *Store) Catalog() *Catalog { return s.catalog }

// own is the name of one of the store's own tables.
func (s *Store) own(table string) string { return pgx.Identifier{s.cfg.Schema, table}.Sanitize() }

// newIDs makes ids of links.
func (s *Store) newIDs(prefix string, n int) []string {
	if s.cfg.NewID == nil {
		return newULIDs(prefix, n)
	}
	ids := make([]string, n)
	for i := range ids {
		ids[i] = s.cfg.NewID(prefix)
	}
	return ids
}

// Crockford's alphabet, of the ULID specification.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// newULIDs makes ids that sort by the millisecond they were made in.
func newULIDs(prefix string, n int) []string {
	chance := make([]byte, 10*n)
	_, _ = rand.Read(chance)
	id := append([]byte(prefix), "_00000000000000000000000000"...)
	ulid := id[len(prefix)+1:]
	digits := func(to []byte, bits uint64) {
		for i := len(to) - 1; i >= 0; i-- {
			to[i] = crockford[bits&31]
			bits >>= 5
		}
	}
	digits(ulid[:10], uint64(time.Now().UnixMilli())) // 48 bits of time as 10 characters, then 80 of chance as 16
	ids := make([]string, n)
	for i := range ids {
		b := chance[10*i:]
		digits(ulid[10:18], uint64(b[0])<<32|uint64(binary.BigEndian.Uint32(b[1:])))
		digits(ulid[18:], uint64(b[5])<<32|uint64(binary.BigEndian.Uint32(b[6:])))
		ids[i] = string(id)
	}
	return ids
}

// checkCount refuses calls that are too large.
func (s *Store) checkCount(what string, n int) error {
	if n > s.cfg.MaxItems {
		return &LimitError{What: what, Limit: s.cfg.MaxItems, Asked: n, Counted: true}
	}
	return nil
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func identifier(schema, table string) pgx.Identifier {
	if schema == "" {
		return pgx.Identifier{table}
	}
	return pgx.Identifier{schema, table}
}

func tableName(schema, table string) string { return identifier(schema, table).Sanitize() }

func (m *Model) table() string { return tableName(m.Schema, m.Table) }

func (d *Definition) table() string { return tableName(d.Schema, d.Table) }

// stored resolves an item of a write, and refuses links that have no table.
func (s *Store) stored(item Item) (*Definition, Pair, error) {
	pair, err := s.catalog.Resolve(item)
	if err != nil {
		return nil, pair, err
	}
	d := s.catalog.byLink[pair.Link]
	if d.ReadOnly != "" {
		return nil, pair, d.readOnlyError()
	}
	return d, pair, nil
}

// atIndex puts the item's index on an error that has none.
func atIndex(i int, err error) error {
	var item *ItemError
	if err == nil || errors.As(err, &item) {
		return err
	}
	return &ItemError{Index: i, Err: err}
}
