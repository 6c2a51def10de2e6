package cli

import (
	"fmt"
	"net/http"
	"time"

	"github.com/linkgraph/linkgraph/internal/importhttp"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// importFlags bound imports of links over HTTP: see docs/http.md.
type importFlags struct {
	MaxImports    int           `help:"Most concurrent imports. Further ones are answered 503. 0 serves none." default:"2" env:"MAX_IMPORTS"`
	ImportMaxBody int64         `help:"Most bytes of an imported file." default:"1073741824" env:"IMPORT_MAX_BODY"`
	ImportTimeout time.Duration `help:"How long an import may take, with the time to receive the file." default:"10m" env:"IMPORT_TIMEOUT"`
}

// refuseUnusable refuses values that have no meaning.
func (f importFlags) refuseUnusable() error {
	switch {
	case f.MaxImports < 0:
		return fmt.Errorf("--max-imports=%d: a negative value has no meaning", f.MaxImports)
	case f.ImportMaxBody < 1:
		return fmt.Errorf(
			"--import-max-body=%d: a file has at least 1 byte; --max-imports=0 serves no imports",
			f.ImportMaxBody,
		)
	case f.ImportTimeout <= 0:
		return fmt.Errorf(
			"--import-timeout=%v: an import needs some time; --max-imports=0 serves no imports",
			f.ImportTimeout,
		)
	}
	return nil
}

// imports returns the handler of imports, or nil if none are served.
func (c *serveCommand) imports(db *database, sessions recordstore.DB, door door) http.Handler {
	if c.MaxImports == 0 {
		return nil
	}
	return importhttp.New(importhttp.Config{
		DB:          sessions,
		Links:       db.graph.Links,
		Log:         db.log,
		ReadOnly:    c.ReadOnly,
		MaxBytes:    c.ImportMaxBody,
		Timeout:     c.ImportTimeout,
		ReadTimeout: c.ReadTimeout,
		Running:     c.MaxImports,
		Spent:       door.Spent,
	})
}
