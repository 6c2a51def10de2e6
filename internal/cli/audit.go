package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/linkgraph/linkgraph/internal/audit"
)

type auditCommand struct {
	databaseFlags
	Since  time.Duration `help:"Print only mutations younger than this. 0 prints from the beginning." default:"24h"`
	Caller string        `help:"Print only mutations of this caller: the id of an API key, or the subject of a token."`
	Limit  int           `help:"Print only the latest mutations, this many. 0 prints all." default:"50"`
	Format string        `help:"text prints one line per mutation, json one object per line with the receipt." enum:"text,json" default:"text"`
}

// Run prints the audit log, the newest entry last.
func (c *auditCommand) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, s, reads, func(db *database) error {
		rows, err := audit.List(ctx, db.pool, audit.Filter{Since: c.Since, CallerID: c.Caller, Limit: c.Limit})
		if err != nil {
			return err
		}
		lines := json.NewEncoder(s.out)
		lines.SetEscapeHTML(false)
		for _, r := range rows {
			if c.Format == "json" {
				err = lines.Encode(r)
			} else {
				_, err = fmt.Fprintln(s.out, r)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
