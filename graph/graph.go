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
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/modules/api_key"
	"github.com/linkgraph/linkgraph/modules/pricing"
	"github.com/linkgraph/linkgraph/modules/product"
)

// DB is what the graph needs. *pgxpool.Pool and pgx.Tx satisfy it.
type DB = recordstore.DB

// Limits bound what one request may ask for. A zero field takes its default.
type Limits = plan.Limits

// Config says how a Graph works. The zero value is good.
type Config struct {
	// StorefrontDB is what storefronts are answered from: the same database, by sessions that they share with nobody else.
	// nil means that they share those of admins.
	StorefrontDB DB
	// Limits bound what one request of an admin may ask for.
	Limits Limits
	// StorefrontLimits bound what one request of a storefront may ask for. Most have lower defaults: see docs/http.md.
	StorefrontLimits Limits
	// MaxItems is how many links or records one mutation may write. 0 means 10,000.
	MaxItems int
	// NewID makes ids. nil means the prefix, an underscore and a ULID.
	NewID func(prefix string) string
	// ManagedBy names another program that creates and changes the tables of records in the database: see
	// linkstore.Config.ManagedBy. nil means that there is none.
	ManagedBy func(ctx context.Context, db linkstore.DB) (string, error)
	// Logger is told of errors that clients are not told of. nil means slog.Default.
	Logger *slog.Logger
	// ReadOnly refuses mutations. It is for a database that is not to be changed: see Adapt.
	ReadOnly bool
	// Observer is told what the API does. nil means nobody is.
	Observer Observer
	// Audit is told of every write, in its transaction. nil means nobody is.
	Audit Audit
}

// Observer is told what the API does: of operations and answers as the extension of gqlgen that it is, of what is read, and
// of what is planned.
type Observer interface {
	graphql.HandlerExtension
	recordstore.Observer
	// Spent is told how many fields a root field of the operation answers with, if every page is full.
	Spent(ctx context.Context, fields int)
	// Planned is told whether there was a plan for an operation before, of every operation that is executed.
	Planned(ctx context.Context, before bool)
}

// Audit is told of what the two stores write: see linkstore.Config.Written and recordstore.Config.Written.
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
}

// side is what answers one kind of callers.
type side struct {
	engine    *answer.Engine
	resolvers resolver
}

// New returns the graph of a database. recordstore.Migrate and Links.Sync make its tables.
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

// build makes the stores and the engine over them.
func (g *Graph) build(models *recordstore.Catalog, links *linkstore.Catalog, cfg linkstore.Config) error {
	cfg.NewID, cfg.MaxItems, cfg.ManagedBy = g.cfg.NewID, g.cfg.MaxItems, g.cfg.ManagedBy
	records := recordstore.Config{NewID: g.cfg.NewID, MaxItems: g.cfg.MaxItems, Rules: rules()}
	for _, m := range links.LockOrder() {
		records.LockOrder = append(records.LockOrder, m.Name)
	}
	if g.cfg.Audit != nil {
		cfg.Written, records.Written = g.cfg.Audit.LinksWritten, g.cfg.Audit.RecordsWritten
	}
	cfg.Deleted = tellRules(
		records.Rules,
		func(r recordstore.Rule) toldOf { return r.Deleted },
		models,
		cfg.AbsentModels,
	)
	cfg.Restored = tellRules(
		records.Rules,
		func(r recordstore.Rule) toldOf { return r.Restored },
		models,
		cfg.AbsentModels,
	)
	g.Links = linkstore.New(g.db, links, cfg)
	engine := answer.Config{Links: g.Links, Limits: g.cfg.Limits}
	if g.cfg.Observer != nil {
		records.Observer, engine.Spent = g.cfg.Observer, g.cfg.Observer.Spent
	}
	g.Records = recordstore.New(g.db, models, records)
	engine.Records = g.Records
	g.admin = side{answer.New(engine), resolver{g.Records, g.Links}}
	shop, err := g.narrowed(models, records)
	if err != nil {
		return err
	}
	engine.Records, engine.Links, engine.Limits = shop, linkstore.New(
		g.storefrontDB(),
		links,
		cfg,
	), storefrontLimits(
		g.cfg.StorefrontLimits,
	)
	g.storefront = side{answer.New(engine), resolver{shop, engine.Links}}
	return nil
}

func (g *Graph) storefrontDB() DB {
	if g.cfg.StorefrontDB != nil {
		return g.cfg.StorefrontDB
	}
	return g.db
}

// Adapt makes the graph read the database as it is, and returns what it lacks: a table that is not there is one without
// rows, a column that is not there is null, and neither can be written. Links that another program writes too, or whose
// records it may delete, are not trusted to have live records. It comes before Handler.
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

// rules are those of all modules.
func rules() map[string]recordstore.Rule {
	all := map[string]recordstore.Rule{}
	for _, of := range []map[string]recordstore.Rule{api_key.Rules(), pricing.Rules(), product.Rules()} {
		maps.Copy(all, of)
	}
	return all
}

// toldOf is told the keys of records of one model.
type toldOf = func(keys []string, last *pgx.Batch)

// tellRules has the rules of modules told of records that the link store deleted or restored. A module that lacks a table is told nothing.
func tellRules(
	rules map[string]recordstore.Rule,
	which func(recordstore.Rule) toldOf,
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
			if tell := which(rules[records.Model]); tell != nil && !lacking[records.Module] {
				tell(records.IDs, last)
			}
		}
	}
}

// catalogs builds the two catalogues from the generated registry. What a link store has to know of a model is part of what
// the record store knows.
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
