package graph

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/graph/internal/answer"
	"github.com/linkgraph/linkgraph/graph/internal/exec"
	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/idempotency"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/modules/api_key"
	"github.com/linkgraph/linkgraph/modules/currency"
	"github.com/linkgraph/linkgraph/modules/pricing"
	"github.com/linkgraph/linkgraph/modules/product"
)

// DB is the database access that a Graph needs. *pgxpool.Pool and pgx.Tx satisfy it.
type DB = recordstore.DB

// Limits bound what one request may ask for. A zero field takes its default.
type Limits = plan.Limits

// Config configures a Graph. The zero value is valid.
type Config struct {
	// StorefrontDB is a connection pool of the same database for storefronts alone. nil means that they share the
	// pool of admins.
	StorefrontDB DB
	// Limits bound what one request of an admin may ask for.
	Limits Limits
	// StorefrontLimits bound what one request of a storefront may ask for. Most have lower defaults: see docs/http.md.
	StorefrontLimits Limits
	// MaxItems bounds the links or records that one mutation may write. 0 means 10,000.
	MaxItems int
	// NewID generates ids. nil means the prefix, an underscore and a ULID.
	NewID func(prefix string) string
	// ManagedBy names another program that creates and changes the tables of records in the database: see
	// linkstore.Config.ManagedBy. nil means that there is none.
	ManagedBy func(ctx context.Context, db linkstore.DB) (string, error)
	// Logger receives the errors that clients see as INTERNAL or UNAVAILABLE. nil means slog.Default.
	Logger *slog.Logger
	// ReadOnly refuses mutations, for a database that must not change: see Adapt.
	ReadOnly bool
	// Observer watches the API. It may be nil.
	Observer Observer
	// Audit records every write, in its transaction. It may be nil.
	Audit Audit
	// Answers remembers the answers of mutations by their Idempotency-Key. nil means that a mutation with one is refused.
	Answers *idempotency.Answers
}

// Observer watches the API: operations and answers as an extension of gqlgen, reads of records, and plans.
type Observer interface {
	graphql.HandlerExtension
	recordstore.Observer
	// Spent is called with the number of fields that a root field is expected to answer with.
	Spent(ctx context.Context, fields int)
	// Planned is called for every operation that is executed. before reports whether its plan was cached.
	Planned(ctx context.Context, before bool)
}

// Audit records what the two stores write: see linkstore.Config.Written and recordstore.Config.Written.
type Audit interface {
	LinksWritten(ctx context.Context, w linkstore.Written, last *pgx.Batch) error
	RecordsWritten(ctx context.Context, w recordstore.Written, last *pgx.Batch) error
}

// Graph is the stores of one database and the API over them.
type Graph struct {
	// Records keeps the records of all modules.
	Records *recordstore.Store
	// Links keeps the links between them.
	Links *linkstore.Store

	db                DB
	admin, storefront side
	cfg               Config
	expect            plan.Expectations
	noSnapshots       bool // for tests of what they are good for
}

// side holds the engine and resolvers of one kind of caller.
type side struct {
	engine    *answer.Engine
	resolvers resolver
}

// New returns the graph of a database. recordstore.Migrate and Links.Sync create its tables.
func New(db DB, cfg Config) (*Graph, error) {
	models, links, err := catalogs()
	if err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	g := &Graph{db: db, cfg: cfg}
	return g, g.build(models, links, linkstore.Config{})
}

// build creates the stores and the engines over them.
func (g *Graph) build(models *recordstore.Catalog, links *linkstore.Catalog, cfg linkstore.Config) error {
	cfg.NewID, cfg.MaxItems, cfg.ManagedBy = g.cfg.NewID, g.cfg.MaxItems, g.cfg.ManagedBy
	records := recordstore.Config{NewID: g.cfg.NewID, MaxItems: g.cfg.MaxItems, Rules: rules(), Codes: codeLists()}
	for _, m := range links.LockOrder() {
		records.LockOrder = append(records.LockOrder, m.Name)
	}
	if g.cfg.Audit != nil {
		cfg.Written, records.Written = g.cfg.Audit.LinksWritten, g.cfg.Audit.RecordsWritten
	}
	cfg.Deleted = notifyRules(
		records.Rules,
		func(r recordstore.Rule) recordHook { return r.Deleted },
		models,
		cfg.AbsentModels,
	)
	cfg.Restored = notifyRules(
		records.Rules,
		func(r recordstore.Rule) recordHook { return r.Restored },
		models,
		cfg.AbsentModels,
	)
	g.Links = linkstore.New(g.db, links, cfg)
	engine := answer.Config{Links: g.Links, Limits: g.cfg.Limits, Expect: &g.expect, NoSnapshot: g.noSnapshots}
	if g.cfg.Observer != nil {
		records.Observer, engine.Spent = g.cfg.Observer, g.cfg.Observer.Spent
	}
	g.Records = recordstore.New(g.db, models, records)
	engine.Records = g.Records
	g.admin = side{answer.New(engine), resolver{g.Records, g.Links, make(chan struct{}, 1), g.fault}}
	shop, err := g.narrowed(models, records)
	if err != nil {
		return err
	}
	engine.Records = shop
	engine.Links = linkstore.New(g.storefrontDB(), links, cfg)
	engine.Limits = storefrontLimits(g.cfg.StorefrontLimits)
	g.storefront = side{answer.New(engine), resolver{records: shop, links: engine.Links, fault: g.fault}}
	return nil
}

