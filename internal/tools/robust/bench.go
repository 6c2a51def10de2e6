package robust

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/bookkeeping"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
	"github.com/linkgraph/linkgraph/modules/currency"
)

// Prepare creates the tables that histories use.
func Prepare(ctx context.Context, pool *pgxpool.Pool) error {
	if _, err := pool.Exec(
		ctx,
		linktest.Tables+`; CREATE TABLE robust_call (call text PRIMARY KEY, answer jsonb NOT NULL)`,
	); err != nil {
		return err
	}
	catalog, err := linktest.Catalog()
	if err != nil {
		return err
	}
	if _, err = linkstore.New(pool, catalog, linkstore.Config{}).Sync(ctx, linkstore.Safe); err != nil {
		return err
	}
	_, err = bookkeeping.Migrate(ctx, pool)
	return err
}

// recordModels returns the record store's models of the tables that Put and Move write.
func recordModels() (*recordstore.Catalog, error) {
	deleted := recordstore.Column{Name: "deleted_at", Field: "deletedAt", Type: recordstore.Time, ReadOnly: true}
	id := recordstore.Column{Name: "id", Field: "id", NotNull: true}
	return recordstore.NewCatalog([]recordstore.Model{
		{
			Name:       "Product",
			Module:     "product",
			Table:      "product",
			PrimaryKey: "id",
			SoftDelete: true,
			Columns:    []recordstore.Column{id, deleted},
		},
		{
			Name:       "Variant",
			Module:     "product",
			Table:      "variant",
			PrimaryKey: "id",
			SoftDelete: true,
			Columns:    []recordstore.Column{id, {Name: "product_id", Field: "productId"}, deleted},
			Relations: []recordstore.Relation{
				{Field: "product", Target: "Product", Columns: []string{"product_id"}, TargetColumns: []string{"id"}},
			},
		},
	})
}

// Bench is a database on which histories run one after the other.
type Bench struct {
	direct  *pgxpool.Pool // for statements that are not part of the history
	catalog *linkstore.Catalog
	models  *recordstore.Catalog
	url     string
	begun   int
	failed  *failures
	clients *clients
	config  Config // of the current clients

	application string // application_name of the clients
}

// failures counts transactions that Postgres ended, by SQLSTATE.
type failures struct{ deadlocks, serialization atomic.Int64 }

func (f *failures) count(err error) {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return
	}
	switch pg.Code {
	case "40P01":
		f.deadlocks.Add(1)
	case "40001":
		f.serialization.Add(1)
	}
}

func (f *failures) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

func (f *failures) TraceQueryEnd(_ context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	f.count(data.Err)
}

func (f *failures) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (f *failures) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	f.count(data.Err)
}
func (f *failures) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// NewBench returns a Bench. Prepare must have created the tables.
func NewBench(direct *pgxpool.Pool, url string) (*Bench, error) {
	catalog, err := linktest.Catalog()
	if err != nil {
		return nil, err
	}
	models, err := recordModels()
	return &Bench{
		direct:      direct,
		catalog:     catalog,
		models:      models,
		url:         url,
		failed:      &failures{},
		application: application,
	}, err
}

// Deadlocks returns how many transactions Postgres has ended because of deadlocks.
func (b *Bench) Deadlocks() int64 { return b.failed.deadlocks.Load() }

// clients are the connections of one history's clients.
type clients struct {
	pool    *pgxpool.Pool
	proxy   *Proxy
	links   *linkstore.Store
	records *recordstore.Store
}

const application = "robust clients"

// connected returns the clients for a configuration. It reuses them while the configuration stays the same.
func (b *Bench) connected(ctx context.Context, config Config) (*clients, error) {
	if b.clients != nil && b.config == config {
		return b.clients, nil
	}
	b.Close()
	var err error
	b.clients, err = b.connect(ctx, config.Clients, config.Delay)
	b.config = config
	return b.clients, err
}

// Close closes the clients' connections.
func (b *Bench) Close() {
	if b.clients != nil {
		b.clients.close()
		b.clients = nil
	}
}

// connect connects the clients. delay is the proxy's; if it is negative there is no proxy.
func (b *Bench) connect(ctx context.Context, n int, delay time.Duration) (*clients, error) {
	config, err := pgxpool.ParseConfig(b.url)
	if err != nil {
		return nil, err
	}
	c := &clients{}
	if delay >= 0 {
		network, address := pgconn.NetworkAddress(config.ConnConfig.Host, config.ConnConfig.Port)
		if c.proxy, err = NewProxy(network, address, delay); err != nil {
			return nil, err
		}
		config.ConnConfig.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", c.proxy.Addr())
		}
	}
	config.MaxConns = int32(n) + 1
	config.ConnConfig.Tracer = b.failed
	config.ConnConfig.RuntimeParams["application_name"] = b.application
	config.ConnConfig.RuntimeParams["deadlock_timeout"] = "100ms"
	if c.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, err
	}
	log := newAudit()
	c.links = linkstore.New(
		c.pool,
		b.catalog,
		linkstore.Config{Written: func(ctx context.Context, w linkstore.Written, last *pgx.Batch) error {
			return errors.Join(note(ctx, answerOf(w), last), log.LinksWritten(ctx, w, last))
		}},
	)
	var order []string
	for _, m := range b.catalog.LockOrder() {
		order = append(order, m.Name)
	}
	c.records = recordstore.New(
		c.pool,
		b.models,
		recordstore.Config{
			LockOrder: order,
			Codes:     map[string]recordstore.Codes{currency.List: currency.Codes()},
			Written: func(ctx context.Context, w recordstore.Written, last *pgx.Batch) error {
				return errors.Join(note(ctx, Answer{}, last), log.RecordsWritten(ctx, w, last))
			},
		},
	)
	return c, nil
}

