package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/linkgraph/linkgraph/internal/overload"
)

// meteredBody is a request body that counts against the memory budget of a Gate while it is read and while its request
// waits and runs.
type meteredBody struct {
	io.ReadCloser
	ctx     context.Context //nolint:containedctx // that of the request whose body it is
	control *http.ResponseController
	budget  *overload.Budget // nil means no budget
	hold    *overload.Hold
	read    int64
	err     error // of the budget
}

func (e *Endpoint) bodies() *overload.Budget {
	if e.cfg.Gate == nil {
		return nil
	}
	return e.cfg.Gate.Bodies
}

// Read reads and counts bytes. Small bodies are not counted.
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

// complete marks the body as read: the client is not cut off any more.
func (m *meteredBody) complete() {
	if m.hold != nil {
		m.hold.Owed()
	}
	_ = m.control.SetReadDeadline(time.Time{}) // the server's read timeout would end the request while it runs
}

// release returns the memory to the budget.
func (m *meteredBody) release() { m.hold.Release() }

// refused returns the refusal of a body that could not be read: of the budget if that was the cause, or else no.
func (m *meteredBody) refused(no *refusal) *refusal {
	switch {
	case errors.Is(m.err, overload.ErrNoRoom):
		return overloaded(m.err)
	case m.err != nil:
		return refuse(http.StatusRequestTimeout, codeBadRequest, "the body did not come in time")
	}
	return no
}