func (g *Graph) storefrontDB() DB {
	if g.cfg.StorefrontDB != nil {
		return g.cfg.StorefrontDB
	}
	return g.db
}

// Adapt fits the graph to the tables that the database has, and returns what is missing. A missing table reads as
// empty, a missing column as null, and neither can be written. Links that another program writes too, or whose
// records it may delete, are checked for live records. Call Adapt before Handler.
func (g *Graph) Adapt(ctx context.Context) ([]recordstore.Missing, error) {
	shared, err := g.Links.Adopted(ctx)
	if err != nil {
		return nil, err
	}
	adapted, missing, err := g.Records.Catalog().Adapt(ctx, g.db, shared)
	if err != nil {
		return nil, err
	}
	var absent linkstore.Config
	for _, m := range missing {
		switch model, _ := adapted.Model(m.Model); {
		case m.Columns != nil:
		case model.Link != "":
			absent.AbsentLinks = append(absent.AbsentLinks, model.Link)
		default:
			absent.AbsentModels = append(absent.AbsentModels, m.Model)
		}
	}
	return missing, g.build(adapted, g.Links.Catalog(), absent)
}

// ReadStatistics reads how long the lists of relations are, as far as Postgres knows. From then on operations are counted, for
// Limits.MaxCost and rate limits, with the records that their pages are expected to hold. Before, every page counts as full.
// Call it from time to time: it is one statement, and cheap.
func (g *Graph) ReadStatistics(ctx context.Context) error {
	sizes, err := g.Records.ListSizes(ctx)
	if err != nil {
		return err
	}
	g.expect.Set(sizes)
	return nil
}

// rules returns the rules of all modules by model.
func rules() map[string]recordstore.Rule {
	all := map[string]recordstore.Rule{}
	for _, of := range []map[string]recordstore.Rule{api_key.Rules(), pricing.Rules(), product.Rules()} {
		maps.Copy(all, of)
	}
	return all
}

// codeLists returns the lists of codes that columns name.
func codeLists() map[string]recordstore.Codes {
	return map[string]recordstore.Codes{currency.List: currency.Codes()}
}

// recordHook is called with the keys of changed records of one model.
type recordHook = func(keys []string, last *pgx.Batch)

// notifyRules returns a hook that passes the records that the link store deleted or restored to the rules of their
// modules. It skips modules that lack a table.
func notifyRules(
	rules map[string]recordstore.Rule,
	which func(recordstore.Rule) recordHook,
	models *recordstore.Catalog,
	absent []string,
) func(changed []linkstore.Records, last *pgx.Batch) {
	lacking := map[string]bool{}
	for _, name := range absent {
		if m, ok := models.Model(name); ok {
			lacking[m.Module] = true
		}
	}
	return func(changed []linkstore.Records, last *pgx.Batch) {
		for _, records := range changed {
			if hook := which(rules[records.Model]); hook != nil && !lacking[records.Module] {
				hook(records.IDs, last)
			}
		}
	}
}

// catalogs builds both catalogs from the generated registry. The models of the link store are derived from those of the
// record store.
func catalogs() (*recordstore.Catalog, *linkstore.Catalog, error) {
	models, err := recordstore.NewCatalog(exec.Models())
	if err != nil {
		return nil, nil, fmt.Errorf("graph: %w", err)
	}
	var ends []linkstore.Model
	for _, m := range models.Models() {
		if m.Link != "" {
			continue
		}
		end := linkstore.Model{
			Module: m.Module, Name: m.Name, Schema: m.Schema, Table: m.Table, Key: m.Key, NoSoftDelete: !m.SoftDelete,
		}
		names, types := m.KeyColumns()
		for i, name := range names {
			end.PrimaryKey = append(end.PrimaryKey, linkstore.KeyColumn{Name: name, Type: types[i]})
		}
		for _, r := range m.Relations {
			if r.Cascade {
				end.Owns = append(end.Owns, linkstore.Owned{
					Model:       r.Target,
					Column:      strings.Join(r.TargetColumns, ", "),
					OwnerColumn: strings.Join(r.Columns, ", "),
				})
			}
		}
		ends = append(ends, end)
	}
	links, err := linkstore.NewCatalog(ends, exec.Links())
	if err != nil {
		return nil, nil, fmt.Errorf("graph: %w", err)
	}
	return models, links, nil
}