func (c *clients) close() {
	if c.proxy != nil {
		c.proxy.Close()
	}
	c.pool.Close()
}

// callKey is the context key of the call's name, which the hook reads.
type callKey struct{}

// note queues an insert of the call's answer, to be committed with the call.
func note(ctx context.Context, a Answer, last *pgx.Batch) error {
	name, ok := ctx.Value(callKey{}).(string)
	if !ok {
		return errors.New("the call has no name")
	}
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	last.Queue(`INSERT INTO robust_call (call, answer) VALUES ($1, $2)`, name, string(text))
	return nil
}

// answerOf converts what the hook gets into the call's answer.
func answerOf(w linkstore.Written) Answer {
	switch w.Verb {
	case linkstore.CreateLinks, linkstore.DismissLinks:
		a := Answer{Removed: linksOf(w.Replaced)}
		for _, item := range w.Items {
			a.Outcomes = append(a.Outcomes, string(item.Outcome))
		}
		return a
	}
	if w.Verb == linkstore.SetLinks {
		var results []linkstore.SetResult
		for _, i := range w.Items {
			link := linkstore.Link{Name: i.Link, Left: i.Left, Right: i.Right}
			results = append(results, linkstore.SetResult{Outcome: i.Outcome, Link: link})
		}
		return setOf(results)
	}
	return receiptOf(w.Receipt)
}

// seed creates the records of a world.
func (b *Bench) seed(ctx context.Context, w World) error {
	batch := &pgx.Batch{}
	for _, r := range w.Records {
		m, _ := b.catalog.Model(r.Model)
		owner, columns := linktest.Owner(b.catalog, r.Model)
		if owner == nil || w.Owners[r] == "" {
			batch.Queue(`INSERT INTO `+pgx.Identifier{m.Table}.Sanitize()+` (id) VALUES ($1)`, r.ID)
			continue
		}
		batch.Queue(
			fmt.Sprintf(
				`INSERT INTO %s (id, %s) VALUES ($1, $2)`,
				pgx.Identifier{m.Table}.Sanitize(),
				pgx.Identifier{columns[0]}.Sanitize(),
			),
			r.ID,
			w.Owners[r],
		)
	}
	return b.direct.SendBatch(ctx, batch).Close()
}

// state reads the stored state of a world, and of the records that calls created in it.
func (b *Bench) state(ctx context.Context, w World, prefix string) (linktest.State, error) {
	state := linktest.State{Links: map[linkstore.Pair]linktest.LinkState{}, Records: map[linktest.Record]bool{}}
	seen := map[string]bool{}
	for _, r := range w.Records {
		if seen[r.Model] {
			continue
		}
		seen[r.Model] = true
		m, _ := b.catalog.Model(r.Model)
		rows, err := b.direct.Query(
			ctx,
			`SELECT id, deleted_at IS NULL FROM `+pgx.Identifier{m.Table}.Sanitize()+` WHERE starts_with(id, $1)`,
			prefix,
		)
		if err != nil {
			return state, err
		}
		var id string
		var live bool
		if _, err := pgx.ForEachRow(rows, []any{&id, &live}, func() error {
			state.Records[linktest.Record{Model: r.Model, ID: id}] = live
			return nil
		}); err != nil {
			return state, err
		}
	}
	for _, name := range w.Links {
		if err := b.linkState(ctx, name, prefix, state); err != nil {
			return state, err
		}
	}
	return state, nil
}

func (b *Bench) linkState(ctx context.Context, name, prefix string, state linktest.State) error {
	d, _ := b.catalog.Link(name)
	left, quantity := pgx.Identifier{d.Left.Key}.Sanitize(), "''"
	if name == linktest.Stocked {
		quantity = "quantity::text"
	}
	rows, err := b.direct.Query(
		ctx,
		fmt.Sprintf(`SELECT %s, %s, deleted_at IS NULL, %s FROM %s WHERE starts_with(%s, $1)`,
			left, pgx.Identifier{d.Right.Key}.Sanitize(), quantity, pgx.Identifier{d.Table}.Sanitize(), left),
		prefix,
	)
	if err != nil {
		return err
	}
	p := linkstore.Pair{Link: name}
	var l linktest.LinkState
	_, err = pgx.ForEachRow(rows, []any{&p.Left, &p.Right, &l.Live, &l.Data}, func() error {
		state.Links[p] = l
		return nil
	})
	return err
}
