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
	Since  time.Duration `help:"Only of this long ago and later. 0 is from the beginning." default:"24h"`
	Caller string        `help:"Only of this caller, by the id of its API key or the subject of its token."`
	Limit  int           `help:"Most mutations: the latest. 0 is all." default:"50"`
	Format string        `help:"text is a line a mutation, json an object a line with the receipt." enum:"text,json" default:"text"`
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
