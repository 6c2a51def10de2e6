package importhttp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
	"unicode/utf8"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/transport"
	"github.com/linkgraph/linkgraph/internal/linkfile"
	"github.com/linkgraph/linkgraph/internal/overload"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// Codes of refusals.
const (
	codeBadInput    = transport.CodeBadInput
	codeForbidden   = transport.CodeForbidden
	codeLimit       = transport.CodeLimit
	codeUnavailable = transport.CodeUnavailable
	codeInternal    = transport.CodeInternal
	codeBadRequest  = "BAD_REQUEST"
	codeMedia       = "UNSUPPORTED_MEDIA_TYPE"
	codeChanged     = "CONFLICT"
)

// answer is what an import did.
type answer struct {
	DryRun bool `json:"dryRun"`
	linkfile.Report
	Rejects []reject `json:"rejects"`
	// More says how many rejected rows are not listed: those above the limit, and those of an import that was resumed.
	More int `json:"rejectsNotListed"`
}

// reject is a row that was left out.
type reject struct {
	Line    int    `json:"line"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// longestMessage bounds the message of a rejected row, which may quote what the row has.
const longestMessage = 1000

func newAnswer(report linkfile.Report, list *linkfile.RejectList, dryRun bool) *answer {
	a := &answer{DryRun: dryRun, Report: report, Rejects: []reject{}}
	for _, r := range list.Rows() {
		code := graph.CodeOf(r.Err)
		if code == "" {
			code = codeBadInput
		}
		a.Rejects = append(a.Rejects, reject{r.Line, code, clip(r.Err.Error())})
	}
	a.More = max(report.Rejected-len(a.Rejects), 0)
	return a
}

func clip(s string) string {
	if len(s) <= longestMessage {
		return s
	}
	end := longestMessage
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// refusal is why an import did not happen, or ended before the end of the file.
type refusal struct {
	status        int
	code, message string
	allow         string
	overloaded    bool
	line          int // of the file; 0 if none
}

func refuse(status int, code, format string, args ...any) *refusal {
	return &refusal{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

func unsupported(format string, args ...any) *refusal {
	return refuse(http.StatusUnsupportedMediaType, codeMedia, format, args...)
}

func tooLarge(limit int64) *refusal {
	return refuse(
		http.StatusRequestEntityTooLarge,
		codeLimit,
		"the file is larger than the limit of %d bytes: send it in parts",
		limit,
	)
}

func busy(running int) *refusal {
	no := refuse(
		http.StatusServiceUnavailable,
		codeUnavailable,
		"%d imports run already, which is the limit; try again",
		running,
	)
	no.overloaded = true
	return no
}

// write answers with an error as GraphQL spells them, and with what was committed before.
func (no *refusal) write(w http.ResponseWriter, done *answer) {
	e := faultJSON{Message: no.message}
	e.Extensions.Code, e.Extensions.Line = no.code, no.line
	if no.overloaded {
		w.Header().Set("Retry-After", "1")
		e.Extensions.Reason = transport.ReasonOverloaded
	}
	if no.allow != "" {
		w.Header().Set("Allow", no.allow)
	}
	writeJSON(w, no.status, struct {
		Errors []faultJSON `json:"errors"`
		Report *answer     `json:"report,omitempty"`
	}{[]faultJSON{e}, done})
}

// faultJSON is an error as GraphQL spells it.
type faultJSON struct {
	Message    string `json:"message"`
	Extensions struct {
		Code   string `json:"code"`
		Reason string `json:"reason,omitempty"`
		Line   int    `json:"line,omitempty"`
	} `json:"extensions"`
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return // the client is gone
	}
}

// Reasons why an import ends.
var (
	errTimeout    = errors.New("the import took longer than it may")
	errSecondPart = errors.New("the form has a second part: send one file in a request, and other values in the URL")
)

// failed returns the answer for an import that ended before the end of the file.
func (h *Handler) failed(ctx context.Context, err error, p parameters, rows int) *refusal {
	no := h.reason(ctx, err)
	switch {
	case p.dryRun || rows == 0:
		no.message += "; nothing was written"
	case no.status != http.StatusConflict:
		no.message += "; what the report counts is committed: send the whole file again with ?resume=true to continue after it"
	}
	return no
}

func (h *Handler) reason(ctx context.Context, err error) *refusal {
	var (
		large   *http.MaxBytesError
		file    *linkfile.FileError
		changed *linkfile.ChangedError
		network net.Error
		unread  *readError
		full    *overload.Error
	)
	switch {
	case errors.As(err, &large):
		return tooLarge(h.cfg.MaxBytes)
	case errors.Is(context.Cause(ctx), errTimeout):
		return refuse(
			http.StatusGatewayTimeout,
			codeUnavailable,
			"the import took longer than %s and was ended",
			h.cfg.Timeout,
		)
	case errors.As(err, &file):
		no := refuse(http.StatusBadRequest, codeBadInput, "%s", err)
		no.line = file.Line
		return no
	case errors.As(err, &changed):
		return refuse(
			http.StatusConflict,
			codeChanged,
			"the file is not the one whose import is to be resumed: %s (line %d): "+
				"send the file as it was, or this one without resume",
			changed.Reason,
			changed.Line,
		)
	case errors.Is(err, errSecondPart):
		return refuse(http.StatusBadRequest, codeBadRequest, "%s", errSecondPart)
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return refuse(
			http.StatusRequestTimeout,
			codeBadRequest,
			"the file came too slowly: %d KiB are to arrive within %s",
			chunk>>10,
			h.cfg.ReadTimeout,
		)
	case errors.As(err, &unread):
		return refuse(http.StatusBadRequest, codeBadRequest, "%s", unread)
	case ctx.Err() != nil: // also after a read that failed, so this comes after those
		return refuse(http.StatusServiceUnavailable, codeUnavailable, "the import was ended before the end of the file")
	case errors.As(err, &full):
		no := refuse(http.StatusServiceUnavailable, codeUnavailable, "%s", full)
		no.overloaded = true
		return no
	}
	return h.ofStore(ctx, err)
}

// ofStore returns the answer for an error of the database or of the stores.
func (h *Handler) ofStore(ctx context.Context, err error) *refusal {
	code := graph.CodeOf(err)
	switch {
	case errors.Is(err, storeerr.ErrLockTimeout), errors.Is(err, storeerr.ErrContended):
		return refuse(http.StatusServiceUnavailable, code, "%s", err)
	case code != "":
		return refuse(http.StatusBadRequest, code, "%s", err)
	case recordstore.IsUnavailable(err),
		recordstore.IsTimeout(err),
		recordstore.IsReadOnly(err),
		recordstore.IsConflict(err):
		h.cfg.Log.ErrorContext(ctx, "import of links", "error", err)
		return refuse(http.StatusServiceUnavailable, codeUnavailable, "the database cannot take the links at present")
	}
	h.cfg.Log.ErrorContext(ctx, "import of links", "error", err)
	return refuse(http.StatusInternalServerError, codeInternal, "internal error")
}

// How often a batch is tried again.
const (
	tries = 10
	pause = 500 * time.Millisecond
)

// again waits if a batch failed because of other requests, and reports whether to try it again.
func again(ctx context.Context, err error, try int) bool {
	var full *overload.Error
	passes := errors.As(err, &full) || errors.Is(err, linkstore.ErrContended) || errors.Is(err, storeerr.ErrLockTimeout)
	if !passes || try >= tries {
		return false
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
