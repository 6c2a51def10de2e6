package transport

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/linkgraph/linkgraph/internal/overload"
)

// heldFrom is the size in bytes from which bodies and answers count against the memory budget of the Gate.
const heldFrom = 16 << 10

// hold counts an answer against the memory budget; the budget cuts off its client if others need the memory more. It
// waits for memory while the request has its slot, so that at most one answer a slot exists outside of the budget.
func (e *Endpoint) hold(ctx context.Context, control *http.ResponseController, a *reply) error {
	if e.cfg.Gate == nil || e.cfg.Gate.Answers == nil || a.size < heldFrom {
		return nil
	}
	held := 0
	for _, part := range a.parts {
		held += cap(part)
	}
	hold := e.cfg.Gate.Answers.Hold(func() { _ = control.SetWriteDeadline(past()) })
	if err := hold.Grow(ctx, int64(held)); err != nil {
		hold.Release()
		return err
	}
	a.hold = hold
	return nil
}

// past returns a deadline that has passed.
func past() time.Time { return time.Unix(1, 0) }

// send writes an answer. A client has WriteTimeout for each chunk, and the Gate may cut it off.
func (e *Endpoint) send(w http.ResponseWriter, a *reply) {
	h := w.Header()
	h.Set("Content-Type", string(a.media)+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(a.size))
	if e.cfg.CompressFrom > 0 {
		h.Add("Vary", "Accept-Encoding")
	}
	if a.replayed {
		h.Set(idempotentReplayed, "true")
	}
	if a.gzip {
		h.Set("Content-Encoding", "gzip")
	}
	control := http.NewResponseController(w)
	renew := func() {
		if e.cfg.WriteTimeout > 0 {
			_ = control.SetWriteDeadline(time.Now().Add(e.cfg.WriteTimeout))
		}
	}
	renew()
	w.WriteHeader(a.status)
	sent := 0 // since the deadline was last extended
	for _, part := range a.parts {
		for len(part) > 0 {
			chunk := part[:min(len(part), overload.Chunk)]
			part = part[len(chunk):]
			if sent += len(chunk); sent > overload.Chunk {
				if !a.progress(sent-len(chunk), renew) {
					return
				}
				sent = len(chunk)
			}
			if _, err := w.Write(chunk); err != nil {
				return // net/http closes the connection: fewer bytes were sent than Content-Length says
			}
		}
	}
}

// progress extends the deadline, and reports false if the client was cut off.
func (a *reply) progress(sent int, renew func()) bool {
	if a.hold != nil {
		return a.hold.Moved(int64(sent), renew)
	}
	renew()
	return true
}

// compress compresses an answer if its client accepts gzip. It runs before the slot is given back because it takes CPU
// time, and because a compressed answer takes a tenth of the memory while a slow client reads it.
func (e *Endpoint) compress(ctx context.Context, header http.Header, a *reply) {
	if e.cfg.CompressFrom <= 0 || a.size < e.cfg.CompressFrom || !acceptsGzip(header.Values("Accept-Encoding")) {
		return
	}
	out := &bytes.Buffer{}
	z, ok := e.zippers.Get().(*gzip.Writer)
	if !ok {
		z = gzip.NewWriter(out)
	}
	defer e.zippers.Put(z)
	z.Reset(out)
	for _, part := range a.parts {
		for len(part) > 0 {
			if ctx.Err() != nil { // it is sent uncompressed
				return
			}
			chunk := part[:min(len(part), overload.Chunk)]
			part = part[len(chunk):]
			_, _ = z.Write(chunk) // a buffer takes everything
		}
	}
	_ = z.Close()
	a.release() // the uncompressed parts are not needed any more
	a.gzip, a.parts, a.size = true, [][]byte{out.Bytes()}, out.Len()
}

// acceptsGzip reports whether Accept-Encoding allows gzip. RFC 9110, section 12.5.3: a weight of 0 excludes a coding,
// and "*" covers the codings that are not named.
func acceptsGzip(accept []string) bool {
	others := false
	for _, item := range strings.Split(strings.Join(accept, ","), ",") {
		coding, parameters, _ := strings.Cut(strings.TrimSpace(item), ";")
		name, weight, _ := strings.Cut(strings.TrimSpace(parameters), "=")
		wanted := true
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			q, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
			wanted = err == nil && q > 0
		}
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			return wanted
		case "*":
			others = wanted
		}
	}
	return others
}
