// Package importhttp imports links over HTTP: the body of a POST is a file of links, CSV or JSONL, of any size.
//
// The body is read and written in the batches of package linkfile. A session of the database is taken for a batch only when the
// whole batch has arrived, so a slow client holds none. A dry run, which is one transaction, first stores the body in a temporary
// file for the same reason.
package importhttp

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/audit"
	"github.com/linkgraph/linkgraph/internal/linkfile"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// Config configures a Handler. DB, Links and Log are needed; a number of 0 takes its default.
type Config struct {
	DB    recordstore.DB
	Links *linkstore.Store
	Log   *slog.Logger
	// ReadOnly refuses every import.
	ReadOnly bool
	// MaxBytes bounds a body; 1 GiB.
	MaxBytes int64
	// Timeout bounds an import; 10 minutes.
	Timeout time.Duration
	// ReadTimeout is how long a client may take to send each 64 KiB; 30 seconds.
	ReadTimeout time.Duration
	// Running is how many imports run at a time; 2. Others are refused.
	Running int
	// MaxRejects bounds the rejected rows in an answer; 1,000.
	MaxRejects int
	// Spent is told, for the rate limit, how many points an import has cost: one per 1,000 rows. It may be nil.
	Spent func(caller graph.Caller, points int)
	// TempDir holds the bodies of dry runs. "" means that of the system.
	TempDir string
}

// Handler imports links. It expects admins: see graph.AdminsOnly.
type Handler struct {
	cfg     Config
	running chan struct{} // one entry per import
}

// Path is where the Handler is served.
const Path = "/links/import"

// New returns a handler.
func New(cfg Config) *Handler {
	orDefault(&cfg.MaxBytes, 1<<30)
	orDefault(&cfg.Timeout, 10*time.Minute)
	orDefault(&cfg.ReadTimeout, 30*time.Second)
	orDefault(&cfg.Running, 2)
	orDefault(&cfg.MaxRejects, 1000)
	return &Handler{cfg, make(chan struct{}, cfg.Running)}
}

func orDefault[N int | int64 | time.Duration](v *N, value N) {
	if *v <= 0 {
		*v = value
	}
}

// ServeHTTP imports the body of a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	answer, no := h.answer(w, r)
	if no != nil {
		no.write(w, answer)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// answer runs a request. The answer to a refused one has what was committed, or is nil.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request) (*answer, *refusal) {
	if no := h.mayWrite(r); no != nil {
		return nil, no
	}
	params, no := h.parameters(r.URL.Query())
	if no != nil {
		return nil, no
	}
	select {
	case h.running <- struct{}{}:
		defer func() { <-h.running }()
	default:
		return nil, busy(h.cfg.Running)
	}
	body, no := h.open(w, r)
	if no != nil {
		return nil, no
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), h.cfg.Timeout, errTimeout)
	defer cancel()
	ctx = audit.WithOperation(ctx, "POST "+Path)
	stop := context.AfterFunc(ctx, body.expire)
	defer stop()
	rejects := &linkfile.RejectList{Max: h.cfg.MaxRejects}
	report, err := h.run(ctx, params, body, rejects)
	a := newAnswer(report, rejects, params.dryRun)
	if caller, ok := graph.CallerFrom(ctx); ok && h.cfg.Spent != nil && report.Rows >= rowsOfPoint {
		h.cfg.Spent(caller, report.Rows/rowsOfPoint)
	}
	if err != nil {
		return a, h.failed(ctx, err, params, report.Rows)
	}
	return a, nil
}

// rowsOfPoint is how many rows cost a point of the rate limit.
const rowsOfPoint = 1000

// mayWrite refuses methods and callers.
func (h *Handler) mayWrite(r *http.Request) *refusal {
	caller, known := graph.CallerFrom(r.Context())
	switch {
	case r.Method != http.MethodPost:
		no := refuse(
			http.StatusMethodNotAllowed,
			"METHOD_NOT_ALLOWED",
			"%s is not served here: POST a file of links",
			r.Method,
		)
		no.allow = http.MethodPost
		return no
	case h.cfg.ReadOnly:
		return refuse(http.StatusForbidden, codeForbidden, "this server is read-only: it imports nothing")
	case known && caller.Role != graph.ReadWrite:
		return refuse(
			http.StatusForbidden,
			codeForbidden,
			"these credentials are read-only: an import needs the role read-write",
		)
	}
	return nil
}

// run imports a body.
func (h *Handler) run(
	ctx context.Context,
	p parameters,
	body *body,
	rejects *linkfile.RejectList,
) (linkfile.Report, error) {
	caller, _ := graph.CallerFrom(ctx)
	importer := linkfile.Importer{
		DB:      h.cfg.DB,
		Links:   h.cfg.Links,
		Link:    p.link,
		Format:  body.format,
		Batch:   p.batch,
		Replace: p.replace,
		Resume:  p.resume,
		Listed:  rejects,
		Owner:   strings.Join([]string{"http", caller.ID}, " "),
		Again:   again,
	}
	if !p.dryRun {
		return importer.Stream(ctx, "body", body)
	}
	spooled, err := h.spool(body)
	if err != nil {
		return linkfile.Report{}, err
	}
	defer spooled.remove()
	tx, err := h.cfg.DB.Begin(ctx)
	if err != nil {
		return linkfile.Report{}, err
	}
	defer rollback(ctx, tx)
	importer.DB, importer.Links, importer.Again = tx, h.cfg.Links.WithTx(tx), nil
	return importer.Stream(ctx, "body", spooled)
}

// rollback ends the transaction of a dry run, also after its time is over.
func rollback(ctx context.Context, tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	_ = tx.Rollback(ctx) // nothing was written, whatever it returns
}

const rollbackTimeout = 5 * time.Second
