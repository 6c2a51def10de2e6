package overload

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// Connections bounds the open connections of a server. At the limit, a new connection replaces the one that has been
// idle longest, or else the one that has sent nothing for longest. Connections with a request are not closed: they
// have timeouts of their own.
type Connections struct {
	net.Listener
	max int

	mu     sync.Mutex
	open   map[net.Conn]*list.Element // in one of the two lists, or nil
	idle   *list.List                 // of net.Conn, the longest idle first
	silent *list.List                 // of net.Conn that have sent nothing yet
	spare  chan struct{}              // signals that a connection was closed or became idle
	closed chan struct{}
	once   sync.Once
}

// Bound returns a listener with at most so many open connections. State must be the ConnState of the http.Server.
func Bound(l net.Listener, most int) *Connections {
	return &Connections{
		Listener: l, max: max(most, 1), open: map[net.Conn]*list.Element{}, idle: list.New(), silent: list.New(),
		spare: make(chan struct{}, 1), closed: make(chan struct{}),
	}
}

// Accept waits for a connection, and until it may be open.
func (c *Connections) Accept() (net.Conn, error) {
	raw, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	conn := &connection{Conn: raw, of: c}
	for !c.add(conn) {
		select {
		case <-c.spare:
		case <-c.closed:
			raw.Close()
			return nil, net.ErrClosed
		}
	}
	return conn, nil
}

// Close stops accepting.
func (c *Connections) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Listener.Close()
}

// Open returns the number of open connections.
func (c *Connections) Open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}

// add adds a connection below the limit, or in place of another one. It reports whether it did.
func (c *Connections) add(conn net.Conn) bool {
	c.mu.Lock()
	full := len(c.open) >= c.max
	var old *list.Element
	if full {
		if old = c.idle.Front(); old == nil {
			old = c.silent.Front()
		}
	}
	if full && old == nil {
		c.mu.Unlock()
		return false
	}
	c.open[conn] = c.silent.PushBack(conn)
	c.mu.Unlock()
	if old != nil {
		old.Value.(net.Conn).Close() //nolint:forcetypeassert // the list has connections alone
	}
	return true
}

// State tracks which connections are idle: see http.Server.ConnState.
func (c *Connections) State(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.open[conn]
	if !ok {
		return
	}
	switch state {
	case http.StateActive:
		c.unlist(element)
		c.open[conn] = nil
	case http.StateIdle:
		c.unlist(element)
		c.open[conn] = c.idle.PushBack(conn)
		c.signal()
	}
}

func (c *Connections) unlist(e *list.Element) {
	if e != nil {
		c.idle.Remove(e) // a list ignores elements of the other
		c.silent.Remove(e)
	}
}

func (c *Connections) remove(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.open[conn]
	if !ok {
		return
	}
	c.unlist(element)
	delete(c.open, conn)
	c.signal()
}

// signal wakes Accept.
func (c *Connections) signal() {
	select {
	case c.spare <- struct{}{}:
	default:
	}
}

// connection is a counted connection.
type connection struct {
	net.Conn
	of *Connections
}

// Close closes the connection and uncounts it.
func (c *connection) Close() error {
	c.of.remove(c)
	return c.Conn.Close()
}

// CloseWrite lets net/http send all of a refusal before it closes. Without it the client may see a reset instead.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
