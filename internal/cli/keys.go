package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/access"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// keysCommands manage API keys.
type keysCommands struct {
	Create keysCreateCommand `cmd:"" help:"Create a key and print its token. The token of a secret key is shown only once."`
	List   keysListCommand   `cmd:"" help:"List the keys, without their tokens."`
	Revoke keysRevokeCommand `cmd:"" help:"Revoke a key: a server refuses it within its --key-cache."`
}

// madeBy is the value of the columns created_by and revoked_by for keys made or revoked here. Medusa stores ids of its users there.
const madeBy = "linkgraph"

type keysCreateCommand struct {
	databaseFlags
	Type    string   `help:"Type of the key: secret, for admins, or publishable, for storefronts." enum:"secret,publishable" required:""`
	Title   string   `help:"Title of the key." required:""`
	Role    string   `help:"Role of a secret key: read-write (the default) or read-only." enum:",read-write,read-only" default:""`
	Channel []string `help:"Id of a sales channel that a publishable key gives access to. Repeatable." sep:"none" placeholder:"ID"`
}

// Validate refuses flags that exclude each other.
func (c *keysCreateCommand) Validate() error {
	switch {
	case c.Title == "":
		return errors.New("--title is empty")
	case c.Type == "publishable" && c.Role != "":
		return errors.New("--role is for secret keys: a publishable key sees what storefronts see")
	case c.Type == "secret" && len(c.Channel) > 0:
		return errors.New("--channel is for publishable keys: a secret key sees all channels")
	}
	return nil
}

// Run creates the key and prints its token on a line of its own.
func (c *keysCreateCommand) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, s, writes, func(db *database) error {
		if err := db.prepareOwn(ctx, s); err != nil {
			return err
		}
		var id, token string
		err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) (err error) {
			id, token, err = c.create(ctx, db.graph, tx)
			return err
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(s.out, token)
		if c.Type == "secret" {
			fmt.Fprintf(
				s.err,
				"key %s is made; it is sent as Authorization: Bearer TOKEN. The token is not shown again.\n",
				id,
			)
			return nil
		}
		fmt.Fprintf(s.err, "key %s is made; it is sent as x-publishable-api-key: TOKEN.\n", id)
		if len(c.Channel) == 0 {
			fmt.Fprintln(s.err, "It has no sales channel yet.")
		}
		return nil
	})
}

// create creates the key with its role and links in one transaction.
func (c *keysCreateCommand) create(ctx context.Context, g *graph.Graph, tx pgx.Tx) (id, token string, err error) {
	model, ok := g.Records.Catalog().Model("ApiKey")
	if !ok {
		return "", "", errors.New("there is no model ApiKey")
	}
	made, err := g.Records.WithTx(tx).
		CreateShown(ctx, model, []recordstore.Values{{"title": c.Title, "type": c.Type, "createdBy": madeBy}})
	if err != nil {
		return "", "", err
	}
	id = made[0].Key
	if token, ok = made[0].Shown["token"].(string); !ok {
		return "", "", errors.New("the key has no token")
	}
	if c.Role != "" {
		if err := access.SetRole(ctx, tx, id, graph.Role(c.Role)); err != nil {
			return "", "", err
		}
	}
	if len(c.Channel) == 0 {
		return id, token, nil
	}
	links := make([]linkstore.Item, len(c.Channel))
	for i, channel := range c.Channel {
		links[i] = linkstore.Item{Link: "publishable_api_key_sales_channel", Left: id, Right: channel}
	}
	_, err = g.Links.WithTx(tx).Create(ctx, links, linkstore.CreateOptions{})
	return id, token, err
}

type keysListCommand struct {
	databaseFlags
	JSON bool `name:"json" help:"Print the keys as JSON."`
}

// Run prints one line per key.
func (c *keysListCommand) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, s, reads, func(db *database) error {
		keys, err := access.Keys(ctx, db.pool)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(s.out, keys)
		}
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tTYPE\tROLE\tTOKEN\tCREATED\tLAST USED\tREVOKED\tTITLE")
		for _, k := range keys {
			role := string(k.Role)
			if role == "" {
				role = "-"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", printable(k.ID), k.Type, role, printable(k.Redacted),
				moment(&k.CreatedAt), moment(k.LastUsedAt), moment(k.RevokedAt), printable(k.Title))
		}
		return w.Flush()
	})
}

func moment(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

// printable quotes a text with line breaks or control characters.
func printable(s string) string {
	for _, r := range s {
		if !strconv.IsPrint(r) {
			return strconv.QuoteToGraphic(s)
		}
	}
	return s
}

type keysRevokeCommand struct {
	databaseFlags
	ID string `arg:"" help:"Id of the key, as list shows it."`
}

// Run revokes the key.
func (c *keysRevokeCommand) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, s, writes, func(db *database) error {
		if err := access.Revoke(ctx, db.pool, c.ID, madeBy); err != nil {
			return fmt.Errorf("%s: %w", c.ID, err)
		}
		fmt.Fprintf(s.out, "%s is revoked\n", c.ID)
		return nil
	})
}
