package recordstore

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/oklog/ulid/v2"

	"github.com/linkgraph/linkgraph/internal/lazytx"
)

// DB is what a Store needs. *pgxpool.Pool, *pgx.Conn and pgx.Tx satisfy it.
type DB interface {
	Begin(ctx context.Context) (pgx.Tx, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// Values are the values of one record by field, or by column. A field that is absent is left alone; nil is NULL. The
// records of a join table are set through Relation.Settable, as a list of keys. The condition of an update stands under
// IfUpdatedAt.
type Values map[string]any

// Rule is what a module adds to the writing of one model. It runs in the transaction, after the values were checked.
type Rule struct {
	// Create completes records that are about to be made. It may set read-only columns. Values it puts under Shown are
	// not stored, but shown to the caller that made the record, once.
	Create func(ctx context.Context, tx pgx.Tx, records []Values) error
	// Update completes changes that are about to be made.
	Update func(ctx context.Context, tx pgx.Tx, records []Values) error
	// Deleted is told the keys of records that were deleted, Restored those of restored ones, in that transaction and while they are
	// locked. What they queue runs at its end. Who deletes and restores records, the store of links, tells them.
	Deleted, Restored func(keys []string, last *pgx.Batch)
	// WritesOwners says that Create and Update change the records that the written ones refer to, or referred to before: they are locked
	// for that from the start. Two writers that share a lock and then want more of it wait for each other.
	WritesOwners bool
}

// Shown is the key under which a rule puts values, a Values, that are shown once.
const Shown = "\x00shown"

// Config says how a Store works. The zero value is good.
type Config struct {
	// NewID makes ids. nil means the prefix, an underscore and a ULID.
	NewID func(prefix string) string
	// Rules are those of the modules, by model name.
	Rules map[string]Rule
	// Codes are the lists of codes that columns name.
	Codes map[string]Codes
	// LockOrder names models in the order in which who deletes locks their records, for all that are in its reach. Create and Update
	// keep to it. nil means the order of the catalogue.
	LockOrder []string
	// MaxItems is how many records one call may write. 0 means 10,000.
	MaxItems int
	// MaxStatement is how many bytes the SQL of one statement that reads may have: Postgres cannot be stopped while it plans. 0
	// means 256 KiB.
	MaxStatement int
	// Observer is told what is read. nil means nobody is.
	Observer Observer
	// Written is told of each call of Create, CreateShown and Update, in its transaction, when all is done but the commit. What it
	// queues runs in that transaction. If it fails, or a statement that it queues, the call fails and nothing is written. nil
	// means nobody is told. Who deletes and restores tells of that.
	Written func(ctx context.Context, w Written, last *pgx.Batch) error
}

// Verb is what a call of a Store does.
type Verb string

// The verbs.
const (
	CreateRecords Verb = "create_records"
	UpdateRecords Verb = "update_records"
)

// Written is what a call wrote. It holds no values of records.
type Written struct {
	Verb  Verb
	Model *Model
	// IDs are the keys of the records, in the order of the input.
	IDs []string
	// Fields are those that an update gave to one record or more, sorted. Records that had these values already are not told apart.
	Fields []string
}

// Observer is told what a Store reads.
type Observer interface {
	// StartRead is told of requests that are about to travel together, and how many statements each is. They run in the
	// context that it returns. It has done called with their error when all are answered.
	StartRead(ctx context.Context, requests []Request, statements []int) (_ context.Context, done func(error))
}

// Store keeps the records of all models of a catalogue.
type Store struct {
	db      DB
	joined  *lazytx.Tx // the transaction of several calls, of which this store's are some; usually nil
	catalog *Catalog
	cfg     Config
}

// New returns a store over the tables of the catalogue's models.
func New(db DB, catalog *Catalog, cfg Config) *Store {
	if cfg.NewID == nil {
		cfg.NewID = newULID()
	}
	if cfg.MaxItems == 0 {
		cfg.MaxItems = 10_000
	}
	if cfg.MaxStatement == 0 {
		cfg.MaxStatement = 256 << 10
	}
	return &Store{db: db, catalog: catalog, cfg: cfg}
}

// newULID returns a maker of ids that sort by the time they were made, also within a millisecond.
func newULID() func(prefix string) string {
	var mu sync.Mutex
	entropy := ulid.Monotonic(rand.Reader, 0)
	return func(prefix string) string {
		mu.Lock()
		defer mu.Unlock()
		return prefix + "_" + ulid.MustNew(ulid.Now(), entropy).String()
	}
}

// WithTx returns a store that works in the caller's transaction. Each call that writes is a savepoint.
func (s *Store) WithTx(tx pgx.Tx) *Store { return &Store{db: tx, catalog: s.catalog, cfg: s.cfg} }

// Open returns a transaction on the database of the store, to join.
func (s *Store) Open(options lazytx.Options) *lazytx.Tx { return lazytx.Open(s.db, options) }

// Join returns a store whose calls are part of a transaction of several calls: if one of them fails, the transaction has to
// be rolled back. A call that writes may leave its statements queued; the error of one is then found by who sends it.
func (s *Store) Join(tx *lazytx.Tx) *Store {
	return &Store{db: tx, joined: tx, catalog: s.catalog, cfg: s.cfg}
}

// written queues what Config.Written adds to a call.
func (s *Store) written(ctx context.Context, w *writer, verb Verb, pending []pendingRow, given []Values) error {
	if s.cfg.Written == nil {
		return nil
	}
	call := Written{Verb: verb, Model: w.model, IDs: make([]string, len(pending))}
	for i, d := range pending {
		call.IDs[i] = d.key
	}
	if verb == UpdateRecords {
		call.Fields = givenFields(w.model, given)
	}
	var last pgx.Batch
	if err := s.cfg.Written(ctx, call, &last); err != nil {
		return err
	}
	for _, q := range last.QueuedQueries {
		w.exec(classify, q.SQL, q.Arguments...)
	}
	return nil
}

// givenFields are the fields of all values but the key, sorted.
func givenFields(model *Model, given []Values) []string {
	fields := map[string]bool{}
	for _, values := range given {
		for name := range values {
			i, ok := model.Column(name)
			if ok && i == model.primary || !ok && name == IfUpdatedAt {
				continue
			}
			if ok {
				name = model.Columns[i].Field
			}
			fields[name] = true
		}
	}
	return slices.Sorted(maps.Keys(fields))
}

// Catalog returns the models of the store.
func (s *Store) Catalog() *Catalog { return s.catalog }
