package linkstore

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// DB is the database of a Store. *pgxpool.Pool, *pgx.Conn and pgx.Tx implement it.
type DB interface {
	Begin(ctx context.Context) (pgx.Tx, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Sessions is a DB that gives each writing call a session of its own. The store writes through sessions only.
type Sessions interface {
	Session(ctx context.Context) (Session, error)
}

// Session is a connection that belongs to one call until it is released.
type Session interface {
	// SendBatch does what SendBatch of pgx.Conn does.
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	// Committing is called with the call's context before the batch that commits is sent.
	Committing(ctx context.Context)
	Release()
}

// Config configures a Store. The zero value is valid.
type Config struct {
	// NewID returns a new id for a link or a deletion. nil means the prefix, an underscore and a ULID.
	NewID func(prefix string) string
	// MaxItems is the maximum number of items in one call. 0 means 10,000.
	MaxItems int
	// Retries is how often a transaction is retried after a deadlock or a lost race. 0 means 10.
	Retries int
	// Schema is the schema of the store's own tables. "" means linkgraph.
	Schema string
	// AbsentLinks names links whose table is missing from the database. They have no rows, and cannot be created.
	AbsentLinks []string
	// AbsentModels names models whose table is missing from the database. They have no records.
	AbsentModels []string
	// ManagedBy returns the name of another program that creates and changes the tables of records in this
	// database, or "" if there is none. If there is one, a sync creates a link table only after the tables of the
	// records at its ends exist; until then the link is Blocked. ManagedBy is called when such a table is missing.
	// nil means that there is no such program.
	ManagedBy func(ctx context.Context, db DB) (string, error)
	// Deleted is called with the records that a call soft-deletes, Restored with those that it restores. Both run
	// in the call's transaction, while the records are locked. Statements that they queue in last run at the end of
	// the transaction. nil means no hook.
	Deleted, Restored func(records []Records, last *pgx.Batch)
	// Written is called for each call that writes, in its transaction, just before the commit. Statements that it
	// queues in last are sent with the last statements of the call. If Written fails, or a statement that it
	// queued, the call fails and nothing is written. When a transaction is retried, Written is called again; what
	// the earlier try queued is rolled back with it. nil means no hook.
	Written func(ctx context.Context, w Written, last *pgx.Batch) error
}

// Store stores the links of a catalogue.
type Store struct {
	db       DB
	catalog  *Catalog
	cfg      Config
	inTx     bool // the caller owns the transaction
	joined   bool // calls do not use savepoints in it
	sqlCache *sync.Map
}

// New returns a Store. Migrate and Sync create the tables that it needs.
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
	return &Store{db: db, catalog: catalog, cfg: cfg, sqlCache: &sync.Map{}}
}

// WithTx returns a store that works in the caller's transaction. Each call is a savepoint, and is not retried after
// a deadlock.
func (s *Store) WithTx(tx pgx.Tx) *Store {
	return &Store{db: tx, catalog: s.catalog, cfg: s.cfg, inTx: true, sqlCache: s.sqlCache}
}

// Join returns a store whose calls are part of the caller's transaction, without savepoints. If a call fails, the
// caller must roll back. A call that must be retried because of another transaction fails with a *RerunError.
func (s *Store) Join(tx pgx.Tx) *Store {
	out := s.WithTx(tx)
	out.joined = true
	return out
}

// WithWritten returns a store that also calls the given hook, after Config.Written and under the same rules.
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

// MaxItems returns the maximum number of items in one call.
func (s *Store) MaxItems() int { return s.cfg.MaxItems }

// Catalog returns the catalogue of the store's links.
func (s *Store) Catalog() *Catalog { return s.catalog }

// own returns the quoted name of one of the store's own tables.
func (s *Store) own(table string) string { return pgx.Identifier{s.cfg.Schema, table}.Sanitize() }

// newIDs returns n new ids with a prefix.
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

// crockford is the base 32 alphabet of the ULID specification.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// newULIDs returns ids that sort by the millisecond of their creation.
func newULIDs(prefix string, n int) []string {
	random := make([]byte, 10*n)
	_, _ = rand.Read(random)
	id := append([]byte(prefix), "_00000000000000000000000000"...)
	ulid := id[len(prefix)+1:]
	digits := func(to []byte, bits uint64) {
		for i := len(to) - 1; i >= 0; i-- {
			to[i] = crockford[bits&31]
			bits >>= 5
		}
	}
	digits(ulid[:10], uint64(time.Now().UnixMilli())) // 10 characters for 48 bits of time, then 16 for 80 random bits
	ids := make([]string, n)
	for i := range ids {
		b := random[10*i:]
		digits(ulid[10:18], uint64(b[0])<<32|uint64(binary.BigEndian.Uint32(b[1:])))
		digits(ulid[18:], uint64(b[5])<<32|uint64(binary.BigEndian.Uint32(b[6:])))
		ids[i] = string(id)
	}
	return ids
}

// checkCount returns a *LimitError if a call has too many items.
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

// stored resolves an item of a write. It returns an error for a read-only link, which has no table.
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

// itemFaults holds the errors of faulty items, by index.
type itemFaults map[int]error

// err returns the errors as an *ItemsError, or nil if there are none. n is the number of items.
func (f itemFaults) err(n int) error {
	if len(f) == 0 {
		return nil
	}
	return storeerr.NewItemsError(n, func(i int) error { return f[i] })
}
