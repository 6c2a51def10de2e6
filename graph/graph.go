package graph

import (
	"context"
	"fmt"
	"log/slog"
	"maps"

	"linkgraph/graph/internal/exec"
	"linkgraph/graph/internal/resolve"
	"linkgraph/linkstore"
	"linkgraph/modules"
	"linkgraph/modules/api_key"
	"linkgraph/modules/pricing"
	"linkgraph/modules/product"
)

// DB is what the graph needs. *pgxpool.Pool and pgx.Tx satisfy it.
type DB = modules.DB

// Limits bound what one request may ask for. A zero field takes its default.
type Limits = resolve.Limits

// Config says how a Graph works. The zero value is good.
type Config struct {
	Limits Limits
	// NewID makes ids. nil means the prefix, an underscore and a ULID.
	NewID func(prefix string) string
	// Logger is told of errors that clients are not told of. nil means slog.Default.
	Logger *slog.Logger
	// NoLookAhead leaves every hop to the request's dataloaders. It exists to compare the two.
	NoLookAhead bool
}

// Graph is the stores of one database and the API over them.
type Graph struct {
	// Records keeps the records of all modules.
	Records *modules.Store
	// Links keeps the links between them.
	Links *linkstore.Store

	engine *resolve.Engine
	cfg    Config
}

// New returns the graph of a database. modules.Migrate and Links.Sync make its tables.
func New(db DB, cfg Config) (*Graph, error) {
	models, links, err := catalogs()
	if err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	g := &Graph{cfg: cfg}
	g.Links = linkstore.New(db, links, linkstore.Config{NewID: cfg.NewID})
	g.Records = modules.New(db, models, modules.Config{NewID: cfg.NewID, Rules: rules(), Cascade: cascade{g.Links}})
	g.engine = resolve.New(resolve.Config{
		Records: g.Records, Links: g.Links, Catalog: links, Wrap: exec.Wrap, Limits: cfg.Limits, NoLookAhead: cfg.NoLookAhead,
	})
	return g, nil
}

// rules are those of all modules.
func rules() map[string]modules.Rule {
	all := map[string]modules.Rule{}
	for _, of := range []map[string]modules.Rule{api_key.Rules(), pricing.Rules(), product.Rules()} {
		maps.Copy(all, of)
	}
	return all
}

// catalogs builds the two catalogues from the generated registry. What a link store has to know of a model is part of what
// the record store knows.
func catalogs() (*modules.Catalog, *linkstore.Catalog, error) {
	models, err := modules.NewCatalog(exec.Models())
	if err != nil {
		return nil, nil, fmt.Errorf("graph: %w", err)
	}
	var ends []linkstore.Model
	for _, m := range models.Models() {
		if m.Link != "" {
			continue
		}
		end := linkstore.Model{
			Module: m.Module, Name: m.Name, Schema: m.Schema, Table: m.Table, PrimaryKey: m.PrimaryKey, Key: m.Key,
			NoSoftDelete: !m.SoftDelete,
		}
		for _, r := range m.Relations {
			if r.Cascade {
				end.Owns = append(end.Owns, linkstore.Owned{Model: r.Target, Column: r.TargetColumn, OwnerColumn: r.Column})
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

// cascade has the link store delete and restore records, because it knows what hangs on them.
type cascade struct{ links *linkstore.Store }

// DeleteRecords deletes records, what they own and their links.
func (c cascade) DeleteRecords(ctx context.Context, m *modules.Model, ids []string) (modules.Receipt, error) {
	receipt, err := c.links.DeleteRecords(ctx, []linkstore.Records{{Model: m.Name, IDs: ids}})
	return receiptOf(receipt), err
}

// RestoreRecords brings them back.
func (c cascade) RestoreRecords(ctx context.Context, m *modules.Model, ids []string) (modules.Receipt, error) {
	receipt, err := c.links.Restore(ctx, []linkstore.Records{{Model: m.Name, IDs: ids}})
	return receiptOf(receipt), err
}

func receiptOf(r linkstore.Receipt) modules.Receipt {
	out := modules.Receipt{DeletionID: r.DeletionID, Links: r.Links}
	for _, records := range r.Records {
		out.Records = append(out.Records, modules.RecordIDs{Module: records.Module, Model: records.Model, IDs: records.IDs})
	}
	return out
}
