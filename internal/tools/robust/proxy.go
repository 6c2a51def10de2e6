package robust

import (
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Proxy forwards connections from clients to Postgres on the loopback interface. It delays traffic, and can cut all
// connections as a crash of the client would.
type Proxy struct {
	listener net.Listener
	network  string
	to       string
	delay    time.Duration // upper bound, each way

	mu   sync.Mutex
	open map[net.Conn]bool
}

// NewProxy returns a proxy to an address. It listens on an address of its own.
func NewProxy(network, to string, delay time.Duration) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, network: network, to: to, delay: delay, open: map[net.Conn]bool{}}
	go p.serve()
	return p, nil
}

// Addr returns the address that the proxy listens on.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Close stops the proxy and closes its connections.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.Cut()
}

// Cut closes all connections at once.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}
	clear(p.open)
}

func (p *Proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial(p.network, p.to)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.open[client], p.open[server] = true, true
		p.mu.Unlock()
		go p.pass(client, server)
		go p.pass(server, client)
	}
}

// pass copies from one connection to the other until the first ends.
func (p *Proxy) pass(from, to net.Conn) {
	defer func() {
		p.mu.Lock()
		delete(p.open, from)
		delete(p.open, to)
		p.mu.Unlock()
		_ = from.Close()
		_ = to.Close()
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if p.delay > 0 {
				time.Sleep(rand.N(p.delay))
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
