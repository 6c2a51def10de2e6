package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/linkgraph/linkgraph/internal/overload"
)

// meteredBody is a body that counts against the memory of a Gate while it is read and while its request waits and runs.
type meteredBody struct {
	io.ReadCloser
	ctx     context.Context //nolint:containedctx // that of the request whose body it is
	control *http.ResponseController
	budget  *overload.Budget // nil: it does not count
	hold    *overload.Hold
	read    int64
	err     error // why it was given up
}

func (e *Endpoint) bodies() *overload.Budget {
	if e.cfg.Gate == nil {
		return nil
	}
	return e.cfg.Gate.Bodies
}

// Read reads, and counts what it read from the size on from which that matters.
func (m *meteredBody) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	m.read += int64(n)
	if n == 0 || m.budget == nil || m.read < heldFrom {
		return n, err
	}
	more := int64(n)
	if m.hold == nil {
		m.hold, more = m.budget.Hold(func() { _ = m.control.SetReadDeadline(past()) }), m.read
	}
	if m.err = m.hold.Grow(m.ctx, more); m.err != nil {
		return n, m.err
	}
	m.hold.Moved(more, func() {})
	return n, err
}

// complete says that all of the body is there: nobody waits for the client any more, nor is it given up.
func (m *meteredBody) complete() {
	if m.hold != nil {
		m.hold.Owed()
	}
	_ = m.control.SetReadDeadline(time.Time{}) // the server's time for reading would end the request while it runs
}

// release gives back the memory.
func (m *meteredBody) release() { m.hold.Release() }

// refused is what a client is told whose body was not read, no being what was found there.
func (m *meteredBody) refused(no *refusal) *refusal {
	switch {
	case errors.Is(m.err, overload.ErrNoRoom):
		return overloaded(m.err)
	case m.err != nil:
		return refuse(http.StatusRequestTimeout, codeBadRequest, "the body did not come in time")
	}
	return no
}
